// Bytes that the package adds to an app.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { measurePeer, measureSize } from "../size.mjs";

export default async function* size() {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const clients = process.env.BENCH_CLIENTS ? dirname(process.env.BENCH_CLIENTS) : root;
  const peer = { "`streamText` of `ai` with `createOpenRouter`": await measurePeer(clients) };
  const parts = { ...(await measureSize(root)), ...peer };
  yield* [
    {
      title:
        'Size in bytes of `export { fuse } from "llm-fuse"` and of a peer, bundled and minified',
      head: ["", "raw", "gzip 9", "brotli 11"],
      rows: Object.entries(parts).map(([part, sizes]) => [
        part,
        ...sizes.map((size) => size.toLocaleString("en")),
      ]),
    },
  ];
}
