// How much an app grows by.

import { fileURLToPath } from "node:url";
import { measureSize } from "../size.mjs";

export default async function* size() {
  const parts = await measureSize(fileURLToPath(new URL("../..", import.meta.url)));
  yield* [
    {
      title: 'Size of `export { fuse } from "llm-fuse"`, bundled and minified, bytes',
      head: ["", "raw", "gzip 9", "brotli 11"],
      rows: Object.entries(parts).map(([part, sizes]) => [part, ...sizes.map((size) => size.toLocaleString("en"))]),
    },
  ];
}
