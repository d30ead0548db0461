// Runs inside the Worker: one scenario for each request.

import * as core from "llm-fuse";
import { scriptedFetch } from "llm-fuse/testing";
import { workersAI } from "llm-fuse/workers-ai";
import workersAi from "./workers-ai.mjs";

export default {
  async fetch(request) {
    const scenario = workersAi[Number(new URL(request.url).pathname.slice(1))];
    try {
      await scenario.run({ ...core, scriptedFetch, workersAI });
      return Response.json({ ok: true });
    } catch (error) {
      return Response.json({ ok: false, error: error?.stack ?? String(error) });
    }
  },
};
