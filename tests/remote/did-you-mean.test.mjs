// Tests that src/js/did-you-mean.js finds the same names as the core.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { didYouMean } from "../../src/js/did-you-mean.js";

const table = new URL("../fixtures/did-you-mean.json", import.meta.url);

test("the cases that both languages share", () => {
  for (const { known, cases } of JSON.parse(readFileSync(table, "utf8")))
    for (const [unknown, meant] of Object.entries(cases))
      assert.equal(didYouMean(unknown, known) ?? null, meant, unknown);
});
