// Licence notices of third-party code in dist/: crates in the wasm and npm packages in the
// JavaScript.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root, runOrThrow, UserError } from "./process.mjs";
import { target } from "./toolchain.mjs";

const rule = `\n${"-".repeat(72)}\n\n`;

/**
 * Returns the text of THIRD-PARTY-LICENSES.txt.
 * @param bundled the notices of bundled npm packages, `{ title, text }`
 */
export async function thirdPartyLicenses(bundled) {
  const crates = await Promise.all((await compiledIn()).map(notice));
  const std = {
    title: "Rust's standard library and the crates it is made of (MIT OR Apache-2.0)",
    text: await mit("The Rust Project Contributors"),
  };
  const byText = new Map();
  for (const { title, text } of [...crates, std, ...bundled])
    byText.set(text.trim(), [...(byText.get(text.trim()) ?? []), title]);
  const parts = [...byText].map(([text, titles]) => `${titles.join("\n")}\n\n${text}\n`);
  return [
    "llm-fuse contains the following works of others. Where there was a choice of licences, " +
      "it takes MIT.\n",
    ...parts,
  ].join(rule);
}

/** Returns the crates that cargo links for wasm: normal dependencies without procedural macros. */
async function compiledIn() {
  const args = ["metadata", "--format-version", "1", "--locked", "--filter-platform", target];
  const { packages, resolve } = JSON.parse(await runOrThrow("cargo", args, { quiet: "stdout" }));
  const byId = new Map(packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const isMacro = (id) => byId.get(id).targets.some(({ kind }) => kind.includes("proc-macro"));
  const found = new Set();
  const walk = (id) => {
    if (found.has(id) || isMacro(id)) return;
    found.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id).deps)
      if (dep_kinds.some(({ kind }) => kind === null)) walk(pkg);
  };
  walk(resolve.root);
  found.delete(resolve.root);
  return [...found].map((id) => byId.get(id)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function notice({ name, version, license, authors, manifest_path }) {
  const title = `${name} ${version} (${license})`;
  const files = (await readdir(dirname(manifest_path))).filter((file) =>
    /^(licen[cs]e|copying|notice)/i.test(file),
  );
  const chosen = files.some((file) => /mit/i.test(file))
    ? files.filter((file) => /mit|unicode/i.test(file))
    : files;
  if (chosen.length > 0)
    return {
      title,
      text: (
        await Promise.all(
          chosen.map((file) => readFile(join(dirname(manifest_path), file), "utf8")),
        )
      ).join("\n"),
    };
  if (!/\bMIT\b/.test(license ?? "")) throw new UserError(`${title} has no licence text to ship.`);
  return {
    title,
    text: await mit(
      authors.map((author) => author.replace(/ <.*>/, "")).join(", ") || `the authors of ${name}`,
    ),
  };
}

async function mit(holder) {
  return (await readFile(join(root, "LICENSE-MIT"), "utf8")).replace(
    /^Copyright.*$/m,
    `Copyright (c) ${holder}`,
  );
}
