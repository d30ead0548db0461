import { analysis, cites, says, uses } from "../provider/scripts.mjs";
import { equal, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, PANEL, question, WRITER } from "./fixtures.mjs";
import { normalise } from "./golden.mjs";
import { complete, eventsOf, joinedDeltas, oneEvent } from "./run-helpers.mjs";

const search = uses("openrouter:web_search", { query: "why is the sky blue" }, { status: "ok" });

const script = {
  [ALPHA]: says("Alpha finds all common ground: blue.", {
    reasoning: "Rayleigh comes to mind.",
    reasoning_details: [search],
    annotations: [
      cites("https://a.example/rayleigh", "Rayleigh"),
      cites("https://b.example/untitled"),
      cites("https://a.example/rayleigh", "Rayleigh"),
    ],
    usage: { prompt_tokens: 11, completion_tokens: 7, reasoning_tokens: 3, cost: "0.000123" },
    served: "panel/alpha-7b-0801",
  }),
  [BETA]: {
    sequence: [
      says("Beta finds all common ground: azure.", {
        reasoning: "Colours…",
        reasoning_field: "reasoning_content",
        usage: { prompt_tokens: 11, completion_tokens: 5, cost: "0.0002" },
      }),
    ],
  },
  [ANALYST]: analysis(["A", "B", "C"], {
    reasoning: "Comparing.",
    usage: { prompt_tokens: 90, completion_tokens: 60, cost: "0.002" },
  }),
  [WRITER]: says("Yes: the sky is blue.", {
    reasoning: "Writing.",
    annotations: [
      cites("https://a.example/rayleigh", "Rayleigh"),
      cites("https://c.example/sky", "Sky"),
    ],
    usage: { prompt_tokens: 120, completion_tokens: 9, cost: "0.003" },
  }),
};

