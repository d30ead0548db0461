import assert from "node:assert/strict";
import test from "node:test";
import { permits } from "./release.mjs";

test("permits() evaluates the licence expressions of crates", () => {
  const allowed = ["MIT", "Unicode-3.0"];
  const allows = (expression) => permits(expression, allowed);
  for (const good of [
    "MIT",
    "MIT OR Apache-2.0",
    "Apache-2.0/MIT",
    "(MIT OR Apache-2.0) AND Unicode-3.0",
  ])
    assert.ok(allows(good), good);
  for (const bad of [
    "",
    "GPL-3.0",
    "Apache-2.0",
    "MIT AND GPL-3.0",
    "(GPL-3.0 OR Apache-2.0) AND MIT",
  ])
    assert.ok(!allows(bad), bad);
});
