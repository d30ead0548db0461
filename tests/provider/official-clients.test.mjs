// Tests that the official clients can read the loopback provider's answers. This shows that the
// provider's dialects are correct.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { connect } from "./client.mjs";
import { calls, cites, failures, lists, refuses, says, uses } from "./scripts.mjs";
import { startProvider } from "./server.mjs";

let provider;
let names = 0;
before(async () => (provider = await startProvider()));
after(() => provider.close());

const open = async (scripts) => {
  const session = connect(provider).session(`witness-${++names}`);
  await session.script(scripts);
  return session;
};

const openai = (session) =>
  new OpenAI({ baseURL: session.baseURL, apiKey: "secret", maxRetries: 0 });
// Anthropic's client adds the version to the path.
const anthropic = (session) =>
  new Anthropic({ baseURL: session.baseURL.replace(/\/v1$/, ""), apiKey: "secret", maxRetries: 0 });

const hello = [{ role: "user", content: "Hello" }];

/** Read a stream with each client. All return the same fields. */
const clients = {
  async chat(session, model, more) {
    const seen = { text: "", calls: [] };
    for await (const { choices, usage } of await openai(session).chat.completions.create({
      model,
      messages: hello,
      stream: true,
      ...more,
    })) {
      const [choice] = choices;
      seen.text += choice?.delta.content ?? "";
      if (choice?.delta.reasoning) seen.reasoning = (seen.reasoning ?? "") + choice.delta.reasoning;
      for (const { url_citation } of choice?.delta.annotations ?? []) {
        seen.sources ??= [];
        seen.sources.push(url_citation.url);
      }
      for (const { index, id, function: of } of choice?.delta.tool_calls ?? []) {
        seen.calls[index] ??= { id, name: of.name, arguments: "" };
        seen.calls[index].arguments += of.arguments;
      }
      seen.end = choice?.finish_reason ?? seen.end;
      if (usage)
        seen.tokens = [
          usage.prompt_tokens,
          usage.completion_tokens,
          usage.completion_tokens_details.reasoning_tokens,
        ];
    }
    return seen;
  },

  async responses(session, model, more) {
    const stream = openai(session).responses.stream({ model, input: hello, ...more });
    const { output, output_text, usage, status, incomplete_details } = await stream.finalResponse();
    const of = (type) => output.filter((item) => item.type === type);
    const calls = of("function_call").map(({ call_id, name, arguments: args }) => ({
      id: call_id,
      name,
      arguments: args,
    }));
    const seen = { text: output_text, calls };
    const reasoning = of("reasoning")
      .flatMap(({ summary, content = [] }) => [...summary, ...content])
      .map(({ text }) => text);
    if (reasoning.length) seen.reasoning = reasoning.join("");
    const sources = of("message")
      .flatMap(({ content }) => content.flatMap(({ annotations }) => annotations))
      .map(({ url }) => url);
    if (sources.length) seen.sources = sources;
    if (usage)
      seen.tokens = [
        usage.input_tokens,
        usage.output_tokens,
        usage.output_tokens_details.reasoning_tokens,
      ];
    seen.end = calls.length
      ? "tool_calls"
      : ({ max_output_tokens: "length" }[incomplete_details?.reason] ??
        { completed: "stop" }[status]);
    return seen;
  },

  async messages(session, model, more) {
    const stream = anthropic(session).messages.stream({
      model,
      max_tokens: 100,
      messages: hello,
      ...more,
    });
    const { content, stop_reason, usage } = await stream.finalMessage();
    const of = (type) => content.filter((block) => block.type === type);
    const seen = {
      text: of("text")
        .map(({ text }) => text)
        .join(""),
    };
    seen.calls = of("tool_use").map(({ id, name, input }) => ({
      id,
      name,
      arguments: JSON.stringify(input),
    }));
    if (of("thinking").length)
      seen.reasoning = of("thinking")
        .map(({ thinking }) => thinking)
        .join("");
    const sources = of("text")
      .flatMap(({ citations }) => citations ?? [])
      .map(({ url }) => url);
    if (sources.length) seen.sources = sources;
    seen.end =
      { end_turn: "stop", tool_use: "tool_calls", max_tokens: "length" }[stop_reason] ??
      stop_reason;
    if (usage.output_tokens !== undefined)
      seen.tokens = [
        usage.input_tokens,
        usage.output_tokens,
        usage.output_tokens_details.thinking_tokens,
      ];
    return seen;
  },
};

