// Tests the examples of docs/react.md in Chromium: a user asks, stops, retries and leaves the page.

import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { frameworksFolder } from "../../scripts/setup.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { serve } from "../tiers/browser.mjs";
import { files } from "../tiers/consumers.mjs";
import { apps, buildApp, composables, example } from "./apps.mjs";

const MAX_LINES = 12;
const MAX_COMPOSABLE_LINES = 10;

/** Returns the checks as `{ name, run }`. */
export const pages = (browser) => [
  ...Object.keys(apps).map((name) => ({
    name,
    run: () => inPage(browser, name, checks[name.split(", ")[1]] ?? used),
  })),
  { name: "React 19, built for production", run: () => production(browser) },
  {
    name: `React: the example has at most ${MAX_LINES} lines`,
    run: async () => checkLines(await example("jsx"), MAX_LINES),
  },
  ...Object.entries(composables).map(([name, code]) => ({
    name: `${name}: \`useFusion()\` has at most ${MAX_COMPOSABLE_LINES} lines`,
    run: async () => checkLines(await code(), MAX_COMPOSABLE_LINES),
  })),
  { name: "React 18 and 19 render the example on a server", run: onServer },
];

async function inPage(browser, name, check, mode) {
  const site = await serve(files(await buildApp(name, mode)));
  const page = await browser.open(`${site.url}index.html`);
  page.setDefaultTimeout(30_000);
  try {
    await page.waitForFunction("window.unmount");
    await check(page, name);
  } finally {
    await page.close();
    await site.close();
  }
}

const click = (page, label) => page.getByRole("button", { name: label }).click();
const callsOf = (page) => page.evaluate("provider.calls.map(({ model, end }) => ({ model, end }))");
const answers = (page, text) =>
  page.waitForFunction((text) => document.querySelector("output").textContent === text, text);
const setMode = (page, mode) => page.evaluate(`window.mode = ${JSON.stringify(mode)}`);
/** Waits until no call is open. */
const noneOpen = (page) =>
  page.waitForFunction(() => provider.calls.every(({ end }) => end !== "open"));

async function used(page, name) {
  equal(await callsOf(page), [], "mounting begins no run");
  await click(page, "Ask");
  await answers(page, "The sky is blue.");
  equal(
    (await callsOf(page)).map(({ end }) => end),
    Array(5).fill("completed"),
  );

  await setMode(page, "slow");
  await click(page, "Ask");
  await page.waitForFunction(() => provider.calls.length === 8);
  await click(page, "Stop");
  await noneOpen(page);
  equal(
    (await callsOf(page)).slice(5).map(({ end }) => end),
    Array(3).fill("aborted"),
  );

  await setMode(page, "writer fails");
  await click(page, "Retry");
  // The default writer fails. Then the panelists that the run tries as writer fail, too.
  await page.waitForFunction(() => provider.calls.length === 15);
  await noneOpen(page);
  await setMode(page, "quick");
  await page.waitForTimeout(300); // the failure is published with the next frame
  await click(page, "Retry");
  await answers(page, "The sky is blue.");
  // The React example retries with `resume`, so only the writer is called again. The other examples
  // start a new run and repeat the finished calls.
  const resumes = /^React \d+$/.test(name);
  equal((await callsOf(page)).length, resumes ? 16 : 20, "calls");

  await setMode(page, "slow");
  await click(page, "Ask");
  const before = resumes ? 16 : 20;
  await page.waitForFunction((count) => provider.calls.length === count + 3, before);
  await page.evaluate("unmount()");
  await noneOpen(page);
  equal(
    (await callsOf(page)).slice(before).map(({ end }) => end),
    Array(3).fill("aborted"),
  );
}

async function counted(page) {
  await setMode(page, "one is slow");
  const before = await page.evaluate("({ ...renders })");
  await click(page, "Ask");
  await answers(page, "The sky is blue.");
  const { app, frames, rows } = await page.evaluate("renders");
  // The app renders at most once per frame, and once more for the click.
  const limit = frames - before.frames + 1;
  ok(app - before.app <= limit, `${app - before.app} renders in ${limit} frames`);
  ok(app - before.app >= 20, `${app} renders: the text does not grow on the page`);
  ok(rows[1] <= 8 && rows[0] > 2 * rows[1], `rows rendered ${JSON.stringify(rows)} times`);
  equal(await page.locator("p").first().textContent(), `a/slow completed: ${"blue ".repeat(300)}`);

  // A hidden page gets no animation frames.
  await page.evaluate("Object.assign(window, { requestAnimationFrame: () => 0 }) && 0");
  await setMode(page, "slow");
  await click(page, "Ask");
  // Poll by time, because Playwright polls in animation frames by default.
  const shows = (status) =>
    page.waitForFunction((status) => document.body.textContent.includes(status), status, {
      polling: 50,
    });
  await shows("writing");
  await click(page, "Stop");
  await shows("failed");
}

async function inEffects(page) {
  const begun = () => page.evaluate("begun");
  await page.waitForFunction("begun.length > 0");
  await click(page, "Next");
  await page.waitForFunction("begun.length > 1");
  equal(await begun(), ["one", "two"], "the function of the last render");
  await page.evaluate("unmount()");
  await page.evaluate("start(), retry()");
  equal(await begun(), ["one", "two"], "nothing starts after the component has gone");
}

/** The checks of the apps that are not examples of docs/react.md. */
const checks = { counted, effects: inEffects };

async function production(browser) {
  await inPage(browser, "React 19", used, "production");
}

function checkLines(code, max) {
  const lines = code.trim().split("\n").length;
  ok(lines > 5 && lines <= max, `${lines} lines`);
}

async function onServer() {
  for (const packages of ["", "react18"]) {
    const folder = join(frameworksFolder, packages);
    for (const [nth, name] of ["server-example.mjs", "view.jsx.mjs"].entries()) {
      const jsx = (await example("jsx", nth)).replace("./view.jsx", "./view.jsx.mjs");
      const { code } = await transform(jsx, { loader: "jsx", jsx: "automatic" });
      await writeFile(join(folder, name), code);
    }
    const main = join(folder, "server.mjs");
    await writeFile(
      main,
      `import { createElement, version } from "react";
      import { renderToString } from "react-dom/server";
      import { Ask } from "./server-example.mjs";
      console.log(version, renderToString(createElement(Ask, { apiKey: "k" })));`,
    );
    const output = await printed(main);
    ok(output.startsWith(packages ? "18." : "19."), output);
    ok(output.includes("<button>Ask</button>") && output.includes("<output></output>"), output);
  }
}

async function printed(file) {
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  await new Promise((resolve) => child.on("close", resolve));
  return output;
}
