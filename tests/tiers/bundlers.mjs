// Bundles the packed package with each bundler, and runs the resulting pages, Workers and programs.

import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { Miniflare } from "miniflare";
import { build as viteBuild, createServer as viteServer } from "vite";
import { consumersFolder } from "../../scripts/setup.mjs";
import { ok } from "../scenarios/assert.mjs";
import { CSP, serve } from "./browser.mjs";
import { launchChromium } from "./chromium.mjs";
import { consume, files, page, program, server, tool } from "./consumers.mjs";

export default async function run({ installed, log }) {
  const browser = await launchChromium({ log });
  try {
    return await consume(consumers, { installed, log, browser });
  } finally {
    await browser.close();
  }
}

const home = createRequire(join(consumersFolder, "package.json"));
const fromProject = async (name) => import(pathToFileURL(home.resolve(name)));

const consumers = {
  async "no bundler: <script type=module>"({ folder, baseURL, browser }) {
    return visit(browser, files(folder, "/page.mjs", { head: importMap }), baseURL);
  },
  async "no bundler: the core as a file"({ folder, baseURL, browser }) {
    return visit(browser, files(folder, "/page-url.mjs", { head: importMap }), baseURL);
  },
  async "no bundler: the page passes the core"({ folder, baseURL, browser }) {
    return visit(browser, files(folder, "/page-slim.mjs", { head: importMap }), baseURL);
  },
  async "esbuild: a page"({ folder, baseURL, browser }) {
    const out = await fresh(folder, "out/esbuild");
    await esbuild({
      absWorkingDir: folder,
      entryPoints: ["page.mjs"],
      bundle: true,
      minify: true,
      format: "esm",
      outdir: out,
      logLevel: "silent",
    });
    return visit(browser, files(out, "/page.js", { csp: CSP }), baseURL);
  },
  /** Checks a classic script, which cannot have a top-level await. */
  async "esbuild: a page's classic script"({ folder, baseURL, browser }) {
    const out = await fresh(folder, "out/esbuild-iife");
    await esbuild({
      absWorkingDir: folder,
      entryPoints: ["page.mjs"],
      bundle: true,
      format: "iife",
      outdir: out,
      logLevel: "silent",
    });
    return visit(browser, files(out, "/page.js", { csp: CSP }), baseURL);
  },
  async "esbuild: a program for Node"({ folder, baseURL }) {
    const out = await fresh(folder, "out/esbuild-node");
    await esbuild({
      absWorkingDir: folder,
      entryPoints: ["main.mjs"],
      bundle: true,
      platform: "node",
      format: "esm",
      outdir: out,
      outExtension: { ".js": ".mjs" },
      logLevel: "silent",
    });
    return program(out, process.execPath, ["main.mjs", baseURL]);
  },
  async "esbuild: Vercel's edge, in edge-runtime"({ folder, baseURL }) {
    const out = await fresh(folder, "out/edge");
    await esbuild({
      absWorkingDir: folder,
      entryPoints: ["edge.mjs"],
      bundle: true,
      format: "iife",
      conditions: ["edge-light"],
      outdir: out,
      logLevel: "silent",
      plugins: [compiledAhead],
    });
    const { EdgeRuntime, runServer } = await fromProject("edge-runtime");
    const core = await WebAssembly.compile(
      await readFile(join(folder, "node_modules/llm-fuse/dist/core_bg.wasm")),
    );
    const initialCode = `${forbidding}\n${await readFile(join(out, "edge.js"), "utf8")}`;
    const listening = await runServer({
      runtime: new EdgeRuntime({
        extend: (context) => Object.assign(context, { core }),
        initialCode,
      }),
      host: "127.0.0.1",
    });
    try {
      return await server(listening.url, baseURL);
    } finally {
      await listening.close();
    }
  },
  "Vite: build": ({ folder, baseURL, browser }) =>
    vite(folder, "page.mjs", (out, script) =>
      visit(browser, files(out, script, { csp: CSP }), baseURL),
    ),
  "Vite: build, the core as a file": ({ folder, baseURL, browser }) =>
    vite(folder, "page-url.mjs", async (out, script) => {
      ok(
        (await readdir(out, { recursive: true })).some((name) => name.endsWith(".wasm")),
        "the core is a file",
      );
      return visit(browser, files(out, script), baseURL);
    }),
  "Vite: dev server": ({ folder, baseURL, browser }) =>
    viteDev(folder, "page.mjs", (url) => page(browser, url, baseURL)),
  "Vite: dev server, the core as a file": ({ folder, baseURL, browser }) =>
    viteDev(folder, "page-url.mjs", (url) => page(browser, url, baseURL)),
  /**
   * Tests Vite 7. Up to version 7, Vite's dev server moves the entry into its cache, but does not
   * move the core.
   */
  async "Vite 7: dev server, the core as a file"({ folder, baseURL, browser }) {
    const { createServer } = await fromProject("vite-7");
    const cacheDir = await fresh(folder, "node_modules/.vite");
    const options = { createServer, cacheDir };
    return viteDev(folder, "page-url.mjs", (url) => page(browser, url, baseURL), options);
  },
  "webpack: build": ({ folder, baseURL, browser }) =>
    webpack(folder, "page.mjs", (out) =>
      visit(browser, files(out, "/main.js", { csp: CSP }), baseURL),
    ),
  "webpack: build, the core as a file": ({ folder, baseURL, browser }) =>
    webpack(folder, "page-url.mjs", async (out) => {
      ok(
        (await readdir(out)).some((name) => name.endsWith(".wasm")),
        "the core is a file",
      );
      return visit(browser, files(out, "/main.js"), baseURL);
    }),
  /** Configures webpack to ignore `exports`, as Parcel's resolver does by default. */
  "webpack: a resolver that ignores `exports`": ({ folder, baseURL, browser }) => {
    const testing = join(folder, "node_modules/llm-fuse/dist/testing/index.js");
    const resolve = { exportsFields: [], alias: { "llm-fuse/testing": testing } };
    const visited = (out) => visit(browser, files(out, "/main.js", { csp: CSP }), baseURL);
    return webpack(folder, "page.mjs", visited, { resolve });
  },
  async "Rollup: build"({ folder, baseURL, browser }) {
    const out = await fresh(folder, "out/rollup");
    const { rollup } = await fromProject("rollup");
    const { nodeResolve } = await fromProject("@rollup/plugin-node-resolve");
    const bundle = await rollup({
      input: join(folder, "page.mjs"),
      plugins: [nodeResolve({ browser: true })],
      onwarn: ({ message }) => ok(false, `Rollup warns: ${message}`),
    });
    await bundle.write({ dir: out, format: "es" });
    return visit(browser, files(out, "/page.js", { csp: CSP }), baseURL);
  },
  "wrangler: a deployed Worker in Miniflare": ({ folder, baseURL }) =>
    deployed(folder, "worker.mjs", baseURL),
  "wrangler: a Worker that passes the core": ({ folder, baseURL }) =>
    deployed(folder, "worker-slim.mjs", baseURL),
};

