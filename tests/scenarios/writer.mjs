import { failures, refuses, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import { ALPHA, ANALYST, callsTo, defaultScripts, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, oneEvent, readRun } from "./run-helpers.mjs";

const prompt = (call) => JSON.stringify(call.body.messages);

export default [
  {
    name: "the writer gets the question, the analysis and the answers",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question()).result();
      const [call] = callsTo(await t.session.calls(), WRITER);
      for (const text of [
        "Is the sky blue?",
        "Alpha finds all common ground in blue.",
        "Beta finds all common ground in azure.",
        "Nobody looked at cost.",
        "A rare view.",
      ])
        includes(prompt(call), text);
      equal(call.body.messages.at(-1).role, "user");
      ok(call.body.messages.every(({ role }) => role !== "assistant"));
    },
  },
  {
    name: "analyst and writer get the answers without reasoning",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: says("Alpha finds all common ground in blue.", { reasoning: "SCRATCHPAD" }),
        }),
      );
      await t.start(question()).result();
      const calls = await t.session.calls();
      for (const model of [ANALYST, WRITER]) lacks(prompt(callsTo(calls, model)[0]), "SCRATCHPAD");
    },
  },
  {
    name: "the writer gets the caller's system message",
    async run(t) {
      await t.session.script(defaultScripts());
      const messages = [
        { role: "system", content: "Answer as a pirate." },
        { role: "user", content: "Is the sky blue?" },
      ];
      await t.start(question({ prompt: undefined, messages })).result();
      const sent = callsTo(await t.session.calls(), WRITER)[0].body.messages;
      ok(
        sent.some(
          ({ role, content }) =>
            role === "system" && JSON.stringify(content).includes("Answer as a pirate."),
        ),
      );
    },
  },
  ...[
    ["an error status", failures[500], "provider_error"],
    ["no text", says(""), "empty_response"],
    [
      "a mid-stream error",
      says("Half an", { error: { code: 502, message: "went away" } }),
      "provider_error",
    ],
    ["a cut", says("Half an answer here", { cut: { after: 2, wait_ms: 300 } }), "network_error"],
    [
      "moderation",
      refuses(403, "Flagged", { metadata: { error_type: "content_policy_violation" } }),
      "content_policy",
    ],
  ].map(([name, script, causeCode]) => ({
    name: `a failing writer (${name}) keeps the finished answers`,
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: script }));
      const run = t.start(question());
      const { events, error } = await readRun(run);
      equal(
        [error instanceof t.FusionError, error.code, events.at(-1).error.code],
        [true, "writer_failed", "writer_failed"],
      );
      equal([error.cause_code, events.at(-1).error.cause_code], [causeCode, causeCode]);
      equal(
        error.snapshot.responses.map(({ content }) => content),
        ["Alpha finds all common ground in blue.", "Beta finds all common ground in azure."],
      );
      equal(error.snapshot.analysis.blind_spots, [{ point: "Nobody looked at cost." }]);
      equal(error.snapshot.status, "failed");
      equal(run.snapshot().responses, error.snapshot.responses);
      if (name === "a cut")
        includes(error.snapshot.partial.find(({ stage }) => stage === "answer").content, "Half an");
      ok((await failure(run.result())) === error);
    },
  })),
  {
    name: "a fallback writer replaces a failed one and its deltas are discarded",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [WRITER]: says("Half an answer here", { cut: { after: 2 } }),
          "desk/second": says("Whole."),
        }),
      );
      const { events, result } = await complete(
        t.start(question({ writer: { model: WRITER, fallbacks: ["desk/second"] } })),
      );
      equal(
        eventsOf(events, "answer.started").map(({ model, attempt }) => [model, attempt]),
        [
          [WRITER, 1],
          ["desk/second", 2],
        ],
      );
      equal([result.answer, oneEvent(events, "answer.completed").content], ["Whole.", "Whole."]);
    },
  },
  {
    name: "an answer at its token limit is an answer",
    async run(t) {
      await t.session.script(
        defaultScripts({ [WRITER]: says("As far as it", { finish_reason: "length" }) }),
      );
      const { events, result } = await complete(t.start(question()));
      equal(
        [result.answer, oneEvent(events, "answer.completed").finish_reason],
        ["As far as it", "length"],
      );
    },
  },
  {
    name: "a label in the answer causes a warning",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says("As Response A says, it is blue.") }));
      const { events, result } = await complete(t.start(question()));
      equal(result.answer, "As Response A says, it is blue.");
      ok(eventsOf(events, "warning").length >= 1);
    },
  },
  {
    name: "the writer's own fields are sent in its call",
    async run(t) {
      await t.session.script(defaultScripts());
      await t
        .start(
          question({
            temperature: 0.1,
            writer: {
              model: WRITER,
              temperature: 0.9,
              max_completion_tokens: 321,
              extra_body: { top_p: 0.5 },
            },
          }),
        )
        .result();
      const { body } = callsTo(await t.session.calls(), WRITER)[0];
      equal(
        [body.temperature, body.max_completion_tokens ?? body.max_tokens, body.top_p, body.stream],
        [0.9, 321, 0.5, true],
      );
    },
  },
];