for (const [dialect, read] of Object.entries(clients)) {
  test(`${dialect}: text, reasoning, sources, usage and finish reason are read`, async () => {
    const session = await open({
      m: says("one “two” three", {
        reasoning: "Let me see.",
        annotations: [cites("https://a.example/", "A"), cites("https://b.example/", "B")],
        usage: { prompt_tokens: 11, completion_tokens: 7, reasoning_tokens: 3 },
      }),
      short: says("cut sh", { finish_reason: "length" }),
    });
    assert.deepEqual(await read(session, "m"), {
      text: "one “two” three",
      calls: [],
      reasoning: "Let me see.",
      sources: ["https://a.example/", "https://b.example/"],
      end: "stop",
      tokens: [11, 7, 3],
    });
    assert.deepEqual(await read(session, "short"), { text: "cut sh", calls: [], end: "length" });
  });

  test(`${dialect}: splits, line ends, BOM and keep-alives do not change the text`, async () => {
    const text = "Grüße 日本語 𝄞";
    const session = await open({
      1: says(text, { split: 1 }),
      7: says(text, { split: 7, newline: "\r\n", bom: true }),
      alive: says(text, { comments: { before: 2, between: true } }),
    });
    for (const model of ["1", "7", "alive"])
      assert.equal((await read(session, model)).text, text, model);
  });
}

const functions = [
  {
    name: "web_search",
    description: "Searches.",
    parameters: { type: "object", properties: { query: { type: "string" } } },
  },
  {
    name: "web_fetch",
    description: "Fetches.",
    parameters: { type: "object", properties: { url: { type: "string" } } },
  },
];
const run = ({ name }) => `what ${name} found`;

/** The maximum number of turns in a tool loop. The loops of these tests end earlier. */
const TURNS = 5;

/** Run a tool loop with each client. The clients send back all parts unchanged. */
const loops = {
  async chat(session, model) {
    const tools = functions.map((of) => ({ type: "function", function: of }));
    const messages = [...hello];
    for (let turn = 0; turn < TURNS; turn++) {
      const { choices } = await openai(session).chat.completions.create({ model, messages, tools });
      const [{ message }] = choices;
      messages.push(message);
      if (!message.tool_calls) return message.content;
      for (const { id, function: of } of message.tool_calls)
        messages.push({ role: "tool", tool_call_id: id, content: run(of) });
    }
  },

  async responses(session, model) {
    const tools = functions.map((of) => ({ type: "function", strict: false, ...of }));
    const input = [...hello];
    for (let turn = 0; turn < TURNS; turn++) {
      const response = await openai(session).responses.create({
        model,
        input,
        tools,
        store: false,
        include: ["reasoning.encrypted_content"],
      });
      input.push(...response.output);
      const asked = response.output.filter(({ type }) => type === "function_call");
      if (!asked.length) return response.output_text;
      for (const call of asked)
        input.push({ type: "function_call_output", call_id: call.call_id, output: run(call) });
    }
  },

  async messages(session, model) {
    const tools = functions.map(({ parameters, ...of }) => ({ input_schema: parameters, ...of }));
    const messages = [...hello];
    for (let turn = 0; turn < TURNS; turn++) {
      const { content } = await anthropic(session)
        .messages.stream({
          model,
          max_tokens: 2000,
          messages,
          tools,
          thinking: { type: "enabled", budget_tokens: 1024 },
        })
        .finalMessage();
      messages.push({ role: "assistant", content });
      const asked = content.filter(({ type }) => type === "tool_use");
      if (!asked.length) return content.find(({ type }) => type === "text").text;
      messages.push({
        role: "user",
        content: asked.map((use) => ({
          type: "tool_result",
          tool_use_id: use.id,
          content: run(use),
        })),
      });
    }
  },
};

