import assert from "node:assert/strict";
import test from "node:test";
import { functionSizes } from "./lib/functions.mjs";

test("functionSizes() returns the sizes by name and skips imported functions", () => {
  const text = (words) => [words.length, ...Buffer.from(words)];
  const section = (id, ...content) => [id, content.length, ...content];
  const module = Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 0, 0),
    ...section(2, 1, ...text("host"), ...text("call"), 0, 0),
    ...section(3, 3, 0, 0, 0),
    // Three function bodies without locals. They differ in the number of `nop` instructions.
    ...section(10, 3, 2, 0, 0x0b, 4, 0, 1, 1, 0x0b, 3, 0, 1, 0x0b),
    ...section(
      0,
      ...text("name"),
      ...section(1, 3, 0, ...text("imported"), 1, ...text("small"), 2, ...text("big")),
    ),
  ]);
  assert.deepEqual(functionSizes(module), [
    { name: "big", bytes: 4 },
    { name: "function 3", bytes: 3 },
    { name: "small", bytes: 2 },
  ]);
});
