// Tests failures, aborts and retries of `fusion()`, which wraps a fusion as a language model for
// the AI SDK.

import { APICallError } from "ai";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import {
  called,
  distinct,
  fusionModel,
  generateText,
  partsOf,
  read,
  streamText,
  user,
} from "./fixtures.mjs";

const prompt = "?";
const down = { status: 500, error: "down" };
const busy = { status: 429, error: "busy", headers: { "retry-after": "0.01" } };
const PANEL_AND_DESK = ["a/one", "b/two", "d/analyst", "d/writer"];
const everywhere = (script) => ({ "a/one": script, "b/two": script });

export default [
  {
    name: "a failure before anything was paid is repeated by the AI SDK",
    async run(t) {
      for (const call of [generateText, (options) => streamText(options).text]) {
        const { model, fetch } = fusionModel(t, undefined, {
          models: everywhere([busy, "The sky is blue."]),
        });
        const result = await call({ model, prompt });
        equal(result.text ?? result, "The sky is blue.");
        equal(called(fetch), ["a/one", "b/two", ...PANEL_AND_DESK]);
      }
    },
  },
  {
    name: "a refused writer is repeated after a tool's result, and progress does not prevent it",
    async run(t) {
      const call = { toolCallId: "c", toolName: "look" };
      const output = { type: "text", value: "seen" };
      const turn = [
        { role: "user", content: prompt },
        { role: "assistant", content: [{ type: "tool-call", ...call, input: {} }] },
        { role: "tool", content: [{ type: "tool-result", ...call, output }] },
      ];
      const cases = [
        [turn, [busy, "Blue."], {}, ["d/writer", "d/writer"]],
        [
          [{ role: "user", content: prompt }],
          "Blue.",
          everywhere([busy, "The sky is blue."]),
          ["a/one", "b/two", ...PANEL_AND_DESK],
        ],
      ];
      for (const [messages, writer, models, expected] of cases) {
        const { model, fetch } = fusionModel(t, writer, { models, panelProgress: true });
        equal(await streamText({ model, messages }).text, "Blue.");
        equal(called(fetch), expected);
      }
    },
  },
  {
    name: "a failure after something was paid is not repeated",
    async run(t) {
      const { model, fetch } = fusionModel(t, down);
      const error = await failure(generateText({ model, prompt }));
      ok(APICallError.isInstance(error), error.name);
      equal(
        [error.isRetryable, error.data.code, error.statusCode, error.requestBodyValues],
        [false, "writer_failed", 500, {}],
      );
      ok(t.isFusionError(error.cause), "no cause");
      equal(error.cause.snapshot.responses.length, 2);
      equal(called(fetch), PANEL_AND_DESK);
    },
  },
  {
    name: "a cut after reasoning, after a search or in silence may be paid, so it is not repeated",
    async run(t) {
      for (const paid of [
        { reasoning: "a long and paid thought" },
        { tools: [{ name: "openrouter:web_search", input: { query: "x" } }] },
        {},
      ])
        for (const how of ["doGenerate", "doStream"]) {
          const { model, fetch } = fusionModel(t, undefined, {
            models: everywhere({ ...paid, cut: true }),
          });
          const error = await model[how]({ prompt: [user(prompt)] }).then(
            async ({ stream }) => (await read(stream)).find(({ type }) => type === "error").error,
            (error) => error,
          );
          equal([error.data.code, error.isRetryable], ["network_error", false]);
          equal(called(fetch), ["a/one", "b/two"]);
        }
    },
  },
  {
    name: "a failure that no repetition helps is not repeated",
    async run(t) {
      for (const [script, code] of [
        [{ status: 401, error: "bad key" }, "authentication"],
        [{ status: 404, error: "no such model" }, "invalid_model"],
      ]) {
        const { model, fetch } = fusionModel(t, undefined, { models: everywhere(script) });
        const error = await failure(generateText({ model, prompt }));
        equal([error.isRetryable, error.data.code], [false, code]);
        equal(called(fetch), ["a/one", "b/two"]);
      }
    },
  },
  {
    name: "a caller that repeats a failed call resumes it, without paying the panel again",
    async run(t) {
      for (const how of ["doGenerate", "doStream"]) {
        const { model, fetch } = fusionModel(t, [down, "Blue."]);
        const headers = { "user-agent": "ai" };
        const call = { prompt: [user(prompt)], headers };
        const first = await model[how](call).then(
          async ({ stream }) => (await read(stream)).find(({ type }) => type === "error").error,
          (error) => error,
        );
        equal(first.isRetryable, false);
        const again = { ...call, prompt: structuredClone(call.prompt) };
        const second = await model[how](again);
        const parts = second.content ?? (await read(second.stream));
        const text = parts.map(({ type, text, delta }) =>
          /^text/.test(type) ? (text ?? delta ?? "") : "",
        );
        equal(text.join(""), "Blue.");
        equal(called(fetch), [...PANEL_AND_DESK, "d/writer"]);
      }
    },
  },
  {
    name: "another prompt, or other headers, is no repetition",
    async run(t) {
      const { model, fetch } = fusionModel(t, [down, "Blue.", "Green."]);
      const headers = {};
      await failure(model.doGenerate({ prompt: [user("one")], headers }));
      await model.doGenerate({ prompt: [user("two")], headers });
      await model.doGenerate({ prompt: [user("one")], headers: {} });
      equal(called(fetch), [...PANEL_AND_DESK, ...PANEL_AND_DESK, ...PANEL_AND_DESK]);
    },
  },
  {
    name: "a call with other options, or of another model, takes nothing from a failed run",
    async run(t) {
      const { signal: abortSignal } = new AbortController();
      const call = { prompt: [user(prompt)], abortSignal };
      const { model, fetch } = fusionModel(t, [down, "Blue."]);
      const options = {
        temperature: 0.9,
        stopSequences: ["END"],
        responseFormat: { type: "json" },
      };
      await failure(model.doGenerate({ ...call, ...options }));
      await model.doGenerate(call);
      const { temperature, stop, response_format } = fetch.calls.at(-1).body;
      equal([temperature, stop, response_format], [undefined, undefined, undefined]);
      equal(called(fetch), [...PANEL_AND_DESK, ...PANEL_AND_DESK]);

      const first = fusionModel(t, down);
      const fallback = fusionModel(t, "Blue.", {
        request: { analysis_models: ["e/one"] },
        models: { "e/one": "The sky is blue." },
      });
      await failure(first.model.doGenerate(call));
      const { providerMetadata } = await fallback.model.doGenerate(call);
      equal(
        providerMetadata["llm-fuse"].activity.map(({ model }) => model),
        called(fallback.fetch),
      );
      ok(called(fallback.fetch).includes("e/one"), "the fallback did not ask its own panel");
    },
  },
  {
    name: "an abort rejects with the signal's reason and closes every call",
    async run(t) {
      const { model, fetch } = fusionModel(t, undefined, {
        models: { "a/one": { text: "slow ".repeat(50), delay_ms: 20 } },
      });
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 60);
      const error = await failure(generateText({ model, prompt, abortSignal: controller.signal }));
      equal(error.message, "enough");
      equal([called(fetch).length, fetch.calls[0].end], [2, "aborted"]);
    },
  },
  {
    name: "an abort in the middle of a stream ends it with an abort part",
    async run(t) {
      const { model, fetch } = fusionModel(t, { text: "slow ".repeat(50), delay_ms: 20 });
      const controller = new AbortController();
      const result = streamText({
        model,
        prompt,
        abortSignal: controller.signal,
        onChunk: ({ chunk }) => chunk.type === "text-delta" && controller.abort(),
        onError() {},
      });
      const types = distinct((await partsOf(result)).map(({ type }) => type));
      equal(types.at(-1), "abort");
      equal(fetch.calls.at(-1).end, "aborted");
    },
  },
  {
    name: "a stream that breaks keeps its text, and reports the error and what was used",
    async run(t) {
      const { model } = fusionModel(t, {
        text: ["Half ", "an answer"],
        delay_ms: 30,
        cut: true,
      });
      const errors = [];
      const result = streamText({ model, prompt, onError: ({ error }) => errors.push(error) });
      const parts = await partsOf(result);
      const text = parts.filter(({ type }) => type === "text-delta").map(({ text }) => text);
      equal(text.join(""), "Half an answer");
      equal(await result.finishReason, "error");
      ok((await result.usage).outputTokens > 0, "no usage");
      equal(errors.length, 1);
      equal([errors[0].isRetryable, errors[0].data.code], [false, "writer_failed"]);
      ok(!JSON.stringify(errors[0]).includes("key"), JSON.stringify(errors[0]));
    },
  },
];
