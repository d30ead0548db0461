import assert from "node:assert/strict";
import test from "node:test";
import { bytesOf } from "../src/js/inlined.js";
import { inlined } from "./lib/inlined.mjs";

const back = async (bytes) => {
  const module = inlined(bytes);
  assert.match(module, /^[\x20-\x7e]*\n$/, "plain ASCII on one line");
  assert.doesNotMatch(module, /[<\\]/);
  return bytesOf((await import(`data:text/javascript,${encodeURIComponent(module)}`)).default);
};

test("all bytes survive a round trip, whatever their frequencies", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) =>
      i < 256 ? i : ((i * i * (seed + 3)) >> (seed % 5)) & 255,
    );
    assert.deepEqual(await back(bytes), bytes);
  }
  assert.deepEqual(await back(new Uint8Array()), new Uint8Array());
});
