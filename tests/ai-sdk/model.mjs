// Tests `fusion()`, which wraps a fusion as a language model for the AI SDK. Covers answers,
// reasoning, sources, usage and metadata.

import { z } from "zod";
import { equal, ok } from "../scenarios/assert.mjs";
import {
  called,
  distinct,
  fusionModel,
  generateText,
  Output,
  PANEL,
  partsOf,
  read,
  SKY,
  streamText,
  user,
} from "./fixtures.mjs";

const prompt = "What colour is the sky?";
const COSTS = { prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 2, cost: 0.25 };
const counted = (text) => ({ text, usage: COSTS });

export default [
  {
    name: "generateText returns the answer, its reasoning, sources, usage and metadata",
    async run(t) {
      const { model } = fusionModel(t, { ...counted("It is blue."), reasoning: "Hm." });
      const result = await generateText({ model, prompt });
      equal(
        [result.text, result.reasoningText, result.finishReason],
        ["It is blue.", "Hm.", "stop"],
      );
      equal(
        result.sources.map(({ url, title, sourceType }) => ({ url, title, sourceType })),
        [{ url: SKY, title: "Sky", sourceType: "url" }],
      );
      const { cost, usage, analysis, responses, run_id, failed_models } =
        result.providerMetadata["llm-fuse"];
      equal(cost, 0.25);
      equal(
        [result.usage.inputTokens, result.usage.outputTokens],
        [usage.prompt_tokens, usage.completion_tokens],
      );
      equal(
        responses.map(({ model, content }) => [model, content]),
        [
          ["a/one", "The sky is blue."],
          ["b/two", "The sky is azure."],
        ],
      );
      equal(analysis.consensus[0].point, "The sky has a colour.");
      equal([failed_models, result.response.id], [[], run_id]);
      equal(result.warnings, []);
    },
  },
  {
    name: "only web pages are sources",
    async run(t) {
      const models = {
        "b/two": {
          text: "The sky is azure.",
          sources: ["javascript:alert(1)", "file:///etc/passwd"].map((url) => ({
            url,
            title: "x",
          })),
        },
      };
      const { model } = fusionModel(t, undefined, { models });
      const { sources } = await generateText({ model, prompt });
      equal(
        sources.map(({ url }) => url),
        [SKY],
      );
    },
  },
  {
    name: "streamText streams the answer in pieces, with the same metadata",
    async run(t) {
      const { model } = fusionModel(t, { text: ["It ", "is ", "blue."], delay_ms: 200 });
      const result = streamText({ model, prompt });
      const parts = await partsOf(result);
      ok(parts.filter(({ type }) => type === "text-delta").length > 1, "one delta only");
      equal(await result.text, "It is blue.");
      equal(await result.finishReason, "stop");
      equal(
        (await result.sources).map(({ url }) => url),
        [SKY],
      );
      const metadata = (await result.providerMetadata)["llm-fuse"];
      equal(metadata.responses.length, 2);
      ok((await result.usage).outputTokens > 0, "no tokens");
    },
  },
  {
    name: "the progress of the panel is a reasoning part of its own, if it is wanted",
    async run(t) {
      const { model } = fusionModel(
        t,
        { reasoning: "Hm.", text: "Blue." },
        { panelProgress: true, models: { "b/two": { status: 500, error: "down" } } },
      );
      const whole = await generateText({ model, prompt });
      const [progress, reasoning] = whole.reasoning.map(({ text }) => text);
      equal(reasoning, "Hm.");
      for (const line of [
        `Panel: ${PANEL.join(", ")}.`,
        "a/one has answered.",
        "b/two failed (provider_error).",
        "d/analyst compares the answers.",
      ])
        ok(progress.includes(`${line}\n`), `${progress} lacks ${line}`);
      const result = streamText({ model, prompt });
      const types = distinct((await partsOf(result)).map(({ type }) => type));
      equal(
        types.filter((type) => /^(reasoning|text)-(start|end)$/.test(type)),
        ["reasoning-start", "reasoning-end", "reasoning-start", "reasoning-end"].concat([
          "text-start",
          "text-end",
        ]),
      );
      equal((await result.reasoning).length, 2);
    },
  },
  {
    name: "Output.object sends the schema to the writer alone, and parses the answer",
    async run(t) {
      const { model, fetch } = fusionModel(t, '{"colour":"blue"}');
      const schema = z.object({ colour: z.string() });
      const result = await generateText({ model, prompt, output: Output.object({ schema }) });
      equal(result.output, { colour: "blue" });
      const formats = fetch.calls.map(({ model, body }) => [model, body.response_format?.type]);
      equal(Object.fromEntries(formats), {
        "a/one": undefined,
        "b/two": undefined,
        "d/analyst": Object.fromEntries(formats)["d/analyst"],
        "d/writer": "json_schema",
      });
      const { json_schema } = fetch.calls.at(-1).body.response_format;
      equal(json_schema.schema.properties, { colour: { type: "string" } });
    },
  },
  {
    name: "a conversation reaches the panel with its roles",
    async run(t) {
      const { model, fetch } = fusionModel(t);
      await generateText({
        model,
        system: "Be brief.",
        messages: [
          { role: "user", content: "Hello" },
          { role: "assistant", content: [{ type: "text", text: "Hi." }] },
          { role: "user", content: prompt },
        ],
      });
      const { messages } = fetch.calls.find(({ model }) => model === "a/one").body;
      const tail = messages.slice(-4);
      equal(
        tail.map(({ role }) => role),
        ["system", "user", "assistant", "user"],
      );
      equal(
        tail.map(({ content }) => content),
        ["Be brief.", "Hello", "Hi.", prompt],
      );
    },
  },
  {
    name: "raw chunks are the events of the run",
    async run(t) {
      const { model } = fusionModel(t);
      const { stream } = await model.doStream({ prompt: [user(prompt)], includeRawChunks: true });
      const parts = await read(stream);
      const events = parts.filter(({ type }) => type === "raw").map(({ rawValue }) => rawValue);
      equal([events[0].type, events.at(-1).type], ["run.started", "run.completed"]);
      equal([parts[0].type, parts.at(-1).type], ["stream-start", "finish"]);
    },
  },
  {
    name: "text that turns out to be thinking is no part of a whole answer",
    async run(t) {
      const { model } = fusionModel(t, { text: ["Let me think.", "</think>", "Blue."] });
      const result = await generateText({ model, prompt });
      equal([result.text, result.reasoningText.trim()], ["Blue.", "Let me think."]);
    },
  },
  {
    name: "an answer that begins again after a part was sent ends the stream with an error",
    async run(t) {
      const { model, fetch } = fusionModel(
        t,
        { text: ["Half an ", "answer"], delay_ms: 30, cut: true },
        {
          request: { writer: { model: "d/writer", fallbacks: ["e/writer"] } },
          models: { "e/writer": "Whole." },
        },
      );
      const whole = await generateText({ model, prompt, maxRetries: 0 });
      equal(whole.text, "Whole.");
      const errors = [];
      const result = streamText({ model, prompt, onError: ({ error }) => errors.push(error) });
      const parts = await partsOf(result);
      equal(parts.filter(({ type }) => type === "error").length, 1);
      equal([errors[0].isRetryable, errors[0].data.code], [false, "provider_error"]);
      ok(called(fetch).includes("e/writer"), "the fallback was not asked");
    },
  },
  {
    name: "a stream that is closed cancels the run",
    async run(t) {
      const { model, fetch } = fusionModel(t, { text: "slow ".repeat(50), delay_ms: 20 });
      const { stream } = await model.doStream({ prompt: [user(prompt)] });
      for await (const { type } of stream) if (type === "text-delta") break;
      while (fetch.calls.at(-1).end === "open") await new Promise((go) => setTimeout(go, 5));
      equal(fetch.calls.at(-1).end, "aborted");
    },
  },
  {
    name: "a conversation in the request, a signal in the options and wrong arguments are refused",
    async run(t) {
      const refusal = (act) => {
        try {
          act();
          return "accepted";
        } catch (error) {
          return error.name;
        }
      };
      equal(
        [
          refusal(() => t.fusion({ prompt: "?" })),
          refusal(() => t.fusion({ messages: [] })),
          refusal(() => t.fusion(null)),
          refusal(() => t.fusion("general-fast")),
          refusal(() => t.fusion({}, null)),
          refusal(() => t.fusion({}, { signal: AbortSignal.abort() })),
          refusal(() => t.fromAiSdk({})),
          refusal(() => t.fromAiSdk(undefined)),
          refusal(() => t.fromAiSdk(t.fusion(), { model: {} })),
          refusal(() => t.toUIMessageStream([], { throttle: 1 })),
        ],
        Array(10).fill("TypeError"),
      );
    },
  },
];
