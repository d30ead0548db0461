// Tests that signed parts of the writer's provider reach the client and return to the provider, in
// each format.

import { equal, includes, ok } from "../scenarios/assert.mjs";
import { WRITER } from "../scenarios/fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const args = '{"city":"Oslo"}';
const call = { id: "call_1", name: "weather", arguments: args };
const DETAIL = { type: "reasoning.text", text: "Hm.", signature: "SIG", index: 0, format: null };
const parameters = { type: "object", properties: {} };

/** Serves a writer that signs its tool call. After the tool's result, the writer answers. */
async function serve(t) {
  await t.session.reset();
  const calling = {
    reasoning_details: [DETAIL],
    tool_calls: [call],
    finish_reason: "tool_calls",
  };
  await t.session.script({ [WRITER]: { sequence: [calling, { text: "Clear." }] } });
  return t.serve();
}

/** Checks that the writer's last request contains the tool call and its signature. */
async function isSigned(t) {
  const { messages } = (await t.session.calls()).at(-1).body;
  const assistant = messages.find(({ role }) => role === "assistant");
  equal(
    [assistant.reasoning_details, assistant.tool_calls[0].id, "signed" in assistant],
    [[DETAIL], "call_1", false],
  );
}

const chatTools = [{ type: "function", function: { name: "weather", parameters } }];

/** Builds the assistant's message from the deltas of a chat stream. */
function ofStream(text) {
  const deltas = framesOf(text).flatMap(({ data }) => data?.choices?.[0]?.delta ?? []);
  return {
    role: "assistant",
    content: null,
    tool_calls: deltas.flatMap(({ tool_calls = [] }) => tool_calls),
    reasoning_details: deltas.flatMap(({ reasoning_details = [] }) => reasoning_details),
  };
}

export default [
  {
    name: "chat: reasoning_details carry what the provider signed",
    async run(t) {
      for (const stream of [false, true]) {
        const server = await serve(t);
        const messages = [{ role: "user", content: "q" }];
        const body = { model: WRITER, messages, tools: chatTools, stream };
        const answered = await (await post(server, "chat/completions", body)).text();
        const message = stream ? ofStream(answered) : JSON.parse(answered).choices[0].message;
        const result = { role: "tool", tool_call_id: "call_1", content: "Clear." };
        const next = { ...body, stream: false, messages: [...messages, message, result] };
        equal((await post(server, "chat/completions", next)).status, 200);
        await isSigned(t);
      }
    },
  },
  {
    name: "messages: a redacted_thinking block carries it",
    async run(t) {
      const server = await serve(t);
      const messages = [{ role: "user", content: "q" }];
      const tools = [{ name: "weather", input_schema: parameters }];
      const body = { model: WRITER, max_tokens: 100, messages, tools };
      const { content } = await (await post(server, "messages", body)).json();
      equal(
        content.map(({ type }) => type),
        ["redacted_thinking", "tool_use"],
      );
      const result = { type: "tool_result", tool_use_id: "call_1", content: "Clear." };
      const turns = [
        { role: "assistant", content },
        { role: "user", content: [result] },
      ];
      const next = { ...body, messages: [...messages, ...turns] };
      equal((await post(server, "messages", next)).status, 200);
      await isSigned(t);
    },
  },
  {
    name: "responses: an item of reasoning carries it",
    async run(t) {
      for (const isFirst of [false, true]) {
        const server = await serve(t);
        const input = [{ role: "user", content: "q" }];
        const tools = [{ type: "function", name: "weather", parameters }];
        const body = { model: WRITER, input, tools };
        const { output } = await (await post(server, "responses", body)).json();
        ok(output.some(({ encrypted_content }) => encrypted_content));
        const result = { type: "function_call_output", call_id: "call_1", output: "Clear." };
        const items = isFirst ? output.toReversed() : output;
        const next = { ...body, input: [...input, ...items, result] };
        equal((await post(server, "responses", next)).status, 200);
        await isSigned(t);
      }
    },
  },
  {
    name: "a sealed text that a client damaged is left out",
    async run(t) {
      const server = await serve(t);
      const details = [{ type: "reasoning.encrypted", data: "llm-fuse:%%%" }];
      const assistant = { role: "assistant", content: "Hi.", reasoning_details: details };
      const messages = [
        { role: "user", content: "q" },
        assistant,
        { role: "user", content: "Why?" },
      ];
      const body = { model: WRITER, messages, tools: chatTools };
      const response = await post(server, "chat/completions", body);
      equal(response.status, 200);
      const sent = JSON.stringify((await t.session.calls()).at(-1).body.messages);
      includes(sent, "Hi.");
      ok(!sent.includes("llm-fuse:"), sent);
    },
  },
];
