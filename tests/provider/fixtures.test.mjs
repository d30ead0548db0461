// tests/fixtures/ has this provider's streams in each dialect. Tests of decoders read them without
// a network. UPDATE_GOLDEN=1 rewrites the files. Review the diff.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { answer } from "./answer.mjs";
import * as chat from "./dialect/chat.mjs";
import * as messages from "./dialect/messages.mjs";
import * as responses from "./dialect/responses.mjs";
import { calls, cites, says, uses } from "./scripts.mjs";

const usage = { prompt_tokens: 11, completion_tokens: 7, cost: "0.000123" };
const error = { code: 429, message: "Slow down.", metadata: { error_type: "rate_limit_exceeded" } };
const searched = uses(
  "web_search",
  { query: "why is the sky blue" },
  { sources: [{ url: "https://a.example/", title: "A" }] },
);

const scripts = {
  text: says("The “sky” is blue. 𝄞", { usage }),
  reasoning: says("Blue.", {
    reasoning: "Rayleigh comes to mind.",
    usage: { ...usage, reasoning_tokens: 3 },
  }),
  tools: says("Let me look.", {
    reasoning: "I do not know.",
    tool_calls: [
      calls("web_search", { query: "“sky”" }),
      calls("web_fetch", { url: "https://a.example/" }),
    ],
    usage,
  }),
  hosted: {
    parts: [
      { text: "Let me search." },
      { reasoning_details: [searched] },
      { text: "It is blue.", annotations: [cites("https://a.example/", "A")] },
    ],
    usage,
  },
  length: says("It is", { finish_reason: "length", usage }),
  refusal: { refusal: "I cannot help with that.", usage },
  error: says("Half of it", { error }),
};

for (const dialect of [chat, responses, messages])
  test(`the fixtures of ${dialect.name} equal the provider's streams`, async () => {
    const folder = new URL(`../fixtures/${dialect.name}/`, import.meta.url);
    await mkdir(folder, { recursive: true });
    for (const [name, script] of Object.entries(scripts)) {
      const { steps } = answer(
        script,
        { model: "maker/model", turn: 1, body: { stream: true } },
        dialect,
      );
      const said = Buffer.concat(steps.map(({ bytes }) => bytes)).toString();
      const file = new URL(`${name}.sse`, folder);
      if (process.env.UPDATE_GOLDEN) await writeFile(file, said);
      assert.equal(await readFile(file, "utf8"), said, `${dialect.name}/${name}`);
    }
  });
