// A client's fields against the server's defaults. A default that a client's field contradicts is
// lowered or dropped. A client that gets an error reads only names of its own fields.

import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok, throws } from "../scenarios/assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  WRITER,
} from "../scenarios/fixtures.mjs";
import { GAMMA } from "./fixtures.mjs";
import { post } from "./harness.mjs";

const request = {
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
};
const roles = { analysis_models: PANEL, analyst: ANALYST, writer: WRITER, max_retries: 0 };
const asks = (fields) => ({ ...request, plugins: [{ id: "fusion", ...fields }] });
const uses = (parameters) => ({ ...request, tools: [{ type: "openrouter:fusion", parameters }] });
const weather = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
const not = { workerd: "functions cannot be sent to the Worker" };

/** Options of every server here. `plain` hosts no tools and takes no budget for reasoning. */
const server = (t, options) => ({
  clientKeys: ["sk-c"],
  clientMay: ["criteria", "quorum", "escalate", "verify"],
  toolHandlers: { web_search: () => "Nothing.", web_fetch: () => "The sky is blue." },
  providers: {
    plain: { baseURL: t.session.baseURL, apiKey: "k" },
    modern: { baseURL: t.session.baseURL, apiKey: "k", dialect: "responses" },
  },
  ...options,
});

/** Sends a request. Returns its status, its message and the calls. */
async function sent(t, served, body) {
  await t.session.reset();
  const others = { [GAMMA]: says("Teal."), a: says("Navy."), m: analysis(["A", "B"]) };
  await t.session.script(defaultScripts(others));
  const headers = { authorization: "Bearer sk-c" };
  const response = await post(served, "chat/completions", body, { headers });
  const { error } = await response.json();
  return { status: response.status, message: error?.message, calls: await t.session.calls() };
}

const search = { type: "openrouter:web_search" };
const panelist = (more) => ({ model: ALPHA, ...more });
/** The defaults of a server, one at a time. */
const SERVERS = {
  nothing: {},
  preset: { defaults: { preset: "own" } },
  "analysis_models with tools": {
    defaults: { ...roles, analysis_models: [panelist({ tools: [search] }), BETA] },
  },
  "analyst.tools": { defaults: { ...roles, analyst: { model: ANALYST, tools: [search] } } },
  "analyst.passes": { defaults: { ...roles, analyst: { model: ANALYST, passes: 2 } } },
  "analyst.criteria": { defaults: { ...roles, analyst: { model: ANALYST, criteria: "x" } } },
  "analyst.verify": {
    defaults: { ...roles, analyst: { model: ANALYST, verify: "contradictions" } },
  },
  "analyst.reasoning": {
    defaults: { ...roles, analyst: { model: ANALYST, reasoning: { effort: "low" } } },
  },
  "analyst.fallbacks": { defaults: { ...roles, analyst: { model: ANALYST, fallbacks: [BETA] } } },
  "writer.stop": { defaults: { ...roles, writer: { model: WRITER, stop: "END" } } },
  "writer.tools": {
    defaults: {
      ...roles,
      writer: {
        model: WRITER,
        tools: [{ type: "function", function: { name: "own" } }],
        tool_choice: { type: "function", function: { name: "own" } },
      },
    },
  },
  tools: { defaults: { ...roles, tools: [search] } },
  "no tools": { defaults: { ...roles, tools: [] } },
  reasoning: { defaults: { ...roles, reasoning: { effort: "low" } } },
  "quorum.fail_below": { defaults: { ...roles, quorum: { fail_below: 2 } } },
  "quorum.min_responses": { defaults: { ...roles, quorum: { min_responses: 2, grace_ms: 0 } } },
  "quorum.accept_partial": { defaults: { ...roles, quorum: { accept_partial: true } } },
  escalate: { defaults: { ...roles, escalate: { analysis_models: [GAMMA, GAMMA] } } },
  "the escalate of a preset": {
    presets: { own: { ...own(), escalate: { analysis_models: Array(6).fill(GAMMA) } } },
  },
  "fields about no model": {
    defaults: {
      ...roles,
      max_tool_calls: 1,
      max_completion_tokens: 500,
      temperature: 1,
      cache_control: { type: "ephemeral" },
      timeouts: { run_ms: 3_600_000 },
      seed: 1,
    },
  },
  max_cost: {
    max_cost: 1,
    prices: Object.fromEntries(
      [...PANEL, ANALYST, WRITER, GAMMA].map((model) => [model, { prompt: 0, completion: 0 }]),
    ),
  },
};

