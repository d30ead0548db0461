// Tests hosted tools. Each provider has its own request format, but the run emits the same events
// for all providers.

import { analysis, cites, says, uses } from "../provider/scripts.mjs";
import { equal, ok } from "./assert.mjs";
import { hosted, keyOf, toolsOf } from "./dialects.mjs";
import { ALPHA, ANALYST, callsTo, defaultScripts, question } from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

const searched = uses(
  "web_search",
  { query: "why is the sky blue" },
  { sources: [{ url: "https://found.example/", title: "Found" }] },
);
const opened = uses(
  "web_fetch",
  { url: "https://a.example/opened" },
  { url: "https://a.example/opened", title: "Opened", content: "It is blue." },
);
const failed = uses("web_search", { query: "again" }, { status: "failed", error: "unavailable" });
const cited = [cites("https://a.example/cited", "Cited")];

/** For each provider: its base URL, its format of the tools, and the name of its limit on steps. */
const table = {
  "openrouter, chat": {
    model: `openrouter:${ALPHA}`,
    prefix: "openrouter:",
    tools: ["openrouter:web_search", "openrouter:web_fetch"],
    bound: ({ stop_server_tools_when }) => stop_server_tools_when[0].step_count,
    // In OpenRouter's Chat Completions, a stream reports a tool only after the tool has ended.
    statuses: ["completed"],
  },
  "openrouter, responses": {
    model: `openrouter:${ALPHA}`,
    options: { openrouter: { dialect: "responses" } },
    prefix: "openrouter:",
    tools: ["openrouter:web_search", "openrouter:web_fetch"],
    bound: ({ stop_server_tools_when }) => stop_server_tools_when[0].step_count,
    statuses: ["started", "completed"],
  },
  openai: {
    model: `openai:${ALPHA}`,
    prefix: "",
    tools: ["web_search"],
    bound: ({ max_tool_calls }) => max_tool_calls,
    statuses: ["started", "completed"],
    opens: "web_search",
  },
  xai: {
    model: `xai:${ALPHA}`,
    prefix: "",
    tools: ["web_search"],
    bound: ({ max_turns }) => max_turns,
    statuses: ["started", "completed"],
    opens: "web_search",
  },
  anthropic: {
    model: `anthropic:${ALPHA}`,
    prefix: "",
    tools: ["web_search", "web_fetch"],
    bound: ({ tools }) => tools[0].max_uses,
    statuses: ["started", "completed"],
  },
};

/** Adds the prefix of OpenRouter's tool names. */
const named = (prefix, detail) => ({ ...detail, tool_name: `${prefix}${detail.tool_name}` });

const host = (name) => ({ host: name.split(",")[0] });

