import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { releaseFaults, repositoryOf, withAbsoluteLinks } from "./lib/package-links.mjs";
import { restore, rewrite } from "./pack-links.mjs";

const set = {
  version: "1.2.3",
  repository: { type: "git", url: "git+https://github.com/acme/llm-fuse.git" },
  homepage: "https://github.com/acme/llm-fuse#readme",
  bugs: "https://github.com/acme/llm-fuse/issues",
};
const unset = JSON.parse(JSON.stringify(set).replaceAll("acme", "OWNER"));

test("a repository is read in each of npm's forms, and the placeholder is none", () => {
  for (const repository of [
    set.repository,
    "github:acme/llm-fuse",
    "https://github.com/acme/llm-fuse",
  ])
    assert.deepEqual(repositoryOf({ repository }), { owner: "acme", name: "llm-fuse" });
  for (const manifest of [{}, unset, { repository: "https://example.com/acme/llm-fuse" }])
    assert.equal(repositoryOf(manifest), undefined);
});

test("relative links and pictures become absolute, and nothing else changes", () => {
  const text = [
    "[a](docs/a.md#part) ![p](docs/p.webp) [`c`](./CHANGELOG.md)",
    "[here](#part) [web](https://a.example/b)",
    "[![p](docs/p.webp)](docs/a.md) `[code](docs/a.md)`",
    "```md\n[a](docs/a.md)\n```",
  ].join("\n");
  const blob = "https://github.com/acme/llm-fuse/blob/v1.2.3";
  const raw = "https://raw.githubusercontent.com/acme/llm-fuse/v1.2.3";
  const wanted = [
    `[a](${blob}/docs/a.md#part) ![p](${raw}/docs/p.webp) [\`c\`](${blob}/CHANGELOG.md)`,
    "[here](#part) [web](https://a.example/b)",
    `[![p](${raw}/docs/p.webp)](${blob}/docs/a.md) \`[code](docs/a.md)\``,
    "```md\n[a](docs/a.md)\n```",
  ].join("\n");
  assert.equal(withAbsoluteLinks(text, { owner: "acme", name: "llm-fuse" }, "1.2.3"), wanted);
});

test("a release is refused with placeholders, without a repository, and under another tag", () => {
  assert.deepEqual(releaseFaults(set, "v1.2.3"), []);
  assert.deepEqual(releaseFaults(set), []);
  assert.equal(releaseFaults(unset).length, 3);
  assert.equal(releaseFaults({ version: "1.2.3" }).length, 3);
  assert.match(
    releaseFaults({ ...set, repository: "https://example.com/a/b" })[0],
    /not a GitHub repository/,
  );
  assert.match(releaseFaults(set, "v1.2.4")[0], /tag is v1\.2\.4/);
});

test("the files are rewritten for the package and restored afterwards", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-pack-"));
  const read = (name) => readFile(join(folder, name), "utf8");
  const write = (name, text) => writeFile(join(folder, name), text);
  try {
    await write("README.md", "[a](docs/a.md)\n");
    await write("CHANGELOG.md", "[b](docs/b.md)\n");
    await write("package.json", JSON.stringify(unset));
    await rewrite(folder);
    assert.equal(await read("README.md"), "[a](docs/a.md)\n");

    await write("package.json", JSON.stringify(set));
    await rewrite(folder);
    await rewrite(folder); // The same state as after an interrupted `npm pack`.
    assert.equal(
      await read("README.md"),
      "[a](https://github.com/acme/llm-fuse/blob/v1.2.3/docs/a.md)\n",
    );
    assert.match(await read("CHANGELOG.md"), /blob\/v1\.2\.3\/docs\/b\.md/);
    await write("CHANGELOG.md", "edited\n");
    await restore(folder);
    assert.deepEqual(
      [await read("README.md"), await read("CHANGELOG.md")],
      ["[a](docs/a.md)\n", "edited\n"],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
