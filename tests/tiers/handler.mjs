// Tests the packed package's handler with real clients. The handler runs in this process as the
// clients' `fetch`, and in workerd behind real HTTP.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { runScenario } from "../handler/harness.mjs";
import { scenarios } from "../handler/index.mjs";
import { versions } from "../handler/versions.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { installedPackage } from "./browser.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";
import { startWorker } from "./workerd.mjs";

/**
 * The major versions of the clients in each tier. The usual versions run on Node 20. The newest
 * need Node 22.
 */
const MAJORS = {
  usual: {
    "@ai-sdk/openai": 3,
    "@anthropic-ai/sdk": 1,
    "@openrouter/ai-sdk-provider": 2,
    "@openrouter/sdk": 1,
    ai: 6,
    openai: 6,
  },
  newest: {
    "@ai-sdk/openai": 4,
    "@anthropic-ai/sdk": 1,
    "@openrouter/ai-sdk-provider": 3,
    "@openrouter/sdk": 1,
    ai: 7,
    node: 24,
    openai: 7,
  },
};

export default async function run({ installed, newest, log }) {
  const majors = newest ? MAJORS.newest : MAJORS.usual;
  const provider = await startProvider();
  const tally = { passed: 0, failed: 0 };
  try {
    add(tally, await report([await clientsAre(majors, log)], { runtime: "clients", log }));
    for (const open of [inProcess, inWorkerd]) {
      const { world, check, close } = await open({ installed, log, provider });
      try {
        const wanted = scenariosFor(scenarios, world.name, log);
        const run = (width, alone) =>
          runAll(
            wanted.filter((scenario) => Boolean(scenario.alone) === alone),
            width,
            (scenario) => runScenario(scenario, world),
          );
        const results = [...(await run(6, false)), ...(await run(1, true))];
        results.push(...(await check()));
        const { passed, failed } = await report(results, { runtime: world.name, log });
        log(`${world.name}: ${passed} passed, ${failed} failed`);
        add(tally, { passed, failed });
      } finally {
        await close();
      }
    }
  } finally {
    await provider.close();
  }
  return tally;
}

function add(tally, { passed, failed }) {
  tally.passed += passed;
  tally.failed += failed;
}

/** Checks and prints the major versions of the clients. */
function clientsAre(majors, log) {
  return runExtra("each client has the major of this tier", async () => {
    const found = await versions(Object.keys(majors));
    log(
      Object.entries(found)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    );
    const major = ([name, version]) => [name, Number(version.split(".")[0])];
    equal(Object.fromEntries(Object.entries(found).map(major)), majors);
  });
}

async function inProcess({ installed, provider: { wire, control } }) {
  const user = join(installed, "uses-handler.mjs");
  await writeFile(user, 'export * from "llm-fuse";\nexport * from "llm-fuse/handler";\n');
  const api = await import(pathToFileURL(user));
  const rejections = [];
  const note = (reason) => rejections.push(String(reason));
  process.on("unhandledRejection", note);
  return {
    world: {
      name: "process",
      wire,
      control,
      api,
      serve: ({ keepRuns, ...options }) => ({
        baseURL: "https://in.process/v1",
        fetch: api.createHandler({
          ...options,
          ...(keepRuns && {
            keepRuns: keepRuns === "memory" ? { store: api.createMemoryStore() } : keepRuns,
          }),
        }),
      }),
    },
    check: () =>
      Promise.all([
        runExtra("no rejection of the handler was unhandled", async () => equal(rejections, [])),
        ...bundles(installed),
      ]),
    async close() {
      process.off("unhandledRejection", note);
      await rm(user, { force: true });
    },
  };
}

/**
 * Sends a request over a new connection. workerd closes an idle connection after 5 s, and Node
 * reuses an idle connection for about 5 s. If a connection closes while Node sends a request, the
 * request fails, and Node does not repeat a POST.
 */
function alone(input, init) {
  const headers = new Headers(init?.headers ?? input.headers);
  headers.set("connection", "close");
  return fetch(input, { ...init, headers });
}

async function inWorkerd({ installed, log, provider: { wire, control } }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-handler-"));
  let output = "";
  // With this flag, the signal of a Worker's request aborts if the client disconnects.
  const flags = ["enable_request_signal"];
  const worker = await startWorker({
    installed,
    folder,
    log,
    flags,
    entry: new URL("../handler/worker.mjs", import.meta.url),
    onOutput: (text) => (output += text),
  });
  const address = await worker.ready;
  return {
    world: {
      name: "workerd",
      wire,
      control,
      serve: (options) => ({
        fetch: alone,
        baseURL: `${address}${encodeURIComponent(JSON.stringify(options))}/v1`,
      }),
    },
    check: async () => [
      await runExtra(
        "no rejection was unhandled, and no request used the I/O of another",
        async () => {
          const { rejections } = await (await alone(`${address}rejections`)).json();
          equal(rejections, []);
          equal(output.match(/.*(?:different request|deadlock|hung).*/gi) ?? [], []);
        },
      ),
    ],
    async close() {
      await worker.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Checks the bundles of imports that users write. */
function bundles(installed) {
  const files = async (code) => {
    const options = {
      stdin: { contents: code, resolveDir: installed },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent",
    };
    const { metafile, outputFiles } = await build({
      ...options,
      plugins: [installedPackage(installed)],
    });
    const bytes = Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    return {
      names: bytes.map(([path]) => path.replace(/^.*\/dist\//, "")),
      size: outputFiles[0].contents.length,
    };
  };
  return [
    runExtra("a bundle that imports fromResponse has no core and no handler", async () => {
      const { names, size } = await files(
        'import { fromResponse } from "llm-fuse"; console.log(fromResponse);',
      );
      equal(
        names.filter((name) => /core|handler/.test(name)),
        [],
      );
      // The size includes 3.4 kB of eventsource-parser, 12 kB of the reducer of llm-fuse/state, and
      // 1.6 kB of `toResponse()` and the errors for wrong fields.
      ok(names.includes("remote-run.js") && size < 30_500, `${size} bytes of ${names}`);
    }),
    runExtra("a bundle that imports fuse has no handler", async () => {
      const { names } = await files('import { fuse } from "llm-fuse"; console.log(fuse);');
      equal(
        names.filter((name) => /handler|remote/.test(name)),
        [],
      );
    }),
    runExtra("a bundle that imports fuse and the handler has one core", async () => {
      const { names } = await files(
        'import { fuse } from "llm-fuse"; import { createHandler } from "llm-fuse/handler"; ' +
          "console.log(fuse, createHandler);",
      );
      equal(names.filter((name) => /core/.test(name)).sort(), ["core.js", "core_inline.js"]);
    }),
  ];
}
