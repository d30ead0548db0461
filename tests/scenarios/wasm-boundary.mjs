// Tests that data passes unchanged between JavaScript and the core, in each format that the
// boundary uses.

import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, callsTo, defaultScripts, question, WRITER } from "./fixtures.mjs";

const HUGE = 2 ** 60;

/**
 * Returns the names and types of all fields, at any depth. `equal` ignores fields whose value is
 * `undefined`, but this function includes them.
 */
function shape(value) {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
  ok(Object.getPrototypeOf(value) === Object.prototype, "a plain object");
  return Object.entries(value).map(([name, field]) => [name, shape(field)]);
}

export default [
  {
    name: "a count that JavaScript cannot hold becomes 2^53-1",
    async run(t) {
      const usage = {
        prompt_tokens: HUGE,
        completion_tokens: HUGE,
        reasoning_tokens: HUGE,
        cost: "0.1",
      };
      await t.session.script(
        defaultScripts({ [ALPHA]: says("Alpha finds all common ground.", { usage }) }),
      );
      const run = t.start(question());
      const { responses, usage: total } = await run.result();
      equal(
        [responses[0].usage.prompt_tokens, total.by_stage.panel.completion_tokens],
        [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      );
      equal(run.snapshot().activity[0].prompt_tokens, Number.MAX_SAFE_INTEGER);
      // The snapshot contains the number 2^53-1. A run must be able to resume from it.
      await t.session.script(defaultScripts());
      equal(
        (await t.start({ resume: run.snapshot() }).result()).responses[0].usage.prompt_tokens,
        Number.MAX_SAFE_INTEGER,
      );
    },
  },
  {
    name: "a snapshot of a live run has the form of a stored one",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      let live;
      for await (const event of run) {
        if (event.type === "usage") live = run.snapshot();
      }
      const kept = run.snapshot();
      // After the snapshot `live`, only these fields have changed. Take them from the final
      // snapshot `kept`.
      const past = {
        ...live,
        status: kept.status,
        answer: kept.answer,
        partial: kept.partial,
        activity: kept.activity,
      };
      equal(shape(past), shape(kept));
      equal({ ...past }, kept);
      equal(shape(JSON.parse(JSON.stringify(kept))), shape(kept));
    },
  },
  {
    name: "a result is plain data: unknown values are null and absent fields are missing",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta, without usage.", { usage: null }),
          [ANALYST]: failures[401],
        }),
      );
      const result = await t.start(question()).result();
      shape(result);
      ok(!("analysis" in result), "the analysis failed");
      equal(Object.keys(result.responses[1]), [
        "index",
        "model",
        "content",
        "sources",
        "usage",
        "finish_reason",
      ]);
      equal(Object.values(result.responses[1].usage), [null, null, null, null]);
      ok(
        !("index" in result.activity.at(-1)) && result.activity.at(-1).stage === "answer",
        "the writer has no index",
      );
      equal([result.usage.cost, JSON.stringify(result).includes("undefined")], [null, false]);
    },
  },
  {
    name: "fields named __proto__ and digits beyond a float stay in the request",
    async run(t) {
      await t.session.script(defaultScripts());
      const schema = JSON.parse(
        '{"type":"object","properties":{"__proto__":{"type":"string"},' +
          '"constructor":{"type":"null"}},"maximum":1e21}',
      );
      const run = t.start(
        question({
          writer: {
            model: WRITER,
            response_format: { type: "json_schema", json_schema: { name: "s", schema } },
          },
        }),
      );
      const seen = [];
      for await (const event of run) {
        if (event.type === "panelist.completed") seen.push(run.snapshot());
      }
      for (const snapshot of [...seen, run.snapshot()]) {
        const kept = snapshot.request.writer.response_format.json_schema.schema;
        equal(JSON.stringify(kept), JSON.stringify(schema));
        ok(
          Object.hasOwn(kept.properties, "__proto__") &&
            Object.getPrototypeOf(kept) === Object.prototype,
        );
      }
      equal(
        callsTo(await t.session.calls(), WRITER)[0].body.response_format.json_schema.schema.maximum,
        1e21,
      );
    },
  },
  {
    name: "a lone surrogate in a request is replaced and its neighbours are kept",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question({ prompt: "left \ud83d right" }));
      await run.result();
      const [call] = callsTo(await t.session.calls(), ALPHA);
      const sent = call.body.messages.at(-1).content;
      includes(sent, "left \ufffd right");
      includes(run.snapshot().request.prompt, "left ");
    },
  },
  {
    name: "a refusal of a snapshot with a key in the wrong place does not quote the key",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      await run.result();
      const key = "sk-or-v1-in-the-wrong-place";
      const places = {
        "resume.responses[0].index": (snapshot) => (snapshot.responses[0].index = key),
        "resume.activity[2].cost": (snapshot) => (snapshot.activity[2].cost = key),
        "resume.status": (snapshot) => (snapshot.status = key),
        "resume.analysis.consensus[0].quotes": (snapshot) =>
          (snapshot.analysis.consensus[0].quotes = { [key]: key }),
        "resume.request": (snapshot) => (snapshot.request = key),
      };
      for (const [place, spoil] of Object.entries(places)) {
        const snapshot = run.snapshot();
        spoil(snapshot);
        const error = await failure(t.start({ resume: snapshot }).result());
        equal(error.code, "invalid_snapshot");
        includes(error.message, `\`${place}\``);
        lacks(error.message, key);
      }
    },
  },
  {
    name: "invalid numbers are refused by name",
    async run(t) {
      for (const [field, value] of [
        ["seed", NaN],
        ["max_cost", Infinity],
        ["temperature", -Infinity],
      ]) {
        const error = await failure(t.start(question({ [field]: value })).result());
        equal(error.code, "invalid_request");
        includes(error.message, `\`${field}\``);
      }
      const error = await failure(t.estimate(question({ max_cost: NaN })));
      equal(error.code, "invalid_request");
    },
  },
];
