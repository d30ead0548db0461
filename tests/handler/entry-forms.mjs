// Tests every way to request a fusion, and the fields of the writer. docs/endpoint.md has a table
// with the same rows.

import { analysis } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { post } from "./harness.mjs";

const OWN = ["own/a", "own/b"];
const OPUS = "~anthropic/claude-opus-latest";
const BUDGET = [
  "~google/gemini-flash-latest",
  "deepseek/deepseek-v4-pro",
  "~moonshotai/kimi-latest",
];
const FAST = ["~anthropic/claude-haiku-latest", "~google/gemini-flash-latest"];
const defaults = { analysis_models: OWN, model: "own/model", max_retries: 0 };

const MODELS = { alias: "openrouter/fusion", flash: "openrouter/fusion-flash", other: "outer/m" };
const PLUGINS = {
  "-": undefined,
  "{}": {},
  "model P": { model: "plugin/p" },
  preset: { preset: "general-budget" },
  "preset, model P": { preset: "general-budget", model: "plugin/p" },
  off: { enabled: false },
};
const TOOLS = { "-": undefined, "{}": {}, "model T": { model: "tool/t" } };

const O = ["own/model", "own/model", OWN];
const [P, T, M] = ["plugin/p", "tool/t", "outer/m"];
const alone = (writer) => [undefined, writer, []];

/**
 * The keys are `model | plugin | tool` of the request. The values are `[analyst, writer, panel]`
 * that the request selects.
 */
const TABLE = {
  "alias | - | -": O,
  "alias | - | {}": O,
  "alias | - | model T": [T, "own/model", OWN],
  "alias | {} | -": O,
  "alias | {} | {}": O,
  "alias | {} | model T": [T, "own/model", OWN],
  "alias | model P | -": [P, P, OWN],
  "alias | model P | {}": [P, P, OWN],
  "alias | model P | model T": [T, P, OWN],
  "alias | preset | -": [OPUS, OPUS, BUDGET],
  "alias | preset | {}": [OPUS, OPUS, BUDGET],
  "alias | preset | model T": [T, OPUS, BUDGET],
  "alias | preset, model P | -": [P, P, BUDGET],
  "alias | preset, model P | {}": [P, P, BUDGET],
  "alias | preset, model P | model T": [T, P, BUDGET],
  "alias | off | -": alone("own/model"),
  "alias | off | {}": alone("own/model"),
  "alias | off | model T": alone("own/model"),
  "flash | - | -": [OPUS, OPUS, FAST],
  "flash | - | {}": [OPUS, OPUS, FAST],
  "flash | - | model T": [T, OPUS, FAST],
  "flash | {} | -": [OPUS, OPUS, FAST],
  "flash | {} | {}": [OPUS, OPUS, FAST],
  "flash | {} | model T": [T, OPUS, FAST],
  "flash | model P | -": [P, P, FAST],
  "flash | model P | {}": [P, P, FAST],
  "flash | model P | model T": [T, P, FAST],
  "flash | preset | -": [OPUS, OPUS, BUDGET],
  "flash | preset | {}": [OPUS, OPUS, BUDGET],
  "flash | preset | model T": [T, OPUS, BUDGET],
  "flash | preset, model P | -": [P, P, BUDGET],
  "flash | preset, model P | {}": [P, P, BUDGET],
  "flash | preset, model P | model T": [T, P, BUDGET],
  "flash | off | -": alone(OPUS),
  "flash | off | {}": alone(OPUS),
  "flash | off | model T": alone(OPUS),
  "other | - | -": alone(M),
  "other | - | {}": [M, M, OWN],
  "other | - | model T": [T, M, OWN],
  "other | {} | -": [M, M, OWN],
  "other | {} | {}": [M, M, OWN],
  "other | {} | model T": [T, M, OWN],
  "other | model P | -": [P, M, OWN],
  "other | model P | {}": [P, M, OWN],
  "other | model P | model T": [T, M, OWN],
  "other | preset | -": [OPUS, M, BUDGET],
  "other | preset | {}": [OPUS, M, BUDGET],
  "other | preset | model T": [T, M, BUDGET],
  "other | preset, model P | -": [P, M, BUDGET],
  "other | preset, model P | {}": [P, M, BUDGET],
  "other | preset, model P | model T": [T, M, BUDGET],
  "other | off | -": alone(M),
  "other | off | {}": alone(M),
  "other | off | model T": alone(M),
};

const question = (more) => ({ messages: [{ role: "user", content: "Is the sky blue?" }], ...more });
const fusionTool = (parameters) => ({ type: "openrouter:fusion", parameters });
const fusionPlugin = (fields) => ({ id: "fusion", ...fields });

