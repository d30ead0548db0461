// Tests panelists that replace a failed default model. Covers their cost and the model that a
// warning names. If a model fails for good as the analyst, the writer must not use it.

import { analysis, failures, refuses, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { ALPHA, BETA, callsTo, question, WRITER } from "./fixtures.mjs";
import { eventsOf, readRun } from "./run-helpers.mjs";

const FIRST = "acme/first";
const PANEL = [FIRST, ALPHA, BETA];
const THINKS = says("", { reasoning: "Hm.", finish_reason: "length" });
const PROSE = says("No JSON.");

/**
 * Makes a run in which the analyst and the writer have default models. First, each model answers as
 * a panelist. `roles` maps each model to its scripts for later calls as analyst or writer.
 */
async function run(t, roles, more, options) {
  const panelist = (model) => says(`${model} finds all common ground.`);
  const scripts = PANEL.map((model) => [
    model,
    { sequence: [panelist(model), ...(roles[model] ?? [])] },
  ]);
  await t.session.script({ ...Object.fromEntries(scripts), ...roles.others });
  const request = question({
    analysis_models: PANEL,
    analyst: undefined,
    writer: undefined,
    ...more,
  });
  const started = t.start(request, options);
  const ended = await readRun(started);
  const result = ended.error === undefined ? await started.result() : undefined;
  const replaced = eventsOf(ended.events, "warning")
    .filter(({ code }) => code === "default_replaced")
    .map(({ message }) => message);
  const calls = await t.session.calls();
  const asked = calls.slice(PANEL.length).map(({ model }) => model);
  await t.session.reset();
  return { ...ended, result, replaced, calls, asked };
}

export default [
  {
    name: "the run pays for at most one substitute of a default analyst, within the estimate",
    async run(t) {
      const models = Array.from({ length: 8 }, (_, index) => `acme/m${index}`);
      const price = { prompt: "0.000001", completion: "0.00001" };
      const prices = Object.fromEntries(models.map((model) => [model, price]));
      const usage = { prompt_tokens: 500, completion_tokens: 500, cost: "0.0055" };
      await t.session.script({ "*": says("Prose.", { usage }) });
      const request = question({
        analysis_models: models,
        analyst: undefined,
        writer: undefined,
        max_completion_tokens: 500,
        tools: [],
      });
      const options = { baseURL: t.session.baseURL, apiKey: "sk-test-key", prices };
      const { high, by_stage } = await t.estimate(request, options);
      const result = await t.start(request, options).result();
      const asked = result.activity.filter(({ stage }) => stage === "analysis");
      equal(
        asked.map(({ model }) => model),
        [models[0], models[0], models[1], models[1]],
      );
      equal([result.analysis, result.activity.length], [null, 8 + 4 + 1]);
      ok(result.usage.by_stage.analysis.cost <= by_stage.analysis.high);
      ok(result.usage.cost <= high);
    },
  },
  {
    name: "the run pays for at most one substitute of a default writer",
    async run(t) {
      const thinks = { [FIRST]: [THINKS], [ALPHA]: [THINKS], [BETA]: [says("Not asked.")] };
      const { asked, error } = await run(t, thinks, { analyst: WRITER });
      equal(asked.filter((model) => model !== WRITER).join(), [FIRST, ALPHA].join());
      equal(error.code, "writer_failed");
      const refused = { [FIRST]: [THINKS], [ALPHA]: [failures[402]], [BETA]: [says("Beta.")] };
      equal((await run(t, refused, { analyst: WRITER })).result.answer, "Beta.");
    },
  },
  {
    name: "a substitute of a default analyst is not asked after `budget_exceeded`",
    async run(t) {
      const pricing = (usd) => ({ prompt: usd, completion: usd });
      const cheap = pricing("0.0000001");
      const prices = { [FIRST]: pricing("0.0001"), [ALPHA]: cheap, [BETA]: cheap };
      const usage = { prompt_tokens: 10, completion_tokens: 10, cost: "0.00001" };
      const panel = Object.fromEntries(PANEL.map((model) => [model, says("Answer.", { usage })]));
      const { events, asked, error } = await run(
        t,
        { others: panel },
        { max_cost: 0.03, tools: [] },
        { prices },
      );
      const failed = eventsOf(events, "analysis.failed");
      equal(
        failed.map(({ error, next }) => [error.code, next]),
        [["budget_exceeded", undefined]],
      );
      equal([asked, error.code], [[], "budget_exceeded"]);
    },
  },
  ...Object.entries({
    "a wrong name": [failures[404], {}],
    "an unknown address": [refuses(404, "Not found"), {}],
    "no credit": [failures[402], {}],
    "a timeout": [says("Late.", { stall: "headers" }), { timeouts: { first_byte_ms: 500 } }],
    "thinking only": [THINKS, {}],
  }).map(([what, [fails, more]]) => ({
    name: `a default model that fails as the analyst for good is no writer (${what})`,
    async run(t) {
      const roles = { [FIRST]: [fails], [ALPHA]: [analysis(["A"]), says("Alpha writes.")] };
      const { result, asked, replaced } = await run(t, roles, more);
      equal([result.answer, asked], ["Alpha writes.", [FIRST, ALPHA, ALPHA]]);
      equal(replaced.length, 2);
      ok(replaced.every((message) => message.startsWith(`\`${FIRST}\`, the default of the `)));
    },
  })),
  {
    name: "a default model that fails as the analyst for a passing cause is the writer",
    async run(t) {
      for (const fails of [[failures[503]], [PROSE, PROSE]]) {
        const roles = {
          [FIRST]: [...fails, says("The default writes.")],
          [ALPHA]: [analysis(["A"])],
        };
        equal((await run(t, roles)).result.answer, "The default writes.");
      }
    },
  },
  {
    name: "a substitute that fails as the analyst for good is no substitute of a default writer",
    async run(t) {
      const roles = {
        [FIRST]: [failures[404]],
        [ALPHA]: [failures[402]],
        [BETA]: [analysis(["A"]), says("Beta writes.")],
      };
      const { result, asked } = await run(t, roles);
      equal([result.answer, asked], ["Beta writes.", [FIRST, ALPHA, BETA, BETA]]);
    },
  },
  {
    name: "the warning about a default model names the model that failed and its cause",
    async run(t) {
      const chain = {
        [FIRST]: [analysis(["A"]), refuses(402, "Cause one.")],
        [ALPHA]: [refuses(402, "Cause two.")],
        [BETA]: [says("Beta writes.")],
      };
      const { replaced } = await run(t, chain);
      includes(
        replaced[0],
        `\`${FIRST}\`, the default of the writer, failed (HTTP 402: Cause one.`,
      );
      includes(replaced[1], `\`${ALPHA}\`, called instead of \`${FIRST}\`, the default of the`);
      includes(replaced[1], "failed (HTTP 402: Cause two.");
      includes(replaced[1], `\`${BETA}\`, which answered in the panel, replaces it`);
      const others = { [WRITER]: refuses(402, "Cause three.") };
      const fallbacks = { writer: { fallbacks: [WRITER] } };
      const fallback = (await run(t, { ...chain, others }, fallbacks)).replaced[0];
      includes(fallback, `\`${WRITER}\`, called instead of \`${FIRST}\``);
      includes(fallback, "failed (HTTP 402: Cause three.");
    },
  },
  {
    name: "a fallback of a default writer that failed is not asked again as a substitute",
    async run(t) {
      const roles = {
        [FIRST]: [analysis(["A"]), failures[404]],
        [ALPHA]: [failures[402]],
        [BETA]: [says("Beta writes.")],
      };
      const { result, calls } = await run(t, roles, { writer: { fallbacks: [ALPHA] } });
      equal([result.answer, callsTo(calls, ALPHA).length], ["Beta writes.", 2]);
    },
  },
  {
    name: "a role without a model keeps the role's fields of the caller's preset by default",
    async run(t) {
      const models = { "desk/p-analyst": analysis(["A"]), "desk/p-writer": says("Preset.") };
      const presets = {
        mine: {
          analysis_models: [ALPHA, BETA],
          analyst: "desk/p-analyst",
          writer: { model: "desk/p-writer", temperature: 0.1, stop: ["END"] },
        },
      };
      const requested = async (more) => {
        await t.session.script({ "*": says("An answer."), ...models });
        const request = { prompt: "q", preset: "mine", max_retries: 0, ...more };
        await t.start(request, { presets }).result();
        const roles = (await t.session.calls()).slice(2);
        await t.session.reset();
        return roles.map(({ model, body }) => [model, body.temperature, body.stop]);
      };
      const analyst = ["desk/p-analyst", 0, undefined];
      const writer = (temperature) => ["desk/p-writer", temperature, ["END"]];
      equal(await requested({ writer: {}, analyst: {} }), [analyst, writer(0.1)]);
      equal(await requested({ writer: { temperature: 0.5, stop: null } }), [analyst, writer(0.5)]);
      equal(await requested({ writer: { model: WRITER } }), [
        analyst,
        [WRITER, undefined, undefined],
      ]);
      const chosen = await requested({ model: WRITER, writer: {} });
      ok(chosen.every(([model]) => model === WRITER));
    },
  },
  {
    name: "a short key is removed from messages only as a whole word, also by default",
    async run(t) {
      for (const [apiKey, message, expected] of [
        ["any", "Too many requests", "Too many requests"],
        ["any", "the key 'any' is wrong", "the key '[key]' is wrong"],
        ["anything", "the key anything, or anythings", "the key [key], or anythings"],
        ["sk-12345678", "xsk-12345678x", "x[key]x"],
      ]) {
        await t.session.script({ "*": refuses(400, message) });
        const request = { prompt: "q", model: WRITER, convene: false, max_retries: 0 };
        const error = await failure(t.start(request, { apiKey }).result());
        includes(error.message, expected);
        await t.session.reset();
      }
    },
  },
];
