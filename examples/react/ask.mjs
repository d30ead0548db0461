// The page's route. POST /ask takes `{ prompt }` and answers with the events of a run.

import { fileURLToPath } from "node:url";
import express from "express";
import { fuse } from "llm-fuse";
import { pipeRun } from "llm-fuse/node";

/**
 * @param fields of each request, such as the panel
 * @param options of `fuse()`, with the key
 */
export function createApp(fields, options) {
  const app = express();
  app.post("/ask", express.json(), async (req, res) => {
    const { prompt } = req.body ?? {};
    if (typeof prompt !== "string") return res.status(400).json({ error: "`prompt` is missing" });
    await pipeRun(fuse({ ...fields, prompt }, options), res, { onClose: "stop" });
  });
  app.use(express.static(fileURLToPath(new URL("dist", import.meta.url))));
  return app;
}