/** The hosted search in the format of each API. */
const hosted = {
  chat: { tools: [{ type: "openrouter:web_search" }] },
  responses: { tools: [{ type: "web_search" }] },
  messages: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
};

const research = {
  rounds: [
    says("Let me search.", {
      reasoning: "I do not know.",
      tool_calls: [
        calls("web_search", { query: "sky" }),
        calls("web_fetch", { url: "https://a.example/" }),
      ],
    }),
    says("Once more.", { tool_calls: [calls("web_search", { query: "blue sky" })] }),
    says("It is blue."),
  ],
};

for (const [dialect, read] of Object.entries(clients)) {
  test(`${dialect}: function calls may be parallel, malformed or split anywhere`, async () => {
    const session = await open({
      m: says("Let me look.", {
        tool_calls: [
          calls("web_search", { query: "“sky”" }),
          calls("web_fetch", { url: "https://a.example/" }),
        ],
      }),
      odd: {
        tool_calls: [
          calls("web_search", ['{"que', 'ry":', ' "x"}'], { id: "odd-id" }),
          calls("web_fetch", '{"url":"y"}', { whole: true }),
        ],
      },
    });
    assert.deepEqual(await read(session, "m"), {
      text: "Let me look.",
      calls: [
        { id: "call_1_1", name: "web_search", arguments: '{"query":"“sky”"}' },
        { id: "call_1_2", name: "web_fetch", arguments: '{"url":"https://a.example/"}' },
      ],
      end: "tool_calls",
    });
    const odd = await read(session, "odd");
    assert.deepEqual(
      odd.calls.map(({ id, name }) => [id, name]),
      [
        ["odd-id", "web_search"],
        ["call_1_1", "web_fetch"],
      ],
    );
    assert.deepEqual(
      odd.calls.map((call) => JSON.parse(call.arguments)),
      [{ query: "x" }, { url: "y" }],
    );
  });

  test(`${dialect}: a tool loop gets its rounds in order and records results`, async () => {
    const session = await open({ m: research });
    const answers = await Promise.all([loops[dialect](session, "m"), loops[dialect](session, "m")]);
    assert.deepEqual(answers, ["It is blue.", "It is blue."]);
    const made = await session.calls();
    assert.deepEqual(
      made.map(({ refused }) => refused),
      Array(6).fill(undefined),
    );
    assert.ok(made.every((call) => call.dialect === dialect));
    const results = ["what web_search found", "what web_fetch found", "what web_search found"];
    const ids = ["call_1_1", "call_1_2", "call_2_1"];
    const whole = results.map((content, i) => ({ id: ids[i], content }));
    assert.deepEqual(
      made.map(({ tool_results }) => tool_results).sort((a, b) => a.length - b.length),
      [[], [], whole.slice(0, 2), whole.slice(0, 2), whole, whole],
    );
  });

  test(`${dialect}: without tools the answer is text alone`, async () => {
    const session = await open({ m: research });
    assert.deepEqual(await read(session, "m"), { text: "It is blue.", calls: [], end: "stop" });
  });

  test(`${dialect}: a status becomes the client's error`, async () => {
    const session = await open({
      limit: failures[429],
      key: failures[401],
      gone: failures[529],
      long: refuses(400, "Too long"),
    });
    const thrown = async (model) => {
      const error = await read(session, model).then(assert.fail, (error) => error);
      if (dialect === "messages") types.push(error.type);
      return [
        error.constructor.name,
        error.status,
        error.message.includes(model === "long" ? "Too long" : ""),
      ];
    };
    const types = [];
    assert.deepEqual(await thrown("limit"), ["RateLimitError", 429, true]);
    assert.deepEqual(await thrown("key"), ["AuthenticationError", 401, true]);
    assert.deepEqual(await thrown("gone"), [
      dialect === "messages" ? "OverloadedError" : "InternalServerError",
      529,
      true,
    ]);
    assert.deepEqual(await thrown("long"), ["BadRequestError", 400, true]);
    if (dialect === "messages")
      assert.deepEqual(types, [
        "rate_limit_error",
        "authentication_error",
        "overloaded_error",
        "invalid_request_error",
      ]);
  });
}

