// Tests that transient failures are retried and that each attempt is reported.

import { failures, refuses, says } from "../provider/scripts.mjs";
import { equal, ok, within } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, callsTo, defaultScripts, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, oneEvent } from "./run-helpers.mjs";

const then = (first, ...more) => ({ sequence: [first, ...more, defaultScripts()[ALPHA]] });

export default [
  {
    name: "a 429 is retried and then answered",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: then(failures[429]) }));
      const { events, result } = await complete(t.start(question({ max_retries: 1 })));
      const retrying = oneEvent(events, "panelist.retrying", 0);
      equal([retrying.error.code, retrying.model], ["rate_limited", ALPHA]);
      ok(retrying.delay_ms >= 0 && retrying.delay_ms < 10_000, `delay of ${retrying.delay_ms} ms`);
      equal(
        eventsOf(events, "panelist.started", 0).map(({ attempt }) => attempt),
        [1, 2],
      );
      equal([result.failed_models, result.responses.length], [[], 2]);
      equal(
        result.activity
          .filter(({ index }) => index === 0)
          .map(({ attempt, status }) => [attempt, status])
          .sort(),
        [
          [1, "failed"],
          [2, "completed"],
        ],
      );
    },
  },
  ...[
    ["408", failures[408]],
    ["500", failures[500]],
    ["503", failures[503]],
    ["529", failures[529]],
    ["a cut before headers", says("x", { cut: "headers" })],
    ["a cut after headers", says("x", { cut: { bytes: 0 } })],
    ["a mid-stream 502 before any text", says("", { error: { code: 502, message: "went away" } })],
  ].map(([name, script]) => ({
    name: `${name} is retried`,
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: then(script) }));
      const { events, result } = await complete(t.start(question({ max_retries: 1 })));
      equal(result.responses[0].content, "Alpha finds all common ground in blue.");
      equal(
        [
          eventsOf(events, "panelist.retrying", 0).length,
          callsTo(await t.session.calls(), ALPHA).length,
        ],
        [1, 2],
      );
    },
  })),
  {
    name: "a call that has streamed text is not retried, and a fallback may replace it",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: then(says("Void void void", { cut: { after: 2, wait_ms: 300 } })),
          "spare/one": says("Spare finds all common ground."),
        }),
      );
      const alone = await t.start(question({ max_retries: 2 })).result();
      equal(
        [
          alone.failed_models.map(({ code }) => code),
          callsTo(await t.session.calls(), ALPHA).length,
        ],
        [["network_error"], 1],
      );
      await t.session.reset();
      await t.session.script(
        defaultScripts({
          [ALPHA]: then(says("Void void void", { cut: { after: 2, wait_ms: 300 } })),
          "spare/one": says("Spare finds all common ground."),
        }),
      );
      const { result } = await complete(
        t.start(question({ analysis_models: [{ model: ALPHA, fallbacks: ["spare/one"] }, BETA] })),
      );
      equal(
        result.responses[0].content,
        "Spare finds all common ground.",
        "earlier deltas are void",
      );
    },
  },
  ...[400, 401, 402, 403, 404].map((status) => ({
    name: `${status} is not retried`,
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: then(failures[status]) }));
      const { events, result } = await complete(t.start(question({ max_retries: 2 })));
      equal(eventsOf(events, "panelist.retrying"), []);
      equal([result.failed_models.length, callsTo(await t.session.calls(), ALPHA).length], [1, 1]);
    },
  })),
  {
    name: "the default is two retries",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[500] }));
      const { events, result } = await complete(t.start(question({ max_retries: undefined })));
      equal(
        [
          callsTo(await t.session.calls(), ALPHA).length,
          eventsOf(events, "panelist.retrying").length,
          result.failed_models.length,
        ],
        [3, 2, 1],
      );
    },
  },
  {
    name: "the header Retry-After sets the delay",
    not: { browser: "a page cannot read Retry-After of another origin unless it is exposed" },
    async run(t) {
      await t.session.script(
        defaultScripts({ [ALPHA]: then({ ...failures[429], headers: { "retry-after": "1" } }) }),
      );
      const { events } = await complete(t.start(question({ max_retries: 1 })));
      ok(
        oneEvent(events, "panelist.retrying").delay_ms >= 1000,
        `delay of ${oneEvent(events, "panelist.retrying").delay_ms} ms`,
      );
    },
  },
  {
    name: "Retry-After as a date sets the delay",
    not: { browser: "a page cannot read Retry-After of another origin unless it is exposed" },
    async run(t) {
      const at = new Date(Date.now() + 3000).toUTCString();
      await t.session.script(
        defaultScripts({ [ALPHA]: then({ ...failures[503], headers: { "retry-after": at } }) }),
      );
      const { events } = await complete(t.start(question({ max_retries: 1 })));
      // The header has a date that is 3 s ahead. A date has whole seconds, so the delay may be up
      // to 1 s shorter. On a busy machine, it may be even shorter.
      ok(
        oneEvent(events, "panelist.retrying").delay_ms >= 1000,
        `delay of ${oneEvent(events, "panelist.retrying").delay_ms} ms`,
      );
    },
  },
  {
    name: "retry_after in the body sets the delay",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: then(
            refuses(429, "Slow down", {
              availability: { code: "capacity_exhausted", retryable: true, retry_after: 1 },
            }),
          ),
        }),
      );
      const { events } = await complete(t.start(question({ max_retries: 1 })));
      ok(
        oneEvent(events, "panelist.retrying").delay_ms >= 1000,
        `delay of ${oneEvent(events, "panelist.retrying").delay_ms} ms`,
      );
      const [first, second] = callsTo(await t.session.calls(), ALPHA);
      ok(first && second);
    },
  },
  {
    name: "a delay beyond panelist_ms fails the panelist at once",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: refuses(429, "Slow down", { availability: { retry_after: 86_400 } }),
        }),
      );
      const { result } = await within(
        20_000,
        complete(t.start(question({ max_retries: 1, timeouts: { panelist_ms: 2000 } }))),
        "the run",
      );
      equal(result.failed_models.length, 1);
    },
  },
  {
    name: "fallback models are tried in order",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: failures[404],
          "spare/one": failures[402],
          "spare/two": says("Spare finds all common ground."),
        }),
      );
      const { events, result } = await complete(
        t.start(
          question({
            analysis_models: [{ model: ALPHA, fallbacks: ["spare/one", "spare/two"] }, BETA],
          }),
        ),
      );
      equal(
        eventsOf(events, "panelist.retrying", 0).map(({ next_model }) => next_model),
        ["spare/one", "spare/two"],
      );
      equal(
        eventsOf(events, "panelist.started", 0).map(({ model, attempt }) => [model, attempt]),
        [
          [ALPHA, 1],
          ["spare/one", 2],
          ["spare/two", 3],
        ],
      );
      equal(
        [result.responses[0].model, result.responses[0].content],
        [ALPHA, "Spare finds all common ground."],
      );
      equal(result.failed_models, []);
    },
  },
  {
    name: "the analyst and the writer are retried",
    async run(t) {
      const plain = defaultScripts();
      await t.session.script(
        defaultScripts({
          [ANALYST]: { sequence: [failures[503], plain[ANALYST]] },
          [WRITER]: { sequence: [failures[503], plain[WRITER]] },
        }),
      );
      const { events, result } = await complete(t.start(question({ max_retries: 1 })));
      ok(result.analysis);
      equal(result.answer, "Yes, it is blue.");
      equal(
        eventsOf(events, "answer.started").map(({ attempt }) => attempt),
        [1, 2],
      );
    },
  },
];
