// Tests one panel with a provider for each dialect, and with a provider that is a function. The
// panelists differ only in the wire format.

import { cites, failures, refuses, says } from "../provider/scripts.mjs";
import { canonical, equal, includes, lacks, ok } from "./assert.mjs";
import { DIALECTS, hosted, keyOf, promptOf, providers } from "./dialects.mjs";
import { ANALYST, callsTo, defaultScripts, question, SOON, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, oneEvent, readRun } from "./run-helpers.mjs";

const bytes = (text) => new TextEncoder().encode(text);

const usage = { prompt_tokens: 11, completion_tokens: 7, reasoning_tokens: 3 };
const spoken = says("All find all common ground: it is blue.", {
  reasoning: "Rayleigh comes to mind.",
  annotations: [cites("https://a.example/rayleigh", "Rayleigh")],
  usage,
});

/**
 * Returns a provider's `fetch` function, which answers without a network. Appends each request to
 * `seen`.
 */
function here(seen = []) {
  const chunk = (delta, more) => {
    const choices = [{ index: 0, delta, finish_reason: null }];
    return `data: ${JSON.stringify({ id: "local-1", model: "tiny", choices, ...more })}\n\n`;
  };
  const annotations = [
    {
      type: "url_citation",
      url_citation: { url: "https://a.example/rayleigh", title: "Rayleigh" },
    },
  ];
  const { reasoning_tokens, ...counted } = usage;
  const parts = [
    chunk({ reasoning: "Rayleigh comes to mind." }),
    ...["All find all common ", "ground: it is blue."].map((content) => chunk({ content })),
    chunk({ annotations }),
    chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    chunk(
      {},
      { choices: [], usage: { ...counted, completion_tokens_details: { reasoning_tokens } } },
    ),
    "data: [DONE]\n\n",
  ];
  return (url, init) => {
    seen.push({ url, headers: Object.fromEntries(init.headers), body: JSON.parse(init.body) });
    let next = 0;
    const pull = (controller) =>
      next < parts.length ? controller.enqueue(bytes(parts[next++])) : controller.close();
    return new Response(new ReadableStream({ pull }), {
      headers: { "content-type": "text/event-stream" },
    });
  };
}

const everybody = DIALECTS.map((dialect) => `${dialect}:panel/m`);

/** Returns a panelist's events without index, model and times. Merges consecutive deltas. */
function shape(events, index) {
  const merged = [];
  for (const { seq, elapsed_ms, latency_ms, model, index: _, ...event } of events.filter(
    (event) => event.index === index,
  )) {
    const last = merged.at(-1);
    if (event.delta !== undefined && last?.type === event.type) last.delta += event.delta;
    else merged.push(event);
  }
  return merged;
}

/** Returns the error codes of a panel whose members all fail, in the panel's order. */
async function codes(t, script, more) {
  await t.session.reset();
  await t.session.script({ "panel/m": script });
  const { events, error } = await readRun(
    t.start(question({ analysis_models: everybody, ...more }), providers(t)),
  );
  ok(error, "the run fails");
  equal(eventsOf(events, "panelist.failed").length, 3);
  return error.snapshot.failed_models.map(({ code, status_code }) => [code, status_code]);
}

