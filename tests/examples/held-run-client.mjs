// Clients of a held run: one with stable connections, and one whose connections break.

import { equal, ok } from "../scenarios/assert.mjs";
import { KEYS } from "./deploy.mjs";

/** @param at returns the Worker's address. The address changes when the Worker restarts. */
export const client = (at, key = KEYS[0]) => ({
  async ask(path, { headers, ...init } = {}) {
    // Ask for an uncompressed body, because Miniflare buffers a compressed body until its end.
    return fetch(new URL(path, await at()), {
      ...init,
      headers: { authorization: `Bearer ${key}`, "accept-encoding": "identity", ...headers },
    });
  },
  async begin(request) {
    const response = await this.ask("/runs", { method: "POST", body: JSON.stringify(request) });
    if (response.status !== 201)
      throw new Error(`POST /runs answered ${response.status}: ${await response.text()}`);
    return (await response.json()).id;
  },
  open(id, lastEventId, init) {
    return this.ask(`/runs/${id}`, {
      ...init,
      headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
    });
  },
  /** Reads all events over one connection. */
  async whole(id) {
    const response = await this.open(id);
    equal([response.status, response.headers.get("content-type")], [200, "text/event-stream"]);
    return eventsIn(await response.text());
  },
});

/** Returns the events of complete frames. Checks that each `id:` is the event's `seq`. */
export function eventsIn(text) {
  const frames = text
    .split("\n\n")
    .slice(0, -1)
    .filter((frame) => !frame.startsWith(":"));
  return frames.map((frame) => {
    const [, id, data] = frame.match(/^id: (\d+)\ndata: (.+)$/) ?? [];
    ok(data, `not a frame as toReadableStream() has them: ${frame}`);
    const event = JSON.parse(data);
    equal(event.seq, Number(id));
    return event;
  });
}

/**
 * Returns a body that forwards the first `bytes` bytes of another body. After these bytes, the
 * returned body cancels the other body and fails. Appends the forwarded bytes to `arrived`.
 */
export function cutAfter(bytes, { body }, arrived) {
  const reader = body.getReader();
  let left = bytes;
  let waiting;
  const pull = async (controller) => {
    if (left === 0) {
      await reader.cancel();
      return controller.error(new TypeError("connection lost"));
    }
    if (!waiting?.length) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      waiting = value;
    }
    const part = waiting.subarray(0, left);
    waiting = waiting.subarray(part.length);
    left -= part.length;
    arrived.push(Buffer.from(part));
    controller.enqueue(part);
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

/** Returns a seeded random function, so each test run makes the same cuts. */
export function seededRandom(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
