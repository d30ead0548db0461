// Bytes of `import { fuse } from "llm-fuse"` in an app: bundled and minified, whole and by part.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

export async function measureSize(root) {
  const contents = `export { fuse } from "llm-fuse";`;
  const whole = sizes(await bundle(contents, root));
  const js = sizes(await bundle(contents, root, [withoutCore]));
  return {
    whole: whole,
    "of it JavaScript": js,
    "of it wasm, as text": whole.map((size, i) => size - js[i]),
    "core_bg.wasm by itself": sizes(readFileSync(new URL("../dist/core_bg.wasm", import.meta.url))),
  };
}

/**
 * Measures each entry without a core, bundled and minified as in an app. Packages that the app has
 * anyway are not counted.
 */
export async function measureEntries(root) {
  const home = join(root, "node_modules/llm-fuse");
  const { exports, peerDependencies } = JSON.parse(
    readFileSync(join(home, "package.json"), "utf8"),
  );
  const external = ["node:*", ...Object.keys(peerDependencies ?? {})];
  const parts = { "fromResponse alone": `export { fromResponse } from "llm-fuse";` };
  for (const [path, { default: file = "" }] of Object.entries(exports)) {
    const name = path.replace(".", "llm-fuse");
    const hasCore = file.includes("/entry/") || !file.endsWith(".js");
    if (!hasCore) parts[name] = `export * from ${JSON.stringify(name)};`;
  }
  const measured = Object.entries(parts).map(async ([name, contents]) => {
    return [name, sizes(await bundle(contents, root, [], external))];
  });
  return Object.fromEntries(await Promise.all(measured));
}

/** Measures the command, which is one file. */
export const measureCommand = (root) =>
  sizes(readFileSync(join(root, "node_modules/llm-fuse/dist/cli.js")));

/**
 * Measures how much a subpath adds to an app that imports nothing else of the package. The core is
 * not counted, because all subpaths of an app share one core.
 */
export async function measureSubpath(root, names, subpath) {
  const contents = `export { ${names} } from "llm-fuse/${subpath}";`;
  return sizes(await bundle(contents, root, [withoutCore]));
}

/** Measures the bundle of the AI SDK in `folder` with OpenRouter's provider. */
export async function measurePeer(folder) {
  const lines = [
    `export { streamText } from "ai";`,
    `export { createOpenRouter } from "@openrouter/ai-sdk-provider";`,
  ];
  return sizes(await bundle(lines.join("\n"), folder));
}

async function bundle(contents, resolveDir, plugins = [], external = []) {
  const stdin = { contents, resolveDir };
  const options = { bundle: true, minify: true, format: "esm", write: false, external };
  const { outputFiles } = await build({ stdin, ...options, plugins });
  return outputFiles[0].contents;
}

const withoutCore = {
  name: "without-core",
  setup: ({ onLoad }) =>
    onLoad({ filter: /core_inline\.js$/ }, () => ({ contents: `export default {}` })),
};

/** Returns the sizes [raw, gzip, brotli]. */
const sizes = (bytes) => [
  bytes.length,
  gzipSync(bytes, { level: 9 }).length,
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }).length,
];
