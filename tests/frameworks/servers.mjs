// Servers for the checks of llm-fuse/node: plain http, Express and Fastify. `/parsed/v1` parses the
// body before the handler.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** Starts listening. Returns `{ url, close }`. */
async function started(server) {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

export const plainServer = (routes) =>
  started(
    createServer(async (req, res) => {
      if (req.url === "/ask") return routes.ask(req, res);
      if (req.url.startsWith("/parsed/")) req.body = JSON.parse((await text(req)) || "{}");
      return routes.v1(req, res);
    }),
  );

export const expressServer = (express) => (routes) => {
  const app = express();
  app.set("env", "test"); // otherwise Express prints errors
  app.post("/ask", (req, res) => routes.ask(req, res));
  app.use("/parsed/v1", express.json({ strict: false }), (req, res, next) =>
    routes.v1(req, res, next),
  );
  app.use("/v1", (req, res, next) => routes.v1(req, res, next));
  return started(createServer(app));
};

/** Fastify parses JSON on every path. */
export const fastifyServer = (fastify) => async (routes) => {
  const app = fastify({ forceCloseConnections: true });
  app.post("/ask", (request, reply) => routes.ask(request, reply));
  for (const path of ["/v1/*", "/parsed/v1/*"])
    app.all(path, (request, reply) => routes.v1(request, reply));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url: `${url}/`, close: () => app.close() };
};
