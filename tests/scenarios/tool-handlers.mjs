// Tests tool handlers: a model calls a tool, the caller's function answers, and the model
// continues. All dialects behave in the same way.

import { analysis, calls, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok, same, within } from "./assert.mjs";
import { DIALECTS, isToolless, own, providers, toolsOf } from "./dialects.mjs";
import { ALPHA, ANALYST, BETA, callsTo, defaultScripts, question } from "./fixtures.mjs";
import { normalise } from "./golden.mjs";
import { complete, eventsOf, joinedDeltas, oneEvent, readRun } from "./run-helpers.mjs";

const search = (query, more) => calls("web_search", { query }, more);
const done = says("Alpha finds all common ground in blue.");

/**
 * Returns Alpha's model in a dialect. For a Claude model, the loopback provider validates requests
 * like Anthropic.
 */
const alpha = (dialect) => (dialect === "messages" ? "claude-opus-5" : ALPHA);

/** Returns a request in which only Alpha has tools. */
const asked = (dialect, more) =>
  question({
    analysis_models: [`${dialect}:${alpha(dialect)}`, { model: BETA, tools: [] }],
    analyst: { model: ANALYST, tools: [] },
    ...more,
  });

/** Runs Alpha's rounds in one dialect. Returns the events and Alpha's calls. */
async function play(t, dialect, rounds, toolHandlers, more) {
  await t.session.script(defaultScripts({ [alpha(dialect)]: { rounds } }));
  const { events, result } = await complete(
    t.start(asked(dialect, more), { ...providers(t), toolHandlers }),
  );
  const made = callsTo(await t.session.calls(), alpha(dialect));
  equal(
    made.map(({ refused }) => refused),
    made.map(() => undefined),
    "the API accepts every call",
  );
  equal(
    made.map((call) => call.dialect),
    made.map(() => dialect),
  );
  return {
    events,
    result,
    made,
    tools: eventsOf(events, "panelist.tool", 0),
    results: made.at(-1).tool_results,
  };
}

const each = (name, run) =>
  DIALECTS.map((dialect) => ({ name: `${name} (${dialect})`, run: (t) => run(t, dialect) }));

/** Returns a tool handler that waits until its signal aborts. */
function hanging() {
  const signals = [];
  const started = {};
  started.promise = new Promise((resolve) => (started.resolve = resolve));
  const handler = (_input, { signal }) => {
    signals.push(signal);
    started.resolve();
    return new Promise(() => {});
  };
  return { handler, signals, started: started.promise };
}