export default [
  ...Object.entries(table).map(
    ([name, { model, options, prefix, tools, bound, statuses, opens }]) => ({
      name: `the hosted tools of ${name} become events`,
      async run(t) {
        const work = [searched, opened, failed].map((detail) => named(prefix, detail));
        const script = says("Alpha finds all common ground in blue.", {
          reasoning_details: work,
          annotations: cited,
          ...host(name),
        });
        await t.session.script(
          defaultScripts({
            [ALPHA]: script,
            [ANALYST]: {
              ...analysis(["A"]),
              ...host(name),
              parts: [
                { reasoning_details: [named(prefix, opened)] },
                { text: analysis(["A"]).text, annotations: cited },
              ],
            },
          }),
        );
        const request = question({
          analysis_models: [model],
          analyst: model.replace(ALPHA, ANALYST),
          max_tool_calls: 3,
        });
        const { events, result } = await complete(t.start(request, hosted(t, options)));
        const toolEvents = eventsOf(events, "panelist.tool", 0);
        const of_tool = (tool) =>
          toolEvents
            .filter((event) => event.tool === `${prefix}${tool}`)
            .map(({ status }) => status);
        const again = [...statuses.slice(0, -1), "failed"];
        equal(
          of_tool("web_search"),
          opens ? [...statuses, ...statuses, ...again] : [...statuses, ...again],
        );
        if (!opens) equal(of_tool("web_fetch"), statuses);
        ok(
          toolEvents.some(
            ({ status, input }) => status === "completed" && input.includes("why is the sky blue"),
          ),
          JSON.stringify(toolEvents),
        );
        // An opened page is a source, with or without a citation. A search result that was not
        // opened is not a source.
        equal(
          eventsOf(events, "panelist.source", 0).map(({ url }) => url),
          ["https://a.example/opened", "https://a.example/cited"],
        );
        equal(
          result.responses[0].sources.map(({ url }) => url),
          ["https://a.example/opened", "https://a.example/cited"],
        );
        equal(result.responses[0].content, "Alpha finds all common ground in blue.");
        equal(
          [
            eventsOf(events, "analysis.tool").at(-1)?.status,
            eventsOf(events, "analysis.source").map(({ url }) => url),
          ],
          ["completed", ["https://a.example/opened", "https://a.example/cited"]],
        );
        ok(result.analysis, "the analysis");
        const calls = await t.session.calls();
        for (const call of calls.filter(({ model }) => model !== "desk/writer")) {
          equal([call.refused, toolsOf(call), bound(call.body)], [undefined, tools, 3], call.model);
          const key =
            call.dialect === "messages" ? call.headers["x-api-key"] : call.headers.authorization;
          ok(key?.endsWith(keyOf(model.split(":")[0])), `${key}`);
        }
        equal(callsTo(calls, "desk/writer")[0].body.tools, undefined);
      },
    }),
  ),
  {
    name: "a tool's parameters are translated for each provider",
    async run(t) {
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
      const user_location = { type: "approximate", country: "NO" };
      const tools = [
        {
          type: "openrouter:web_search",
          parameters: {
            allowed_domains: ["a.example"],
            user_location,
            max_uses: 2,
            search_context_size: "low",
          },
        },
      ];
      const options = hosted(t);
      await t
        .start(
          question({
            analysis_models: ["openrouter:or", "openai:oa", "anthropic:an", "xai:xa"],
            analyst: { model: ANALYST, tools: [] },
            tools,
          }),
          options,
        )
        .result();
      const sent = (model) => callsTo(calls, model)[0].body.tools;
      const calls = await t.session.calls();
      equal(sent("or"), tools);
      equal(sent("oa"), [
        {
          type: "web_search",
          search_context_size: "low",
          user_location,
          filters: { allowed_domains: ["a.example"] },
        },
      ]);
      equal(sent("an"), [
        {
          type: "web_search_20250305",
          name: "web_search",
          max_uses: 2,
          allowed_domains: ["a.example"],
          user_location,
        },
      ]);
      equal(sent("xa")[0].filters, { allowed_domains: ["a.example"] });
    },
  },
  {
    name: "a provider without hosted tools gets the caller's tools, beside one with hosted tools",
    async run(t) {
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
      const toolHandlers = { web_search: () => "found", web_fetch: () => "opened" };
      const models = ["openai:oa", "google:go", "ollama:ol", { model: "openai:no", tools: [] }];
      const { fetch: lead, ...options } = hosted(t);
      const local = (url, init) =>
        lead(url.replace("http://localhost:11434/v1", t.session.baseURL), init);
      await t
        .start(question({ analysis_models: models, analyst: { model: ANALYST, tools: [] } }), {
          ...options,
          fetch: local,
          toolHandlers,
        })
        .result();
      const calls = await t.session.calls();
      equal(
        ["oa", "go", "ol", "no"].map((model) => toolsOf(callsTo(calls, model)[0])),
        [["web_search"], ["web_search", "web_fetch"], ["web_search", "web_fetch"], []],
      );
      equal(callsTo(calls, "ol")[0].headers.authorization, undefined);
    },
  },
  {
    name: "one panelist may have hosted tools and function tools",
    async run(t) {
      const sky = {
        type: "function",
        function: { name: "sky", parameters: { type: "object", properties: {} } },
      };
      const tools = [{ type: "openrouter:web_search" }, sky];
      const rounds = [
        says("", { reasoning_details: [searched], tool_calls: [{ name: "sky", arguments: {} }] }),
        says("Alpha finds all common ground in blue."),
      ];
      for (const provider of ["openai", "anthropic"]) {
        await t.session.reset();
        await t.session.script(defaultScripts({ [ALPHA]: { rounds } }));
        const request = question({
          analysis_models: [`${provider}:${ALPHA}`],
          analyst: { model: ANALYST, tools: [] },
          tools,
        });
        const { events, result } = await complete(
          t.start(request, { ...hosted(t), toolHandlers: { sky: () => "blue" } }),
        );
        const calls = callsTo(await t.session.calls(), ALPHA);
        equal(
          calls.map(({ refused, tool_results }) => [
            refused,
            tool_results.map(({ content }) => content),
          ]),
          [
            [undefined, []],
            [undefined, ["blue"]],
          ],
          provider,
        );
        equal(
          eventsOf(events, "panelist.tool", 0).map(({ tool, status }) => `${tool} ${status}`),
          ["web_search started", "web_search completed", "sky started", "sky completed"],
        );
        equal(result.responses[0].content, "Alpha finds all common ground in blue.");
      }
    },
  },
  {
    name: "a turn that Anthropic pauses is sent back and continues",
    async run(t) {
      const rounds = [
        says("I search. ", { reasoning_details: [searched], finish_reason: "pause_turn" }),
        says("Alpha finds all common ground in blue."),
      ];
      await t.session.script(defaultScripts({ [ALPHA]: { rounds } }));
      const { events, result } = await complete(
        t.start(question({ analysis_models: [`anthropic:${ALPHA}`] }), hosted(t)),
      );
      const calls = callsTo(await t.session.calls(), ALPHA);
      equal(
        calls.map(({ refused }) => refused),
        [undefined, undefined],
      );
      const [back] = calls[1].body.messages.slice(-1);
      equal(
        [back.role, back.content.map(({ type }) => type)],
        ["assistant", ["server_tool_use", "web_search_tool_result", "text"]],
      );
      equal(result.responses[0].content, "I search. Alpha finds all common ground in blue.");
      equal(
        eventsOf(events, "panelist.tool", 0).map(({ status }) => status),
        ["started", "completed"],
      );
      equal(
        [
          eventsOf(events, "panelist.started", 0).length,
          result.activity.filter(({ index }) => index === 0).length,
        ],
        [1, 2],
      );
    },
  },
  {
    name: "the calls of an endlessly paused turn are limited by max_tool_calls",
    async run(t) {
      const pause = { reasoning_details: [searched], finish_reason: "pause_turn" };
      for (const [text, answered] of [
        ["", false],
        ["So far. ", true],
      ]) {
        await t.session.reset();
        await t.session.script(
          defaultScripts({
            [ALPHA]: says(text, pause),
            "panel/beta-70b": defaultScripts()["panel/beta-70b"],
          }),
        );
        const { result } = await complete(
          t.start(
            question({
              analysis_models: [`anthropic:${ALPHA}`, "panel/beta-70b"],
              max_tool_calls: 2,
            }),
            hosted(t),
          ),
        );
        equal(callsTo(await t.session.calls(), ALPHA).length, 4);
        if (answered) equal(result.responses[0].content, "So far. ".repeat(4).trimEnd().padEnd(32));
        else
          equal(
            result.failed_models.map(({ code }) => code),
            ["empty_response"],
          );
      }
    },
  },
];
