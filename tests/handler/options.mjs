// Tests the checks of the handler's options, in createHandler() and at the first request.

import { says } from "../provider/scripts.mjs";
import { equal, includes, ok, throws } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, defaultScripts, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { GAMMA } from "./fixtures.mjs";
import { post } from "./harness.mjs";

const panel = { analysis_models: [ALPHA] };
const store = { get() {}, put() {}, delete() {} };

/** Rows of [options, the beginning of the error message]. */
const WRONG = [
  [{ progress: "yes" }, "`progress` must be a boolean, `reasoning` or `reasoning_content`"],
  [{ baseURL: "nope" }, "`baseURL` must be an absolute"],
  [{ baseURL: "http://" }, "`baseURL` must be an absolute"],
  [{ apiKey: 5, clientKeys: ["k"] }, "`apiKey` must be"],
  [{ apiKey: " ", clientKeys: ["k"] }, "`apiKey` must be"],
  [{ providers: { own: "x" }, clientKeys: ["k"] }, "`providers.own` must be an object"],
  [{ providers: { own: { url: "x" } }, clientKeys: ["k"] }, "`providers.own.url` is unknown"],
  [{ providers: { own: { baseURL: "x" } }, clientKeys: ["k"] }, "`providers.own.baseURL` must be"],
  [{ toolHandlers: { f: 1 }, clientKeys: ["k"] }, "`toolHandlers.f` must be a function"],
  [{ presets: [] }, "`presets` must be an object"],
  [{ presets: new Map([["x", panel]]) }, "`presets` must be a plain object"],
  [{ presets: { x: null } }, "`presets.x` must not be null"],
  [{ presets: { x: undefined } }, "`presets.x` must not be undefined"],
  [{ providers: { own: null }, clientKeys: ["k"] }, "`providers.own` must not be null"],
  [{ toolHandlers: { f: null }, clientKeys: ["k"] }, "`toolHandlers.f` must not be null"],
  [{ prices: { a: null } }, "`prices.a` must not be null"],
  [{ clientKeys: Object.assign([], { 1: "k" }) }, "`clientKeys` must be an array"],
  [{ clientKeys: ["k\n"] }, "`clientKeys` must be an array"],
  [{ clientKeys: [" k"] }, "`clientKeys` must be an array"],
  [{ cors: { origins: "*", origin: "x" } }, "`cors.origin` is unknown"],
  [{ maxBodyBytes: 1.5 }, "`maxBodyBytes` must be an integer above 0"],
  [{ presets: { x: { analysis_models: [] } } }, "`presets.x.analysis_models` must be an array"],
  [{ presets: { x: { model: "a/a" } } }, "`presets.x.analysis_models` is missing"],
  [
    { presets: { x: { ...panel, wirter: "b" } } },
    "`presets.x.wirter` is unknown; did you mean `writer`?",
  ],
  [{ presets: { x: { ...panel, writer: { modle: "b" } } } }, "`presets.x.writer.modle` is unknown"],
  [{ presets: { x: { ...panel, analyst: 5 } } }, "`presets.x.analyst` must be an object"],
  [
    { presets: { x: { analysis_models: [{}] } } },
    "`presets.x.analysis_models[0].model` is missing",
  ],
  [{ presets: { x: { analysis_models: [null] } } }, "`presets.x.analysis_models[0]` must be"],
  [{ defaults: { temprature: 1 } }, "`defaults.temprature` is unknown"],
  [{ defaults: { convene: false } }, "`defaults.convene` is unknown"],
  [{ defaults: { temperature: "1" } }, "`defaults.temperature` must be a number"],
  [{ defaults: { timeouts: { run: 5 } } }, "`defaults.timeouts.run` is unknown"],
  [{ defaults: { escalate: {} } }, "`defaults.escalate.analysis_models` is missing"],
  [{ shouldEscalate: true }, "`shouldEscalate` must be a function"],
  [{ defaults: { preset: "nope" } }, "`defaults.preset` is `nope`; there are general-high"],
  [{ prices: { a: 5 } }, "`prices.a` must be an object with `prompt` and `completion`"],
  [{ prices: { a: { prompt: 1 } } }, "`prices.a` must be an object with `prompt` and `completion`"],
  [{ limits: { lines: 5 } }, "`limits.lines` is unknown"],
  [{ limits: { line_bytes: -5 } }, "`limits.line_bytes` must be a finite number above 0"],
  [{ app: "x" }, "`app` must be an object"],
  [{ app: { name: "x" } }, "`app.name` is unknown"],
  [{ max_cost: -1 }, "`max_cost` must be a finite number above 0"],
  [{ maxBodyBytes: "1" }, "`maxBodyBytes` must be an integer above 0"],
  [{ cors: true }, "`cors.origins` must be"],
  [{ keepRuns: true }, "`keepRuns` must be an object"],
  [{ keepRuns: {} }, "`keepRuns.store` is missing"],
  [{ keepRuns: { store: new Map() } }, "`keepRuns.store` must be an object with the methods"],
  [{ keepRuns: { store, ttlMs: 0 } }, "`keepRuns.ttlMs` must be a finite number above 0"],
  [{ keepRuns: { store, ttl: 5 } }, "`keepRuns.ttl` is unknown"],
  [{ keepRuns: null }, "`keepRuns` must not be null"],
  [
    { clientMay: "criteria" },
    "`clientMay` must be an array with any of criteria, quorum, escalate, verify",
  ],
  [
    { clientMay: ["model"] },
    "`clientMay` must be an array with any of criteria, quorum, escalate, verify",
  ],
  [{ defaults: { quorum: { accept_partial: 1 } } }, "`defaults.quorum.accept_partial` must be"],
  [{ onEror: () => {} }, "the handler knows no option `onEror`; did you mean `onError`?"],
  ["text", "the handler's options must be an object"],
];

