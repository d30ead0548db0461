// Tests toUIMessageStream(): its chunks, their size, and the message that the AI SDK makes.

import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  generateText,
  readUIMessageStream,
} from "ai";
import { equal, ok, within } from "../scenarios/assert.mjs";
import { fusionModel, PANEL, read, SKY, scripts } from "./fixtures.mjs";

const fields = { analysis_models: PANEL, analyst: "d/analyst", writer: "d/writer", max_retries: 0 };

function start(t, writer, { models, request, ...options } = {}) {
  const fetch = t.scriptedFetch(scripts(writer, models));
  const run = t.fuse({ prompt: "?", ...fields, ...request }, { apiKey: "key", fetch, ...options });
  return { run, fetch };
}

/** Returns the message that `useChat` has at the end of a stream. */
async function messageOf(stream, onError = (error) => Promise.reject(error)) {
  let last;
  for await (const message of readUIMessageStream({ stream, onError })) last = message;
  return last;
}
const partsOf = (message, type) => message.parts.filter((part) => part.type === type);
const named = (chunks, type) => chunks.filter((chunk) => chunk.type === type);

/** Yields the given events in the form of a run's events, with `seq` and `elapsed_ms`. */
async function* events(...list) {
  let seq = 0;
  for (const event of list) yield { seq: ++seq, elapsed_ms: 0, ...event };
}
const started = {
  type: "run.started",
  run_id: "run_1",
  seed: 1,
  panel: [{ index: 0, model: "a/one", provider: "p" }],
  analyst: "d",
  writer: "w",
};

