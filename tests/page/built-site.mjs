// Builds the page from www/ and serves it on loopback like a static host.

import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { build } from "vite";

const WWW = fileURLToPath(new URL("../../www", import.meta.url));
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};
const compress = promisify(brotliCompress);

export async function buildSite(outDir) {
  await build({ root: WWW, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  const plain = await serve((path) => readFile(join(outDir, path)), {});
  const packed = new Map();
  // Compress each file only when it is first requested: compressing the core takes one to two
  // seconds.
  const smaller = (path) =>
    packed.get(path) ?? packed.set(path, readFile(join(outDir, path)).then(compress)).get(path);
  const compressed = await serve(smaller, { "content-encoding": "br" });
  return {
    url: plain.url,
    compressed: compressed.url,
    html: await readFile(join(outDir, "index.html"), "utf8"),
    /** Returns the size of each file after brotli. */
    async sizes() {
      const paths = (await readdir(outDir, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(outDir.length));
      return Promise.all(
        paths.map(async (path) => ({
          name: path.replace(/^.*\/|-[\w-]{8}(?=\.)/g, ""),
          bytes: (await smaller(path)).length,
        })),
      );
    },
    close: () => Promise.all([plain.close(), compressed.close()]),
  };
}

async function serve(find, headers) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://site").pathname).replace(
      /\/$/,
      "/index.html",
    );
    try {
      const bytes = await find(path);
      response
        .writeHead(200, {
          "content-type": TYPES[extname(path)] ?? "application/octet-stream",
          ...headers,
        })
        .end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      }),
  };
}