test("chat: a hosted tool's call and its source are read", async () => {
  const session = await open({
    m: says("Blue.", {
      reasoning_details: [uses("openrouter:web_search", { query: "sky" }, { status: "ok" })],
      annotations: [cites("https://a.example/", "A")],
    }),
  });
  const { choices } = await openai(session).chat.completions.create({
    model: "m",
    messages: hello,
    ...hosted.chat,
  });
  assert.equal(choices[0].message.reasoning_details[0].tool_name, "openrouter:web_search");
});

const searched = { sources: [{ url: "https://a.example/", title: "A" }] };
const paused = {
  rounds: [
    {
      parts: [
        { text: "Searching." },
        { reasoning_details: [uses("web_search", { query: "sky" }, searched)] },
      ],
      finish_reason: "pause_turn",
    },
    {
      parts: [
        {
          reasoning_details: [
            uses("web_fetch", { url: "https://a.example/" }, { title: "A", content: "Blue." }),
          ],
        },
        { text: "It is blue.", annotations: [cites("https://a.example/", "A")] },
      ],
    },
  ],
};

test("responses: hosted tools are items, in OpenAI's form or OpenRouter's", async () => {
  const session = await open({
    m: paused,
    own: says("Blue.", {
      host: "openrouter",
      reasoning_details: [uses("openrouter:web_search", { query: "sky" }, searched)],
    }),
  });
  const ask = (model, tools) =>
    openai(session)
      .responses.stream({ model, input: hello, ...tools })
      .finalResponse();
  const { output } = await ask("m", hosted.responses);
  assert.deepEqual(
    output.map(({ type }) => type),
    ["message", "web_search_call", "web_search_call", "message"],
  );
  assert.deepEqual(output[1].action, {
    type: "search",
    query: "sky",
    sources: [{ type: "url", url: "https://a.example/" }],
  });
  assert.deepEqual(output[2].action, { type: "open_page", url: "https://a.example/" });
  assert.deepEqual(output[3].content[0].annotations[0], {
    type: "url_citation",
    url: "https://a.example/",
    title: "A",
    start_index: 0,
    end_index: 1,
  });
  assert.equal((await session.calls()).length, 1);
  const [item] = (await ask("own", { tools: [{ type: "openrouter:web_search" }] })).output;
  assert.deepEqual(
    [item.type, item.status, item.action.query],
    ["openrouter:web_search", "completed", "sky"],
  );
});

test("messages: hosted tools are blocks, and a paused turn can be continued", async () => {
  const session = await open({ m: paused });
  const messages = [...hello];
  const reasons = [];
  for (let i = 0; i < 2; i++) {
    const { content, stop_reason } = await anthropic(session)
      .messages.stream({ model: "m", max_tokens: 100, messages, ...hosted.messages })
      .finalMessage();
    messages.push({ role: "assistant", content });
    reasons.push(stop_reason);
  }
  assert.deepEqual(reasons, ["pause_turn", "end_turn"]);
  const [first, second] = messages.slice(1).map(({ content }) => content);
  assert.deepEqual(
    first.map(({ type }) => type),
    ["text", "server_tool_use", "web_search_tool_result"],
  );
  assert.deepEqual(
    [first[1].input, first[2].content[0].url, first[2].tool_use_id],
    [{ query: "sky" }, "https://a.example/", first[1].id],
  );
  assert.deepEqual(
    second.map(({ type }) => type),
    ["server_tool_use", "web_fetch_tool_result", "text"],
  );
  assert.equal(second[1].content.content.source.data, "Blue.");
  assert.deepEqual(
    [second[2].text, second[2].citations[0].url],
    ["It is blue.", "https://a.example/"],
  );
});

test("messages: invalid JSON arguments are sent unchanged", async () => {
  const session = await open({ m: { tool_calls: [calls("web_search", '{"query": "x')] } });
  let text = "";
  const stream = await anthropic(session).messages.create({
    model: "m",
    max_tokens: 100,
    messages: hello,
    stream: true,
  });
  for await (const { delta } of stream) text += delta?.partial_json ?? "";
  assert.equal(text, '{"query": "x');
});