/** Returns the models of panel, analyst and writer. The prompts of the calls identify the roles. */
function roles(calls) {
  const asked = (words) =>
    calls.filter(({ body }) => JSON.stringify(body.messages).includes(words));
  const [analysts, writers] = [asked("Compare the answers."), asked("Write the final answer")];
  const panel = calls.filter((call) => !analysts.includes(call) && !writers.includes(call));
  if (writers.length === 0) return { panel: [], writer: panel[0] };
  return { analyst: analysts[0], writer: writers[0], panel };
}

async function ask(t, body, { path = "chat/completions", headers, ...options } = {}) {
  await t.session.reset();
  await t.session.script({ "*": analysis(["A", "B"]) });
  const response = await post(await t.serve({ defaults, ...options }), path, body, { headers });
  equal(response.status, 200, await response.clone().text());
  return { response: await response.json(), ...roles(await t.session.calls()) };
}

const names = ({ analyst, writer, panel }) => [
  analyst?.model,
  writer.model,
  panel.map(({ model }) => model).sort(),
];

export default [
  {
    name: "the table of analysts, writers and panels holds",
    async run(t) {
      const rows = Object.keys(MODELS).flatMap((model) =>
        Object.keys(PLUGINS).flatMap((plugin) =>
          Object.keys(TOOLS).map((tool) => [model, plugin, tool]),
        ),
      );
      equal(
        Object.keys(TABLE).sort(),
        rows.map((row) => row.join(" | ")).sort(),
        "the table has every row",
      );
      for (const [model, plugin, tool] of rows) {
        const row = [model, plugin, tool].join(" | ");
        const body = question({ model: MODELS[model] });
        if (PLUGINS[plugin]) body.plugins = [fusionPlugin(PLUGINS[plugin])];
        if (TOOLS[tool]) body.tools = [fusionTool(TOOLS[tool])];
        const [analyst, writer, panel] = TABLE[row];
        equal(names(await ask(t, body)), [analyst, writer, [...panel].sort()], row);
      }
    },
  },
  {
    name: "without defaults the handler uses OpenRouter's general-high",
    not: { workerd: "a `fetch` cannot be sent to the Worker" },
    async run(t) {
      const led = (url, init) =>
        fetch(String(url).replace("https://openrouter.ai/api/v1", t.session.baseURL), init);
      const asked = await ask(t, question({ model: "openrouter/fusion" }), {
        baseURL: undefined,
        defaults: undefined,
        fetch: led,
        passThrough: true,
        headers: { authorization: "Bearer sk-or-v1-x" },
      });
      equal(names(asked), [
        OPUS,
        OPUS,
        [OPUS, "~google/gemini-pro-latest", "~openai/gpt-sol-latest"],
      ]);
      const researched = asked.panel.every(({ body }) =>
        body.tools.some(({ type }) => type === "openrouter:web_search"),
      );
      ok(
        researched && asked.analyst.body.tools.length > 0 && asked.writer.body.tools === undefined,
        "web tools for panel and analyst, not for the writer",
      );
    },
  },
  {
    name: "all three endpoints read plugin and tool in the same way",
    async run(t) {
      const input = {
        "chat/completions": question(),
        responses: { input: "Is the sky blue?" },
        messages: question({ max_tokens: 50 }),
      };
      for (const [path, body] of Object.entries(input)) {
        const both = {
          ...body,
          model: M,
          plugins: [fusionPlugin({ model: P, analysis_models: ["x/1", "x/2"] })],
          tools: [fusionTool({ model: T, analysis_models: ["y/1"] })],
        };
        equal(names(await ask(t, both, { path })), [T, M, ["y/1"]], path);
        equal(
          names(await ask(t, { ...both, tools: undefined }, { path })),
          [P, M, ["x/1", "x/2"]],
          path,
        );
        equal(
          names(await ask(t, { ...body, model: "openrouter/fusion-flash:free" }, { path })),
          [OPUS, OPUS, [...FAST].sort()],
          path,
        );
        equal(names(await ask(t, { ...body, model: M }, { path })), [undefined, M, []], path);
      }
    },
  },
  {
    name: "explicit members override presets, and the tool's fields override the plugin's",
    async run(t) {
      const plugin = { preset: "general-budget", analysis_models: ["x/1"], max_tool_calls: 3 };
      const body = question({ model: "openrouter/fusion", plugins: [fusionPlugin(plugin)] });
      equal(names(await ask(t, body)), [OPUS, OPUS, ["x/1"]]);
      equal(names(await ask(t, { ...body, tools: [fusionTool({ analysis_models: ["y/1"] })] })), [
        OPUS,
        OPUS,
        ["y/1"],
      ]);
    },
  },
  {
    name: "the tool's settings are for panel and analyst, the request's for the writer",
    async run(t) {
      const parameters = {
        temperature: 0.3,
        max_completion_tokens: 900,
        reasoning: { effort: "low" },
      };
      const own = {
        temperature: 1.5,
        max_tokens: 77,
        reasoning_effort: "high",
        top_p: 0.9,
        seed: 5,
        frequency_penalty: 0.1,
      };
      const { panel, analyst, writer } = await ask(
        t,
        question({ model: "openrouter/fusion", tools: [fusionTool(parameters)], ...own }),
      );
      const settings = ({ body }) => [
        body.temperature,
        body.max_tokens,
        body.reasoning_effort,
        body.top_p,
        body.seed,
        body.frequency_penalty,
      ];
      equal(
        panel.map(settings),
        panel.map(() => [0.3, 900, "low", null, null, null]),
      );
      equal(settings(analyst), [0, 900, "low", null, null, null]);
      equal(settings(writer), [1.5, 77, "high", 0.9, 5, 0.1]);
      const inherited = await ask(
        t,
        question({ model: "openrouter/fusion", tools: [fusionTool(parameters)] }),
      );
      equal(inherited.writer.body.max_tokens, 16000, "the tool's limit is not the writer's");
    },
  },
  {
    name: "the writer's settings have each endpoint's names",
    async run(t) {
      const settings = ({ writer: { body } }) => [
        body.temperature,
        body.max_tokens,
        body.top_p,
        body.reasoning_effort,
      ];
      const chat = await ask(
        t,
        question({
          model: M,
          temperature: 0.5,
          max_completion_tokens: 60,
          top_p: 0.7,
          reasoning: { effort: "low" },
        }),
      );
      equal(settings(chat), [0.5, 60, 0.7, "low"]);
      const responses = await ask(
        t,
        {
          model: M,
          input: "Q?",
          temperature: 0.5,
          max_output_tokens: 60,
          top_p: 0.7,
          reasoning: { effort: "low" },
        },
        { path: "responses" },
      );
      equal(settings(responses), [0.5, 60, 0.7, "low"]);
      const messages = await ask(
        t,
        question({
          model: M,
          temperature: 0.5,
          max_tokens: 60,
          top_p: 0.7,
          output_config: { effort: "low" },
        }),
        { path: "messages" },
      );
      equal(settings(messages), [0.5, 60, 0.7, "low"]);
      const off = await ask(
        t,
        question({ model: M, max_tokens: 60, thinking: { type: "disabled" } }),
        { path: "messages" },
      );
      equal(off.writer.body.reasoning_effort, "none");
    },
  },
  {
    name: "a tool result, tool_choice none and a nested fusion convene no panel",
    async run(t) {
      const body = question({ model: "openrouter/fusion" });
      const alone = async (body, more) =>
        equal(names(await ask(t, body, more)), [undefined, "own/model", []]);
      await alone({ ...body, tool_choice: "none" });
      for (const depth of ["1", "2", "deep"])
        await alone(body, { headers: { "x-openrouter-fusion-depth": depth } });
      equal(names(await ask(t, body, { headers: { "x-openrouter-fusion-depth": "0" } })), O);
      await alone({ input: "Q?", model: body.model, tool_choice: "none" }, { path: "responses" });
      await alone({ ...body, max_tokens: 9, tool_choice: { type: "none" } }, { path: "messages" });
    },
  },
  {
    name: "a tool_choice of the fusion tool convenes the panel",
    async run(t) {
      for (const tool_choice of ["auto", "required", { type: "openrouter:fusion" }]) {
        const { writer, panel } = await ask(
          t,
          question({ model: M, tools: [fusionTool({})], tool_choice }),
        );
        equal(
          [panel.length, writer.body.tool_choice, writer.body.tools],
          [2, undefined, undefined],
          JSON.stringify(tool_choice),
        );
      }
    },
  },
  {
    name: "further models of `models` are the writer's fallbacks",
    async run(t) {
      await t.session.script({
        "*": analysis(["A", "B"]),
        "first/m": { status: 503, body: { error: { code: 503, message: "down" } } },
      });
      const response = await post(
        await t.serve({ defaults }),
        "chat/completions",
        question({ model: "first/m", models: ["second/m"] }),
      );
      equal((await response.json()).model, "second/m");
    },
  },
  {
    name: "routing preferences are sent to the writer, and privacy preferences to every model",
    async run(t) {
      const provider = { order: ["a"], zdr: true };
      const explicit = await ask(t, question({ model: "openrouter/fusion", provider }));
      equal(explicit.writer.body.provider, provider);
      equal(
        [...explicit.panel, explicit.analyst].map(({ body }) => body.provider),
        [{ zdr: true }, { zdr: true }, { zdr: true }],
      );
      const refused = await post(
        await t.serve({ defaults }),
        "chat/completions",
        question({ model: "openrouter/fusion-flash", provider }),
      );
      equal(
        [refused.status, (await refused.json()).error.message.includes("`provider.zdr`")],
        [400, true],
      );
    },
  },
  {
    name: "other plugins are sent to the writer, and cache_control to every provider that knows it",
    async run(t) {
      const plugins = [{ id: "web", max_results: 2 }, fusionPlugin({}), { id: "file-parser" }];
      const asked = await ask(t, question({ model: "openrouter/fusion", plugins }));
      equal(
        [asked.writer.body.plugins, asked.panel.map(({ body }) => body.plugins)],
        [
          [plugins[0], plugins[2]],
          [undefined, undefined],
        ],
      );
      const providers = { up: { baseURL: t.session.baseURL, dialect: "messages" } };
      await t.session.reset();
      await t.session.script({ "some/m": analysis(["A"]) });
      const body = question({
        model: "up:some/m",
        max_tokens: 50,
        cache_control: { type: "ephemeral" },
      });
      equal(
        (
          await post(
            await t.serve({ clientKeys: ["sk-one"], providers, defaults: {} }),
            "messages",
            body,
            { headers: { "x-api-key": "sk-one" } },
          )
        ).status,
        200,
      );
      ok(
        JSON.stringify((await t.session.calls())[0].body).includes(
          '"cache_control":{"type":"ephemeral"}',
        ),
      );
    },
  },
  {
    name: "without `model` the first of `models` counts",
    async run(t) {
      equal(names(await ask(t, question({ models: ["openrouter/fusion", "second/m"] }))), O);
      equal(names(await ask(t, question({ models: [M, "second/m"] }))), [undefined, M, []]);
    },
  },
  {
    name: "the handler's presets are model names and supply their fields",
    async run(t) {
      const presets = {
        "two-llamas": {
          analysis_models: ["llama/a", "llama/b"],
          model: "llama/m",
          writer: { model: "llama/w", system: "Be brief." },
        },
      };
      const asked = await ask(t, question({ model: "openrouter/fusion-two-llamas" }), { presets });
      equal(names(asked), ["llama/m", "llama/w", ["llama/a", "llama/b"]]);
      ok(JSON.stringify(asked.writer.body.messages).includes("Be brief."));
      const plugin = (more) =>
        question({
          model: "openrouter/fusion",
          plugins: [fusionPlugin({ preset: "two-llamas", ...more })],
        });
      equal(names(await ask(t, plugin(), { presets })), [
        "llama/m",
        "llama/w",
        ["llama/a", "llama/b"],
      ]);
      equal(names(await ask(t, plugin({ model: P }), { presets })), [P, P, ["llama/a", "llama/b"]]);
      const { baseURL, fetch = globalThis.fetch } = await t.serve({ presets });
      const { data } = await (await fetch(`${baseURL}/models`)).json();
      equal(
        data.map(({ id }) => id),
        ["openrouter/fusion", "openrouter/fusion-flash", "openrouter/fusion-two-llamas"],
      );
    },
  },
  {
    name: "HEAD gets the response to GET without its body",
    async run(t) {
      const origin = "https://app.example";
      const options = { clientKeys: ["sk-c"], cors: { origins: [origin] } };
      const { baseURL, fetch = globalThis.fetch } = await t.serve(options);
      const ask = async (path, method, key = "sk-c") => {
        const headers = { authorization: `Bearer ${key}`, origin, "accept-encoding": "identity" };
        const response = await fetch(`${baseURL}/${path}`, { method, headers });
        const own = ["allow", "content-type", "access-control-allow-origin"];
        const text = await response.text();
        return [response.status, own.map((name) => response.headers.get(name)), text.length > 0];
      };
      for (const [path, key] of [["models"], ["models", "no"], ["chat/completions"], ["nothing"]]) {
        const [status, headers, hasBody] = await ask(path, "GET", key);
        equal(hasBody, true, path);
        equal(await ask(path, "HEAD", key), [status, headers, false], path);
      }
      equal((await ask("models", "HEAD"))[0], 200);
      equal(await ask("models", "DELETE"), [405, ["GET, HEAD", "application/json", origin], true]);
    },
  },
];
