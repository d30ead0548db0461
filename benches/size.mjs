// What `import { fuse } from "llm-fuse"` brings into an app: bundled and minified, as a whole and in its two parts.

import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

export async function measureSize(root) {
  const bundle = async (plugins) => {
    const { outputFiles } = await build({
      stdin: { contents: `export { fuse } from "llm-fuse";`, resolveDir: root },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
      plugins,
    });
    return outputFiles[0].contents;
  };
  const whole = sizes(await bundle([]));
  const js = sizes(await bundle([withoutCore]));
  return {
    "whole": whole,
    "of it JavaScript": js,
    "of it wasm, as text": whole.map((size, i) => size - js[i]),
    "core_bg.wasm by itself": sizes(readFileSync(new URL("../dist/core_bg.wasm", import.meta.url))),
  };
}

const withoutCore = {
  name: "without-core",
  setup: ({ onLoad }) => onLoad({ filter: /core_inline\.js$/ }, () => ({ contents: `export default {}` })),
};

/** Raw, gzip, brotli. */
const sizes = (bytes) => [
  bytes.length,
  gzipSync(bytes, { level: 9 }).length,
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length,
];
