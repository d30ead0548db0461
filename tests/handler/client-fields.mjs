// Tests the fields that llm-fuse adds to a client's request, and runs with fewer answers than
// `fail_below`.

import { failures } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  WRITER,
} from "../scenarios/fixtures.mjs";
import { post } from "./harness.mjs";

const CRITERIA = "Weigh safety above style.";
const messages = [{ role: "user", content: "Is the sky blue?" }];
const BODIES = {
  "chat/completions": { model: "openrouter/fusion", messages },
  responses: { model: "openrouter/fusion", input: "Is the sky blue?" },
  messages: { model: "openrouter/fusion", messages, max_tokens: 100 },
};
/** The two places for the fields of a fusion: the plugin and the tool. Each has its path. */
const PLACES = [
  [(fields) => ({ plugins: [{ id: "fusion", ...fields }] }), "plugins[0]"],
  [(parameters) => ({ tools: [{ type: "openrouter:fusion", parameters }] }), "tools[0].parameters"],
];
const ALL = { criteria: CRITERIA, quorum: { min_responses: 2, fail_below: 2 } };

/** Sends a request. Returns its status, its error and the calls that it made. */
async function sent(t, path, fields, options, init) {
  await t.session.reset();
  await t.session.script(defaultScripts());
  const response = await post(await t.serve(options), path, { ...BODIES[path], ...fields }, init);
  const { error } = await response.json();
  return { status: response.status, message: error?.message, calls: await t.session.calls() };
}

/**
 * Returns a script that fails after 1.5 s, when the other panelist has answered. An earlier failure
 * would cancel the other panelist.
 */
const failsLate = (status) => ({ ...failures[status], delay: { headers_ms: 1_500 } });

