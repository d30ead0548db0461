// In: the sources under www/. Out: the built page on loopback, as any static host would serve it.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const WWW = fileURLToPath(new URL("../../www", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

export async function buildSite(outDir) {
  await build({ root: WWW, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://site").pathname).replace(/\/$/, "/index.html");
    try {
      const bytes = await readFile(join(outDir, path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    html: await readFile(join(outDir, "index.html"), "utf8"),
    close: () => new Promise((done) => (server.closeAllConnections(), server.close(done))),
  };
}
