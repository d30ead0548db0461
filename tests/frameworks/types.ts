// Type tests of llm-fuse/node with the types of Node, Express and Fastify. This file is compiled,
// but never run.
import { createServer } from "node:http";
import { createServer as createServer2 } from "node:http2";
import express from "express";
import Fastify from "fastify";
import { fuse } from "llm-fuse";
import { createHandler } from "llm-fuse/handler";
import { pipeRun, toNodeHandler } from "llm-fuse/node";

const handler = toNodeHandler(createHandler());
createServer(handler);
createServer2(handler);
const app = express();
app.use("/v1", handler);
app.post("/ask", express.json(), async (req, res) => {
  await pipeRun(fuse(req.body.prompt), res, { onClose: "stop" });
});
const fastify = Fastify();
fastify.all("/v1/*", handler);
fastify.post("/ask", (_request, reply) => pipeRun(fuse("Why?"), reply, { onClose: "continue" }));
