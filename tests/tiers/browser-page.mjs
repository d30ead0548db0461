// Runs inside the page. Runs the scenarios that browser.mjs selects, and keeps the results until
// browser.mjs reads them.

import * as core from "llm-fuse";
import * as testing from "llm-fuse/testing";
import * as tools from "llm-fuse/tools";
import { runAll, runScenario } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";

const api = { ...core, testing, tools };
const rejections = [];
addEventListener("unhandledrejection", (event) => rejections.push(String(event.reason)));

const news = [];
const running = new Set();
window.llmFuse = api;
window.begin = (runtime, ids, width, ports) => {
  const world = { api, runtime, unhandled: () => rejections, ...ports };
  const wanted = ids.map((id) => scenarios.find((scenario) => scenario.id === id));
  void runAll(wanted, width, async (scenario) => {
    running.add(scenario.name);
    news.push(await runScenario(scenario, world));
    running.delete(scenario.name);
  });
};
window.running = () => [...running].join("; ");
window.news = () => news.splice(0);
