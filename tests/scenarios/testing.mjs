// Tests llm-fuse/testing, the scripted `fetch` for users' own tests.

import { equal, failure, includes, ok, same, throws } from "./assert.mjs";
import { eventsOf, joinedDeltas, oneEvent, readRun } from "./run-helpers.mjs";

const [ALPHA, BETA, ANALYST, WRITER] = ["p:a/alpha", "p:b/beta", "p:desk/analyst", "p:desk/writer"];
const request = (more) => ({
  prompt: "Sky?",
  analysis_models: [ALPHA, BETA],
  analyst: ANALYST,
  writer: WRITER,
  tools: [],
  seed: 7,
  max_retries: 0,
  ...more,
});
const at = (fetch, dialect = "chat") => ({
  providers: { p: { baseURL: "https://scripted.invalid/v1", apiKey: "key", dialect, fetch } },
});

const analysis = {
  consensus: [
    {
      point: "Bluish.",
      models: ["a/alpha", "b/beta"],
      quotes: [
        { model: "a/alpha", quote: "It is blue" },
        { model: "b/beta", quote: "never said" },
      ],
    },
  ],
  contradictions: [
    {
      topic: "The hue",
      stances: [
        { model: "a/alpha", stance: "blue" },
        { model: "b/beta", stance: "azure" },
      ],
    },
  ],
  partial_coverage: [{ point: "Physics.", models: ["a/alpha"] }],
  unique_insights: [{ model: "b/beta", insight: "There is a word for it.", quote: "azure" }],
  blind_spots: ["The night."],
};
const scripts = (more) => ({
  "a/alpha": {
    reasoning: "Let me think.",
    tools: [{ name: "web_search", input: { query: "sky" } }],
    text: ["It is ", "blue."],
    sources: ["https://a.example/", { url: "https://b.example/", title: "B" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 2, cost: 0.25 },
  },
  "b/beta": "I call it azure.",
  "desk/analyst": { analysis },
  "desk/writer": {
    text: "Blue it is.",
    tool_calls: [{ name: "note", arguments: { hue: "blue" } }],
  },
  ...more,
});

const dialect = (name) => ({
  name: `a run completes in the dialect ${name}`,
  async run(t) {
    const fetch = t.testing.scriptedFetch(scripts());
    const tools = [{ type: "function", function: { name: "note" } }];
    const run = t.fuse(request({ writer: { model: WRITER, tools } }), at(fetch, name));
    const { events } = await readRun(run);
    const result = await run.result();

    equal(joinedDeltas(events, "panelist.reasoning", 0), "Let me think.");
    equal(joinedDeltas(events, "panelist.delta", 0), "It is blue.");
    equal(eventsOf(events, "panelist.tool", 0).at(-1), {
      ...eventsOf(events, "panelist.tool", 0).at(-1),
      tool: "web_search",
      status: "completed",
      input: '{"query":"sky"}',
    });
    equal(result.responses[0].sources, [
      { url: "https://a.example/", title: "" },
      { url: "https://b.example/", title: "B" },
    ]);
    const { cost, prompt_tokens, completion_tokens, reasoning_tokens } = result.responses[0].usage;
    equal([cost, prompt_tokens, completion_tokens, reasoning_tokens], [0.25, 10, 5, 2]);
    equal(result.responses[1].content, "I call it azure.");
    equal(result.responses[1].usage.cost, 0);

    const [consensus] = result.analysis.consensus;
    equal(consensus.panelists, [0, 1]);
    equal(
      consensus.quotes.map(({ index, quote, verified }) => [index, quote, verified]),
      [
        [0, "It is blue", true],
        [1, "never said", false],
      ],
    );
    equal(
      result.analysis.contradictions[0].stances.map(({ panelist, stance }) => [panelist, stance]),
      [
        [0, "blue"],
        [1, "azure"],
      ],
    );
    equal(result.analysis.partial_coverage[0].panelists, [0]);
    equal(
      result.analysis.unique_insights.map(({ panelist, insight }) => [panelist, insight]),
      [[1, "There is a word for it."]],
    );
    equal(result.analysis.blind_spots, [{ point: "The night." }]);

    equal(result.answer, "Blue it is.");
    equal(
      result.tool_calls.map(({ name, arguments: text }) => [name, text]),
      [["note", '{"hue":"blue"}']],
    );
    equal(
      fetch.calls.map((call) => [call.model, call.dialect, call.nth, call.end]),
      ["a/alpha", "b/beta", "desk/analyst", "desk/writer"].map((model) => [
        model,
        name,
        1,
        "completed",
      ]),
    );
    includes(JSON.stringify(fetch.calls[0].headers), "key");
    includes(JSON.stringify(fetch.calls[0].body), "Sky?");
  },
});

export default [
  dialect("chat"),
  dialect("responses"),
  dialect("messages"),
  {
    name: "scripts may fail: a status with Retry-After, a mid-stream error, a cut, no connection",
    async run(t) {
      const inDialect = async (name) => {
        const fetch = t.testing.scriptedFetch({
          "a/busy": [{ status: 429, error: "Slow down", headers: { "retry-after": "1" } }, "Now."],
          "a/poor": { status: 402 },
          "a/broken": {
            text: "Half",
            error: { message: "Overloaded", code: "provider_overloaded" },
          },
          "a/cut": { text: ["Half ", "an answer"], cut: true },
          "a/offline": { cut: true },
          "desk/writer": "Done.",
        });
        const panel = ["busy", "poor", "broken", "cut", "offline", "unknown"];
        const run = t.fuse(
          request({
            analysis_models: panel.map((model) => `p:a/${model}`),
            analyst: "p:desk/nobody",
            max_retries: 1,
          }),
          at(fetch, name),
        );
        const { events } = await readRun(run);
        const result = await run.result();
        const [retry] = eventsOf(events, "panelist.retrying", 0);
        equal(
          [retry.error.code, retry.error.status_code, retry.delay_ms],
          ["rate_limited", 429, 1000],
        );
        equal(
          result.responses.map(({ content }) => content),
          ["Now."],
        );
        equal(
          result.failed_models.map(({ index, code }) => [index, code]),
          [
            [1, "insufficient_credits"],
            [2, "provider_error"],
            [3, "network_error"],
            [4, "network_error"],
            [5, "invalid_model"],
          ],
        );
        equal(joinedDeltas(events, "panelist.delta", 3), "Half an answer");
        includes(
          oneEvent(events, "panelist.failed", 5).error.message,
          "has no script for a/unknown",
        );
        equal(
          fetch.calls.filter(({ model }) => model === "a/busy").map(({ nth, end }) => [nth, end]),
          [
            [1, "completed"],
            [2, "completed"],
          ],
        );
      };
      await Promise.all(["chat", "responses", "messages"].map(inDialect));
    },
  },
  {
    name: "a stalled call is recorded as aborted when the run ends",
    async run(t) {
      const fetch = t.testing.scriptedFetch(
        scripts({
          "a/alpha": { text: "One", stall: true },
          "b/beta": { text: "Two", start_ms: 3_600_000 },
        }),
      );
      const run = t.fuse(request(), at(fetch));
      for await (const event of run) if (event.type === "panelist.delta") break;
      equal(
        fetch.calls.map(({ model, end }) => [model, end]),
        [
          ["a/alpha", "aborted"],
          ["b/beta", "aborted"],
        ],
      );
    },
  },
  {
    name: "a pause precedes each piece, and an abort does not wait for it",
    async run(t) {
      const fetch = t.testing.scriptedFetch({
        "*": { text: ["a", "b"], delay_ms: [1, 2], start_ms: 1 },
        "desk/slow": { text: ["a", "b"], delay_ms: 3_600_000 },
      });
      equal((await t.fuse(request({ convene: false }), at(fetch)).result()).answer, "ab");
      const leaving = new AbortController();
      const run = t.fuse(request({ convene: false, writer: "p:desk/slow" }), {
        ...at(fetch),
        signal: leaving.signal,
      });
      const gone = failure(run.result());
      while (fetch.calls.length < 2) await new Promise((turn) => setTimeout(turn, 5));
      leaving.abort("enough");
      same(await gone, "enough");
      equal(fetch.calls[1].end, "aborted");
    },
  },
  {
    name: "a script may be a function of the call, and may return a Response",
    async run(t) {
      const seen = [];
      const fetch = t.testing.scriptedFetch({
        "desk/writer": async (call) => {
          seen.push([call.model, call.nth, call.body.messages.at(-1).content]);
          return call.nth === 1
            ? "First."
            : new Response('{"error":{"message":"no more"}}', { status: 403 });
        },
      });
      const ask = () => t.fuse(request({ convene: false, prompt: "Again?" }), at(fetch)).result();
      equal((await ask()).answer, "First.");
      equal((await failure(ask())).code, "permission");
      equal(seen, [
        ["desk/writer", 1, "Again?"],
        ["desk/writer", 2, "Again?"],
      ]);
    },
  },
  {
    name: "an invalid script is refused when it is defined",
    async run(t) {
      const refused = (script) =>
        throws(() => t.testing.scriptedFetch({ "a/b": script }), TypeError).message;
      includes(refused({ txt: "typo" }), "`txt`");
      includes(refused({ text: 7 }), "`text` in the script of a/b");
      includes(refused([]), "empty list");
      includes(refused(undefined), "a/b");
      // A function returns its script only when the call is made, so the call itself fails.
      const fetch = t.testing.scriptedFetch({ "desk/writer": () => ({ txt: "typo" }) });
      const error = await failure(t.fuse(request({ convene: false }), at(fetch)).result());
      equal(error.code, "network_error");
      includes(error.message, "`txt`");
      ok(fetch.calls[0].end === "cut");
    },
  },
];
