// Tests that the package follows redirects to the same place as Node's own `fetch`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { fetchWithManualRedirects } from "../../src/js/redirects.js";

const server = createServer((request, response) => {
  const [status, location] = request.url.slice(1).split("?");
  request.resume().on("end", () => {
    if (status === "ok")
      return response.end(`${request.method} ${request.headers["content-type"]}`);
    response
      .writeHead(Number(status), location && { location: decodeURIComponent(location) })
      .end();
  });
}).listen(0, "127.0.0.1");
await once(server, "listening");
after(() => {
  server.close();
  server.closeAllConnections();
});

/**
 * Returns the final status and the request that arrived there. If `fetch` fails, returns the name
 * of the error.
 */
async function end(fetch, method, path) {
  const init = {
    method,
    headers: new Headers({ "x-api-key": "k", "content-type": "text/plain" }),
    ...(method === "POST" && { body: "x" }),
  };
  return fetch(`http://127.0.0.1:${server.address().port}/${path}`, init).then(
    async (response) => [response.status, await response.text()],
    (error) => error.name,
  );
}

for (const method of ["GET", "POST"]) {
  test(`${method}: each status and each kind of address ends as in fetch`, async () => {
    for (const status of [300, 301, 302, 303, 304, 305, 306, 307, 308]) {
      for (const location of [
        "/ok",
        "data:text/plain,x",
        "file:///etc/hosts",
        "blob:null/x",
        "about:blank",
        "http://[",
        "",
      ]) {
        const path = `${status}?${encodeURIComponent(location)}`;
        assert.deepEqual(
          await end(fetchWithManualRedirects, method, path),
          await end(fetch, method, path),
          `${status} to ${location || "nowhere"}`,
        );
      }
    }
  });
}
