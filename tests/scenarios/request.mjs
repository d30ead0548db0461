// Tests the calls that a run makes for a request: the body and the headers for each model.

import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  question,
  WRITER,
} from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

const opus = "~anthropic/claude-opus-latest";

/**
 * Returns options for OpenRouter, because some fields are sent only to OpenRouter. The calls go to
 * the session.
 */
const openRouter = (t) => ({
  baseURL: undefined,
  fetch: (url, init) =>
    fetch(String(url).replace("https://openrouter.ai/api/v1", t.session.baseURL), init),
});

// Returns a script for one model as panelist, then as analyst, then as writer.
const triple = (analysis) => ({
  sequence: [says("Opus finds all common ground."), analysis, says("So it is.")],
});

export default [
  {
    name: "a string is a request with the preset general-high",
    async run(t) {
      await t.session.script({
        "*": says("Some all common ground."),
        [opus]: triple(defaultScripts()[ANALYST]),
      });
      const result = await t.start("Is the sky blue?", openRouter(t)).result();
      equal(result.responses.length, 3);
      equal(result.responses[0].model, opus);
      ok(
        result.responses.some(({ model }) => model.startsWith("~openai/")) &&
          result.responses.some(({ model }) => model === "~google/gemini-pro-latest"),
        JSON.stringify(result.responses),
      );
      equal(result.answer, "So it is.");
      const calls = await t.session.calls();
      equal(calls.length, 5);
      equal(callsTo(calls, opus).length, 3);
      equal(calls[0].body.messages.at(-1), { role: "user", content: "Is the sky blue?" });
    },
  },
  ...["general-high", "general-budget", "general-fast"].map((preset) => ({
    name: `preset ${preset} has a panel of several models and a frontier analyst`,
    async run(t) {
      await t.session.script({
        "*": says("Some all common ground."),
        [opus]:
          preset === "general-high"
            ? triple(defaultScripts()[ANALYST])
            : { sequence: [defaultScripts()[ANALYST], says("So it is.")] },
      });
      const { events, result } = await complete(
        t.start({ prompt: "Hello", preset, seed: 7, max_retries: 0 }),
      );
      ok(new Set(result.responses.map(({ model }) => model)).size >= 2, "several different models");
      equal(eventsOf(events, "run.started")[0].analyst, opus);
      equal(eventsOf(events, "run.started")[0].writer, opus);
      equal((await t.session.calls()).length, result.responses.length + 2);
    },
  })),
  {
    name: "named fields override the preset",
    async run(t) {
      await t.session.script({ ...defaultScripts(), desk: says("x") });
      await t.session.script({
        "desk/both": { sequence: [defaultScripts()[ANALYST], says("Both.")] },
      });
      const result = await t
        .start({
          prompt: "Hello",
          preset: "general-budget",
          analysis_models: PANEL,
          model: "desk/both",
          max_retries: 0,
        })
        .result();
      equal(
        result.responses.map(({ model }) => model),
        PANEL,
      );
      equal(result.answer, "Both.");
    },
  },
  {
    name: "on other providers the panel's first model is analyst and writer",
    async run(t) {
      await t.session.script({ ...defaultScripts(), [ALPHA]: triple(defaultScripts()[ANALYST]) });
      const { events } = await complete(
        t.start({ prompt: "Hello", analysis_models: PANEL, max_retries: 0 }),
      );
      equal([events[0].analyst, events[0].writer], [ALPHA, ALPHA]);
    },
  },
  {
    name: "a conversation with images reaches the panel unchanged",
    async run(t) {
      await t.session.script(defaultScripts());
      const messages = [
        { role: "system", content: "Be brief." },
        { role: "user", content: "What is this?" },
        { role: "assistant", content: "A photo of the sky." },
        {
          role: "user",
          content: [
            { type: "text", text: "And this? 𝄞 “é”" },
            {
              type: "image_url",
              image_url: { url: "data:image/png;base64,iVBORw0KGgo=", detail: "low" },
            },
            {
              type: "file",
              file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
            },
            { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
          ],
        },
      ];
      await t.start(question({ prompt: undefined, messages })).result();
      const calls = await t.session.calls();
      for (const model of PANEL) {
        const sent = callsTo(calls, model)[0].body.messages;
        equal(sent.slice(-messages.length), messages);
        ok(
          sent.slice(0, -messages.length).every(({ role }) => role === "system"),
          "nothing but a system message may come before",
        );
      }
      includes(
        JSON.stringify(callsTo(calls, WRITER)[0].body.messages),
        "A photo of the sky.",
        "the writer sees the conversation",
      );
      includes(
        JSON.stringify(callsTo(calls, ANALYST)[0].body.messages),
        "And this?",
        "the analyst sees the question",
      );
    },
  },
  {
    name: "fields of the request are sent to the provider",
    async run(t) {
      await t.session.script(defaultScripts());
      await t
        .start(
          question({ temperature: 0.7, reasoning: { effort: "low" }, max_completion_tokens: 500 }),
          openRouter(t),
        )
        .result();
      const calls = await t.session.calls();
      for (const { model, body } of calls) {
        equal(body.stream, true, model);
        equal(body.max_completion_tokens ?? body.max_tokens, 500, model);
      }
      for (const model of PANEL) {
        equal(callsTo(calls, model)[0].body.temperature, 0.7);
        equal(callsTo(calls, model)[0].body.reasoning, { effort: "low" });
      }
      equal(callsTo(calls, ANALYST)[0].body.temperature, 0);
      equal(callsTo(calls, ANALYST)[0].body.reasoning, { effort: "low" });
      equal(
        callsTo(calls, WRITER)[0].body.temperature,
        undefined,
        "the panel's temperature is not the writer's",
      );
    },
  },
  {
    name: "on other providers reasoning has their name for it",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question({ reasoning: { effort: "low" } })).result();
      equal(callsTo(await t.session.calls(), ALPHA)[0].body.reasoning_effort, "low");
    },
  },
  {
    name: "the default token limit is 16000",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question()).result();
      for (const { body } of await t.session.calls())
        equal(body.max_completion_tokens ?? body.max_tokens, 16000);
    },
  },
  {
    name: "a panelist's own fields are sent in its calls alone",
    async run(t) {
      await t.session.script(defaultScripts());
      const spec = {
        model: ALPHA,
        temperature: 1.5,
        system: "You are terse.",
        max_completion_tokens: 77,
        reasoning: { max_tokens: 50 },
        extra_body: { top_k: 4, provider: { order: ["x"] } },
      };
      await t
        .start(question({ analysis_models: [spec, BETA], temperature: 0.2 }), openRouter(t))
        .result();
      const calls = await t.session.calls();
      const { body } = callsTo(calls, ALPHA)[0];
      equal(
        [
          body.temperature,
          body.max_completion_tokens ?? body.max_tokens,
          body.reasoning,
          body.top_k,
          body.provider,
        ],
        [1.5, 77, { max_tokens: 50 }, 4, { order: ["x"] }],
      );
      includes(JSON.stringify(body.messages[0]), "You are terse.");
      equal(body.messages[0].role, "system");
      const other = callsTo(calls, BETA)[0].body;
      equal([other.temperature, other.top_k], [0.2, undefined]);
      ok(
        !JSON.stringify(
          calls.filter(({ model }) => model !== ALPHA).map((call) => call.body),
        ).includes("You are terse."),
      );
    },
  },
  {
    name: "on OpenRouter panel and analyst get its web tools with a limit, and the writer none",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question({ max_tool_calls: 7 }), openRouter(t)).result();
      const calls = await t.session.calls();
      for (const model of [...PANEL, ANALYST]) {
        const { body } = callsTo(calls, model)[0];
        equal(
          body.tools.map(({ type }) => type),
          ["openrouter:web_search", "openrouter:web_fetch"],
        );
        equal(body.stop_server_tools_when, [{ type: "step_count_is", step_count: 7 }]);
      }
      equal(callsTo(calls, WRITER)[0].body.tools, undefined);
    },
  },
  {
    name: "the request names the tools, and other providers have none by default",
    async run(t) {
      const tools = async (options, more) => {
        await t.session.reset();
        await t.session.script(defaultScripts());
        await t.start(question(more), options).result();
        return callsTo(await t.session.calls(), ALPHA)[0].body.tools;
      };
      equal(await tools(openRouter(t), { tools: [] }), undefined);
      equal(await tools({}, {}), undefined);
      const own = [{ type: "openrouter:web_search", parameters: { max_results: 3 } }];
      equal(await tools(openRouter(t), { tools: own }), own);
    },
  },
  {
    name: "attribution headers are sent to OpenRouter alone",
    async run(t) {
      const app = {
        title: "Test",
        url: "https://app.example/",
        categories: ["writing-assistant", "roleplay"],
      };
      await t.session.script(defaultScripts());
      await t.start(question(), { ...openRouter(t), app }).result();
      const { headers } = (await t.session.calls())[0];
      equal(
        [
          headers["x-openrouter-title"] ?? headers["x-title"],
          headers["http-referer"],
          headers["x-openrouter-categories"],
        ],
        ["Test", "https://app.example/", "writing-assistant,roleplay"],
      );
      await t.session.reset();
      await t.session.script(defaultScripts());
      await t.start(question(), { app }).result();
      for (const call of await t.session.calls())
        ok(
          !Object.keys(call.headers).some(
            (name) => /openrouter|referer|x-title/.test(name) && !["referer"].includes(name),
          ),
          JSON.stringify(call.headers),
        );
    },
  },
  {
    name: "the key is sent as a bearer token, and without a key there is no header",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question(), { apiKey: "sk-test" }).result();
      await t.start(question(), { apiKey: undefined }).result();
      const keys = (await t.session.calls()).map(({ headers }) => headers.authorization);
      equal(keys.slice(0, 4), Array(4).fill("Bearer sk-test"));
      ok(keys.slice(4).every((key) => key === undefined));
    },
  },
  {
    name: "a base URL may end in a slash",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question(), { baseURL: `${t.session.baseURL}/` }).result();
      for (const { url } of await t.session.calls())
        ok(url.endsWith("/api/v1/chat/completions"), url);
    },
  },
  {
    name: "a colon in a model's name does not name a provider",
    async run(t) {
      await t.session.script(
        defaultScripts({
          "llama3.2:3b": says("Small all common ground."),
          "vendor/model:free": says("Free all common ground."),
        }),
      );
      const result = await t
        .start(question({ analysis_models: ["llama3.2:3b", "vendor/model:free"] }))
        .result();
      equal(
        result.responses.map(({ model }) => model),
        ["llama3.2:3b", "vendor/model:free"],
      );
    },
  },
  {
    name: "convene: false fails as the writer's call does",
    async run(t) {
      const codes = {
        400: "invalid_request",
        401: "authentication",
        404: "invalid_model",
        429: "rate_limited",
        500: "provider_error",
      };
      for (const [status, code] of Object.entries(codes)) {
        await t.session.script({ [WRITER]: failures[status] });
        const error = await failure(t.start(question({ convene: false })).result());
        equal([error.code, error.status_code], [code, Number(status)]);
      }
    },
  },
  {
    name: "convene: false calls the writer alone",
    async run(t) {
      await t.session.script(defaultScripts());
      const { events, result } = await complete(t.start(question({ convene: false })));
      equal(
        (await t.session.calls()).map(({ model }) => model),
        [WRITER],
      );
      equal(
        events.filter(({ type }) => /^(panelist|analysis)/.test(type)),
        [],
      );
      equal([events[0].panel, events[0].analyst, events[0].writer], [[], null, WRITER]);
      equal(
        [result.responses, result.answer, "analysis" in result],
        [[], "Yes, it is blue.", false],
      );
    },
  },
  {
    name: "a request is not changed and may be reused",
    async run(t) {
      await t.session.script(defaultScripts());
      const request = Object.freeze(question());
      const before = JSON.stringify(request);
      await t.start(request).result();
      await t.start(request).result();
      equal(JSON.stringify(request), before);
    },
  },
];