function own() {
  return { analysis_models: PANEL, analyst: ANALYST, writer: WRITER };
}

/** What a client may send. */
const CLIENTS = {
  "a panel of one": asks({ analysis_models: [ALPHA] }),
  "a panel of eight": asks({ analysis_models: Array(8).fill(ALPHA) }),
  "a panel without hosted tools": asks({ analysis_models: ["plain:a", BETA] }),
  "a preset": asks({ preset: "own" }),
  "a preset of one": { ...request, model: "openrouter/fusion-one" },
  "a model without hosted tools": asks({ model: "plain:m" }),
  "an analyst without hosted tools": uses({ model: "plain:m" }),
  "a writer of another dialect": { ...asks({}), model: "modern:m" },
  "fallbacks of another dialect": { ...request, models: ["modern:m"] },
  "no tools": asks({ tools: [] }),
  "tools that open no page": uses({ tools: [{ type: "openrouter:datetime" }] }),
  "no tool calls": asks({ max_tool_calls: 1 }),
  "a limit of the panel": uses({ max_completion_tokens: 50 }),
  "a limit of the writer": { ...request, max_tokens: 50 },
  reasoning: uses({ reasoning: { effort: "high" } }),
  temperature: uses({ temperature: 0.5 }),
  "its own tools": { ...request, tools: [weather] },
  "its own tools and no choice": { ...request, tools: [weather], tool_choice: "none" },
  criteria: asks({ criteria: "Weigh safety." }),
  quorum: asks({ quorum: { min_responses: 1, fail_below: 1 } }),
  "a higher quorum": asks({ quorum: { fail_below: 2 } }),
  escalate: asks({ escalate: { analysis_models: [GAMMA] } }),
  verify: asks({ verify: "contradictions" }),
  privacy: { ...request, provider: { zdr: true } },
};

/** Reasons to refuse a client: its own tools, its own checks, and the server's limit. */
const REFUSED =
  /tools\[0\]` is not hosted|\.verify` needs a tool|has no price, and this server needs/;

/** Returns the names of the fields of a JSON value. */
const namesIn = (value) =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, item]) => [name, ...namesIn(item)])
    : [];

