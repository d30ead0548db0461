// Runs examples/ on the packed package: the Worker with its Durable Object in workerd, its page in
// a browser, and the endpoint in Hono.

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Response } from "miniflare";
import { chromium } from "playwright-core";
import commandLine from "../examples/command-line.mjs";
import { bundled } from "../examples/deploy.mjs";
import endpoint from "../examples/endpoint.mjs";
import heldRuns from "../examples/held-runs.mjs";
import hono from "../examples/hono.mjs";
import page from "../examples/page.mjs";
import workersAi from "../examples/workers-ai.mjs";
import { connect } from "../provider/client.mjs";
import { priceList } from "../provider/scripts.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, within } from "../scenarios/assert.mjs";
import { ANALYST, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";

const PATHS = [
  process.env.CHROME_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const LIMIT_MS = 180_000;
const prices = priceList(
  Object.fromEntries(
    [...PANEL, ANALYST, WRITER].map((model) => [
      model,
      { prompt: "0.000001", completion: "0.000002" },
    ]),
  ),
);

export default async function run({ installed, log }) {
  const executablePath = PATHS.find((path) => path && existsSync(path));
  if (!executablePath)
    return {
      passed: 0,
      failed: 0,
      notRun: "no Chromium: install Debian's chromium or set CHROME_PATH",
    };

  const home = await mkdtemp(join(tmpdir(), "llm-fuse-examples-"));
  const user = join(installed, "uses-examples.mjs");
  await writeFile(user, 'export * from "llm-fuse";\n');
  const api = await import(pathToFileURL(user));
  const provider = await startProvider();
  const worker = await bundled(installed, log);
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  });
  try {
    const scenarios = scenariosFor(
      [...heldRuns, ...endpoint, ...workersAi, ...hono, ...page, ...commandLine],
      "examples",
      log,
    );
    const results = await runAll(scenarios, 3, (scenario) =>
      runExtra(scenario.name, () =>
        within(
          LIMIT_MS,
          alone(scenario, { installed, api, provider, worker, browser }),
          "the scenario",
        ),
      ),
    );
    results.push(
      await runExtra("workerd: logged no error", async () =>
        equal(
          worker.output().match(/.*(?:uncaught|unhandled|different request|deadlock|hung).*/gi) ??
            [],
          [],
        ),
      ),
    );
    return await report(results, { runtime: "examples", log });
  } finally {
    await browser.close();
    await worker.remove();
    await provider.close();
    await Promise.all(
      [user, home].map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })),
    );
  }
}

/** Runs a scenario with its own session and its own Workers. The Workers end with the scenario. */
async function alone({ name, run }, { installed, api, provider, worker, browser }) {
  const session = connect(provider).session(name.replace(/\W+/g, "-"));
  await session.script({ "GET /models": prices });
  // The loopback provider has no price list, so MAX_COST must be empty.
  const elsewhere = { BASE_URL: session.baseURL, MAX_COST: "" };
  const open = [];
  const started = (server) => {
    open.push(server.dispose);
    return server;
  };
  try {
    await run({
      installed,
      api,
      session,
      read,
      start: async (vars, more) => started(await worker.start({ ...elsewhere, ...vars }, more)),
      /** Starts the Worker without changes. Its calls to OpenRouter go to the loopback provider. */
      startAsDeployed: async (vars) =>
        started(await worker.start(vars, { outboundService: inPlaceOf(session) })),
      async openPage(address) {
        const page = await browser.newPage();
        open.push(() => page.close());
        page.setDefaultTimeout(60_000);
        await page.route(address, (route) =>
          route.fulfill({ contentType: "text/html", body: worker.page.html }),
        );
        await page.route(`${address}page.js`, (route) =>
          route.fulfill({ contentType: "text/javascript", body: worker.page.js }),
        );
        await page.goto(address);
        return page;
      },
    });
  } finally {
    await Promise.all(open.map((close) => close()));
    await session.reset();
  }
}

const inPlaceOf = (session) => async (request) => {
  const path = request.url.replace("https://openrouter.ai/api/v1/", "");
  if (!["models", "chat/completions"].includes(path))
    throw new Error(`unexpected request: ${request.url}`);
  const { method, headers } = request;
  const {
    status,
    headers: answered,
    body,
  } = await fetch(`${session.baseURL}/${path}`, {
    method,
    headers: { authorization: headers.get("authorization"), "content-type": "application/json" },
    body: method === "POST" ? await request.text() : undefined,
  });
  return new Response(body, { status, headers: { "content-type": answered.get("content-type") } });
};

/** Returns all events of a run. Throws if the run fails. */
async function read(run, see = () => {}) {
  const events = [];
  for await (const event of run) {
    events.push(event);
    await see(event);
  }
  return events;
}