const dist = "/node_modules/llm-fuse/dist";
const importMap = `<script type="importmap">${JSON.stringify({
  imports: {
    "llm-fuse": `${dist}/entry/inline.js`,
    "llm-fuse/url": `${dist}/entry/url.js`,
    "llm-fuse/slim": `${dist}/entry/slim.js`,
    "llm-fuse/testing": `${dist}/testing/index.js`,
  },
})}</script>`;

async function visit(browser, found, baseURL) {
  const site = await serve(found);
  try {
    return await page(browser, site.url, baseURL);
  } finally {
    await site.close();
  }
}

async function fresh(folder, name) {
  const out = join(folder, name);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  return out;
}

/**
 * Code that makes it impossible to compile wasm at run time. Vercel forbids this, but Vercel's
 * local tools do not.
 */
const forbidding = `for (const name of ["compile", "compileStreaming", "instantiateStreaming"])
  WebAssembly[name] = () => {
    throw new Error("Wasm code generation disallowed by embedder");
  };`;

/** Resolves `?module` to a module that is compiled at build time, as Vercel's build does. */
const compiledAhead = {
  name: "compiled-ahead",
  setup(build) {
    build.onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: "compiled" }));
    build.onLoad({ filter: /./, namespace: "compiled" }, () => ({
      contents: "export default core;",
    }));
  },
};

async function vite(folder, entry, visited) {
  const out = await fresh(folder, `out/vite-${entry}`);
  const input = join(folder, entry);
  await viteBuild({
    root: folder,
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: out,
      target: "es2022",
      chunkSizeWarningLimit: 2000,
      rolldownOptions: { input, output: { entryFileNames: "page.js" } },
    },
  });
  return visited(out, "/page.js");
}

async function viteDev(folder, entry, visited, { createServer = viteServer, cacheDir } = {}) {
  const served = await createServer({
    root: folder,
    configFile: false,
    logLevel: "warn",
    cacheDir: cacheDir ?? (await fresh(folder, `out/vite-cache-${entry}`)),
    server: { host: "127.0.0.1", port: 0, watch: null },
    optimizeDeps: { entries: [entry] },
    plugins: [
      { name: "page", configureServer: ({ middlewares }) => void middlewares.use(shown(entry)) },
    ],
  });
  try {
    await served.listen();
    return await visited(`http://127.0.0.1:${served.httpServer.address().port}/`);
  } finally {
    await served.close();
  }
}

const shown = (entry) => (request, response, next) => {
  if (request.url !== "/") return next();
  response.setHeader("content-type", "text/html");
  response.end(
    '<!doctype html><meta charset="utf-8"><title>consumer</title><script type="module" ' +
      `src="/${entry}"></script>`,
  );
};

async function webpack(folder, entry, visited, more = {}) {
  const out = await fresh(folder, `out/webpack-${entry}`);
  const { default: webpack } = await fromProject("webpack");
  const stats = await new Promise((resolve, reject) => {
    const config = {
      context: folder,
      mode: "production",
      entry: `./${entry}`,
      output: { path: out },
      performance: { hints: false },
      ...more,
    };
    webpack(config, (error, stats) => (error ? reject(error) : resolve(stats)));
  });
  ok(
    !stats.hasErrors() && !stats.hasWarnings(),
    stats.toString({ all: false, errors: true, warnings: true }),
  );
  return visited(out);
}

/** Runs the modules that `wrangler deploy --dry-run` would upload. */
async function deployed(folder, entry, baseURL) {
  const out = await fresh(folder, `out/wrangler-${entry}`);
  const args = [
    home.resolve("wrangler/bin/wrangler.js"),
    "deploy",
    entry,
    "--name",
    "consumer",
    "--dry-run",
    "--outdir",
    out,
    "--compatibility-date",
    "2025-06-01",
  ];
  await tool(folder, process.execPath, args, {
    env: { WRANGLER_SEND_METRICS: "false", XDG_CONFIG_HOME: join(out, "home"), CI: "1" },
  });
  const worker = new Miniflare({
    host: "127.0.0.1",
    compatibilityDate: "2025-06-01",
    modules: true,
    modulesRoot: out,
    modulesRules: [
      { type: "ESModule", include: ["**/*.js"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    scriptPath: join(out, entry.replace(".mjs", ".js")),
  });
  try {
    return await server(await worker.ready, baseURL);
  } finally {
    await worker.dispose();
  }
}
