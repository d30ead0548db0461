// Tests which provider receives a call: names, prefixes, defaults, fallbacks and queues.

import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { DIALECTS, hosted, keyOf, providers } from "./dialects.mjs";
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
import { complete, eventsOf, oneEvent } from "./run-helpers.mjs";

/**
 * Returns the name of the provider that received a call. In these tests, the key of each provider
 * is its name.
 */
const who = ({ headers }) =>
  (headers.authorization ?? headers["x-api-key"] ?? "none").replace(/^Bearer /, "");

const refused = [
  [
    "an unknown provider",
    { analysis_models: [{ model: "m", provider: "nobody" }] },
    {},
    "`analysis_models[0].provider` is `nobody`",
  ],
  [
    "a provider without a base URL",
    {},
    { providers: { mine: { apiKey: "k" } } },
    "`providers.mine.baseURL` is missing",
  ],
  [
    "an unknown dialect",
    {},
    { providers: { mine: { baseURL: "https://a.example/v1", dialect: "grpc" } } },
    "`providers.mine.dialect`",
  ],
  [
    "a name with capitals",
    {},
    { providers: { Mine: { baseURL: "https://a.example/v1" } } },
    "`providers.Mine`",
  ],
  [
    "a name with a colon",
    {},
    { providers: { "a:b": { baseURL: "https://a.example/v1" } } },
    "`providers.a:b`",
  ],
  [
    "an unknown field of a provider",
    {},
    { providers: { mine: { baseURL: "https://a.example/v1", key: "k" } } },
    "key",
  ],
  [
    "a fetch that is not a function",
    {},
    { providers: { mine: { fetch: "f" } } },
    "`providers.mine.fetch`",
  ],
  [
    "a max_concurrency of 0",
    {},
    { providers: { ollama: { max_concurrency: 0 } } },
    "`providers.ollama.max_concurrency`",
  ],
  ["providers that are not an object", {}, { providers: [] }, "`providers`"],
  [
    "a provider that is not an object",
    {},
    { providers: { mine: "https://a.example/v1" } },
    "`providers.mine`",
  ],
  [
    "an invalid header",
    {},
    { providers: { mine: { baseURL: "https://a.example/v1", headers: { "x-a": "b\nc" } } } },
    '`providers.mine.headers["x-a"]`',
  ],
  [
    "a built-in provider without its key",
    { analysis_models: ["openai:o"] },
    {},
    "`providers.openai.apiKey` is missing",
    "authentication",
  ],
  [
    "OpenRouter without a key, by name",
    { analysis_models: ["openrouter:a/b"] },
    {},
    "`apiKey` is missing",
    "authentication",
  ],
  [
    "a fusion model behind a prefix",
    { analysis_models: ["chat:openrouter/fusion"] },
    { providers: { chat: { baseURL: "https://a.example/v1" } } },
    "must not be `openrouter/fusion`",
  ],
  [
    "max_tokens of reasoning for a provider without it",
    { analysis_models: ["ollama:l"], reasoning: { max_tokens: 9 } },
    {},
    "`reasoning.max_tokens`",
  ],
  ["an invalid cache_control", { cache_control: { type: "forever" } }, {}, "`cache_control.type`"],
  [
    "a preset without a panel",
    { preset: "mine" },
    { presets: { mine: { model: "m" } } },
    "`presets.mine.analysis_models`",
  ],
  [
    "an unknown field of a preset",
    { preset: "mine" },
    { presets: { mine: { analysis_models: ["m"], prompt: "x" } } },
    "prompt",
  ],
  [
    "an unknown preset",
    { preset: "yours" },
    { presets: { mine: { analysis_models: ["m"] } } },
    "`preset`",
  ],
];

const opening = { delay: { headers_ms: 2500 } };

