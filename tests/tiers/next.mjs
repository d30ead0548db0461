// Next.js, built and started as in production with both bundlers: a client component, and routes on
// the edge and in Node.

import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { consumersFolder } from "../../scripts/setup.mjs";
import { ok } from "../scenarios/assert.mjs";
import { launchChromium } from "./chromium.mjs";
import { consume, page, server, tool } from "./consumers.mjs";

export default async function run({ installed, log, atExit }) {
  const browser = await launchChromium({ log });
  const apps = new Map();
  /** Builds an app once for its three consumers. */
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

async function started(folder, bundler, atExit) {
  const home = join(folder, "next");
  const next = createRequire(join(consumersFolder, "package.json")).resolve("next/dist/bin/next");
  const env = { NEXT_TELEMETRY_DISABLED: "1", BUNDLER: bundler, NODE_ENV: "production" };
  await rm(join(home, `.next-${bundler}`), { recursive: true, force: true });
  await tool(home, process.execPath, [next, "build", `--${bundler}`], { env });
  const child = spawn(process.execPath, [next, "start", "--hostname", "127.0.0.1", "--port", "0"], {
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
