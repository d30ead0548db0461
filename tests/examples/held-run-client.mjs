// Readers of a held run: one that reads in peace, and one whose connections break.

import { equal, ok } from "../scenarios/assert.mjs";
import { KEYS } from "./deploy.mjs";

/** @param at gives the Worker's address, which changes when it is started anew */
export const client = (at, key = KEYS[0]) => ({
  async ask(path, { headers, ...init } = {}) {
    // Compressed, the events would wait in Miniflare for the end of the body.
    return fetch(new URL(path, await at()), { ...init, headers: { authorization: `Bearer ${key}`, "accept-encoding": "identity", ...headers } });
  },
  async begin(request) {
    const response = await this.ask("/runs", { method: "POST", body: JSON.stringify(request) });
    if (response.status !== 201) throw new Error(`POST /runs answered ${response.status}: ${await response.text()}`);
    return (await response.json()).id;
  },
  open(id, lastEventId, init) {
    return this.ask(`/runs/${id}`, { ...init, headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId } });
  },
  /** From its first event to its last, over one connection. */
  async whole(id) {
    const response = await this.open(id);
    equal([response.status, response.headers.get("content-type")], [200, "text/event-stream"]);
    return eventsIn(await response.text());
  },
});

/** The events of whole frames, whose `id:` is the event's own. */
export function eventsIn(text) {
  const frames = text.split("\n\n").slice(0, -1).filter((frame) => !frame.startsWith(":"));
  return frames.map((frame) => {
    const [, id, data] = frame.match(/^id: (\d+)\ndata: (.+)$/) ?? [];
    ok(data, `not a frame as toReadableStream() has them: ${frame}`);
    const event = JSON.parse(data);
    equal(event.seq, Number(id));
    return event;
  });
}

/** Passes on so many bytes, then breaks and hangs up, as a phone in a tunnel does. `arrived` collects what came. */
export function cutAfter(bytes, { body, ...response }, arrived) {
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

/** The same cuts each time. */
export function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
