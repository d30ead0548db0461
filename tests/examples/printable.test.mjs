import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableJson } from "../../examples/printable.mjs";
import { ATTACKS, CONTROL } from "./escape-sequences.mjs";

test("no control character is printed, and words stay", () => {
  for (const attack of ATTACKS) {
    assert.doesNotMatch(printable(`a ${attack} b`), CONTROL, JSON.stringify(attack));
    const json = printableJson({ [attack]: [attack] });
    assert.doesNotMatch(json, CONTROL, JSON.stringify(attack));
    assert.deepEqual(JSON.parse(json), { [attack]: [attack] });
  }
  const words = "é – 日本語 👩‍👩‍👧 می‌خواهم\n\ttab";
  assert.equal(printable(words), words);
});
