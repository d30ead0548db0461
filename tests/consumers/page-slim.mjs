// A page that passes the core to init(). Checks that a run before init() fails with instructions.
import * as core from "llm-fuse/slim";
import { scriptedFetch } from "llm-fuse/testing";
import { faults } from "./scenario.mjs";

window.check = async (baseURL) => {
  const early = await core
    .fuse("Too early?", { apiKey: "sk-consumer" })
    .result()
    .catch((error) => error.message);
  if (!early.includes("init(source)")) return `a run without a core: ${early}`;
  await core.init(fetch("/node_modules/llm-fuse/dist/core_bg.wasm"));
  return faults({ ...core, scriptedFetch }, baseURL);
};
