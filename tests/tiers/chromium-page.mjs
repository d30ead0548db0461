// Runs inside the page: chromium.mjs names a scenario, this runs it.

import * as core from "llm-fuse";
import * as tools from "llm-fuse/tools";
import { runScenario } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";

const api = { ...core, tools };
const rejections = [];
addEventListener("unhandledrejection", (event) => rejections.push(String(event.reason)));

window.llmFuse = api;
window.runOne = (id, ports) =>
  runScenario(scenarios.find((scenario) => scenario.id === id), { api, runtime: "chromium", unhandled: () => rejections, ...ports });
window.ready = true;
