// The official clients read what the scripts say: they are the witnesses that the dialects are spoken well.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { connect } from "./client.mjs";
import { cites, says, uses } from "./scripts.mjs";
import { startProvider } from "./server.mjs";

let provider;
let names = 0;
before(async () => (provider = await startProvider()));
after(() => provider.close());

const open = async (scripts) => {
  const room = connect(provider).room(`witness-${++names}`);
  await room.script(scripts);
  return room;
};

const openai = (room) => new OpenAI({ baseURL: room.baseURL, apiKey: "secret", maxRetries: 0 });
// This client brings the version along in its paths.
const anthropic = (room) => new Anthropic({ baseURL: room.baseURL.replace(/\/v1$/, ""), apiKey: "secret", maxRetries: 0 });

const hello = [{ role: "user", content: "Hello" }];

/** What each client reads, brought to one form. */
const clients = {
  async chat(room, model, more) {
    const seen = { text: "", calls: [] };
    for await (const { choices, usage } of await openai(room).chat.completions.create({ model, messages: hello, stream: true, ...more })) {
      const [choice] = choices;
      seen.text += choice?.delta.content ?? "";
      if (choice?.delta.reasoning) seen.reasoning = (seen.reasoning ?? "") + choice.delta.reasoning;
      for (const { url_citation } of choice?.delta.annotations ?? []) (seen.sources ??= []).push(url_citation.url);
      for (const { index, id, function: of } of choice?.delta.tool_calls ?? []) {
        const call = (seen.calls[index] ??= { id, name: of.name, arguments: "" });
        call.arguments += of.arguments;
      }
      seen.end = choice?.finish_reason ?? seen.end;
      if (usage) seen.tokens = [usage.prompt_tokens, usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens];
    }
    return seen;
  },

  async responses(room, model, more) {
    const stream = openai(room).responses.stream({ model, input: hello, ...more });
    const { output, output_text, usage, status, incomplete_details } = await stream.finalResponse();
    const of = (type) => output.filter((item) => item.type === type);
    const calls = of("function_call").map(({ call_id, name, arguments: args }) => ({ id: call_id, name, arguments: args }));
    const seen = { text: output_text, calls };
    const reasoning = of("reasoning").flatMap(({ summary, content = [] }) => [...summary, ...content]).map(({ text }) => text);
    if (reasoning.length) seen.reasoning = reasoning.join("");
    const sources = of("message").flatMap(({ content }) => content.flatMap(({ annotations }) => annotations)).map(({ url }) => url);
    if (sources.length) seen.sources = sources;
    if (usage) seen.tokens = [usage.input_tokens, usage.output_tokens, usage.output_tokens_details.reasoning_tokens];
    seen.end = calls.length ? "tool_calls" : { max_output_tokens: "length" }[incomplete_details?.reason] ?? { completed: "stop" }[status];
    return seen;
  },

  async messages(room, model, more) {
    const stream = anthropic(room).messages.stream({ model, max_tokens: 100, messages: hello, ...more });
    const { content, stop_reason, usage } = await stream.finalMessage();
    const of = (type) => content.filter((block) => block.type === type);
    const seen = { text: of("text").map(({ text }) => text).join("") };
    seen.calls = of("tool_use").map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) }));
    if (of("thinking").length) seen.reasoning = of("thinking").map(({ thinking }) => thinking).join("");
    const sources = of("text").flatMap(({ citations }) => citations ?? []).map(({ url }) => url);
    if (sources.length) seen.sources = sources;
    seen.end = { end_turn: "stop", tool_use: "tool_calls", max_tokens: "length" }[stop_reason] ?? stop_reason;
    if (usage.output_tokens !== undefined) seen.tokens = [usage.input_tokens, usage.output_tokens, usage.output_tokens_details.thinking_tokens];
    return seen;
  },
};

for (const [dialect, read] of Object.entries(clients)) {
  test(`${dialect}: text, reasoning, sources, usage and the finish arrive`, async () => {
    const room = await open({
      m: says("one “two” three", {
        reasoning: "Let me see.",
        annotations: [cites("https://a.example/", "A"), cites("https://b.example/", "B")],
        usage: { prompt_tokens: 11, completion_tokens: 7, reasoning_tokens: 3 },
      }),
      short: says("cut sh", { finish_reason: "length" }),
    });
    assert.deepEqual(await read(room, "m"), {
      text: "one “two” three",
      calls: [],
      reasoning: "Let me see.",
      sources: ["https://a.example/", "https://b.example/"],
      end: "stop",
      tokens: [11, 7, 3],
    });
    assert.deepEqual(await read(room, "short"), { text: "cut sh", calls: [], end: "length" });
  });

  test(`${dialect}: any split, line end, BOM and keep-alive is read the same`, async () => {
    const text = "Grüße 日本語 𝄞";
    const room = await open({
      1: says(text, { split: 1 }),
      7: says(text, { split: 7, newline: "\r\n", bom: true }),
      alive: says(text, { comments: { before: 2, between: true } }),
    });
    for (const model of ["1", "7", "alive"]) assert.equal((await read(room, model)).text, text, model);
  });
}