export default [
  {
    name: "no client reads the name of a field that it has not sent",
    not,
    async run(t) {
      const presets = { own: own(), one: { ...own(), analysis_models: [ALPHA] } };
      const refused = [];
      for (const [what, { defaults = roles, ...options }] of Object.entries(SERVERS)) {
        const errors = [];
        const onError = (error) => errors.push(error.cause?.message ?? error.message);
        const all = server(t, { ...options, defaults, onError });
        const served = await t.serve({ ...all, presets: { ...presets, ...options.presets } });
        for (const [which, body] of Object.entries(CLIENTS)) {
          const { status, message = "" } = await sent(t, served, body);
          const pair = `${what} and ${which}: ${status} ${message} (${errors.at(-1)})`;
          ok([200, 400].includes(status), pair);
          if (status === 200) continue;
          const unpriced = /^`[^`]+` has no price, and this server needs/.test(message);
          const named = unpriced
            ? ["model"]
            : (message.match(/^`([^`]+)`/)?.[1].match(/[a-z_]+/g) ?? []);
          const known = new Set(namesIn(body));
          ok(named.length > 0 && named.every((name) => known.has(name)), pair);
          refused.push(pair.replace(/ \(.*/, ""));
        }
      }
      for (const pair of refused) ok(REFUSED.test(pair), pair);
    },
  },
  {
    name: "`fail_below` of the server is lowered to the panel of a client",
    async run(t) {
      const defaults = { ...roles, quorum: { min_responses: 2, fail_below: 2 } };
      const presets = { one: { ...own(), analysis_models: [ALPHA] } };
      const served = await t.serve({ defaults, presets });
      await t.session.script(defaultScripts());
      for (const body of [
        asks({ analysis_models: [ALPHA] }),
        { ...request, model: "openrouter/fusion-one" },
      ]) {
        equal((await sent(t, served, body)).status, 200, JSON.stringify(body));
      }
      await t.session.reset();
      await t.session.script(defaultScripts({ [ALPHA]: failures[402] }));
      const response = await post(served, "chat/completions", request);
      ok(response.status !== 200, "the default applies to the panel of the server");
    },
  },
  {
    name: "defaults that a client's tools or models make impossible are dropped",
    not,
    async run(t) {
      const analyst = { model: ANALYST, verify: "contradictions" };
      const checks = await t.serve(server(t, { defaults: { ...roles, analyst } }));
      const whole = await sent(t, checks, request);
      equal(callsTo(whole.calls, ANALYST).length, 2, "the analysis and a check");
      const bare = await sent(t, checks, asks({ tools: [] }));
      equal([bare.status, callsTo(bare.calls, ANALYST).length], [200, 1], "no check");
      const tools = [search, { type: "openrouter:web_fetch" }];
      const toolHandlers = undefined;
      const hosted = await t.serve(server(t, { toolHandlers, defaults: { ...roles, tools } }));
      const { message } = await sent(t, hosted, asks({ tools, analysis_models: ["plain:a"] }));
      includes(message ?? "", "`plugins[0].tools[0]` is not hosted by `plain`");
    },
  },
  {
    name: "a token budget that a client's model does not take is dropped, and no other `reasoning`",
    not,
    async run(t) {
      const budget = { baseURL: t.session.baseURL, apiKey: "k", dialect: "messages" };
      const low = { reasoning: { effort: "low" } };
      const options = server(t, {
        defaults: {
          analysis_models: ["budget:a", "budget:a"],
          analyst: { model: ANALYST, ...low },
          writer: { model: WRITER, ...low },
          reasoning: { max_tokens: 2000 },
          max_retries: 0,
        },
      });
      const served = await t.serve({ ...options, providers: { ...options.providers, budget } });
      const efforts = ({ calls }, model) =>
        callsTo(calls, model).map(({ body }) => body.reasoning_effort ?? body.thinking?.type);
      for (const [body, panel] of [
        [request, ["enabled", "enabled"]],
        [asks({ analysis_models: ["plain:a", "plain:a"] }), [undefined, undefined]],
      ]) {
        const outcome = await sent(t, served, body);
        equal(outcome.status, 200, outcome.message);
        equal(efforts(outcome, "a"), panel);
        equal([efforts(outcome, ANALYST), efforts(outcome, WRITER)], [["low"], ["low"]]);
      }
    },
  },
  {
    name: "a default that no request can use is reported, and clients do not read it",
    async run(t) {
      const analyst = { model: ANALYST, verify: "contradictions", tools: [] };
      const served = await t.serve({ defaults: { ...roles, analyst } });
      const { status, message } = await sent(t, served, request);
      equal(status, 500);
      lacks(message, "verify");
    },
  },
  {
    name: "an error in a preset or in the defaults names its place",
    not,
    alone: true,
    async run(t) {
      const analyst = { model: ANALYST, verify: "contradictions" };
      const problems = async (options) => {
        const errors = [];
        const served = await t.serve({ ...options, onError: (error) => errors.push(error) });
        await sent(t, served, request);
        return errors.map(({ cause }) => cause?.message ?? "");
      };
      const preset = { analysis_models: PANEL, analyst, writer: WRITER };
      const [own] = await problems({
        defaults: { ...roles, tools: [] },
        presets: { mine: preset },
      });
      includes(own, "`presets.mine.analyst.verify` needs a tool that opens web pages");
      const [usual] = await problems({ defaults: { ...roles, analyst, tools: [] } });
      includes(usual, "`defaults.analyst.verify` needs a tool that opens web pages");
    },
  },
  {
    name: "a preset's `escalate` applies, and has its own path",
    async run(t) {
      const mine = { ...own(), escalate: { analysis_models: [GAMMA] } };
      const served = await t.serve({ presets: { mine } });
      const { status, calls } = await sent(t, served, {
        ...request,
        model: "openrouter/fusion-mine",
      });
      equal([status, callsTo(calls, GAMMA).length], [200, 1]);
      const build = (escalate) => () =>
        t.api.createHandler({ presets: { mine: { ...own(), escalate } } });
      if (!t.api) return;
      for (const [escalate, message] of [
        [{}, "`presets.mine.escalate.analysis_models` is missing"],
        [
          { analysis_models: Array(7).fill(GAMMA) },
          "`presets.mine.escalate.analysis_models` has 7 models and the panel has 2",
        ],
      ]) {
        includes(throws(build(escalate), TypeError).message, message);
      }
    },
  },
];
