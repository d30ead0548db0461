// What reading an event stream costs, counted and not timed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventReader } from "../../src/js/events.js";

test("many events in one chunk come in order, and none is moved for each that is taken", async () => {
  const events = Array.from({ length: 60_000 }, (_, i) => String(i));
  const reader = new EventReader(new Response(events.map((data) => `data: ${data}\n\n`).join("")).body);
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
