// Tests the package in Next.js, built and started as in production, with both bundlers. The
// consumers are a client component, routes on the edge and in Node, and the chat of examples/next.

import { spawn } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { consumersFolder } from "../../scripts/setup.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { ANALYST, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { launchChromium } from "./chromium.mjs";
import { consume, page, server, tool } from "./consumers.mjs";

export default async function run({ installed, log, atExit }) {
  const browser = await launchChromium({ log });
  const apps = new Map();
  /**
   * Builds and starts the app of a bundler. At the second call for the same bundler, returns the
   * running app, because several consumers use one app.
   */
  const app = (folder, bundler) =>
    apps.get(bundler) ?? apps.set(bundler, started(folder, bundler, atExit)).get(bundler);
  const consumers = {};
  for (const bundler of ["turbopack", "webpack"]) {
    consumers[`${bundler}: edge API route`] = async ({ folder, baseURL }) =>
      server(`${(await app(folder, bundler)).url}api/edge`, baseURL);
    consumers[`${bundler}: route in Node`] = async ({ folder, baseURL }) =>
      server(`${(await app(folder, bundler)).url}node`, baseURL);
    consumers[`${bundler}: client component`] = async ({ folder, baseURL }) =>
      page(browser, (await app(folder, bundler)).url, baseURL);
    consumers[`${bundler}: chat with useChat`] = async ({ folder, baseURL }) => {
      const { home } = await app(folder, bundler);
      const env = { BASE_URL: baseURL, PANEL: PANEL.join(), ANALYST, WRITER };
      const { url, stop } = await start(home, { ...environment(bundler), ...env }, atExit);
      try {
        return await chat(browser, url);
      } finally {
        await stop();
      }
    };
  }
  consumers["turbopack: edge route"] = async ({ folder, baseURL }) =>
    server(`${(await app(folder, "turbopack")).url}edge`, baseURL);
  try {
    return await consume(consumers, { installed, log });
  } finally {
    for (const starting of apps.values()) await (await starting.catch(() => undefined))?.stop();
    await browser.close();
  }
}

/** Sends a question in the chat of examples/next, and checks what the page shows. */
async function chat(browser, url) {
  const page = await browser.open(`${url}chat`);
  try {
    await page.fill("input", "Is the sky blue?");
    await page.click("button");
    await page.waitForSelector("article[data-role=assistant] [data-part=text]");
    await page.waitForSelector("button[type=submit]");
    const texts = (part) =>
      page.$$eval(`article[data-role=assistant] [data-part=${part}]`, (elements) =>
        elements.map(({ textContent }) => textContent),
      );
    equal(
      [await texts("panelist"), await texts("text")],
      [
        [
          "panel/alpha-7b: completedAlpha finds all common ground in blue.",
          "panel/beta-70b: completedBeta finds all common ground in azure.",
        ],
        ["Yes, it is blue."],
      ],
    );
    const [analysis] = await texts("analysis");
    ok(analysis.startsWith("Analysis (completed)consensus: All agree."), analysis);
    return "";
  } finally {
    await page.close();
  }
}

const next = () =>
  createRequire(join(consumersFolder, "package.json")).resolve("next/dist/bin/next");
const environment = (bundler) => ({
  NEXT_TELEMETRY_DISABLED: "1",
  BUNDLER: bundler,
  NODE_ENV: "production",
});

async function started(folder, bundler, atExit) {
  const home = join(folder, "next");
  const env = environment(bundler);
  const example = fileURLToPath(new URL("../../examples/next/app/", import.meta.url));
  for (const [from, to] of [
    ["page.js", "chat/page.js"],
    ["api/chat/route.js", "api/chat/route.js"],
  ])
    await cp(join(example, from), join(home, "app", to), { recursive: true });
  await rm(join(home, `.next-${bundler}`), { recursive: true, force: true });
  await tool(home, process.execPath, [next(), "build", `--${bundler}`], { env });
  return { home, ...(await start(home, env, atExit)) };
}

async function start(home, env, atExit) {
  const args = [next(), "start", "--hostname", "127.0.0.1", "--port", "0"];
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { ...process.env, ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = atExit(() => void child.kill());
  let output = "";
  const url = await new Promise((resolve, reject) => {
    const hear = (text) => {
      output += text;
      const address = output.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (address && /Ready/.test(output)) resolve(`${address[0]}/`);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", hear);
    child.on("close", (code) => reject(new Error(`next start ended with ${code}:\n${output}`)));
  });
  ok(url, output);
  return { url, stop };
}
