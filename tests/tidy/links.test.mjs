import assert from "node:assert/strict";
import test from "node:test";
import { brokenLinks, relativeLinks } from "./links.mjs";

const exists = (path) => ["docs/a.md", "README.md", "docs"].includes(path);

test("links of all kinds are found, except absolute ones and code", () => {
  const text = [
    "[a](docs/a.md) ![p](p.webp) [web](https://a.example/) [mail](mailto:a@b.example)",
    "`[x](y.md)`",
    "```js\n[z](z.md)\n```",
    "[`code`](#part)",
  ].join("\n");
  assert.deepEqual(relativeLinks(text), ["docs/a.md", "p.webp", "#part"]);
});

test("a link leads to a file and, if it names one, to a heading", () => {
  const files = {
    "README.md": "[a](docs/a.md#the-writers-own-tools) [b](docs/a.md#other) [c](docs) [d](gone.md)",
    "docs/a.md": "## The writer's own `tools`\n[up](../README.md) [out](../../secret.md)",
  };
  assert.deepEqual(brokenLinks(files, exists), [
    "README.md: docs/a.md#other has no such heading",
    "README.md: gone.md does not exist",
    "docs/a.md: ../../secret.md does not exist",
  ]);
});

test("the second of two equal headings has a number", () => {
  assert.deepEqual(
    brokenLinks({ "README.md": "# Part\n# Part\n[a](#part) [b](#part-1) [c](#part-2)" }, exists),
    ["README.md: #part-2 has no such heading"],
  );
});