test("each form of a mid-stream error is an error of the client", async () => {
  const error = {
    code: 429,
    message: "Slow down.",
    metadata: { error_type: "rate_limit_exceeded" },
  };
  const forms = {
    chat: [undefined, "bare"],
    responses: ["nested", "response.error"],
    messages: [undefined, "openrouter"],
  };
  for (const [dialect, kinds] of Object.entries(forms))
    for (const error_as of kinds) {
      const session = await open({ m: says("Half of it", { error, error_as }) });
      await assert.rejects(clients[dialect](session, "m"), /Slow down/, `${dialect} ${error_as}`);
    }
  // OpenAI's client reports these errors as events and throws no exception.
  for (const [error_as, of] of [
    [undefined, ({ response }) => response.error],
    ["error", (event) => event],
  ]) {
    const session = await open({ m: says("Half of it", { error, error_as }) });
    let last;
    for await (const event of await openai(session).responses.create({
      model: "m",
      input: hello,
      stream: true,
    }))
      last = event;
    assert.deepEqual([of(last).code, of(last).message], ["rate_limit_exceeded", "Slow down."]);
  }
});

/** Returns the last raw event of a stream that fails. */
async function endOf(dialect, script) {
  const session = await open({
    m: says("Half", { error: { code: 529, message: "Busy." }, ...script }),
  });
  const [path, body, headers] = {
    chat: ["chat/completions", { messages: hello }],
    responses: ["responses", { input: hello }],
    messages: [
      "messages",
      { messages: hello, max_tokens: 9 },
      { "anthropic-version": "2023-06-01" },
    ],
  }[dialect];
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "m", stream: true, ...body }),
  };
  const text = await (await fetch(`${session.baseURL}/${path}`, init)).text();
  const [name, data] = text
    .trimEnd()
    .split("\n\n")
    .at(-1)
    .match(/^(?:event: (.*)\n)?data: (.*)$/)
    .slice(1);
  return { name, data: data === "[DONE]" ? data : JSON.parse(data) };
}

test("error_as selects the form of a mid-stream error", async () => {
  const error = { code: 529, message: "Busy." };
  const chat = async (error_as) => (await endOf("chat", { error_as })).data;
  assert.deepEqual(
    [(await chat()).error, (await chat()).choices[0].finish_reason],
    [error, "error"],
  );
  assert.deepEqual(await chat("bare"), { error });
  assert.deepEqual((await chat("choice")).choices[0].error, error);
  const responses = async (error_as) => (await endOf("responses", { error_as })).data;
  assert.deepEqual((await responses()).response.error, { code: "server_error", message: "Busy." });
  assert.equal((await responses("error")).message, "Busy.");
  assert.equal((await responses("nested")).error.message, "Busy.");
  assert.equal((await responses("response.error")).type, "response.error");
  const busy = { type: "overloaded_error", message: "Busy." };
  const messages = async (error_as) => endOf("messages", { error_as });
  assert.deepEqual(await messages(), {
    name: "error",
    data: { type: "error", error: busy, request_id: "req_loopback" },
  });
  assert.equal((await messages("unnamed")).name, undefined);
  assert.equal((await messages("openrouter")).data.error.error_type, "unmapped");
  assert.equal((await endOf("chat", { done: true })).data, "[DONE]");
  assert.equal((await endOf("messages", { done: true })).name, "message_stop");
});

test("the list of models has the format of the client", async () => {
  const session = await open({ "GET /models": lists(["a/one", "b/two"]) });
  const list = async (headers) => (await fetch(`${session.baseURL}/models`, { headers })).json();
  assert.equal((await list()).data[0].object, "model");
  assert.equal((await list({ "anthropic-version": "2023-06-01" })).data[0].display_name, "a/one");
  for (const client of [openai(session), anthropic(session)]) {
    const ids = [];
    for await (const { id } of client.models.list()) ids.push(id);
    assert.deepEqual(ids, ["a/one", "b/two"]);
  }
});
