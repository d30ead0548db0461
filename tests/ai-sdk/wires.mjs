// Sets up the official providers of the AI SDK. OpenAI, Anthropic and Groq use the loopback
// provider. Google and Amazon Bedrock use a scripted fetch. An answer is one of these:
//
// - { text?, reasoning?, source?, calls?, stall? }: the parts of a response.
// - { status, message, headers? }: a refusal.
// - { offline: true }: the connection fails.

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createGroq } from "@ai-sdk/groq";
import { createOpenAI } from "@ai-sdk/openai";
import { calls, cites, refuses, says } from "../provider/scripts.mjs";

export const KEY = "sk-secret-0123456789abcdef";
const MODEL = "m";

/** Makes an AI SDK provider whose calls go to the loopback provider. */
const onLoopback = (create) => async (t, answers) => {
  await t.session.script({ [MODEL]: { sequence: answers.map(toScript) } });
  const fetch = (url, init) =>
    answers[0].offline
      ? Promise.reject(new TypeError("fetch failed"))
      : globalThis.fetch(url, init);
  return {
    provider: create({ apiKey: KEY, baseURL: t.session.baseURL, fetch }),
    bodies: async () => (await t.session.calls()).map(({ body }) => body),
    aborted: async () => {
      const seen = await t.session.until((calls) => calls.some(({ end }) => end !== "open"));
      return seen[0].end === "client_closed";
    },
  };
};

function toScript({ text = "", reasoning, source, calls: asked, stall, status, message, headers }) {
  if (status) return { ...refuses(status, message), headers, error_as: "openai" };
  return says(text, {
    reasoning,
    annotations: source && [cites(source, "Source")],
    tool_calls: asked?.map(({ name, input }) => calls(name, input)),
    stall: stall && { after: 1 },
    usage: { prompt_tokens: 3, completion_tokens: 4 },
  });
}

/** Runs the provider with a scripted `fetch`, which encodes the answers. */
const scripted = (create, encode) => async (_t, answers) => {
  const bodies = [];
  let aborted = false;
  const fetch = async (_url, { body, signal }) => {
    const answer = answers[Math.min(bodies.length, answers.length - 1)];
    bodies.push(JSON.parse(body));
    if (answer.offline) throw new TypeError("fetch failed");
    if (answer.status) {
      const { status, message, headers } = answer;
      return Response.json({ error: { code: status, message }, message }, { status, headers });
    }
    const [type, chunks] = encode(answer);
    const stream = new ReadableStream({
      start(controller) {
        signal?.addEventListener("abort", () => {
          aborted = true;
          controller.error(signal.reason);
        });
        for (const chunk of chunks) controller.enqueue(chunk);
        if (!answer.stall) controller.close();
      },
    });
    return new Response(stream, { headers: { "content-type": type } });
  };
  return {
    provider: create({ apiKey: KEY, region: "us-east-1", fetch }),
    bodies: async () => bodies,
    aborted: async () => aborted,
  };
};

function googleStream({ text, reasoning, source, calls: asked = [] }) {
  const thoughtSignature = "U0lHTkVE";
  const parts = [
    ...(reasoning ? [{ text: reasoning, thought: true }] : []),
    ...(text ? [{ text }] : []),
    ...asked.map(({ name, input: args }) => ({ functionCall: { name, args }, thoughtSignature })),
  ];
  const groundingMetadata = source && {
    groundingChunks: [{ web: { uri: source, title: "Source" } }],
  };
  const data = {
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", groundingMetadata }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 },
  };
  return ["text/event-stream", [new TextEncoder().encode(`data: ${JSON.stringify(data)}\n\n`)]];
}

/** Encodes a message of Amazon's event stream: https://smithy.io/2.0/aws/amazon-eventstream.html */
function frame(type, data) {
  const header = (name, value) => [
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([7, 0, value.length]),
    Buffer.from(value),
  ];
  const headers = Buffer.concat([
    ...header(":event-type", type),
    ...header(":content-type", "application/json"),
    ...header(":message-type", "event"),
  ]);
  const body = Buffer.from(JSON.stringify(data));
  const number = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const lengths = Buffer.concat([
    number(headers.length + body.length + 16),
    number(headers.length),
  ]);
  const rest = Buffer.concat([lengths, number(crc32(lengths)), headers, body]);
  return new Uint8Array(Buffer.concat([rest, number(crc32(rest))]));
}

function bedrockStream({ text, reasoning, calls: asked = [] }) {
  let index = 0;
  const block = (...deltas) => {
    const contentBlockIndex = index++;
    return [
      ...deltas.map((delta) => frame("contentBlockDelta", { contentBlockIndex, delta })),
      frame("contentBlockStop", { contentBlockIndex }),
    ];
  };
  const thought = (content) => ({ reasoningContent: content });
  const toolFrames = asked.flatMap(({ name, input }, i) => {
    const start = { toolUse: { toolUseId: `t${i}`, name } };
    return [
      frame("contentBlockStart", { contentBlockIndex: index, start }),
      ...block({ toolUse: { input: JSON.stringify(input) } }),
    ];
  });
  const stopReason = asked.length > 0 ? "tool_use" : "end_turn";
  return [
    "application/vnd.amazon.eventstream",
    [
      frame("messageStart", { role: "assistant" }),
      ...(reasoning ? block(thought({ text: reasoning }), thought({ signature: "SIGNED" })) : []),
      ...(text ? block({ text }) : []),
      ...toolFrames,
      frame("messageStop", { stopReason }),
      frame("metadata", { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } }),
    ],
  ];
}

export const wires = {
  "openai, responses": onLoopback((options) => createOpenAI(options)),
  "openai, chat": onLoopback((options) => createOpenAI(options).chat),
  anthropic: onLoopback((options) => createAnthropic(options)),
  groq: onLoopback((options) => createGroq(options)),
  google: scripted((options) => createGoogleGenerativeAI(options), googleStream),
  bedrock: scripted((options) => createAmazonBedrock(options), bedrockStream),
};
