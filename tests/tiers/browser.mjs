// Runs the scenarios on the packed package in a real browser. The package is bundled as in a web
// app, with a strict Content-Security-Policy.
// A browser is `{ open(url) => page, close() }`, and a page is `{ evaluate(code) => value, close()
// }`.

import { createServer } from "node:http";
import { build } from "esbuild";
import { connect, noneOpen } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { ok, sleep } from "../scenarios/assert.mjs";
import { defaultScripts, question, stalled } from "../scenarios/fixtures.mjs";
import { LIMIT_MS } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";

export const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src http:";
const WIDTH = 6;
// Maximum time between two results. A scenario that hangs ends at LIMIT_MS. If no result arrives
// for longer than that, the page has crashed or runs no timers.
const SILENCE_MS = LIMIT_MS + 30_000;

export async function scenariosIn(browser, { runtime, installed, log }) {
  const provider = await startProvider();
  const script = await bundle(installed);
  const site = await serve({
    "/": {
      type: "text/html",
      body:
        '<!doctype html><meta charset="utf-8"><title>scenarios</title><script type="module" ' +
        'src="/page.js"></script>',
      csp: CSP,
    },
    "/page.js": { type: "text/javascript", body: script },
  });
  try {
    // Browsers resolve *.localhost to loopback. Each session has its own host name, because
    // browsers allow only six connections to a host.
    const ports = {
      wire: provider.wire.replace("127.0.0.1", "{session}.localhost"),
      control: provider.control,
    };
    const page = await browser.open(site.url);
    const wanted = scenariosFor(scenarios, runtime, log);
    const results = await all(page, wanted, { runtime, ports });
    results.push(
      await runExtra("page: closing the page closes every call", () =>
        closing(() => browser.open(site.url), connect({ ...provider, wire: ports.wire })),
      ),
    );
    return await report(results, { runtime, log });
  } finally {
    await site.close();
    await provider.close();
  }
}

async function all(page, wanted, { runtime, ports }) {
  const ids = wanted.map(({ id }) => id);
  await page.evaluate(
    `begin(${[runtime, ids, WIDTH, ports].map((value) => JSON.stringify(value)).join()})`,
  );
  const results = [];
  for (let heard = performance.now(); results.length < wanted.length; await sleep(200)) {
    const news = await page.evaluate("news()");
    if (news.length > 0) heard = performance.now();
    else if (performance.now() - heard > SILENCE_MS)
      throw new Error(`no result from the page while it ran ${await page.evaluate("running()")}`);
    results.push(...news);
  }
  return results;
}

async function closing(open, sessions) {
  const session = sessions.session("closing");
  await session.script(defaultScripts(stalled));
  const page = await open();
  await page.evaluate(
    `void llmFuse.fuse(${JSON.stringify(question())}, { baseURL: ` +
      `${JSON.stringify(session.baseURL)} }).result()`,
  );
  const before = await session.until((calls) => calls.length === 2);
  ok(before.length === 2 && before.every(({ end }) => end === "open"), "two calls are open");
  await page.close();
  const calls = await session.until(noneOpen);
  ok(
    calls.every(({ end }) => end === "client_closed"),
    JSON.stringify(calls.map(({ end }) => end)),
  );
}

async function bundle(installed) {
  const { outputFiles } = await build({
    entryPoints: [new URL("./browser-page.mjs", import.meta.url).pathname],
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

/** Resolves the package's name from the folder in which it is installed. */
export const installedPackage = (installed) => ({
  name: "installed-package",
  setup(build) {
    build.onResolve({ filter: /^llm-fuse/ }, ({ path, kind, pluginData }) =>
      pluginData?.resolved
        ? undefined
        : build.resolve(path, { kind, resolveDir: installed, pluginData: { resolved: true } }),
    );
  },
});

/** Serves files on loopback. `files` is an object by path, or a function of the path. */
export async function serve(files) {
  const find = typeof files === "function" ? files : (path) => files[path];
  const server = createServer(async (request, response) => {
    const file = await find(new URL(request.url, "http://site").pathname);
    if (!file) return void response.writeHead(404).end();
    response
      .writeHead(200, {
        "content-type": file.type,
        ...(file.csp && { "content-security-policy": file.csp }),
      })
      .end(file.body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      }),
  };
}
