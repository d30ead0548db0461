// Helpers for the consumers of the package. Each consumer loads the package in its own way, runs
// tests/consumers/scenario.mjs, and reports faults.

import { spawn } from "node:child_process";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { consumersFolder } from "../../scripts/setup.mjs";
import { connect, noneOpen } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, ok, within } from "../scenarios/assert.mjs";
import { defaultScripts } from "../scenarios/fixtures.mjs";
import { runExtra } from "./report.mjs";

// Time limit for a hang. On a busy machine, a build with Next takes three minutes.
const LIMIT_MS = 600_000;

/**
 * Prepares a user's project. The project has the packed package. It also has the bundlers and
 * runtimes that the project's lock file lists.
 */
async function project(installed) {
  const sources = fileURLToPath(new URL("../consumers", import.meta.url));
  for (const name of await readdir(sources)) {
    if (name.startsWith("package")) continue;
    await rm(join(consumersFolder, name), { recursive: true, force: true });
    await cp(join(sources, name), join(consumersFolder, name), { recursive: true });
  }
  // Copies the package, because a link would hide missing files.
  const home = join(consumersFolder, "node_modules/llm-fuse");
  await rm(home, { recursive: true, force: true });
  await cp(join(installed, "node_modules/llm-fuse"), home, { recursive: true });
  return consumersFolder;
}

/**
 * Runs consumers one after another and prints the result of each. Returns `{ passed, failed }`.
 * @param consumers `{ [name]: ({ folder, baseURL, ... }) => Promise<string> }`. Each function
 *   resolves to a text that describes the faults, or to an empty text
 */
export async function consume(consumers, { installed, log, ...more }) {
  const folder = await project(installed);
  const provider = await startProvider();
  const tally = { passed: 0, failed: 0 };
  try {
    const names = Object.keys(consumers).filter((name) =>
      name.includes(process.env.SCENARIO ?? ""),
    );
    for (const [i, name] of names.entries()) {
      const started = performance.now();
      const session = connect(provider).session(`consumer-${i}`);
      await session.script(defaultScripts());
      const result = await runExtra(name, async () => {
        const faults = await within(
          LIMIT_MS,
          consumers[name]({ folder, baseURL: session.baseURL, ...more }),
          name,
        );
        equal(faults, "", "faults");
        const calls = await session.until(noneOpen);
        equal(
          calls.map(({ model }) => model).sort(),
          Object.keys(defaultScripts()).sort(),
          "calls that reached the provider",
        );
      });
      tally[result.ok ? "passed" : "failed"] += 1;
      log(
        `${result.ok ? "ok" : "FAIL"}: ${name} ` +
          `(${((performance.now() - started) / 1000).toFixed(1)} ` +
          `s)${result.ok ? "" : `\n${result.error}`}`,
      );
    }
  } finally {
    await provider.close();
  }
  return tally;
}

/**
 * Runs a tool of the project. Returns its output. If the tool fails, throws an error with the
 * output.
 */
export async function tool(folder, command, args, { env } = {}) {
  const { code, output } = await ended(
    spawn(command, args, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  if (code !== 0)
    throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${output.slice(-3000)}`);
  return output;
}

/** Returns the faults that a program prints. */
export async function program(folder, command, args, options) {
  const output = await tool(folder, command, args, options);
  const [, faults] = output.match(/^faults: (.*)$/m) ?? [];
  ok(faults !== undefined, `the program did not print its faults:\n${output}`);
  return JSON.parse(faults);
}

/** Returns the faults that a page reports. */
export async function page(browser, url, baseURL) {
  const page = await browser.open(url);
  try {
    await page.waitForFunction("window.check");
    return await page.evaluate(`check(${JSON.stringify(baseURL)})`);
  } finally {
    await page.close();
  }
}

/** Returns the faults that a server reports. */
export async function server(url, baseURL) {
  const response = await fetch(`${url}?provider=${encodeURIComponent(baseURL)}`);
  const text = await response.text();
  ok(response.ok, `${url} answered ${response.status}: ${text.slice(0, 2000)}`);
  return JSON.parse(text);
}

function ended(child) {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

const types = {
  html: "text/html",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  css: "text/css",
  json: "application/json",
};

/** Returns the files of a folder for `serve`. `/` is a page that loads the script. */
export const files =
  (folder, script, { head = "", csp } = {}) =>
  async (path) => {
    if (path === "/")
      return {
        type: "text/html",
        csp,
        body:
          `<!doctype html><meta charset="utf-8"><title>consumer</title>${head}<script ` +
          `type="module" src="${script}"></script>`,
      };
    const body = await readFile(join(folder, path)).catch(() => undefined);
    return body && { type: types[path.split(".").at(-1)] ?? "application/octet-stream", body };
  };