export default [
  ...PLACES.map(([inside, place]) => ({
    name: `fields of llm-fuse in ${place} are refused by name unless the server opens them`,
    async run(t) {
      for (const path of Object.keys(BODIES)) {
        for (const [name, value] of Object.entries(ALL)) {
          const others = Object.keys(ALL).filter((other) => other !== name);
          for (const options of [{}, { clientMay: others }]) {
            const { status, message, calls } = await sent(
              t,
              path,
              inside({ [name]: value }),
              options,
            );
            equal([status, calls], [400, []], `${path} ${name}`);
            includes(message, `\`${place}.${name}\` is not open to clients of this server`);
          }
          equal((await sent(t, path, inside({ [name]: null }))).status, 200, "null is absent");
        }
        const { status, calls } = await sent(t, path, inside(ALL), { clientMay: Object.keys(ALL) });
        equal([status, calls.length], [200, 4], path);
        includes(JSON.stringify(callsTo(calls, ANALYST)[0].body), CRITERIA);
      }
    },
  })),
  {
    name: "a wrong value of a client's field has the client's path",
    async run(t) {
      const [inside] = PLACES[0];
      const options = { clientMay: ["criteria", "quorum"] };
      for (const [fields, message] of [
        [{ criteria: 7 }, "`plugins[0].criteria` must be a text of 1 to 4000 characters"],
        [{ quorum: { fail_below: 9 } }, "`plugins[0].quorum.fail_below` must be an integer"],
        [{ quorum: { fail_below: 3 } }, "`plugins[0].quorum.fail_below` is 3, and the panel has 2"],
      ]) {
        const refused = await sent(t, "chat/completions", inside(fields), options);
        equal([refused.status, refused.calls], [400, []]);
        includes(refused.message, message);
      }
    },
  },
  {
    name: "a client's `verify` needs leave, and then contradictions are checked",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      const own = { toolHandlers: { web_fetch: () => "The sky is blue." }, clientKeys: ["sk-c"] };
      const asClient = { headers: { authorization: "Bearer sk-c" } };
      for (const [inside, place] of PLACES) {
        const fields = inside({ verify: "contradictions" });
        for (const path of Object.keys(BODIES)) {
          const refused = await sent(
            t,
            path,
            fields,
            { ...own, clientMay: ["criteria"] },
            asClient,
          );
          equal([refused.status, refused.calls], [400, []]);
          includes(refused.message, `\`${place}.verify\` is not open to clients of this server`);
          const options = { ...own, clientMay: ["verify"] };
          const { status, calls } = await sent(t, path, fields, options, asClient);
          equal([status, calls.length], [200, 5], path);
          const [, check] = callsTo(calls, ANALYST);
          includes(JSON.stringify(check.body), "You check statements that contradict each other");
          const wrong = await sent(t, path, inside({ verify: "all" }), options, asClient);
          equal([wrong.status, wrong.calls], [400, []]);
          includes(wrong.message, `\`${place}.verify\` must be`);
        }
      }
    },
  },
  {
    name: "the tool's criteria replace the plugin's, and both replace those of `defaults`",
    async run(t) {
      const analyst = { model: ANALYST, criteria: "The server's." };
      const defaults = { analysis_models: PANEL, analyst, writer: WRITER, max_retries: 0 };
      const criteriaOf = async (fields) => {
        const options = { defaults, clientMay: ["criteria"] };
        const { calls } = await sent(t, "chat/completions", fields, options);
        return JSON.stringify(callsTo(calls, ANALYST)[0].body).match(/The \w+'s\./)[0];
      };
      const [[inPlugin], [inTool]] = PLACES;
      const plugin = inPlugin({ criteria: "The plugin's." });
      const tool = inTool({ criteria: "The tool's.", model: ANALYST });
      equal(await criteriaOf({}), "The server's.");
      equal(await criteriaOf(plugin), "The plugin's.");
      equal(await criteriaOf({ ...plugin, ...tool }), "The tool's.");
    },
  },
  {
    name: "a request that no panel answers needs no leave for fields of the panel",
    async run(t) {
      const [inside] = PLACES[0];
      const options = { clientMay: ["criteria", "quorum"] };
      const fields = { ...inside({ ...ALL, enabled: false }), model: WRITER };
      const { status, calls } = await sent(t, "chat/completions", fields, options);
      equal([status, calls.map(({ model }) => model)], [200, [WRITER]]);
    },
  },
  {
    name: "a run below `fail_below` has a status that no SDK repeats",
    async run(t) {
      for (const path of Object.keys(BODIES)) {
        await t.session.reset();
        await t.session.script(defaultScripts({ [BETA]: failsLate(429) }));
        const defaults = {
          ...{ analysis_models: PANEL, analyst: ANALYST, writer: WRITER, max_retries: 0 },
          quorum: { fail_below: 2 },
        };
        const response = await post(await t.serve({ defaults }), path, BODIES[path]);
        equal([response.status, response.headers.get("x-should-retry")], [406, "false"], path);
        const text = await response.text();
        includes(text, "only 1 of 2 panelists answered, and `quorum.fail_below` is 2");
        includes(text, "provider_unavailable");
        const calls = (await t.session.calls()).map(({ model }) => model);
        equal(calls.sort(), [ALPHA, BETA]);
      }
    },
  },
  {
    name: "the server's key hides the providers' messages of a run below `fail_below`",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: failsLate(402) }));
      const defaults = {
        ...{ analysis_models: PANEL, analyst: ANALYST, writer: WRITER, max_retries: 0 },
        quorum: { fail_below: 2 },
      };
      const served = await t.serve({ defaults, apiKey: "sk-own", clientKeys: ["k"] });
      const headers = { authorization: "Bearer k" };
      const response = await post(served, "chat/completions", BODIES["chat/completions"], {
        headers,
      });
      const text = await response.text();
      equal(response.status, 406);
      includes(text, "`quorum.fail_below` is 2");
      lacks(text, "credits");
      ok(!text.includes("panelist 2"), text);
    },
  },
];
