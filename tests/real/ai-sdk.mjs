#!/usr/bin/env node

// Calls a panel through the AI SDK. The panelists are a native provider, an AI SDK provider and a
// local llama-server. `npm test` does not run this file.
//
//   npm run build
//   BASE_URL=http://127.0.0.1:8080/v1 node tests/real/ai-sdk.mjs

import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";
import { fromAiSdk, fusion } from "llm-fuse/ai-sdk";
import { printable } from "../../examples/printable.mjs";
import { connect } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { defaultScripts, PANEL } from "../scenarios/fixtures.mjs";

const { BASE_URL: baseURL } = process.env;
const { data } = await (await fetch(`${baseURL}/models`)).json();
const [{ id: name }] = data;
const provider = await startProvider();
const session = connect(provider).session("real");
await session.script(defaultScripts());

const limit = { max_completion_tokens: 24 };
const model = fusion(
  {
    analysis_models: [
      `native:${PANEL[0]}`,
      { model: `sdk:${name}`, ...limit },
      { model: `local:${name}`, ...limit },
    ],
    analyst: "native:desk/analyst",
    writer: `sdk:${name}`,
    tools: [],
    timeouts: { first_byte_ms: 600_000, idle_ms: 600_000, panelist_ms: 600_000 },
  },
  {
    panelProgress: true,
    providers: {
      native: { baseURL: session.baseURL, dialect: "messages", apiKey: "key" },
      sdk: fromAiSdk(createOpenAI({ baseURL, apiKey: "none" }).chat),
      local: { baseURL },
    },
  },
);
try {
  const result = streamText({
    model,
    prompt: "Why is the sky blue? Answer in one sentence.",
    maxOutputTokens: 24,
    maxRetries: 0,
  });
  for await (const part of result.fullStream)
    if (/^(text|reasoning)-delta$/.test(part.type)) process.stdout.write(printable(part.text));
  const { responses, failed_models } = (await result.providerMetadata)["llm-fuse"];
  for (const { model, content, usage } of responses)
    console.log(printable(`\n${model}: ${content} (${usage.completion_tokens} tokens)`));
  assert.deepEqual(failed_models, []);
  assert.equal(responses.length, 3);
  assert.ok((await result.text).length > 0, "no answer");
  console.log("\nok");
} finally {
  await provider.close();
}
