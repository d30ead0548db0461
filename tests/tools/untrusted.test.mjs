import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BRACKETS, KINDS, OPENERS, SLASHES } from "../../src/js/tools/text-tables.js";
import { escapeMarkers } from "../../src/js/tools/untrusted.js";
import { visible } from "../../src/js/tools/visible.js";

const list = new URL("../fixtures/fences.json", import.meta.url);
const { rows } = JSON.parse(readFileSync(list, "utf8"));

test("the list of attacks is not empty", () => assert.ok(rows.length > 75));

for (const { name, input, output = input } of rows) {
  test(`text from outside: ${name}`, () => assert.equal(escapeMarkers(input), output));
}

test("every opener and slash before every kind is escaped", () => {
  for (const kind of KINDS) {
    for (const opener of OPENERS) {
      assert.equal(escapeMarkers(`日本é ${opener}${kind}`), `日本é ${opener}\\${kind}`);
      for (const slash of SLASHES) {
        assert.equal(escapeMarkers(`${opener} ${slash}${kind}`), `${opener} ${slash}\\${kind}`);
      }
    }
    for (const open of BRACKETS) {
      assert.equal(
        escapeMarkers(`${open}/${kind}] ${open}${kind}-1] ${open}${kind}]`),
        `${open}/\\${kind}] ${open}\\${kind}-1] ${open}${kind}]`,
      );
    }
  }
});

test("no ignorable, format or control character survives where no script needs it", () => {
  const isHidden =
    /\p{Default_Ignorable_Code_Point}|\p{Cf}|\p{Cc}|[\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]/u;
  const left = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const c = String.fromCodePoint(code);
    if (!isHidden.test(c) || /[\t\n\r]/.test(c)) continue;
    for (const text of [`a${c}b`, `[${c}]`, `5${c}0`, `.${c.repeat(9)} `]) {
      if (visible(text).includes(c)) left.push(code.toString(16));
    }
  }
  assert.deepEqual(left, []);
});
