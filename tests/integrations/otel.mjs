// Tests llm-fuse/otel with the SDK's in-memory exporter. `t` has the package's exports.

import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { equal, failure, includes, lacks, ok, throws } from "../scenarios/assert.mjs";

const KEY = "sk-or-v1-c0ffee-never-to-be-seen";
const stock = {
  type: "function",
  function: { name: "stock", description: "A price.", parameters: { type: "object" } },
};
const usage = { prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 2, cost: 0.25 };
const scripts = {
  "a/one": [
    { tool_calls: [{ name: "stock", arguments: { symbol: "ACME" } }], usage },
    { text: "It is 42.", usage, start_ms: 30 },
  ],
  "b/two": { status: 401, error: { message: "the secret prompt is refused" } },
  "c/three": { text: "It is 41.", usage },
  d: { analysis: { consensus: [] }, usage },
  w: { text: "About 42.", usage },
};
const request = {
  prompt: "What costs the secret share?",
  analysis_models: ["a/one", "b/two", "c/three"],
  analyst: "d",
  writer: "w",
  tools: [stock],
};

/** Starts a run. Returns it and a function that returns its spans after they have ended. */
function start(t, { script, options, more, tracer, given } = {}) {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const provider = new BasicTracerProvider({ spanProcessors });
  const fetch = t.scriptedFetch({ ...scripts, ...script });
  const toolHandlers = {
    stock: () => new Promise((resolve) => setTimeout(resolve, 20, "42")),
  };
  const run = t.fuse({ ...request, ...more }, { apiKey: KEY, fetch, toolHandlers, ...given });
  const spans = () => exporter.getFinishedSpans();
  const all = t.traced(run, tracer ?? provider.getTracer("llm-fuse"), options);
  return { inner: run, run: all, spans, fetch, named: (name) => byName(spans(), name) };
}

const byName = (spans, name) => spans.filter((span) => span.name === name);
const ms = ([seconds, nanos]) => seconds * 1000 + nanos / 1e6;

async function readAll(run) {
  const events = [];
  for await (const event of run) events.push(event);
  return events;
}

