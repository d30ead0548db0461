// A Worker that passes the core to init().
import core from "llm-fuse/core.wasm";
import * as slim from "llm-fuse/slim";
import { scriptedFetch } from "llm-fuse/testing";
import { faults } from "./scenario.mjs";

export default {
  async fetch(request) {
    await slim.init(core);
    return Response.json(
      await faults({ ...slim, scriptedFetch }, new URL(request.url).searchParams.get("provider")),
    );
  },
};
