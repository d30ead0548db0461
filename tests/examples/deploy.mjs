// Runs examples/worker in Miniflare, bundled and with the bindings of its wrangler.jsonc.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { installedPackage } from "../tiers/browser.mjs";
import { compiledWasm } from "../tiers/workerd.mjs";

const example = new URL("../../examples/worker/", import.meta.url);
export const KEYS = ["client-one-0badc0de", "client-two-0badc0de"];
export const SERVER_KEY = "sk-or-v1-held-by-the-server";

/**
 * Bundles the Worker.
 * @returns `start(vars, more)`, which runs the Worker in its own process until `dispose()`
 */
export async function bundled(installed, log) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-examples-"));
  const config = JSON.parse(
    (await readFile(new URL("wrangler.jsonc", example), "utf8")).replace(/^\s*\/\/.*$/gm, ""),
  );
  const outfile = join(folder, "worker.mjs");
  await build({
    entryPoints: [new URL(config.main, example).pathname],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    external: ["cloudflare:workers"],
    outfile,
    logLevel: "silent",
    plugins: [installedPackage(installed), compiledWasm(folder)],
  });
  const page = {
    html: await readFile(new URL("page/index.html", example), "utf8"),
    js: await bundledPage(installed),
  };
  let output = "";
  return {
    page,
    output: () => output,
    remove: () => rm(folder, { recursive: true, force: true }),
    /** @param more.beside further Workers in this Miniflare, which bindings can name */
    async start(vars, { beside = [], ...more } = {}) {
      const sqlite = config.migrations.flatMap((migration) => migration.new_sqlite_classes);
      const main = {
        name: "main",
        compatibilityDate: config.compatibility_date,
        modules: true,
        modulesRoot: folder,
        modulesRules: [
          { type: "ESModule", include: ["**/*.mjs"] },
          { type: "CompiledWasm", include: ["**/*.wasm"] },
        ],
        scriptPath: outfile,
        bindings: {
          ...config.vars,
          OPENROUTER_API_KEY: SERVER_KEY,
          CLIENT_KEYS: KEYS.join(", "),
          ...vars,
        },
        ratelimits: Object.fromEntries(
          config.ratelimits.map(({ name, simple }) => [name, { simple }]),
        ),
        durableObjects: Object.fromEntries(
          config.durable_objects.bindings.map(({ name, class_name }) => [
            name,
            { className: class_name, useSQLite: sqlite.includes(class_name) },
          ]),
        ),
        ...more,
      };
      const { durableObjectsPersist } = more;
      const worker = new Miniflare({
        host: "127.0.0.1",
        durableObjectsPersist,
        handleRuntimeStdio(stdout, stderr) {
          for (const stream of [stdout, stderr]) {
            stream.on("data", (text) => {
              output += text;
              if (process.env.VERBOSE) log(`  workerd: ${String(text).trimEnd()}`);
            });
          }
        },
        workers: [main, ...beside],
      });
      let disposed;
      return {
        address: String(await worker.ready),
        dispose: () => (disposed ??= worker.dispose()),
      };
    },
  };
}

/** Builds the page in the same way as the command in wrangler.jsonc. */
async function bundledPage(installed) {
  const { outputFiles } = await build({
    entryPoints: [new URL("page/page.js", example).pathname],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    plugins: [installedPackage(installed)],
  });
  return outputFiles[0].text;
}
