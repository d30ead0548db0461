// Fails if package.json does not name the repository, or if the Git tag differs from the version.
// Runs in the release workflow and before `npm publish`.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { releaseFaults } from "./lib/package-links.mjs";
import { main, root } from "./lib/process.mjs";

await main(async () => {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env;
  const faults = releaseFaults(manifest, GITHUB_REF_TYPE === "tag" ? GITHUB_REF_NAME : undefined);
  if (faults.length > 0) console.error(["This cannot be released:", ...faults].join("\n  "));
  else console.log(`package.json is ready for a release of ${manifest.version}.`);
  return faults.length > 0 ? 1 : 0;
});
