// Checks which parts of the packed package a bundler keeps.

import { build } from "esbuild";
import { equal, ok } from "../scenarios/assert.mjs";
import { installedPackage } from "../tiers/browser.mjs";
import { runExtra } from "../tiers/report.mjs";

/**
 * Bundles code that imports the package. Returns the package's files in the bundle, and the output.
 */
async function bundle(installed, code, conditions = []) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir: installed },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
    conditions,
    external: ["*.wasm", "*.wasm?module"],
    logLevel: "silent",
    plugins: conditions.length > 0 ? [] : [installedPackage(installed)],
  });
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const names = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.replace(/^.*\/dist\//, ""));
  return { names, text: outputFiles[0].text };
}

export const bundles = (installed) => [
  runExtra("a bundle that imports fuse has nothing of the AI SDK", async () => {
    const { names } = await bundle(installed, 'export { fuse } from "llm-fuse";');
    equal(
      names.filter((name) => name.includes("ai-sdk")),
      [],
    );
  }),
  runExtra("a bundle that imports fromAiSdk and toUIMessageStream has no core", async () => {
    const code = 'export { fromAiSdk, toUIMessageStream } from "llm-fuse/ai-sdk";';
    const { names } = await bundle(installed, code);
    ok(names.includes("ai-sdk/provider.js"), names.join());
    equal(
      names.filter((name) => /core|run\.js|ai-sdk\/(model|stream)\.js/.test(name)),
      [],
    );
  }),
  runExtra("a bundle that imports fuse and fusion has one core", async () => {
    const code = 'export { fuse } from "llm-fuse"; export { fusion } from "llm-fuse/ai-sdk";';
    const { names } = await bundle(installed, code);
    equal(names.filter((name) => /core/.test(name)).sort(), ["core.js", "core_inline.js"]);
  }),
  ...["workerd", "edge-light"].map((condition) =>
    runExtra(`under ${condition}, fuse and fusion have the core of that entry`, async () => {
      const code = 'export { fuse } from "llm-fuse"; export { fusion } from "llm-fuse/ai-sdk";';
      const { names } = await bundle(installed, code, [condition]);
      ok(names.includes(`entry/${condition}.js`), names.join());
      ok(!names.includes("core_inline.js"), names.join());
    }),
  ),
];
