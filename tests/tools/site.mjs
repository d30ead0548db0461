// Starts a web site on loopback that records its requests and disconnects. `routes` maps a path to
// a function `(request, response)`.

import { createServer } from "node:http";

export async function startSite(routes) {
  const seen = [];
  const server = createServer((request, response) => {
    let end = "client_closed";
    response.once("finish", () => (end = "completed"));
    const closed = new Promise((tell) => response.once("close", () => tell(end)));
    seen.push({ method: request.method, url: request.url, headers: request.headers, closed });
    const route = routes[new URL(request.url, "http://site").pathname];
    if (route) route(request, response);
    else response.writeHead(404, { "content-type": "text/html" }).end("<p>Nothing here");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const host = `127.0.0.1:${server.address().port}`;
  return {
    host,
    url: (path) => `http://${host}${path}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export const respondWith =
  (type, body, status = 200, headers = {}) =>
  (_request, response) =>
    response.writeHead(status, { ...(type && { "content-type": type }), ...headers }).end(body);

export const redirectTo =
  (location, status = 302) =>
  (_request, response) =>
    response.writeHead(status, { location }).end("elsewhere");

/** Writes `chunk` until the client disconnects. If `every_ms` is set, waits between chunks. */
export const endlessBody =
  (type, chunk, { every_ms, headers } = {}) =>
  (_request, response) => {
    response.writeHead(200, { "content-type": type, ...headers });
    const write = () => {
      if (response.destroyed) return;
      if (every_ms) setTimeout(write, every_ms).unref();
      if (!response.write(chunk)) response.once("drain", write);
      else if (!every_ms) setImmediate(write);
    };
    write();
  };