const RIGHT = [
  undefined,
  {},
  { baseURL: "http://127.0.0.1:11434/v1", presets: { x: { ...panel, writer: "b" } } },
  { defaults: { preset: "x", timeouts: { run_ms: 5 } }, presets: { x: panel } },
  { prices: { a: { prompt: "0.1", completion: 0, discount: 0.5 } }, app: { title: "x" } },
  { keepRuns: { store, ttlMs: 5 } },
  {
    clientMay: ["criteria", "quorum", "verify"],
    defaults: { analyst: { criteria: "x", verify: [0] } },
  },
  { keepRuns: { store, ttlMs: null } },
  { fetch: undefined, defaults: undefined, presets: null },
];

const body = {
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
};

/** Returns the lines that `act` writes with `console.error`. */
async function consoleErrors(act) {
  const { error } = console;
  const lines = [];
  console.error = (...args) => lines.push(args.join(" "));
  try {
    await act();
  } finally {
    console.error = error;
  }
  return lines.filter((line) => line.startsWith("llm-fuse/handler"));
}

const not = { workerd: "the Worker builds the handler for each request" };

export default [
  {
    name: "wrong options are refused by name when the handler is built",
    not,
    async run({ api: { createHandler } }) {
      for (const [options, message] of WRONG) {
        const error = throws(() => createHandler(options), TypeError);
        ok(error.message.startsWith(message), `${error.message} begins with ${message}`);
      }
      for (const options of RIGHT) createHandler(options);
    },
  },
  {
    name: "the names of the options are those of the types",
    not,
    async run() {
      const { readFile } = await import("node:fs/promises");
      const { fieldsOf } = await import("./type-fields.mjs");
      const shapes = await import("../../src/js/handler/option-shapes.js");
      const read = (name) => readFile(new URL(`../../src/js/${name}`, import.meta.url), "utf8");
      const [handler, options, request] = await Promise.all(
        ["handler.d.ts", "fusion-options.d.ts", "request.d.ts"].map(read),
      );
      const model = fieldsOf(request, "interface ModelSpec");
      const without = (list, ...names) => list.filter((name) => !names.includes(name));
      const expected = {
        HANDLER_OPTIONS: fieldsOf(handler, "interface HandlerOptions"),
        FUSE_OPTIONS: without(
          fieldsOf(options, "interface FusionOptions"),
          "clientProviders",
          "signal",
          "onSnapshot",
        ),
        PROVIDER: fieldsOf(options, "interface ProviderOptions"),
        PRESET: fieldsOf(options, "interface FusionPreset"),
        DEFAULTS: without(
          fieldsOf(request, "interface FusionRequestFields"),
          "convene",
          "max_cost",
        ),
        PANELIST: model,
        ANALYST: [
          ...without(model, "temperature", "system"),
          ...fieldsOf(request, "type AnalystSpec"),
        ],
        WRITER: [...without(model, "tools"), ...fieldsOf(request, "type WriterSpec")],
      };
      for (const [name, fields] of Object.entries(expected))
        equal(Object.keys(shapes[name]).sort(), fields.sort(), name);
      const presets = JSON.parse(await read("../data/presets.json"));
      equal(
        shapes.PRESET_SIZES,
        Object.fromEntries(presets.map(({ name, panel }) => [name, panel.length])),
      );
    },
  },
  {
    name: "an option that is null is absent",
    async run(t) {
      await t.session.script(defaultScripts());
      const names = ["providers", "presets", "prices", "toolHandlers", "app", "limits", "fetch"];
      const nulls = Object.fromEntries(names.map((name) => [name, null]));
      const served = await t.serve(nulls);
      equal((await post(served, "chat/completions", body)).status, 200);
      const response = await post(served, "models", undefined, { method: "GET" });
      equal(response.status, 200);
    },
  },
  {
    name: "what only the core can check is reported once, at the first request",
    not,
    // Other tests may write to the console at the same time.
    alone: true,
    async run(t) {
      await t.session.script(defaultScripts());
      const presets = {
        good: { analysis_models: [ALPHA], writer: WRITER },
        keyless: { analysis_models: ["openai:gpt-5"], writer: WRITER },
      };
      const ask = (served) =>
        post(served, "chat/completions", { ...body, model: "openrouter/fusion-good" });
      const lines = await consoleErrors(async () => {
        const served = await t.serve({ presets });
        for (let i = 0; i < 3; i++) equal((await ask(served)).status, 200);
      });
      equal(lines.length, 1, lines.join("\n"));
      includes(lines[0], "`providers.openai.apiKey` is missing");
      const logged = [];
      const silent = await consoleErrors(async () => {
        const onError = (error) => logged.push(error.cause.message);
        const served = await t.serve({ presets, onError });
        for (let i = 0; i < 3; i++) equal((await ask(served)).status, 200);
      });
      equal([silent, logged.length], [[], 1]);
    },
  },
  {
    name: "a misconfiguration that a request meets reaches the console once",
    not,
    alone: true,
    async run(t) {
      const lines = await consoleErrors(async () => {
        const served = await t.serve({ baseURL: "https://user@own.example/v1" });
        for (let i = 0; i < 3; i++)
          equal((await post(served, "chat/completions", body)).status, 500);
      });
      equal(lines.length, 1, lines.join("\n"));
      includes(lines[0], "`baseURL`");
    },
  },
  {
    name: "the preset of the defaults keeps its analyst and its writer",
    async run(t) {
      const analyst = { model: ANALYST, reasoning: { effort: "low" } };
      const own = { ...panel, analysis_models: PANEL, analyst, writer: WRITER };
      const scripts = defaultScripts({ [GAMMA]: says("Gamma.") });
      let seen = 0;
      const models = async (defaults, model = "openrouter/fusion") => {
        await t.session.script(scripts);
        const served = await t.serve({
          presets: { own },
          defaults: { max_retries: 0, ...defaults },
        });
        const response = await post(served, "chat/completions", { ...body, model });
        const calls = (await t.session.calls()).slice(seen);
        seen += calls.length;
        const roles = calls.filter(({ model }) => !PANEL.includes(model));
        return [
          response.status,
          ...roles.map(({ model, body: { reasoning_effort, temperature } }) =>
            [model, reasoning_effort, temperature].filter((value) => value !== undefined).join(),
          ),
        ];
      };
      const usual = [200, `${ANALYST},low,0`, WRITER];
      equal(await models({ preset: "own" }), usual);
      equal(await models(undefined, "openrouter/fusion-own"), usual);
      const cool = { temperature: 0.5 };
      equal(await models({ preset: "own", writer: cool }), [...usual.slice(0, 2), `${WRITER},0.5`]);
      equal(await models({ preset: "own", writer: GAMMA }), [...usual.slice(0, 2), GAMMA]);
    },
  },
  {
    name: "the message for an unknown fusion lists the presets",
    async run(t) {
      const served = await t.serve({ presets: { local: panel, flash: panel } });
      const response = await post(served, "chat/completions", {
        ...body,
        model: "openrouter/fusion-lokal",
      });
      includes(
        (await response.json()).error.message,
        "there are openrouter/fusion, openrouter/fusion-flash, openrouter/fusion-local",
      );
    },
  },
];
