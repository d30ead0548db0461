// Tests the limits and the cost of EventReader. Counts operations, because measured times vary.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromResponse } from "../../src/js/remote-run.js";
import { EventReader, EventTooLongError } from "../../src/js/sse.js";

const readerOf = (chunks, options) => {
  const encoder = new TextEncoder();
  const left = chunks[Symbol.iterator]();
  const body = new ReadableStream({
    pull(controller) {
      const { done, value } = left.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return new EventReader(body, options);
};

async function allOf(reader) {
  const events = [];
  for (;;) {
    const event = await reader.next();
    if (!event) return events;
    events.push([event.event, event.data]);
  }
}

test("many events in one chunk come in order, in linear time", async () => {
  const events = Array.from({ length: 60_000 }, (_, i) => String(i));
  const reader = new EventReader(
    new Response(events.map((data) => `data: ${data}\n\n`).join("")).body,
  );
  const { shift } = Array.prototype;
  let moved = 0;
  Array.prototype.shift = function () {
    moved += this.length;
    return shift.call(this);
  };
  try {
    for (const data of events) assert.equal((await reader.next()).data, data);
    assert.equal(await reader.next(), undefined);
  } finally {
    Array.prototype.shift = shift;
  }
  assert.ok(moved < 10 * events.length, `${moved} were moved`);
});

test("event names, several data lines and fields without a value follow the standard", async () => {
  const text =
    "event: a\ndata: 1\ndata:2\ndata\n\nevent:\ndata:  x\n\nevent: none\n\nid: 1\ndata: y\n\n" +
    ": comment\nunknown: 1\ndata: unfinished\n";
  assert.deepEqual(await allOf(readerOf([text])), [
    ["a", "1\n2\n"],
    [undefined, " x"],
    [undefined, "y"],
  ]);
});

test("an event that ends in CR does not wait for the next byte", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: x\r\r")),
  });
  assert.equal((await new EventReader(body).next()).data, "x");
});

test("a split CR LF is one line end", async () => {
  const chunks = ["data: a\r", "\ndata: b\r", "\n\r", "\ndata: c\n\n"];
  assert.deepEqual(await allOf(readerOf(chunks)), [
    [undefined, "a\nb"],
    [undefined, "c"],
  ]);
});

test("a chunk with CRs is searched once", async () => {
  const { indexOf } = String.prototype;
  let searched = 0;
  String.prototype.indexOf = function (text, from = 0) {
    const found = indexOf.call(this, text, from);
    searched += (found < 0 ? this.length : found) - from;
    return found;
  };
  const text = "data: 1\n\n".repeat(20_000);
  try {
    const events = await allOf(readerOf([`data: 0\r\n\r\n${text}`]));
    assert.equal(events.length, 20_001);
  } finally {
    String.prototype.indexOf = indexOf;
  }
  assert.ok(searched < 10 * text.length, `${searched} characters`);
});

test("a megabyte in small pieces is joined once", async () => {
  const { join } = Array.prototype;
  let joined = 0;
  Array.prototype.join = function (separator) {
    const text = join.call(this, separator);
    joined += text.length;
    return text;
  };
  const pieces = Array.from({ length: 50_000 }, () => "x".repeat(20));
  try {
    const reader = readerOf(["data: ", ...pieces, "\n\n"]);
    assert.equal((await reader.next()).data.length, 1_000_000);
  } finally {
    Array.prototype.join = join;
  }
  assert.ok(joined < 3_000_000, `${joined} characters`);
});

test("an event above the limit is an error, after the events before it", async () => {
  const chunks = ["data: 1\n\ndata: ", "x".repeat(60), "x".repeat(60)];
  const reader = readerOf(chunks, { max_chars: 100 });
  assert.equal((await reader.next()).data, "1");
  await assert.rejects(reader.next(), (error) => {
    assert.ok(error instanceof EventTooLongError);
    assert.equal(error.message, "an event is longer than 100 characters");
    return true;
  });
});

test("a run with an endless event fails without reconnect", async () => {
  const { TextDecoder } = globalThis;
  const text = "x".repeat(2 ** 26);
  globalThis.TextDecoder = class {
    decode = () => text;
  };
  let cancelled = 0;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: () => {
      cancelled += 1;
    },
  });
  const headers = { "content-type": "text/event-stream" };
  const reconnect = () => assert.fail("it was asked for again");
  try {
    const run = fromResponse(new Response(body, { headers }), { reconnect });
    await assert.rejects(run.result(), {
      code: "network_error",
      message: "an event is longer than 268,435,456 characters",
    });
  } finally {
    globalThis.TextDecoder = TextDecoder;
  }
  assert.equal(cancelled, 1);
});
