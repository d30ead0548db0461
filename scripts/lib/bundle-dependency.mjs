// Bundles a file with the npm packages that it imports. Returns the licences of these packages.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root, UserError } from "./process.mjs";

/**
 * Bundles a file and what it imports.
 * @param name the path in dist/
 * @param entry the file to bundle
 * @param more options of esbuild
 * @returns `{ text, notices }`; each notice is `{ title, text }`
 */
export async function bundleDependency(name, entry, more = {}) {
  const { build } = await import("esbuild");
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "silent",
    outfile: join(root, "dist", name),
    ...more,
  });
  const notices = await Promise.all(foldersIn(metafile).map(readLicense));
  const named = notices.map(({ title }) => title).join(", ");
  // `#!` must be the first line.
  const [, hashbang, code] = /^(#![^\n]*\n)?(.*)$/s.exec(outputFiles[0].text);
  return {
    text: `${hashbang ?? ""}/* ${named}; licences: THIRD-PARTY-LICENSES.txt */\n${code}`,
    notices,
  };
}

/** Returns the folders of the packages that have code in the output. */
function foldersIn({ outputs }) {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0),
  );
  return [
    ...new Set(
      used.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean),
    ),
  ].sort();
}

async function readLicense(folder) {
  const { name, version, license } = JSON.parse(
    await readFile(join(root, folder, "package.json"), "utf8"),
  );
  const file = (await readdir(join(root, folder))).find((file) =>
    /^licen[cs]e(\.\w+)?$/i.test(file),
  );
  if (!file) throw new UserError(`${name} has no licence file to ship.`);
  return {
    title: `${name} ${version} (${license})`,
    text: await readFile(join(root, folder, file), "utf8"),
  };
}
