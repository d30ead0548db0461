// Tests examples/sveltekit in Chromium. SvelteKit builds the app, and its Node adapter serves it.
// SvelteKit 3 needs Node 22, so the build and the server run on Node 24 from npm. With
// `SCREENSHOTS=FOLDER`, stores screenshots in the folder.

import { spawn } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { node24 } from "../../scripts/lib/clients.mjs";
import { frameworksFolder } from "../../scripts/setup.mjs";
import { connect, noneOpen } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { ANALYST, defaultScripts, PANEL, stalled, WRITER } from "../scenarios/fixtures.mjs";
import { tool } from "../tiers/consumers.mjs";
import { sameVersions } from "./versions.mjs";

const source = fileURLToPath(new URL("../../examples/sveltekit", import.meta.url));
const MODELS = { PANEL: PANEL.join(), ANALYST, WRITER };

/** Returns the checks as `{ name, run }`. */
export const exampleSvelteKit = (browser) =>
  [
    { name: "examples/sveltekit: the route, the page, stop, retry and a closed page", run: shown },
    {
      name: "examples/sveltekit: its versions are those of the tests",
      run: () => sameVersions(source),
    },
  ].map(({ name, run }) => ({ name, run: () => run(browser) }));

async function shown(browser) {
  const folder = join(frameworksFolder, "example-sveltekit");
  await rm(folder, { recursive: true, force: true });
  await cp(source, folder, { recursive: true });
  const node = node24();
  ok(node, "npm has no Node 24 for this machine");
  await tool(folder, node, [join(frameworksFolder, "node_modules/vite/bin/vite.js"), "build"]);
  const provider = await startProvider();
  const session = connect(provider).session("example-sveltekit");
  const server = await start(node, folder, {
    ...MODELS,
    BASE_URL: session.baseURL,
    OPENROUTER_API_KEY: "sk-example",
  });
  const page = await browser.open(server.url);
  page.setDefaultTimeout(30_000);
  try {
    await use(page, session);
    const before = (await session.calls()).length;
    await session.script(defaultScripts(stalled));
    await page.getByRole("button", { name: "Ask" }).click();
    await session.until((calls) => calls.length === before + PANEL.length);
    await page.close();
    const left = (await session.until(noneOpen)).slice(before);
    equal(
      left.map(({ end }) => end),
      PANEL.map(() => "client_closed"),
      "the calls of a closed page",
    );
  } finally {
    await page.close();
    await server.stop();
    await provider.close();
  }
}

/** Asks, stops and retries. */
async function use(page, session) {
  const click = (name) => page.getByRole("button", { name }).click();
  const picture = (name) =>
    process.env.SCREENSHOTS && page.screenshot({ path: join(process.env.SCREENSHOTS, name) });
  // Wait for hydration. Before it, the buttons do nothing.
  await page.waitForFunction(() => document.readyState === "complete");
  await session.script(defaultScripts(stalled));
  await click("Ask");
  await session.until((calls) => calls.length === PANEL.length);
  await picture("sveltekit-running.png");
  await click("Stop");
  await page.getByRole("alert").waitFor();
  const stopped = await session.until(noneOpen);
  equal(
    stopped.map(({ end }) => end),
    PANEL.map(() => "client_closed"),
    "the calls of a stopped run",
  );

  await session.script(defaultScripts());
  await click("Retry");
  await page.getByText("Yes, it is blue.").waitFor();
  const panel = page.getByRole("region", { name: "Panel" }).locator("article");
  equal(await panel.count(), PANEL.length);
  equal(await panel.first().locator("small").textContent(), "completed");
  equal(await panel.first().locator("h2").textContent(), PANEL[0]);
  ok((await page.getByRole("region", { name: "Comparison" }).locator("li").count()) > 0);
  equal(await page.getByRole("alert").count(), 0, "the error of the stopped run");
  await picture("sveltekit-completed.png");
}

/** Starts the built server. Resolves to `{ url, stop }` when the server listens. */
async function start(node, folder, env) {
  const child = spawn(node, ["build"], {
    cwd: folder,
    env: { ...process.env, ...env, HOST: "127.0.0.1", PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  const url = await new Promise((resolve, reject) => {
    const hear = (text) => {
      output += text;
      const [address] = output.match(/http:\/\/127\.0\.0\.1:[1-9]\d*/) ?? [];
      if (address) resolve(`${address}/`);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", hear);
    void ended.then((code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