export default [
  {
    name: "the events of a run match the golden file",
    async run(t) {
      await t.session.script(script);
      const { events } = await complete(
        t.start(question({ analysis_models: [ALPHA, BETA, BETA] })),
      );
      t.golden("main", normalise(events, t.session));
    },
  },
  {
    name: "events and result have the same data",
    async run(t) {
      await t.session.script(script);
      const { events, result } = await complete(
        t.start(question({ analysis_models: [ALPHA, BETA, BETA] })),
      );
      equal(events[0].type, "run.started");
      equal(events[0].run_id, result.run_id);
      equal(events[0].seed, 7);
      equal(events.at(-1).result, result);
      for (const { index, content } of result.responses) {
        equal(joinedDeltas(events, "panelist.delta", index), content);
        equal(oneEvent(events, "panelist.completed", index).content, content);
      }
      equal(joinedDeltas(events, "panelist.reasoning", 0), "Rayleigh comes to mind.");
      equal(joinedDeltas(events, "panelist.reasoning", 1), "Colours…");
      equal(joinedDeltas(events, "answer.delta"), result.answer);
      equal(result.answer, "Yes: the sky is blue.");
      equal(oneEvent(events, "analysis.completed").analysis, result.analysis);
      equal(eventsOf(events, "usage").at(-1).usage, result.usage);
    },
  },
  {
    name: "stages run one after another",
    async run(t) {
      await t.session.script(defaultScripts());
      const { events } = await complete(t.start(question()));
      const at = (type) => events.findIndex((event) => event.type === type);
      const last = (type) => events.findLastIndex((event) => event.type === type);
      ok(last("panelist.completed") < at("analysis.started"), "the analyst starts after the panel");
      ok(at("analysis.completed") < at("answer.started"), "the writer starts after the analyst");
      ok(at("answer.completed") < at("run.completed"));
      const calls = await t.session.calls();
      const ended = Math.max(
        ...calls.filter((call) => PANEL.includes(call.model)).map((call) => call.ended),
      );
      ok(ended < calls.find((call) => call.model === ANALYST).arrived, "in the order of the calls");
    },
  },
  {
    name: "a model that is listed twice is two panelists",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: {
            sequence: [says("First all common ground."), says("Second all common ground.")],
          },
        }),
      );
      const { events, result } = await complete(
        t.start(question({ analysis_models: [ALPHA, ALPHA] })),
      );
      equal(
        result.responses.map(({ index, model }) => [index, model]),
        [
          [0, ALPHA],
          [1, ALPHA],
        ],
      );
      equal(result.responses.map(({ content }) => content).sort(), [
        "First all common ground.",
        "Second all common ground.",
      ]);
      equal(
        eventsOf(events, "panelist.completed")
          .map(({ index }) => index)
          .sort(),
        [0, 1],
      );
    },
  },
  {
    name: "panelists run in parallel",
    async run(t) {
      const slow = { delay: { first_ms: 1500 } };
      await t.session.script(
        defaultScripts({
          [ALPHA]: says("Slow all common ground.", slow),
          [BETA]: says("As slow all common ground.", slow),
        }),
      );
      await complete(t.start(question()));
      const [first, second] = (await t.session.calls()).filter((call) =>
        PANEL.includes(call.model),
      );
      ok(second.arrived < first.ended, "the second call arrived while the first was open");
    },
  },
  {
    name: "sources are deduplicated by URL and belong to the panelist that cited them",
    async run(t) {
      await t.session.script(script);
      const { events, result } = await complete(
        t.start(question({ analysis_models: [ALPHA, BETA, BETA] })),
      );
      const cited = (index) => eventsOf(events, "panelist.source", index).map(({ url }) => url);
      equal(cited(0), ["https://a.example/rayleigh", "https://b.example/untitled"]);
      equal(cited(1), []);
      equal(
        result.responses[0].sources.map(({ url }) => url),
        cited(0),
      );
      equal(result.sources.map(({ url }) => url).sort(), [
        "https://a.example/rayleigh",
        "https://b.example/untitled",
        "https://c.example/sky",
      ]);
      ok(
        result.sources.every(({ title }) => typeof title === "string"),
        "title is a required field, even if the provider sends none",
      );
    },
  },
  {
    name: "a hosted tool's work is reported as events",
    async run(t) {
      await t.session.script(script);
      const { events } = await complete(t.start(question()));
      const [activity] = eventsOf(events, "panelist.tool", 0);
      ok(activity.tool.endsWith("web_search"), activity.tool);
      equal(JSON.parse(activity.input), { query: "why is the sky blue" });
      equal(eventsOf(events, "panelist.tool", 0).at(-1).status, "completed");
    },
  },
  {
    name: "activity has one row per call, with the provider's names",
    async run(t) {
      await t.session.script(script);
      const { result } = await complete(t.start(question()));
      equal(result.activity.map(({ stage }) => stage).sort(), [
        "analysis",
        "answer",
        "panel",
        "panel",
      ]);
      const row = result.activity.find(({ index }) => index === 0);
      equal(
        [row.model, row.model_served, row.generation_id, row.attempt, row.status],
        [ALPHA, "panel/alpha-7b-0801", `gen-${ALPHA}-1`, 1, "completed"],
      );
      ok(result.activity.every(({ latency_ms }) => latency_ms >= 0));
    },
  },
  {
    name: "init() is optional and may be called at any time",
    async run(t) {
      await t.session.script(defaultScripts());
      await Promise.all([t.init(), t.init()]);
      equal((await t.start(question()).result()).answer, "Yes, it is blue.");
      await t.init();
    },
  },
  {
    name: "two runs have different ids",
    async run(t) {
      await t.session.script(defaultScripts());
      const [oneEvent, other] = await Promise.all([
        t.start(question()).result(),
        t.start(question()).result(),
      ]);
      ok(oneEvent.run_id && oneEvent.run_id !== other.run_id);
    },
  },
];