export default [
  {
    name: "each dialect and a function give the same events",
    async run(t) {
      await t.session.script(defaultScripts({ "panel/m": spoken }));
      const options = providers(t);
      options.providers.here = { fetch: here() };
      const { events, result } = await complete(
        t.start(question({ analysis_models: [...everybody, "here:tiny"] }), options),
      );
      const [chat, ...others] = [0, 1, 2, 3].map((index) => shape(events, index));
      equal(
        chat.map(({ type }) => type),
        [
          "panelist.started",
          "panelist.reasoning",
          "panelist.delta",
          "panelist.source",
          "panelist.completed",
        ],
      );
      equal(chat.at(-1), {
        type: "panelist.completed",
        content: spoken.text,
        finish_reason: "stop",
        usage: { cost: null, ...usage },
      });
      for (const other of others) equal(other, chat);
      equal(
        oneEvent(events, "run.started").panel.map(({ model, provider }) => [model, provider]),
        [...DIALECTS.map((name) => [`${name}:panel/m`, name]), ["here:tiny", "here"]],
      );
      equal(
        result.activity
          .filter(({ stage }) => stage === "panel")
          .map(({ provider }) => provider)
          .sort(),
        ["chat", "here", "messages", "responses"],
      );
      equal(result.analysis.consensus[0].panelists.length, 2);
      equal((await t.session.calls()).map(({ dialect }) => dialect).sort(), [
        "chat",
        "chat",
        "chat",
        "messages",
        "responses",
      ]);
    },
  },
  {
    name: "a function gets a provider's request without a key, and may answer in any dialect",
    async run(t) {
      await t.session.script(defaultScripts());
      const seen = [];
      const say = {
        chat: {
          choices: [{ message: { content: "Here is all common ground." }, finish_reason: "stop" }],
        },
        responses: {
          status: "completed",
          output: [
            {
              type: "message",
              id: "m",
              content: [{ type: "output_text", text: "Here is all common ground." }],
            },
          ],
        },
        messages: {
          type: "message",
          content: [{ type: "text", text: "Here is all common ground." }],
          stop_reason: "end_turn",
        },
      };
      const answer = (dialect) => async (url, init) => {
        seen.push([url, Object.keys(init).sort(), Object.fromEntries(init.headers)]);
        return Response.json(say[dialect]);
      };
      const functions = Object.fromEntries(
        DIALECTS.map((dialect) => [`my_${dialect}`, { dialect, fetch: answer(dialect) }]),
      );
      const models = DIALECTS.map((dialect) => `my_${dialect}:tiny`);
      const { result } = await complete(
        t.start(question({ analysis_models: models }), { providers: functions }),
      );
      equal(
        result.responses.map(({ content }) => content),
        Array(3).fill("Here is all common ground."),
      );
      equal(seen.map(([url]) => new URL(url).pathname).sort(), [
        "/chat/completions",
        "/messages",
        "/responses",
      ]);
      for (const [, fields, headers] of seen) {
        equal(fields, ["body", "headers", "method", "signal"]);
        equal([headers.authorization, headers["x-api-key"]], [undefined, undefined]);
      }
    },
  },
  {
    name: "a function that misbehaves is a failed panelist",
    async run(t) {
      await t.session.script(defaultScripts());
      const odd = {
        throws: () => {
          throw new Error("out of memory");
        },
        rejects: () => Promise.reject(new Error("out of memory")),
        empty: () => undefined,
        page: async () => new Response("<p>hello", { headers: { "content-type": "text/html" } }),
      };
      const functions = Object.fromEntries(
        Object.entries(odd).map(([name, fetch]) => [name, { fetch }]),
      );
      const { result } = await complete(
        t.start(
          question({
            analysis_models: ["panel/alpha-7b", ...Object.keys(odd).map((name) => `${name}:m`)],
          }),
          { providers: functions },
        ),
      );
      equal(
        result.failed_models.map(({ model, code }) => [model, code]),
        [
          ["throws:m", "network_error"],
          ["rejects:m", "network_error"],
          ["empty:m", "network_error"],
          ["page:m", "provider_error"],
        ],
      );
    },
  },
  {
    name: "a key is sent to its own provider alone, in the header of the dialect",
    async run(t) {
      await t.session.script(defaultScripts({ "panel/m": spoken }));
      const seen = [];
      const options = providers(t);
      options.providers.here = { fetch: here(seen) };
      const run = t.start(question({ analysis_models: [...everybody, "here:tiny"] }), options);
      const { events } = await readRun(run);
      const expected = {
        chat: { authorization: `Bearer ${keyOf("chat")}` },
        responses: { authorization: `Bearer ${keyOf("responses")}` },
        messages: { "x-api-key": keyOf("messages") },
      };
      const calls = callsTo(await t.session.calls(), "panel/m");
      equal(calls.length, 3);
      for (const { dialect, headers } of calls) {
        const { authorization, "x-api-key": key } = headers;
        equal(
          { authorization, "x-api-key": key },
          { authorization: undefined, "x-api-key": undefined, ...expected[dialect] },
          dialect,
        );
      }
      const kept = [JSON.stringify([events, run.snapshot(), seen])];
      for (const name of DIALECTS) {
        const elsewhere = calls
          .filter(({ dialect }) => dialect !== name)
          .map(({ url, headers, body }) => JSON.stringify([url, headers, body]));
        for (const text of [...kept, ...elsewhere]) lacks(text, keyOf(name));
      }
    },
  },
  {
    name: "each dialect sends headers that the real APIs allow from pages",
    async run(t) {
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()["panel/alpha-7b"] });
      const seen = [];
      const { fetch: lead, ...options } = hosted(t);
      const noting = (url, init) => {
        seen.push([new URL(url).host, [...init.headers.keys()].sort()]);
        return lead(url, init);
      };
      await t
        .start(
          question({
            analysis_models: ["openai:m", "anthropic:m", "google:m", "xai:m"],
            tools: [],
          }),
          { ...options, fetch: noting, app: { title: "Test" } },
        )
        .result();
      const headers = Object.fromEntries(seen);
      const plain = ["authorization", "content-type"];
      equal(
        [
          headers["api.openai.com"],
          headers["generativelanguage.googleapis.com"],
          headers["api.x.ai"],
        ],
        [plain, plain, plain],
      );
      equal(headers["api.anthropic.com"], [
        "anthropic-dangerous-direct-browser-access",
        "anthropic-version",
        "content-type",
        "x-api-key",
      ]);
    },
  },
  ...Object.entries({
    400: "invalid_request",
    401: "authentication",
    402: "insufficient_credits",
    403: "permission",
    404: "invalid_model",
    408: "timeout",
    429: "rate_limited",
    500: "provider_error",
    502: "provider_error",
    503: "provider_error",
    504: "timeout",
    529: "provider_error",
  }).map(([status, code]) => ({
    name: `status ${status} is ${code} in each dialect`,
    async run(t) {
      equal(
        await codes(t, failures[status] ?? refuses(Number(status), "It took too long.")),
        Array(3).fill([code, Number(status)]),
      );
    },
  })),
  {
    name: "a mid-stream error has the same code in each dialect",
    async run(t) {
      const table = [
        [{ code: "rate_limit_exceeded", message: "Slow down." }, "rate_limited"],
        [{ code: "server_error", message: "It broke." }, "provider_error"],
        [
          { code: "context_length_exceeded", message: "It is too long." },
          "context_length_exceeded",
        ],
        [{ code: "insufficient_quota", message: "Top up." }, "insufficient_credits"],
      ];
      for (const [error, code] of table)
        equal(
          (await codes(t, says("Half of it", { error }))).map(([code]) => code),
          Array(3).fill(code),
          error.code,
        );
    },
  },
  {
    name: "cut, silent, empty, filtered and refused calls have the same code in each dialect",
    async run(t) {
      const table = [
        [says("a b c d", { cut: { after: 2, wait_ms: 300 } }), "network_error"],
        [says("a b c d", { stall: { after: 2 } }), "timeout"],
        [{ stall: "headers" }, "timeout"],
        [says("", { finish_reason: "stop" }), "empty_response"],
        [says("", { finish_reason: "length" }), "empty_response"],
        [says("", { finish_reason: "content_filter" }), "content_policy"],
      ];
      for (const [script, code] of table) {
        equal(
          (await codes(t, script, { timeouts: { first_byte_ms: SOON, idle_ms: SOON } })).map(
            ([code]) => code,
          ),
          Array(3).fill(code),
          canonical(script),
        );
      }
    },
  },
  {
    name: "an answer at its token limit is an answer in each dialect",
    async run(t) {
      await t.session.script(
        defaultScripts({ "panel/m": says("As far as it", { finish_reason: "length" }) }),
      );
      const { result } = await complete(
        t.start(question({ analysis_models: everybody }), providers(t)),
      );
      equal(
        result.responses.map(({ content, finish_reason }) => [content, finish_reason]),
        Array(3).fill(["As far as it", "length"]),
      );
    },
  },
  ...DIALECTS.flatMap((dialect) => [
    {
      name: `the analyst sends its schema in ${dialect}`,
      async run(t) {
        await t.session.script(defaultScripts());
        const { events, result } = await complete(
          t.start(
            question({ analyst: `${dialect}:${ANALYST}`, writer: `${dialect}:${WRITER}` }),
            providers(t),
          ),
        );
        const [{ body }] = callsTo(await t.session.calls(), ANALYST);
        const format = {
          chat: body.response_format?.json_schema,
          responses: body.text?.format,
          messages: body.output_config?.format,
        }[dialect];
        equal(format.schema.required, [
          "consensus",
          "contradictions",
          "partial_coverage",
          "unique_insights",
          "blind_spots",
        ]);
        equal([body.temperature, eventsOf(events, "warning")], [0, []]);
        equal(
          [
            result.analysis.consensus[0].point,
            result.analysis.consensus[0].quotes[0].verified,
            result.answer,
          ],
          ["All agree.", true, "Yes, it is blue."],
        );
        equal(eventsOf(events, "analysis.item").length, 5);
      },
    },
    {
      name: `a schema that a server refuses in ${dialect} is left out without a warning`,
      async run(t) {
        const field = {
          chat: "response_format",
          responses: "text.format",
          messages: "output_config.format",
        }[dialect];
        await t.session.script(
          defaultScripts({ [ANALYST]: { ...defaultScripts()[ANALYST], rejects: [field] } }),
        );
        const { events, result } = await complete(
          t.start(question({ analyst: `${dialect}:${ANALYST}` }), providers(t)),
        );
        const calls = callsTo(await t.session.calls(), ANALYST);
        equal(
          calls.map(({ body }) =>
            [body.response_format, body.text, body.output_config].some(Boolean),
          ),
          [true, false],
        );
        equal(
          [
            result.analysis.consensus[0].point,
            eventsOf(events, "warning"),
            eventsOf(events, "analysis.started").length,
          ],
          ["All agree.", [], 1],
        );
      },
    },
  ]),
  {
    name: "a conversation with images, files and earlier turns is accepted in each dialect",
    async run(t) {
      const messages = [
        { role: "system", content: "Be brief." },
        { role: "user", content: "What is this?" },
        { role: "assistant", content: "A photo of the sky." },
        {
          role: "user",
          content: [
            { type: "text", text: "And this? 𝄞" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
            {
              type: "file",
              file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
            },
          ],
        },
      ];
      await t.session.script(defaultScripts({ "panel/m": spoken }));
      const request = {
        prompt: undefined,
        messages,
        analysis_models: everybody.map((model) => ({ model, system: "You are terse." })),
        temperature: 0.5,
      };
      const { events, result } = await complete(t.start(question(request), providers(t)));
      equal(
        [result.responses.length, result.failed_models, eventsOf(events, "warning")],
        [3, [], []],
      );
      for (const call of callsTo(await t.session.calls(), "panel/m")) {
        equal(call.refused, undefined);
        for (const words of ["And this? 𝄞", "A photo of the sky.", "iVBORw0KGgo="])
          includes(promptOf(call), words, call.dialect);
        for (const words of ["You are terse.", "Be brief."])
          includes(JSON.stringify(call.body), words, call.dialect);
      }
    },
  },
  {
    name: "a seed gives the same order in all dialects",
    async run(t) {
      const order = async (seed) => {
        await t.session.reset();
        await t.session.script(defaultScripts({ "panel/m": spoken }));
        const options = providers(t);
        options.providers.here = { fetch: here() };
        const { events } = await complete(
          t.start(question({ analysis_models: [...everybody, "here:tiny"], seed }), options),
        );
        return oneEvent(events, "analysis.started").order.join();
      };
      const seeds = [1, 2, 3, 4, 5, 6];
      const first = [];
      for (const seed of seeds) first.push(await order(seed));
      for (const [i, seed] of seeds.entries()) equal(await order(seed), first[i], `seed ${seed}`);
      ok(new Set(first).size > 1, `always ${first[0]}`);
    },
  },
];
