// The packed package in a real browser, bundled as a web app would, under a strict Content-Security-Policy.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { connect, noneOpen } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { ok } from "../scenarios/assert.mjs";
import { cast, question, stalled } from "../scenarios/cast.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";
import { extra, fitting, verdict } from "./verdict.mjs";

const runtime = "chromium";
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src http:";
const PATHS = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export default async function run({ installed, log }) {
  const executablePath = PATHS.find((path) => path && existsSync(path));
  if (!executablePath) return { passed: 0, failed: 0, notRun: "no Chromium: install Debian's chromium or set CHROME_PATH" };

  const profile = await mkdtemp(join(tmpdir(), "llm-fuse-chromium-"));
  const provider = await startProvider();
  const site = await serve(await bundle(installed));
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  try {
    // *.localhost is loopback to Chromium by itself: a host per room, so that rooms do not share its six connections.
    const ports = { wire: provider.wire.replace("127.0.0.1", "{room}.localhost"), control: provider.control };
    const open = async () => {
      const page = await browser.newPage();
      page.on("pageerror", (error) => log(`  page error: ${error.message}`));
      page.on("console", (message) => message.type() === "error" && /Security|CSP/.test(message.text()) && log(`  console: ${message.text()}`));
      await page.goto(site.url);
      await page.waitForFunction(() => window.ready);
      return page;
    };
    const page = await open();
    const results = await runAll(fitting(scenarios, runtime, log), 6, ({ id }) => page.evaluate(([id, ports]) => window.runOne(id, ports), [id, ports]));
    results.push(await extra("page: closing it closes every call", () => closing(open, connect({ ...provider, wire: ports.wire }))));
    return await verdict(results, { runtime, log });
  } finally {
    await browser.close();
    await site.close();
    await provider.close();
    await rm(profile, { recursive: true, force: true });
  }
}

async function closing(open, rooms) {
  const room = rooms.room("closing");
  await room.script(cast(stalled));
  const page = await open();
  await page.evaluate(([request, baseURL]) => void window.llmFuse.fuse(request, { baseURL }).result(), [question(), room.baseURL]);
  const before = await room.until((calls) => calls.length === 2);
  ok(before.length === 2 && before.every(({ end }) => end === "open"), "two calls are open");
  await page.close();
  const calls = await room.until(noneOpen);
  ok(calls.every(({ end }) => end === "client_closed"), JSON.stringify(calls.map(({ end }) => end)));
}

async function bundle(installed) {
  const { outputFiles } = await build({
    entryPoints: [new URL("./chromium-page.mjs", import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "silent",
    plugins: [installedPackage(installed)],
  });
  return outputFiles[0].contents;
}

/** The scenarios live here, the package there: its bare name is resolved from the folder it was installed into. */
export const installedPackage = (installed) => ({
  name: "installed-package",
  setup(build) {
    build.onResolve({ filter: /^llm-fuse/ }, ({ path, kind, pluginData }) =>
      pluginData?.resolved ? undefined : build.resolve(path, { kind, resolveDir: installed, pluginData: { resolved: true } }),
    );
  },
});

function serve(script) {
  const server = createServer((request, response) => {
    if (request.url === "/page.js") return void response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": CSP });
    response.end('<!doctype html><meta charset="utf-8"><title>scenarios</title><script type="module" src="/page.js"></script>');
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) });
    });
  });
}