export default [
  {
    name: "a run becomes a message with panel, analysis, reasoning, answer, sources and cost",
    async run(t) {
      const { run } = start(t, { reasoning: "Hm.", text: "It is blue." });
      const message = await messageOf(t.toUIMessageStream(run, { messageId: "message-1" }));
      const { run_id, usage } = await run.result();
      equal(message.id, "message-1");
      equal(message.metadata, { run_id, cost: 0, usage });
      equal(
        partsOf(message, "data-panelist").map(({ id, data }) => [id, data.model, data.status]),
        [
          ["panelist-0", "a/one", "completed"],
          ["panelist-1", "b/two", "completed"],
        ],
      );
      const [{ data: panelist }] = partsOf(message, "data-panelist");
      equal([panelist.content, panelist.attempt], ["The sky is blue.", 1]);
      equal(
        panelist.sources.map(({ url }) => url),
        [SKY],
      );
      ok(panelist.usage.completion_tokens > 0, "no usage");
      const [{ data: analysis }] = partsOf(message, "data-analysis");
      equal(
        [
          analysis.status,
          analysis.model,
          analysis.items.map(({ kind, item }) => [kind, item.point]),
        ],
        ["completed", "d/analyst", [["consensus", "The sky has a colour."]]],
      );
      equal(
        [partsOf(message, "text")[0].text, partsOf(message, "reasoning")[0].text],
        ["It is blue.", "Hm."],
      );
      equal(partsOf(message, "source-url")[0].url, SKY);
    },
  },
  {
    name: "the response passes the checks of the AI SDK's own transport",
    async run(t) {
      const { run } = start(
        t,
        { tool_calls: [{ name: "look", arguments: { at: 1 }, id: "c1" }] },
        {
          request: {
            writer: {
              model: "d/writer",
              tools: [{ type: "function", function: { name: "look", parameters: {} } }],
            },
          },
        },
      );
      const transport = new DefaultChatTransport({
        api: "https://app.example/",
        fetch: async () => createUIMessageStreamResponse({ stream: t.toUIMessageStream(run) }),
      });
      const messages = [{ id: "1", role: "user", parts: [{ type: "text", text: "?" }] }];
      const stream = await transport.sendMessages({
        trigger: "submit-message",
        chatId: "1",
        messages,
      });
      const chunks = await read(stream);
      equal([chunks[0].type, chunks.at(-1).type], ["start", "finish"]);
      equal(chunks.at(-1).finishReason, "tool-calls");
      equal(named(chunks, "tool-input-available"), [
        { type: "tool-input-available", toolCallId: "c1", toolName: "look", input: { at: 1 } },
      ]);
    },
  },
  {
    name: "all versions of a long panelist are at most ten times as long as its text",
    async run(t) {
      const words = Array.from({ length: 4000 }, (_, i) => `word${i} `);
      const text = words.join("");
      const deltas = words.map((delta) => ({ type: "panelist.delta", index: 0, delta }));
      const run = events(
        started,
        { type: "panelist.started", index: 0, model: "a/one", attempt: 1 },
        ...deltas,
        { type: "panelist.completed", index: 0, model: "a/one", content: text, usage: null },
      );
      const chunks = await read(t.toUIMessageStream(run, { throttleMs: 0 }));
      const parts = named(chunks, "data-panelist");
      const bytes = JSON.stringify(parts).length;
      ok(parts.length > 30, `${parts.length} versions only`);
      ok(bytes < 10 * text.length + 200 * parts.length, `${bytes} for ${text.length}`);
      equal(parts.at(-1).data.content, text);
    },
  },
  {
    name: "running parts wait for throttleMs, and nothing that was read is lost at a failure",
    async run(t) {
      async function* failing() {
        yield* events(
          started,
          { type: "panelist.started", index: 0, model: "a/one", attempt: 1 },
          ...["a", "b", "c"].map((delta) => ({ type: "panelist.delta", index: 0, delta })),
          { type: "analysis.started", model: "d", attempt: 1, order: [0] },
          { type: "analysis.item", kind: "blind_spots", item: { point: "x" } },
        );
        throw new t.FusionError({ code: "timeout", message: "secret" }, {});
      }
      const chunks = await read(t.toUIMessageStream(failing(), { throttleMs: 60_000 }));
      const texts = named(chunks, "data-panelist").map(({ data }) => data.content);
      equal(texts, ["", "", "abc"]);
      const item = { kind: "blind_spots", item: { point: "x" } };
      equal(named(chunks, "data-analysis").at(-1).data.items, [item]);
      equal(chunks.at(-1), { type: "error", errorText: "timeout" });
      const worded = await read(
        t.toUIMessageStream(failing(), { onError: ({ message }) => `says: ${message}` }),
      );
      equal(worded.at(-1), { type: "error", errorText: "says: secret" });
    },
  },
  {
    name: "a new attempt voids the text, sources and items of the one before",
    async run(t) {
      const error = { code: "timeout", message: "late" };
      const item = { type: "analysis.item", kind: "blind_spots", item: { point: "x" } };
      const analysis = {
        consensus: [],
        contradictions: [],
        partial_coverage: [],
        unique_insights: [],
        blind_spots: [{ point: "y" }],
      };
      const run = events(
        started,
        { type: "panelist.started", index: 0, model: "a/one", attempt: 1 },
        { type: "panelist.delta", index: 0, delta: "void" },
        { type: "panelist.source", index: 0, url: "https://void.example/", title: "" },
        { type: "panelist.tool", index: 0, tool: "look", status: "started", input: "{}" },
        { type: "panelist.tool", index: 0, tool: "look", status: "completed", input: "{}" },
        { type: "panelist.retrying", index: 0, attempt: 1, model: "a/one", error, delay_ms: 0 },
        { type: "panelist.started", index: 0, model: "a/two", attempt: 2 },
        { type: "panelist.delta", index: 0, delta: "final" },
        { type: "panelist.failed", index: 0, model: "a/two", error },
        { type: "analysis.started", model: "d", attempt: 1, order: [0] },
        item,
        { type: "analysis.started", model: "e", attempt: 2, order: [0] },
        { type: "analysis.completed", analysis },
        { type: "answer.started", model: "w", attempt: 1 },
        { type: "answer.delta", delta: "half" },
        { type: "answer.reasoning", delta: "Hm." },
        { type: "answer.delta", delta: "of it" },
        { type: "answer.started", model: "w", attempt: 2 },
        { type: "answer.delta", delta: "whole" },
      );
      const chunks = await read(t.toUIMessageStream(run, { throttleMs: 0 }));
      const panelists = named(chunks, "data-panelist").map(({ data }) => data);
      const retrying = panelists.find(({ status }) => status === "retrying");
      equal(
        [retrying.content, retrying.error, retrying.sources.length],
        ["void", { code: "timeout" }, 1],
      );
      equal(retrying.tools, [{ tool: "look", status: "completed", input: "{}" }]);
      const {
        content,
        status,
        attempt,
        sources,
        model_used,
        tools,
        error: last,
      } = panelists.at(-1);
      equal([content, status, attempt, last], ["final", "failed", 2, { code: "timeout" }]);
      equal([sources, model_used, tools], [[], "a/two", []]);
      const analyses = named(chunks, "data-analysis").map(({ data }) => data.items.length);
      equal(analyses, [0, 1, 0, 1]);
      const ends = named(chunks, "text-end");
      const withdrawn = { "llm-fuse": { void: true } };
      equal(
        ends.map(({ providerMetadata }) => providerMetadata),
        [withdrawn, withdrawn],
      );
      equal(new Set(named(chunks, "text-start").map(({ id }) => id)).size, 3);
    },
  },
  {
    name: "withdrawn text is no part of the next turn",
    async run(t) {
      const { run } = start(
        t,
        { text: "WITHDRAWN", cut: true },
        {
          request: { writer: { model: "d/writer", fallbacks: ["e/writer"] } },
          models: { "e/writer": "The answer." },
        },
      );
      const message = await messageOf(t.toUIMessageStream(run, { messageId: "1" }));
      equal(
        partsOf(message, "text").map(({ text }) => text),
        ["WITHDRAWN", "The answer."],
      );
      const { model, fetch } = fusionModel(t);
      const question = { role: "user", parts: [{ type: "text", text: "And?" }] };
      const messages = await convertToModelMessages([question, message, question]);
      await generateText({ model, messages });
      const sent = fetch.calls[0].body.messages.find(({ role }) => role === "assistant");
      equal(sent.content, "The answer.");
    },
  },
  {
    name: "only web pages become source-url chunks, and a restored panelist has its sources",
    async run(t) {
      const sources = [
        { url: "javascript:alert(1)", title: "x" },
        { url: SKY, title: "Sky" },
      ];
      const { run } = start(t, undefined, { models: { "a/one": { text: "Blue.", sources } } });
      const chunks = await read(t.toUIMessageStream(run));
      equal(
        named(chunks, "source-url").map(({ url }) => url),
        [SKY],
      );
      const { run: resumed } = start(t, undefined, {
        request: { prompt: undefined, resume: run.snapshot() },
      });
      const panelists = named(await read(t.toUIMessageStream(resumed)), "data-panelist");
      const [restored] = panelists.filter(({ id }) => id === "panelist-0").slice(-1);
      ok(
        restored.data.sources.some(({ url }) => url === SKY),
        JSON.stringify(restored),
      );
    },
  },
  {
    name: "a failed run is an error chunk with its code, a cancelled one an abort chunk",
    async run(t) {
      const down = { status: 500, error: "secret words" };
      const chunks = await read(t.toUIMessageStream(start(t, down).run));
      equal(chunks.at(-1), { type: "error", errorText: "writer_failed" });
      equal(named(chunks, "data-panelist").at(-1).data.status, "completed");

      const slow = { text: "slow ".repeat(50), delay_ms: 20 };
      const controller = new AbortController();
      const { run, fetch } = start(t, slow, { signal: controller.signal });
      const aborted = [];
      for await (const chunk of t.toUIMessageStream(run)) {
        aborted.push(chunk);
        if (chunk.type === "text-delta") controller.abort();
      }
      equal([aborted.at(-1).type, fetch.calls.at(-1).end], ["abort", "aborted"]);
      const refused = await read(t.toUIMessageStream(t.fuse({ prompt: "?", panel: [] })));
      equal(
        refused.map(({ type }) => type),
        ["start", "start-step", "error"],
      );
    },
  },
  {
    name: "closing the stream cancels the run, unless its result was asked for",
    async run(t) {
      const slow = { text: "slow ".repeat(10), delay_ms: 10 };
      for (const keeps of [false, true]) {
        const { run, fetch } = start(t, slow);
        const result = keeps && run.result();
        const reader = t.toUIMessageStream(run).getReader();
        for (let chunk; chunk?.type !== "text-delta"; ) chunk = (await reader.read()).value;
        await reader.cancel();
        if (keeps) equal((await result).status, "ok");
        equal(fetch.calls.at(-1).end, keeps ? "completed" : "aborted");
      }
    },
  },
  {
    name: "closing the stream while the models are silent cancels the run at once",
    async run(t) {
      const silent = { text: "late", start_ms: 5000 };
      const models = { "a/one": silent, "b/two": silent };
      for (const remote of [false, true]) {
        const { run, fetch } = start(t, undefined, { models });
        const reader = t
          .toUIMessageStream(remote ? t.fromResponse(run.toResponse()) : run)
          .getReader();
        const reading = (async () => {
          while (!(await reader.read()).done);
        })();
        while (fetch.calls.length < 2) await new Promise((go) => setTimeout(go, 5));
        await within(2000, reader.cancel(), "cancel()");
        await reading;
        while (fetch.calls.some(({ end }) => end === "open"))
          await new Promise((go) => setTimeout(go, 5));
        equal(
          fetch.calls.map(({ end }) => end),
          ["aborted", "aborted"],
        );
      }
    },
  },
  {
    name: "a mistake is a TypeError at the call, and an error of another iterable is no abort",
    async run(t) {
      const { run } = start(t);
      run[Symbol.asyncIterator]();
      for (const wrong of [run, { answer: "x" }, null, undefined]) {
        const thrown = await (async () => t.toUIMessageStream(wrong))().catch((error) => error);
        equal(thrown.name, "TypeError");
      }
      async function* broken(error) {
        yield* events(started);
        throw error;
      }
      const lastOf = async (error, options) =>
        (await read(t.toUIMessageStream(broken(error), options))).at(-1);
      equal(await lastOf(new TypeError("x is undefined")), {
        type: "error",
        errorText: "unexpected_error",
      });
      equal(await lastOf(new DOMException("", "AbortError")), { type: "abort" });
      const late = new t.FusionError({ code: "timeout", message: "late" }, {});
      equal(await lastOf(late, { onError() {} }), { type: "error", errorText: "timeout" });

      const controller = new AbortController();
      const { run: aborted } = start(t, undefined, { signal: controller.signal });
      controller.abort(new TypeError("the user left"));
      equal((await read(t.toUIMessageStream(aborted))).at(-1), { type: "abort" });
    },
  },
  {
    name: "a run of a server, read by fromResponse(), makes the same message",
    async run(t) {
      const { run } = start(t);
      const response = new Response(run.toReadableStream(), {
        headers: { "content-type": "text/event-stream" },
      });
      const message = await messageOf(t.toUIMessageStream(t.fromResponse(response)));
      equal(partsOf(message, "data-panelist").length, 2);
      equal(partsOf(message, "text")[0].text, "The sky is blue.");
    },
  },
];