export default [
  {
    name: "a prefix, a name or the default selects the provider",
    async run(t) {
      const models = [
        "chat:a",
        "responses:b",
        { model: "c", provider: "messages" },
        "llama3.2:3b",
        "vendor/model:free",
        { model: "chat:odd", provider: "responses" },
        "unknown:d",
      ];
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
      const { events, result } = await complete(
        t.start(question({ analysis_models: models }), { ...providers(t), apiKey: "sk-default" }),
      );
      const made = await t.session.calls();
      const seen = (model) => [who(callsTo(made, model)[0]), callsTo(made, model)[0].dialect];
      const host = new URL(t.session.baseURL).host;
      equal(
        ["a", "b", "c", "llama3.2:3b", "vendor/model:free", "chat:odd", "unknown:d"].map(seen),
        [
          [keyOf("chat"), "chat"],
          [keyOf("responses"), "responses"],
          [keyOf("messages"), "messages"],
          ["sk-default", "chat"],
          ["sk-default", "chat"],
          [keyOf("responses"), "responses"],
          ["sk-default", "chat"],
        ],
      );
      equal(
        oneEvent(events, "run.started").panel.map(({ model, provider }) => [model, provider]),
        [
          ["chat:a", "chat"],
          ["responses:b", "responses"],
          ["c", "messages"],
          ["llama3.2:3b", host],
          ["vendor/model:free", host],
          ["chat:odd", "responses"],
          ["unknown:d", host],
        ],
      );
      equal(
        result.responses.map(({ model }) => model),
        models.map((model) => model.model ?? model),
        "the names of the request",
      );
      equal(callsTo(made, ANALYST)[0].dialect, "chat");
    },
  },
  {
    name: "each role may use another provider, and a run without a default needs no OpenRouter key",
    async run(t) {
      await t.session.script(defaultScripts());
      const request = question({
        analysis_models: [`chat:${ALPHA}`, `responses:${BETA}`],
        analyst: { model: ANALYST, provider: "messages" },
        writer: `chat:${WRITER}`,
      });
      const { events, result } = await complete(
        t.start(request, { ...providers(t), baseURL: undefined, apiKey: undefined }),
      );
      equal((await t.session.calls()).map(({ dialect }) => dialect).sort(), [
        "chat",
        "chat",
        "messages",
        "responses",
      ]);
      equal(
        [oneEvent(events, "run.started").analyst, oneEvent(events, "run.started").writer],
        [ANALYST, `chat:${WRITER}`],
      );
      equal([...new Set(result.activity.map(({ provider }) => provider))].sort(), [
        "chat",
        "messages",
        "responses",
      ]);
    },
  },
  {
    name: "without analyst, writer and OpenRouter's key, the panel's first model has both roles",
    async run(t) {
      await t.session.script({
        m: { sequence: [defaultScripts()[ALPHA], defaultScripts()[ANALYST], says("So it is.")] },
        [BETA]: defaultScripts()[BETA],
      });
      const models = [{ model: "m", provider: "messages" }, `chat:${BETA}`];
      const result = await t
        .start(
          { prompt: "q", analysis_models: models, max_retries: 0 },
          { ...providers(t), baseURL: undefined, apiKey: undefined },
        )
        .result();
      equal(
        [result.answer, callsTo(await t.session.calls(), "m").map(({ dialect }) => dialect)],
        ["So it is.", ["messages", "messages", "messages"]],
      );
    },
  },
  {
    name: "built-in providers need a key alone, and local ones need none",
    async run(t) {
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
      const { fetch: lead, ...options } = hosted(t);
      const urls = [];
      const local = /^http:\/\/localhost:(11434|1234|8080)\/v1/;
      const noting = (url, init) => {
        urls.push(url);
        return lead(url.replace(local, t.session.baseURL), init);
      };
      const models = [
        "openrouter:m",
        "openai:m",
        "anthropic:m",
        "google:m",
        "xai:m",
        "ollama:m",
        "lmstudio:m",
        "llamacpp:m",
      ];
      await t
        .start(question({ analysis_models: models, tools: [] }), { ...options, fetch: noting })
        .result();
      equal(urls.filter((url) => !url.startsWith(t.session.baseURL)).sort(), [
        "http://localhost:11434/v1/chat/completions",
        "http://localhost:1234/v1/chat/completions",
        "http://localhost:8080/v1/chat/completions",
        "https://api.anthropic.com/v1/messages",
        "https://api.openai.com/v1/responses",
        "https://api.x.ai/v1/responses",
        "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        "https://openrouter.ai/api/v1/chat/completions",
      ]);
    },
  },
  {
    name: "a built-in name with another base URL is another server",
    async run(t) {
      await t.session.script(defaultScripts());
      const own = {
        openai: { baseURL: t.session.baseURL, dialect: "chat" },
        ollama: {
          baseURL: t.session.baseURL,
          apiKey: "sk-proxy",
          headers: { authorization: "Bearer other" },
        },
      };
      await t
        .start(question({ analysis_models: [`openai:${ALPHA}`, `ollama:${BETA}`] }), {
          providers: own,
        })
        .result();
      const made = await t.session.calls();
      equal(
        [callsTo(made, ALPHA)[0], callsTo(made, BETA)[0]].map((call) => [
          call.dialect,
          who(call),
          call.body.tools,
        ]),
        [
          ["chat", "none", undefined],
          ["chat", "other", undefined],
        ],
      );
    },
  },
  {
    name: "fallbacks may use other providers, each in its own dialect",
    async run(t) {
      await t.session.script(
        defaultScripts({
          one: failures[503],
          two: failures[404],
          three: says("Third finds all common ground."),
        }),
      );
      const spec = {
        model: "one",
        provider: "chat",
        fallbacks: ["responses:two", "messages:three"],
      };
      const { events, result } = await complete(
        t.start(question({ analysis_models: [spec, BETA] }), providers(t)),
      );
      equal(
        (await t.session.calls())
          .filter(({ model }) => ["one", "two", "three"].includes(model))
          .map(({ model, dialect }) => [model, dialect]),
        [
          ["one", "chat"],
          ["two", "responses"],
          ["three", "messages"],
        ],
      );
      equal(
        eventsOf(events, "panelist.retrying", 0).map(({ model, next_model }) => [
          model,
          next_model,
        ]),
        [
          ["one", "responses:two"],
          ["responses:two", "messages:three"],
        ],
      );
      equal(
        [
          oneEvent(events, "panelist.completed", 0).model,
          result.responses[0].model,
          result.responses[0].content,
        ],
        ["messages:three", "one", "Third finds all common ground."],
      );
      await t.session.reset();
      await t.session.script(
        defaultScripts({
          [ANALYST]: failures[500],
          [WRITER]: failures[500],
          spare: { sequence: [defaultScripts()[ANALYST], says("Spare.")] },
        }),
      );
      const fallbacks = ["messages:spare"];
      equal(
        (
          await t
            .start(
              question({
                analyst: { model: ANALYST, fallbacks },
                writer: { model: WRITER, fallbacks },
              }),
              providers(t),
            )
            .result()
        ).answer,
        "Spare.",
      );
    },
  },
  {
    name: "the caller may define presets, and named fields override them",
    async run(t) {
      await t.session.script(
        defaultScripts({ "desk/other": { sequence: [defaultScripts()[ANALYST], says("Other.")] } }),
      );
      const mine = {
        analysis_models: [
          `chat:${ALPHA}`,
          { model: BETA, provider: "responses", temperature: 0.3 },
        ],
        analyst: `messages:${ANALYST}`,
        writer: { model: WRITER, temperature: 0.9 },
      };
      const options = { ...providers(t), presets: { mine } };
      const run = t.start({ prompt: "q", preset: "mine", max_retries: 0 }, options);
      equal((await run.result()).answer, "Yes, it is blue.");
      const made = await t.session.calls();
      equal(
        made.map(({ model, dialect }) => [model, dialect]).sort(),
        [
          [ANALYST, "messages"],
          [WRITER, "chat"],
          [ALPHA, "chat"],
          [BETA, "responses"],
        ].sort(),
      );
      equal(
        [callsTo(made, BETA)[0].body.temperature, callsTo(made, WRITER)[0].body.temperature],
        [0.3, 0.9],
      );
      equal(
        run.snapshot().request.analysis_models,
        mine.analysis_models,
        "a snapshot has the panel",
      );
      await t.session.reset();
      await t.session.script(
        defaultScripts({ "desk/other": { sequence: [defaultScripts()[ANALYST], says("Other.")] } }),
      );
      equal(
        (
          await t
            .start({ prompt: "q", preset: "mine", model: "desk/other", max_retries: 0 }, options)
            .result()
        ).answer,
        "Other.",
        "`model` is both, over the preset's",
      );
      equal(callsTo(await t.session.calls(), "desk/other").length, 2);
      await t.session.reset();
      await t.session.script(defaultScripts());
      await t
        .start(
          { prompt: "q", preset: "mine", analysis_models: [ALPHA], writer: WRITER, max_retries: 0 },
          options,
        )
        .result();
      equal(
        (await t.session.calls()).map(({ model }) => model),
        [ALPHA, ANALYST, WRITER],
      );
    },
  },
  {
    name: "cache_control is sent to providers that know it",
    async run(t) {
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
      const cache_control = { type: "ephemeral", ttl: "1h" };
      const models = ["openrouter:or", "anthropic:an", "openai:oa", "google:go"];
      await t
        .start(question({ analysis_models: models, tools: [], cache_control }), hosted(t))
        .result();
      const made = await t.session.calls();
      equal(
        ["or", "an", "oa", "go"].map((model) => callsTo(made, model)[0].body.cache_control),
        [cache_control, cache_control, undefined, undefined],
      );
    },
  },
  {
    name: "kinship depends on the model, not on its provider",
    async run(t) {
      await t.session.script({
        ...defaultScripts(),
        "*": defaultScripts()[ALPHA],
        gemma3: { sequence: [defaultScripts()[ALPHA], defaultScripts()[ANALYST], says("So.")] },
      });
      const { kinship } = await t
        .start(
          question({
            analysis_models: ["chat:gemma3", "chat:llama3.2", "messages:gemma3n"],
            analyst: undefined,
            writer: undefined,
          }),
          providers(t),
        )
        .result();
      equal(kinship, { analyst: [0, 2], writer: [0, 2], panel: [[0, 2]] });
    },
  },
  ...refused.map(([name, more, options, words, code = "invalid_request"]) => ({
    name: `${name} is refused by name`,
    async run(t) {
      let sent = 0;
      const counting = () => {
        sent += 1;
        return Promise.reject("not this");
      };
      const error = await failure(
        t
          .start(question(more), {
            baseURL: undefined,
            apiKey: undefined,
            fetch: counting,
            ...options,
          })
          .result(),
      );
      equal([error.code, sent], [code, 0], error.message);
      includes(error.message, words);
    },
  })),
  {
    name: "max_concurrency limits each provider by itself",
    async run(t) {
      const members = [
        ...Array.from({ length: 4 }, (_, i) => `chat:q/${i}`),
        ...Array.from({ length: 4 }, (_, i) => `messages:q/${4 + i}`),
      ];
      await t.session.script({
        ...defaultScripts(),
        "*": says("Some all common ground.", { delay: { first_ms: 300 } }),
      });
      const limits = { chat: 1, messages: 3 };
      const { events, result } = await complete(
        t.start(
          question({ analysis_models: members }),
          providers(t, (dialect) => limits[dialect] && { max_concurrency: limits[dialect] }),
        ),
      );
      equal(result.failed_models, []);
      equal(
        eventsOf(events, "panelist.queued").map(({ index }) => index),
        [1, 2, 3, 7],
      );
      const calls = (await t.session.calls()).filter(({ model }) => model.startsWith("q/"));
      const peak = (dialect) =>
        Math.max(
          ...calls
            .filter((call) => call.dialect === dialect)
            .map(
              (call, _, all) =>
                all.filter((other) => other.arrived <= call.arrived && other.ended > call.arrived)
                  .length,
            ),
        );
      equal(peak("chat"), 1);
      ok(peak("messages") <= 3, `${peak("messages")} at once`);
      for (const { index } of eventsOf(events, "panelist.queued")) {
        const [queued, started] = ["panelist.queued", "panelist.started"].map((type) =>
          events.findIndex((event) => event.type === type && event.index === index),
        );
        ok(queued < started, `panelist ${index} is queued before it starts`);
      }
    },
  },
  {
    name: "of eight panelists on one http: host two wait, without using up their timeout",
    async run(t) {
      const members = Array.from({ length: 8 }, (_, i) => `${DIALECTS[i % 3]}:q/${i}`);
      await t.session.script({
        ...defaultScripts(),
        "*": says("Some all common ground.", opening),
      });
      const request = question({
        analysis_models: members,
        timeouts: { first_byte_ms: 4800, panelist_ms: 4900 },
      });
      const { events, result } = await complete(t.start(request, providers(t)));
      equal(
        [result.failed_models, eventsOf(events, "panelist.queued").map(({ index }) => index)],
        [[], [6, 7]],
      );
      const calls = (await t.session.calls()).filter(({ model }) => model.startsWith("q/"));
      const peak = Math.max(
        ...calls.map(
          (call) =>
            calls.filter((other) => other.arrived <= call.arrived && other.ended > call.arrived)
              .length,
        ),
      );
      ok(peak <= 6, `${peak} calls at once`);
    },
  },
  {
    name: "a function has a queue only with max_concurrency",
    async run(t) {
      const models = Array.from({ length: 8 }, (_, i) => `here:q/${i}`);
      for (const [limit, expected] of [
        [undefined, 8],
        [2, 2],
      ]) {
        await t.session.reset();
        await t.session.script(defaultScripts());
        let [open, peak] = [0, 0];
        const here = async () => {
          peak = Math.max(peak, ++open);
          await new Promise((wake) => setTimeout(wake, 200));
          open -= 1;
          return Response.json({
            choices: [{ message: { content: "Some all common ground." }, finish_reason: "stop" }],
          });
        };
        const { events } = await complete(
          t.start(question({ analysis_models: models }), {
            providers: { here: { fetch: here, ...(limit && { max_concurrency: limit }) } },
          }),
        );
        equal([peak, eventsOf(events, "panelist.queued").length], [expected, 8 - expected]);
      }
    },
  },
  {
    name: "prices are found by model names with and without prefix",
    async run(t) {
      const bills = (text) =>
        says(text, { usage: { prompt_tokens: 1000, completion_tokens: 100 } });
      await t.session.script({
        ...defaultScripts({
          [ALPHA]: bills("Alpha finds all common ground in blue."),
          [BETA]: bills("Beta finds all common ground in azure."),
        }),
      });
      const price = (prompt) => ({ prompt, completion: "0" });
      const prices = {
        [`chat:${ALPHA}`]: price("0.001"),
        [ALPHA]: price("0.5"),
        [BETA]: price("0.002"),
        [ANALYST]: price("0"),
        [WRITER]: price("0"),
      };
      const options = { ...providers(t), prices };
      const request = question({
        analysis_models: [
          `chat:${ALPHA}`,
          `messages:${BETA}`,
          { model: BETA, provider: "responses" },
        ],
        max_cost: 100,
      });
      const { responses } = await t.start(request, options).result();
      equal(
        responses.map(({ usage }) => usage.cost),
        [1, 2, 2],
      );
      const { unknown } = await t.estimate(request, {
        ...options,
        baseURL: t.session.baseURL,
        prices: { [`chat:${ALPHA}`]: price("0.001") },
      });
      equal(unknown, [`messages:${BETA}`, BETA, ANALYST, WRITER]);
    },
  },
  {
    name: "events and result name the provider of each panelist",
    async run(t) {
      await t.session.script(defaultScripts());
      const { result } = await complete(
        t.start(question({ analysis_models: [PANEL[0], `messages:${PANEL[1]}`] }), providers(t)),
      );
      equal(
        result.activity
          .filter(({ stage }) => stage === "panel")
          .map(({ model, model_served, provider }) => [model, model_served, provider])
          .sort(),
        [
          [`messages:${BETA}`, BETA, "messages"],
          [ALPHA, ALPHA, new URL(t.session.baseURL).host],
        ],
      );
    },
  },
];
