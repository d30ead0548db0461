// Tests the status of a request that fails after a paid call. SDKs must not repeat such a request.

import { calls, failures, says } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, SOON, WRITER } from "../scenarios/fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const messages = [{ role: "user", content: "Is the sky blue?" }];
const BODIES = {
  "chat/completions": { model: "openrouter/fusion", messages },
  responses: { model: "openrouter/fusion", input: "Is the sky blue?" },
  messages: { model: "openrouter/fusion", messages, max_tokens: 100 },
};
/**
 * Statuses after which no client repeats a request. LangChain.js has the shortest list of all
 * clients, so this list equals the list of LangChain.js.
 */
const NOT_REPEATED = [400, 401, 402, 403, 404, 405, 406, 407, 413];

const typeOf = ({ error, error_type }) =>
  error_type ?? error.error_type ?? error.metadata.error_type;

async function asked(t, path, scripts, options) {
  await t.session.script(defaultScripts(scripts));
  const response = await post(await t.serve(options), path, BODIES[path]);
  return { response, body: await response.json() };
}

const cases = [
  ["the writer is down", { [WRITER]: failures[503] }, 406, "provider_overloaded"],
  ["the writer is limited", { [WRITER]: failures[429] }, 406, "rate_limit_exceeded"],
  ["the writer timed out", { [WRITER]: failures[524] }, 406, "timeout"],
  ["the writer's request timed out", { [WRITER]: failures[408] }, 406, "timeout"],
  ["the writer said nothing", { [WRITER]: says("") }, 406, "provider_unavailable"],
  ["the writer was cut off", { [WRITER]: says("", { cut: "headers" }) }, 406, undefined],
  ["the writer has no credit", { [WRITER]: failures[402] }, 402, "payment_required"],
  ["the writer refuses the request", { [WRITER]: failures[400] }, 400, "invalid_request"],
];

const PANEL_DEFAULTS = { analysis_models: [ALPHA, BETA], analyst: ANALYST, writer: WRITER };
const QUICK = { max_retries: 0, timeouts: { first_byte_ms: SOON, idle_ms: SOON } };

/** Scripts of calls that end without an answer. The cost of these calls is unknown. */
const unknownCosts = [
  ["thinking, then cut", { reasoning: "Thinking. ".repeat(100), cut: { bytes: 500 } }],
  ["a tool call, then cut", { tool_calls: [calls("f", "x".repeat(500))], cut: { bytes: 500 } }],
  ["thinking alone", { reasoning: "Thinking.", finish_reason: "length" }],
  ["thinking, then silence", { reasoning: "Thinking.", stall: { after: 0 } }],
  ["no first byte", says("", { stall: "headers" })],
  ["a proxy's failure", failures[502]],
];

export default [
  ...Object.keys(BODIES).map((path) => ({
    name: `${path}: a failure after a payment has a status that no client repeats`,
    async run(t) {
      for (const [name, scripts, status, type] of cases) {
        const { response, body } = await asked(t, path, scripts);
        equal(
          [response.status, response.headers.get("x-should-retry")],
          [status, "false"],
          `${name}: ${JSON.stringify(body)}`,
        );
        ok(NOT_REPEATED.includes(response.status));
        if (type) equal(typeOf(body), type, name);
      }
    },
  })),
  {
    name: "a failure before any payment keeps its status, and may be repeated",
    async run(t) {
      for (const status of [429, 503]) {
        const scripts = { [ALPHA]: failures[status], [BETA]: failures[status] };
        const { response } = await asked(t, "chat/completions", scripts);
        equal([response.status, response.headers.get("x-should-retry")], [status, null]);
      }
    },
  },
  {
    name: "a call with an unknown cost may have been paid, whatever the client received of it",
    async run(t) {
      for (const [name, script] of unknownCosts)
        for (const model of ["openrouter/fusion", WRITER]) {
          const everywhere = { [ALPHA]: script, [BETA]: script, [WRITER]: script };
          await t.session.script(everywhere);
          const served = await t.serve({ defaults: { ...PANEL_DEFAULTS, ...QUICK } });
          const body = { ...BODIES["chat/completions"], model };
          const { status, headers } = await post(served, "chat/completions", body);
          equal([status, headers.get("x-should-retry")], [406, "false"], `${name}, ${model}`);
        }
    },
  },
  {
    name: "a fallback that is refused does not hide that the first model may have been paid",
    async run(t) {
      await t.session.script({ [WRITER]: says("", { stall: "headers" }), [ALPHA]: failures[429] });
      const served = await t.serve({ defaults: { ...PANEL_DEFAULTS, ...QUICK } });
      const body = { model: WRITER, models: [ALPHA], messages };
      equal((await post(served, "chat/completions", body)).status, 406);
    },
  },
  {
    name: "an error code that this version does not know has a status that no client repeats",
    not: { workerd: "reads a file of the package's sources" },
    async run() {
      const { toClientError } = await import("../../src/js/handler/api-error.js");
      for (const ownKey of [false, true]) {
        const { status, isFinal } = toClientError({ code: "from_the_future", message: "" }, ownKey);
        equal([status, isFinal], [406, true]);
      }
    },
  },
  {
    name: "panelists whose time was over may have been paid",
    async run(t) {
      const silent = says("", { stall: "headers" });
      const { response, body } = await asked(
        t,
        "chat/completions",
        { [ALPHA]: silent, [BETA]: silent },
        {
          defaults: {
            ...PANEL_DEFAULTS,
            ...{ max_retries: 0, timeouts: { first_byte_ms: SOON } },
          },
        },
      );
      equal([response.status, typeOf(body)], [406, "timeout"]);
    },
  },
  {
    name: "a run whose time is over has paid for its open calls",
    async run(t) {
      const timeouts = { run_ms: SOON };
      const slow = { [ANALYST]: says("Not yet", { stall: { after: 1 } }) };
      const { response, body } = await asked(t, "chat/completions", slow, {
        defaults: { ...PANEL_DEFAULTS, timeouts },
      });
      equal([response.status, typeOf(body)], [406, "timeout"]);
    },
  },
  {
    name: "a stream that has begun has the status in its error",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: failures[503] }));
      const served = await t.serve();
      const last = async (path, headers) => {
        const body = { ...BODIES[path], stream: true };
        const response = await post(served, path, body, { headers });
        equal(response.status, 200);
        return framesOf(await response.text())
          .map(({ data }) => data)
          .findLast(({ error, response }) => error ?? response?.error);
      };
      equal((await last("chat/completions")).error.code, 406);
      equal((await last("messages")).error.type, "api_error");
      equal((await last("responses")).error.type, "server_error");
      const aiSdk = { "user-agent": "ai/7.0.173 ai-sdk-openai/4.0.118" };
      equal((await last("responses", aiSdk)).error.type, "406");
      equal(Object.keys(await last("chat/completions", aiSdk)), ["error"]);
    },
  },
];
