// Tests `escalate` if the server sets it, and if a client sets it.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { GAMMA } from "./fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const request = {
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
};
const roles = { analysis_models: PANEL, analyst: ANALYST, writer: WRITER, max_retries: 0 };
const escalate = { analysis_models: [GAMMA] };
const plugin = (fields) => ({ ...request, plugins: [{ id: "fusion", ...fields }] });
const scripts = () =>
  defaultScripts({
    [GAMMA]: says("Gamma finds all common ground in teal."),
    [ANALYST]: { sequence: [analysis(["A", "B"]), analysis(["A", "B", "C"])] },
  });

/** Sends a request. Returns its status, its body and the called models. */
async function sent(t, body, options, path = "chat/completions") {
  await t.session.reset();
  await t.session.script(scripts());
  const response = await post(await t.serve(options), path, body);
  const text = await response.text();
  const models = (await t.session.calls()).map(({ model }) => model);
  return { status: response.status, text, models };
}

const WHOLE = [ALPHA, BETA, ANALYST, GAMMA, ANALYST, WRITER].sort();

export default [
  {
    name: "the server's escalate applies to every client",
    async run(t) {
      const { status, models } = await sent(t, request, { defaults: { ...roles, escalate } });
      equal([status, models.sort()], [200, WHOLE]);
    },
  },
  {
    name: "a client's escalate is refused by name unless the server opens it",
    async run(t) {
      const refused = await sent(t, plugin({ escalate }), { defaults: roles });
      equal([refused.status, refused.models], [400, []]);
      includes(refused.text, "`plugins[0].escalate` is not open to clients of this server");
      const opened = { defaults: roles, clientMay: ["escalate"] };
      const { status, models } = await sent(t, plugin({ escalate }), opened);
      equal([status, models.sort()], [200, WHOLE]);
    },
  },
  {
    name: "a wrong escalate of a client has the client's path",
    async run(t) {
      const opened = { defaults: roles, clientMay: ["escalate"] };
      for (const [value, message] of [
        [
          { analysis_models: [] },
          "`plugins[0].escalate.analysis_models` must be an array of 1 to 7 models",
        ],
        [
          { analysis_models: [{ model: "x", extra_body: {} }] },
          "`plugins[0].escalate.analysis_models[0].extra_body` is the server's to set",
        ],
        [
          { analysis_models: ["ollama:x"] },
          "`plugins[0].escalate.analysis_models[0]` names the provider `ollama`",
        ],
      ]) {
        const { status, text, models } = await sent(t, plugin({ escalate: value }), opened);
        equal([status, models], [400, []]);
        includes(text, message);
      }
    },
  },
  {
    name: "the server's escalate is left out if a client's panel leaves no room",
    async run(t) {
      const options = { defaults: { ...roles, escalate } };
      const full = Array(8).fill(ALPHA);
      const { status, models } = await sent(t, plugin({ analysis_models: full }), options);
      equal([status, models.includes(GAMMA)], [200, false]);
    },
  },
  {
    name: "privacy preferences of a client apply to the further panelists",
    async run(t) {
      const options = { defaults: { ...roles, escalate } };
      const body = { ...request, provider: { zdr: true } };
      await sent(t, body, options);
      const call = (await t.session.calls()).find(({ model }) => model === GAMMA);
      equal(call.body.provider, { zdr: true });
    },
  },
  {
    name: "shouldEscalate is an option of the handler",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      const options = { defaults: { ...roles, escalate }, shouldEscalate: () => false };
      const { models } = await sent(t, request, options);
      equal(models.includes(GAMMA), false);
    },
  },
  {
    name: "a stream of Responses announces each comparison and each further panelist",
    async run(t) {
      const body = { model: "openrouter/fusion", input: "Is the sky blue?", stream: true };
      const options = { defaults: { ...roles, escalate } };
      const { text } = await sent(t, body, options, "responses");
      const types = framesOf(text).map(({ data }) => data?.type ?? "");
      const count = (end) => types.filter((type) => type.endsWith(end)).length;
      equal([count("analysis.in_progress"), count("analysis.completed")], [2, 2]);
    },
  },
];