export default [
  ...each(
    "the tools of one turn run in parallel, and the model continues with their results",
    async (t, dialect) => {
      const seen = [];
      let meet;
      const both = new Promise((resolve) => (meet = resolve));
      const handler = (name, output) => async (input, context) => {
        seen.push([name, input, context.index, context.signal instanceof AbortSignal]);
        if (seen.length === 2) meet();
        // Both tools must run at the same time. If they ran one after the other, this promise would
        // never resolve.
        await both;
        return output;
      };
      const toolHandlers = {
        web_search: handler("web_search", {
          content: "Two pages.",
          sources: [{ url: "https://a.example/sky", title: "Sky" }, { url: "https://b.example/" }],
          summary: "2 pages",
        }),
        web_fetch: handler("web_fetch", "It is blue."),
      };
      const first = says("Let me see. ", {
        reasoning: "Hm.",
        tool_calls: [search("sky"), calls("web_fetch", { url: "https://a.example/blue" })],
      });
      const { events, result, made, tools, results } = await play(
        t,
        dialect,
        [first, done],
        toolHandlers,
        { reasoning: { effort: "low" } },
      );
      equal(seen.sort(), [
        ["web_fetch", { url: "https://a.example/blue" }, 0, true],
        ["web_search", { query: "sky" }, 0, true],
      ]);
      equal(
        results.map(({ content }) => content),
        ["Two pages.", "It is blue."],
      );
      equal(toolsOf(made[0]), ["web_search", "web_fetch"]);
      const reported = (status) =>
        tools
          .filter((event) => event.status === status)
          .map(({ tool, input, summary }) => [tool, JSON.parse(input), summary]);
      equal(reported("started"), [
        ["web_search", { query: "sky" }, undefined],
        ["web_fetch", { url: "https://a.example/blue" }, undefined],
      ]);
      equal(reported("completed").sort(), [
        ["web_fetch", { url: "https://a.example/blue" }, undefined],
        ["web_search", { query: "sky" }, "2 pages"],
      ]);
      equal(
        eventsOf(events, "panelist.source", 0)
          .map(({ url, title }) => [url, title])
          .sort(),
        [
          ["https://a.example/blue", ""],
          ["https://a.example/sky", "Sky"],
          ["https://b.example/", ""],
        ],
      );
      equal(result.responses[0].content, "Let me see. \n\nAlpha finds all common ground in blue.");
      equal(
        [joinedDeltas(events, "panelist.delta", 0), joinedDeltas(events, "panelist.reasoning", 0)],
        [result.responses[0].content, "Hm."],
      );
      equal(result.responses[0].sources.length, 3);
      equal(
        result.activity
          .filter(({ index }) => index === 0)
          .map(({ status, attempt }) => [status, attempt]),
        [
          ["completed", 1],
          ["completed", 1],
        ],
      );
    },
  ),
  ...each("a failed tool call is reported to the model and uses a step", async (t, dialect) => {
    const slow = hanging();
    const toolHandlers = {
      web_search: () => {
        throw new Error("the search engine is down");
      },
      web_fetch: () => Promise.reject("no such page"),
      slow: slow.handler,
      huge: () => "x".repeat(150_000),
      odd: () => ({ n: 7n }),
      nothing: () => undefined,
    };
    const tools = [
      { type: "openrouter:web_search" },
      { type: "openrouter:web_fetch" },
      ...["slow", "huge", "odd", "nothing"].map((name) => own(name)),
    ];
    const wanted = [
      search("sky"),
      calls("web_fetch", {}),
      calls("web_search", '{"query": "sk'),
      calls("web_search", "[1]"),
      calls("nobody", {}),
      calls("slow", {}),
      calls("huge", {}),
      calls("odd", {}),
      calls("nothing", {}),
    ];
    const {
      result,
      tools: reported,
      results,
    } = await play(t, dialect, [says("", { tool_calls: wanted }), done], toolHandlers, {
      tools,
      timeouts: { idle_ms: 1500 },
    });
    const [down, gone, cut, list, nobody, late, huge, odd, nothing] = results.map(
      ({ content }) => content,
    );
    equal([down, gone], ["error: the search engine is down", "error: no such page"]);
    for (const text of [cut, list]) includes(text, "no JSON object");
    includes(
      nobody,
      "there is no tool `nobody`; there are: web_search, web_fetch, slow, huge, odd, nothing",
    );
    includes(late, "no result within 1500 ms");
    equal([huge.length, huge.endsWith(" [cut]"), nothing], [100_006, true, ""]);
    includes(odd, "error: ");
    equal(
      slow.signals.map(({ aborted }) => aborted),
      [true],
    );
    equal(reported.filter(({ status }) => status === "started").length, 9);
    const failed = reported.filter(({ status }) => status === "failed");
    equal(
      [failed.length, failed.every(({ summary }) => summary.length > 0 && summary.length < 300)],
      [7, true],
    );
    equal(
      [result.responses[0].content, result.failed_models],
      ["Alpha finds all common ground in blue.", []],
    );
  }),
  ...each("the turn after the last step has no tools", async (t, dialect) => {
    let runs = 0;
    const greedy = (i) => says("", { tool_calls: [search(`page ${i}`)] });
    const rounds = [greedy(1), greedy(2), greedy(3), greedy(4), done];
    const { made, result } = await play(
      t,
      dialect,
      rounds,
      { web_search: () => `page ${++runs}` },
      { max_tool_calls: 2 },
    );
    equal([runs, made.length, made.map(isToolless)], [2, 3, [false, false, true]]);
    equal(result.responses[0].content, "Alpha finds all common ground in blue.");
    equal(
      made.at(-1).tool_results.map(({ content }) => content),
      ["page 1", "page 2"],
    );
  }),
  ...each(
    "tool calls in a turn without tools are ignored, and the answer may be empty",
    async (t, dialect) => {
      const options = { ...providers(t), toolHandlers: { web_search: () => "found" } };
      const greedy = (i) => says("", { tool_calls: [search("more", { id: `call_${i}` })] });
      for (const last of [done, greedy(3)]) {
        await t.session.reset();
        await t.session.script(
          defaultScripts({ [alpha(dialect)]: { sequence: [greedy(1), greedy(2), last] } }),
        );
        const { events, result } = await complete(
          t.start(asked(dialect, { max_tool_calls: 1 }), options),
        );
        const made = callsTo(await t.session.calls(), alpha(dialect));
        // If a conversation contains tool calls, Anthropic requires the field `tools`. Therefore a
        // request to Claude still contains the tools.
        const obeys = dialect === "messages";
        equal(
          made.map(({ refused, body }) => [refused, body.tools?.length]),
          [[undefined, 1], [undefined, 1], ...(obeys ? [] : [[undefined, undefined]])],
        );
        equal(
          result.failed_models.map(({ code }) => code),
          last === done && !obeys ? [] : ["empty_response"],
        );
        equal(
          eventsOf(events, "warning")
            .map(({ code }) => code)
            .filter((code) => code !== "one_response"),
          [],
        );
      }
    },
  ),
  ...each("a failed call is retried with the tool results so far", async (t, dialect) => {
    let runs = 0;
    await t.session.script(
      defaultScripts({
        [alpha(dialect)]: {
          sequence: [says("Hm.", { tool_calls: [search("sky")] }), { status: 503, body: "" }, done],
        },
      }),
    );
    const options = {
      ...providers(t),
      toolHandlers: {
        web_search: () => ({
          content: `found ${++runs}`,
          sources: [{ url: "https://a.example/sky", title: "Sky" }],
        }),
      },
    };
    const { events, result } = await complete(t.start(asked(dialect, { max_retries: 1 }), options));
    const made = callsTo(await t.session.calls(), alpha(dialect));
    equal([runs, made.map(({ tool_results }) => tool_results.length)], [1, [0, 1, 1]]);
    equal(result.responses[0].content, "Hm.\n\nAlpha finds all common ground in blue.");
    const again = events.findLastIndex(
      ({ type, index }) => type === "panelist.started" && index === 0,
    );
    equal(
      joinedDeltas(events.slice(again), "panelist.delta", 0),
      result.responses[0].content,
      "the second attempt reports the whole text",
    );
    equal(
      [result.responses[0].sources, eventsOf(events.slice(again), "panelist.source", 0).length],
      [[{ url: "https://a.example/sky", title: "Sky" }], 1],
    );
  }),
  ...each("each call of a tool loop may be retried max_retries times", async (t, dialect) => {
    const busy = { status: 503, body: "" };
    const call = (i) => says("", { tool_calls: [search(`page ${i}`, { id: `call_${i}` })] });
    await t.session.script(
      defaultScripts({
        [alpha(dialect)]: { sequence: [busy, call(1), busy, call(2), busy, done] },
      }),
    );
    const options = { ...providers(t), toolHandlers: { web_search: () => "found" } };
    const { events, result } = await complete(t.start(asked(dialect, { max_retries: 1 }), options));
    equal(
      [result.failed_models, result.responses[0].content],
      [[], "Alpha finds all common ground in blue."],
    );
    equal(
      [
        eventsOf(events, "panelist.started", 0).map(({ attempt }) => attempt),
        callsTo(await t.session.calls(), alpha(dialect)).length,
      ],
      [[1, 2, 3, 4], 6],
    );
  }),
  ...each("a fallback starts the tool loop again, with its own tools", async (t, dialect) => {
    await t.session.script(
      defaultScripts({
        [alpha(dialect)]: {
          sequence: [says("", { tool_calls: [search("sky")] }), { status: 404, body: "" }],
        },
        "spare/m": says("Spare finds all common ground."),
      }),
    );
    const spec = { model: `${dialect}:${alpha(dialect)}`, fallbacks: ["spare/m"] };
    const { result } = await complete(
      t.start(asked(dialect, { analysis_models: [spec] }), {
        ...providers(t),
        toolHandlers: { web_search: () => "found" },
      }),
    );
    const [spare] = callsTo(await t.session.calls(), "spare/m");
    equal(
      [result.responses[0].content, spare.tool_results, toolsOf(spare), spare.dialect],
      ["Spare finds all common ground.", [], ["web_search"], "chat"],
    );
  }),
  ...["cancel()", "its signal", "cancelPanelist()", "proceed()", "the quorum", "panelist_ms"].map(
    (how) => ({
      name: `the signal of a running tool aborts: ${how}`,
      async run(t) {
        const slow = hanging();
        await t.session.script(
          defaultScripts({ [ALPHA]: says("", { tool_calls: [search("sky")] }) }),
        );
        const controller = new AbortController();
        const timeouts = how === "panelist_ms" ? { panelist_ms: 2500 } : {};
        const request = asked("chat", {
          ...(how === "the quorum" && { quorum: { min_responses: 1 } }),
          timeouts,
        });
        // If the test is about the quorum, delay Beta's call until the tool runs. Otherwise Beta's
        // answer would complete the quorum before the tool starts.
        const inTurn = async (url, init) => {
          init.body?.includes(BETA) && how === "the quorum" && (await slow.started);
          return fetch(url, init);
        };
        const run = t.start(request, {
          ...providers(t),
          fetch: inTurn,
          toolHandlers: { web_search: slow.handler },
          signal: controller.signal,
        });
        const reading = readRun(run);
        await slow.started;
        const answered = async () =>
          void (await t.session.until((calls) => callsTo(calls, BETA)[0]?.end === "completed"));
        if (how === "cancel()") run.cancel("enough");
        if (how === "its signal") controller.abort("enough");
        if (how === "cancelPanelist()") ok(run.cancelPanelist(0));
        if (how === "proceed()")
          for (await answered(); !run.proceed(); )
            await new Promise((wake) => setTimeout(wake, 20));
        const { events } = await within(20_000, reading, "the run");
        equal(
          slow.signals.map(({ aborted }) => aborted),
          [true],
        );
        equal(
          eventsOf(events, "panelist.failed", 0).map(({ error }) => error.code),
          [how === "panelist_ms" ? "timeout" : "cancelled"],
        );
        equal(
          events.at(-1).type,
          ["cancel()", "its signal"].includes(how) ? "run.failed" : "run.completed",
        );
      },
    }),
  ),
  {
    name: "a restarted panelist begins without its earlier tool results",
    async run(t) {
      const slow = hanging();
      let first = true;
      const web_search = (input, context) => {
        if (!first) return "found";
        first = false;
        return slow.handler(input, context);
      };
      await t.session.script(
        defaultScripts({ [ALPHA]: { rounds: [says("", { tool_calls: [search("sky")] }), done] } }),
      );
      const run = t.start(asked("chat"), { ...providers(t), toolHandlers: { web_search } });
      const reading = readRun(run);
      await slow.started;
      ok(run.retryPanelist(0));
      const { events } = await within(20_000, reading, "the run");
      equal(
        [slow.signals[0].aborted, oneEvent(events, "panelist.completed", 0).content],
        [true, "Alpha finds all common ground in blue."],
      );
      equal(
        callsTo(await t.session.calls(), ALPHA).map(({ tool_results }) =>
          tool_results.map(({ content }) => content),
        ),
        [[], [], ["found"]],
      );
    },
  },
  {
    name: "a tool result after the end of the run is ignored",
    async run(t) {
      let late;
      const started = new Promise((begin) => (late = { begin }));
      const web_search = () =>
        new Promise((resolve, reject) => Object.assign(late, { resolve, reject }, late.begin()));
      await t.session.script(
        defaultScripts({ [ALPHA]: says("", { tool_calls: [search("sky")] }) }),
      );
      for (const end of ["resolve", "reject"]) {
        const run = t.start(asked("chat"), { ...providers(t), toolHandlers: { web_search } });
        const result = failure(run.result());
        await started;
        await t.session.until((calls) =>
          callsTo(calls, ALPHA).every(({ end }) => end === "completed"),
        );
        run.cancel();
        const error = await result;
        late[end]?.("late");
        await new Promise((wake) => setTimeout(wake, 50));
        equal([error.code, run.snapshot().status], ["cancelled", "failed"]);
      }
      equal(
        t.unhandled().filter((reason) => reason.includes("late")),
        [],
      );
    },
  },
  {
    name: "panel and analyst may call function tools",
    async run(t) {
      const sky = own("sky", { place: { type: "string" } });
      const verdict = {
        rounds: [says("", { tool_calls: [calls("sky", { place: "Oslo" })] }), analysis(["A", "B"])],
      };
      await t.session.script(
        defaultScripts({
          [ALPHA]: { rounds: [says("", { tool_calls: [calls("sky", { place: "Rome" })] }), done] },
          [ANALYST]: verdict,
        }),
      );
      const seen = [];
      const sky_of = ({ place }, { index }) => {
        seen.push([place, index]);
        return {
          content: `blue over ${place}`,
          sources: [{ url: `https://${place}.example/` }],
          summary: place,
        };
      };
      const { events, result } = await complete(
        t.start(question({ analysis_models: [ALPHA, { model: BETA, tools: [] }], tools: [sky] }), {
          toolHandlers: { sky: sky_of },
        }),
      );
      equal(seen, [
        ["Rome", 0],
        ["Oslo", undefined],
      ]);
      const calls_ = await t.session.calls();
      equal(
        [
          toolsOf(callsTo(calls_, ALPHA)[0]),
          toolsOf(callsTo(calls_, BETA)[0]),
          toolsOf(callsTo(calls_, ANALYST)[0]),
        ],
        [["sky"], [], ["sky"]],
      );
      equal(callsTo(calls_, ALPHA)[0].body.tools, [sky]);
      equal(
        eventsOf(events, "analysis.tool").map(({ tool, status, summary }) => [
          tool,
          status,
          summary,
        ]),
        [
          ["sky", "started", undefined],
          ["sky", "completed", "Oslo"],
        ],
      );
      equal(
        eventsOf(events, "analysis.source").map(({ url }) => url),
        ["https://Oslo.example/"],
      );
      equal(
        [result.analysis.consensus[0].point, result.sources.map(({ url }) => url)],
        ["All agree.", ["https://Rome.example/", "https://Oslo.example/"]],
      );
      equal(eventsOf(events, "analysis.started").length, 1, "one attempt, in two turns");
    },
  },
  {
    name: "a model without tools gets no handler",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question(), { toolHandlers: { unrelated: () => "x" } }).result();
      for (const call of await t.session.calls()) equal(call.body.tools, undefined);
    },
  },
  {
    name: "a link from a tool's sources is a known link",
    async run(t) {
      const web_search = () => ({
        content: "See https://a.example/sky",
        sources: [{ url: "https://a.example/sky" }],
      });
      for (const [link, warned] of [
        ["https://a.example/sky", []],
        ["https://elsewhere.example/", ["unknown_source"]],
      ]) {
        await t.session.reset();
        await t.session.script(
          defaultScripts({
            [ALPHA]: { rounds: [says("", { tool_calls: [search("sky")] }), done] },
            "desk/writer": says(`It is blue: ${link}`),
          }),
        );
        const { events } = await complete(
          t.start(asked("chat"), { ...providers(t), toolHandlers: { web_search } }),
        );
        equal(
          eventsOf(events, "warning").map(({ code }) => code),
          warned,
          link,
        );
      }
    },
  },
  {
    name: "a handler gets its own copy of the arguments and is called without `this`",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: {
            rounds: [
              says("", { tool_calls: [calls("web_search", '{"query":"a","__proto__":{"x":1}}')] }),
              done,
            ],
          },
        }),
      );
      const seen = [];
      const box = {
        web_search(input) {
          seen.push(Object.keys(input).sort());
          return "found";
        },
      };
      await t.start(asked("chat"), { ...providers(t), toolHandlers: box }).result();
      equal(seen, [["__proto__", "query"]]);
      same({}.x, undefined);
    },
  },
  {
    name: "invalid tool handlers are refused by name",
    async run(t) {
      const table = [
        [{}, { toolHandlers: "search" }, "`toolHandlers`"],
        [{}, { toolHandlers: [() => ""] }, "`toolHandlers`"],
        [{}, { toolHandlers: { web_search: "search" } }, "`toolHandlers.web_search`"],
        [
          { tools: [own("sky")] },
          { toolHandlers: { web_search: () => "" } },
          "`toolHandlers.sky` is missing",
        ],
        [
          { tools: [{ type: "function", function: { name: "no spaces" } }] },
          {},
          "`tools[0].function.name`",
        ],
        [{ tools: [{ type: "openrouter:web_search" }] }, {}, "`tools[0]` is not hosted by"],
        [{ tools: [{ type: "web_search" }] }, {}, "`tools[0].type`"],
        [
          { analysis_models: [{ model: ALPHA, tools: [own("sky")] }] },
          {},
          "`toolHandlers.sky` is missing; `analysis_models[0].tools`",
        ],
      ];
      for (const [more, options, words] of table) {
        const error = await failure(t.start(question(more), options).result());
        equal(error.code, "invalid_request", error.message);
        includes(error.message, words);
      }
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "the events of a run with tools match the golden file",
    async run(t) {
      const rounds = [
        says("Let me see. ", { tool_calls: [search("why is the sky blue")] }),
        says("Alpha finds all common ground in blue."),
      ];
      await t.session.script(
        defaultScripts({
          [ALPHA]: { rounds },
          "desk/writer": says("I shall note it.", {
            tool_calls: [calls("note", { text: "blue" })],
          }),
        }),
      );
      const writer = { model: "desk/writer", tools: [own("note", { text: { type: "string" } })] };
      const web_search = () => ({
        content: "Because of Rayleigh.",
        sources: [{ url: "https://a.example/rayleigh", title: "Rayleigh" }],
        summary: "1 page",
      });
      const { events } = await complete(
        t.start(asked("chat", { writer }), { ...providers(t), toolHandlers: { web_search } }),
      );
      t.golden("tools", normalise(events, t.session));
    },
  },
];