const until = async (condition) => {
  for (let i = 0; !condition() && i < 400; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  ok(condition(), "the condition");
};

export default [
  {
    name: "otel: the run, each call and each tool are spans of the GenAI conventions",
    async run(t) {
      const { run, spans, named } = start(t);
      const events = await readAll(run);
      equal(events.at(-1).type, "run.completed");
      equal(
        spans()
          .map(({ name }) => name)
          .sort(),
        [
          "chat a/one",
          "chat a/one",
          "chat b/two",
          "chat c/three",
          "chat d",
          "chat w",
          "execute_tool stock",
          "invoke_workflow fusion",
        ],
      );
      const [root] = named("invoke_workflow fusion");
      equal(
        [root.kind, root.status.code, root.parentSpanContext],
        [SpanKind.INTERNAL, 0, undefined],
      );
      equal(root.attributes, {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": "fusion",
        "gen_ai.request.stream": true,
        "gen_ai.usage.input_tokens": 50,
        "gen_ai.usage.output_tokens": 25,
        "gen_ai.usage.reasoning.output_tokens": 10,
        "llm_fuse.run_id": events[0].run_id,
        "llm_fuse.cost": events.at(-1).result.usage.cost,
      });
      for (const span of spans())
        if (span !== root)
          equal(span.parentSpanContext.spanId, root.spanContext().spanId, span.name);
      const [writer] = named("chat w");
      equal([writer.kind, writer.status.code], [SpanKind.CLIENT, 0]);
      const { "gen_ai.response.id": id, ...rest } = writer.attributes;
      ok(typeof id === "string", "the response's id");
      equal(rest, {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": "w",
        "gen_ai.request.stream": true,
        "gen_ai.response.model": "w",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "llm_fuse.stage": "answer",
        "llm_fuse.attempt": 1,
        "llm_fuse.cost": 0.25,
      });
      const [tool] = named("execute_tool stock");
      equal(
        [tool.kind, tool.attributes],
        [
          SpanKind.INTERNAL,
          {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "stock",
            "gen_ai.tool.type": "function",
            "llm_fuse.stage": "panel",
            "llm_fuse.panelist": 0,
          },
        ],
      );
    },
  },
  {
    name: "otel: the calls of a tool loop are before and after the tool, within the run",
    async run(t) {
      const before = Date.now();
      const { run, spans, named } = start(t);
      await readAll(run);
      const [first, second] = named("chat a/one");
      const [tool] = named("execute_tool stock");
      const reason = "gen_ai.response.finish_reasons";
      equal([first.attributes[reason], second.attributes[reason]], [["tool_calls"], ["stop"]]);
      const order = [first.startTime, first.endTime, second.startTime, second.endTime].map(ms);
      equal(
        order,
        [...order].sort((a, b) => a - b),
      );
      ok(ms(first.endTime) <= ms(tool.startTime) + 6, "the tool follows the first call");
      ok(ms(second.startTime) >= ms(tool.endTime) - 1, "the second call follows the tool");
      ok(ms(tool.endTime) - ms(tool.startTime) >= 15, "the tool took its time");
      ok(ms(second.endTime) - ms(second.startTime) >= 25, "the second call took its time");
      const [root] = named("invoke_workflow fusion");
      for (const span of spans()) {
        ok(ms(span.startTime) >= ms(root.startTime), `${span.name} begins in the run`);
        ok(ms(span.endTime) <= ms(root.endTime) + 1, `${span.name} ends in the run`);
      }
      ok(ms(root.startTime) >= before - 1 && ms(root.endTime) <= Date.now() + 1, "real times");
    },
  },
  {
    name: "otel: errors set the status, and spans have no content and no key unless asked",
    async run(t) {
      const { run, spans, named } = start(t);
      await readAll(run);
      const [failed] = named("chat b/two");
      equal(failed.status, { code: SpanStatusCode.ERROR, message: "authentication" });
      equal(failed.attributes["error.type"], "authentication");
      equal(failed.attributes["gen_ai.response.finish_reasons"], ["error"]);
      const text = (list) =>
        JSON.stringify(
          list.map(({ name, attributes, status, events }) => [name, attributes, status, events]),
        );
      for (const content of ["secret", "It is", "About", "ACME", KEY])
        lacks(text(spans()), content);
      const asked = start(t, { options: { captureContent: true } });
      await readAll(asked.run);
      const [root] = asked.named("invoke_workflow fusion");
      equal(JSON.parse(root.attributes["gen_ai.input.messages"]), [
        { role: "user", parts: [{ type: "text", content: request.prompt }] },
      ]);
      equal(JSON.parse(root.attributes["gen_ai.output.messages"]), [
        { role: "assistant", parts: [{ type: "text", content: "About 42." }] },
      ]);
      const [, second] = asked.named("chat a/one");
      includes(second.attributes["gen_ai.output.messages"], "It is 42.");
      const [tool] = asked.named("execute_tool stock");
      equal(JSON.parse(tool.attributes["gen_ai.tool.call.arguments"]), { symbol: "ACME" });
      includes(asked.named("chat b/two")[0].status.message, "the secret prompt is refused");
      lacks(text(asked.spans()), KEY);
    },
  },
  {
    name: "otel: retries are calls of their own, each with its error",
    async run(t) {
      const script = { "c/three": [{ status: 503 }, { text: "It is 41.", usage }] };
      const { run, named } = start(t, { script, more: { max_retries: 1 } });
      await readAll(run);
      const [first, second] = named("chat c/three");
      const attempts = [first, second].map(({ attributes }) => attributes["llm_fuse.attempt"]);
      equal(attempts, [1, 2]);
      equal([first.status.code, first.attributes["error.type"]], [2, "provider_error"]);
      equal(second.status.code, 0);
    },
  },
  {
    name: "otel: result() alone makes the same spans, and a later reader gets all events",
    async run(t) {
      const { run, spans, named } = start(t);
      const result = await run.result();
      equal(result.answer, "About 42.");
      await until(() => named("invoke_workflow fusion").length === 1);
      equal(spans().length, 8);
      const events = await readAll(run);
      equal(
        events.map(({ seq }) => seq),
        events.map((_, i) => i + 1),
      );
      equal(events.at(-1).type, "run.completed");
      equal(spans().length, 8);
    },
  },
  {
    name: "otel: the traced run has the run's methods, and streams as a response",
    async run(t) {
      const { run, inner, spans } = start(t);
      const internal = ["failWithoutCore", "wake"];
      const names = (value) =>
        Object.getOwnPropertyNames(value)
          .filter((name) => !internal.includes(name))
          .sort();
      equal(names(run), names(inner));
      equal(String(run), "[object FusionRun]");
      throws(() => inner[Symbol.asyncIterator](), TypeError);
      throws(() => run.answer, TypeError);
      equal([run.cancelPanelist(0), run.retryPanelist(0), run.proceed()], [false, false, false]);
      equal(run.snapshot().status, "waiting");
      const text = await run.toResponse().text();
      includes(text, '"type":"run.completed"');
      throws(() => run.toReadableStream(), TypeError);
      equal([spans().length, run.snapshot().status], [8, "completed"]);
      const remote = start(t);
      const page = t.traced(t.fromResponse(remote.run.toResponse()));
      equal((await page.result()).answer, "About 42.");
    },
  },
  {
    name: "otel: a break, a cancel and a failure end all spans with an error",
    async run(t) {
      const script = { "c/three": { text: "It is 41.", stall: true } };
      const ends = {
        async break(run) {
          for await (const event of run) if (event.type === "panelist.failed") break;
        },
        async cancel(run) {
          for await (const event of run) if (event.type === "panelist.failed") run.cancel();
        },
        async "cancel without a reader"(run, fetch) {
          const result = failure(run.result());
          await until(() => fetch.calls.length === 4);
          run.cancel();
          throw await result;
        },
      };
      for (const [name, end] of Object.entries(ends)) {
        const { run, named, fetch } = start(t, { script });
        const error = await end(run, fetch).catch((error) => error);
        if (name !== "break") equal([name, error.code], [name, "cancelled"]);
        await until(() => named("invoke_workflow fusion").length === 1);
        const [root] = named("invoke_workflow fusion");
        equal(
          [root.status, root.attributes["error.type"]],
          [{ code: 2, message: "cancelled" }, "cancelled"],
        );
        const [open] = named("chat c/three");
        equal([open.status.code, open.attributes["error.type"]], [2, "cancelled"]);
      }
      const { run, named } = start(t, { script: { w: { status: 500 } }, more: { max_retries: 0 } });
      equal((await failure(run.result())).code, "writer_failed");
      await until(() => named("invoke_workflow fusion").length === 1);
      equal(named("invoke_workflow fusion")[0].attributes["error.type"], "writer_failed");
      equal(named("chat w")[0].attributes["error.type"], "writer_failed");
      const refused = start(t, { more: { nonsense: 1 } });
      equal((await failure(refused.run.result())).code, "invalid_request");
      await until(() => refused.spans().length === 1);
    },
  },
  {
    name: "otel: a tracer that throws fails no run",
    async run(t) {
      const broken = { startSpan: () => explode() };
      const half = {
        startSpan: () => ({ setAttributes: explode, setAttribute: explode, end: explode }),
      };
      for (const tracer of [broken, half]) {
        const { run } = start(t, { tracer });
        equal((await readAll(run)).at(-1).type, "run.completed");
        equal((await start(t, { tracer }).run.result()).answer, "About 42.");
      }
    },
  },
  {
    name: "otel: the active span is the parent, and no SDK costs nothing",
    async run(t) {
      const { run } = start(t, { tracer: trace.getTracer("none") });
      equal((await run.result()).answer, "About 42.");
      const seen = [];
      const parent = trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "2".repeat(16) });
      const active = trace.setSpan(context.active(), parent);
      const tracer = {
        startSpan(name, _options, given) {
          seen.push([name, trace.getSpan(given)?.spanContext().spanId]);
          return trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "3".repeat(16) });
        },
      };
      // This is a minimal context manager. Without one, `context.with()` has no effect.
      const manager = {
        active: () => active,
        with: (_, work, self, ...args) => work.call(self, ...args),
        bind: (_, target) => target,
        enable: () => manager,
        disable: () => manager,
      };
      context.setGlobalContextManager(manager);
      let traced;
      try {
        traced = start(t, { tracer }).run;
      } finally {
        context.disable();
      }
      await readAll(traced);
      equal(seen[0], ["invoke_workflow fusion", "2".repeat(16)]);
      for (const [, above] of seen.slice(1)) equal(above, "3".repeat(16));
    },
  },
  {
    name: "otel: what is no run, no tracer or no option is refused",
    async run(t) {
      const run = t.fuse("?");
      includes(throws(() => t.traced({}), TypeError).message, "takes a run");
      includes(throws(() => t.traced(run, {}), TypeError).message, "tracer");
      const options = { content: true };
      includes(throws(() => t.traced(run, undefined, options), TypeError).message, "`content`");
      t.traced(run);
      throws(() => t.traced(run), TypeError);
    },
  },
];
