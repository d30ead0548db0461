// Creates the spans of a run, which follow OpenTelemetry's GenAI conventions v0.1.0. The spans are
// created when the run ends, because the calls of an attempt are not known earlier. Their times
// come from the events. <https://github.com/open-telemetry/semantic-conventions-genai>

import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { Timeline } from "./timeline.js";

/**
 * @typedef {import("@opentelemetry/api").Attributes} Attributes
 * @typedef {import("@opentelemetry/api").Span} Span
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 * @typedef {import("../output.js").FusionSnapshot} FusionSnapshot
 * @typedef {import("./timeline.js").Call} Call
 */

const NAME = "fusion";
/**
 * The names that OpenTelemetry's conventions use for some built-in providers.
 * @type {Record<string, string>}
 */
const PROVIDERS = {
  azure: "azure.ai.openai",
  google: "gcp.gemini",
  mistral: "mistral_ai",
  moonshot: "moonshot_ai",
  xai: "x_ai",
};

/**
 * Makes the spans of one run. No method throws, because a failure of the tracer must not fail the
 * run.
 */
export class RunSpans {
  #tracer;
  #capture;
  #parent;
  #timeline = new Timeline();
  /** @type {Span | undefined} */
  #root;

  /**
   * @param {import("@opentelemetry/api").Tracer} tracer
   * @param {{ captureContent?: boolean | undefined }} options
   */
  constructor(tracer, { captureContent = false }) {
    this.#tracer = tracer;
    this.#capture = captureContent;
    // The parent is the caller's active span, such as the span of a request.
    this.#parent = context.active();
  }

  start() {
    tryTo(() => {
      this.#timeline.start();
      this.#root = this.#tracer.startSpan(
        `invoke_workflow ${NAME}`,
        {
          kind: SpanKind.INTERNAL,
          startTime: this.#timeline.began,
          attributes: {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.agent.name": NAME,
            "gen_ai.request.stream": true,
          },
        },
        this.#parent,
      );
    });
  }

  /** @param {FusionEvent} event */
  apply(event) {
    tryTo(() => this.#timeline.apply(event));
  }

  /** @param {() => FusionSnapshot} read */
  end(read) {
    tryTo(() => {
      const root = this.#root;
      this.#root = undefined;
      if (!root) return;
      const endTime = this.#timeline.ended;
      // Making the spans of calls and tools may throw. The root span must end nevertheless.
      tryTo(() => this.#end(root, read()));
      root.end(endTime);
    });
  }

  /** @param {Span} root @param {FusionSnapshot} snapshot */
  #end(root, snapshot) {
    const timeline = this.#timeline;
    const { result, error } = timeline;
    root.setAttributes(
      defined({
        "llm_fuse.run_id": snapshot.run_id || undefined,
        "llm_fuse.cost": result?.usage.cost ?? undefined,
        ...usageOf(result?.usage),
      }),
    );
    if (this.#capture) root.setAttributes(contentOf(snapshot, result?.answer));
    if (!result) fail(root, error ?? { code: "cancelled" }, this.#capture);
    const parent = trace.setSpan(this.#parent, root);
    const failures = timeline.failuresOf(snapshot.activity);
    for (const call of timeline.calls(snapshot.activity))
      tryTo(() => this.#call(call, parent, failures));
    for (const tool of timeline.tools) tryTo(() => this.#tool(tool, parent));
  }

  /**
   * @param {Call} call
   * @param {import("@opentelemetry/api").Context} parent
   * @param {Map<Call["activity"], { code: string, message?: string }>} failures
   */
  #call({ activity, start, end, attempt, isLast }, parent, failures) {
    const { stage, model, provider, generation_id, model_served, status } = activity;
    const kind = SpanKind.CLIENT;
    const attributes = defined({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": PROVIDERS[provider] ?? provider,
      "gen_ai.request.model": model,
      "gen_ai.request.stream": true,
      "llm_fuse.stage": stage,
      [indexName(stage)]: activity.index,
      "llm_fuse.attempt": activity.attempt,
    });
    const span = this.#tracer.startSpan(
      `chat ${model}`,
      { kind, startTime: start, attributes },
      parent,
    );
    tryTo(() => {
      const isDone = status === "completed";
      span.setAttributes(
        defined({
          "gen_ai.response.id": generation_id ?? undefined,
          "gen_ai.response.model": model_served ?? undefined,
          "gen_ai.response.finish_reasons": isDone ? finishReasons(attempt, isLast) : ["error"],
          "llm_fuse.cost": activity.cost ?? undefined,
          ...usageOf(activity),
        }),
      );
      if (this.#capture && isDone && isLast && attempt.content !== undefined) {
        const messages = [message("assistant", attempt.content)];
        span.setAttribute("gen_ai.output.messages", JSON.stringify(messages));
      }
      if (!isDone) fail(span, failures.get(activity) ?? { code: "cancelled" }, this.#capture);
    });
    span.end(end);
  }

  /**
   * @param {import("./timeline.js").Tool} tool
   * @param {import("@opentelemetry/api").Context} parent
   */
  #tool({ name, start, end, index, stage, input, status }, parent) {
    const attributes = defined({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.type": "function",
      "llm_fuse.stage": stage,
      [indexName(stage)]: index,
      "gen_ai.tool.call.arguments": this.#capture ? input : undefined,
    });
    const span = this.#tracer.startSpan(
      `execute_tool ${name}`,
      { kind: SpanKind.INTERNAL, startTime: start, attributes },
      parent,
    );
    tryTo(() => {
      if (status !== "completed") fail(span, { code: status ?? "cancelled" }, false);
    });
    span.end(end ?? this.#timeline.ended);
  }
}

/** @param {import("./timeline.js").Stage} stage */
const indexName = (stage) =>
  stage === "verification" ? "llm_fuse.contradiction" : "llm_fuse.panelist";

/**
 * Calls a function and ignores its exception. Each span is created in a separate call of `tryTo`,
 * so an exception affects only one span.
 * @param {() => void} work
 */
function tryTo(work) {
  try {
    work();
  } catch {
    // The caller's tracer has failed.
  }
}

/**
 * Marks a span as failed. Without `capture`, the status has only the error's code, because the
 * message of a provider may quote the prompt.
 * @param {Span} span
 * @param {{ code: string, message?: string }} error
 * @param {boolean} capture
 */
function fail(span, { code, message = code }, capture) {
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: capture ? message : code });
}

/**
 * Returns the finish reasons of a call. All calls of an attempt except the last one end with tool
 * calls. The analyst's last call has no finish reason.
 * @param {Call["attempt"]} attempt
 * @param {boolean} isLast
 */
function finishReasons({ finish_reason }, isLast) {
  if (!isLast) return ["tool_calls"];
  return finish_reason ? [finish_reason] : undefined;
}

/** @param {{ [name: string]: any } | undefined} usage */
const usageOf = (usage) =>
  defined({
    "gen_ai.usage.input_tokens": usage?.prompt_tokens ?? undefined,
    "gen_ai.usage.output_tokens": usage?.completion_tokens ?? undefined,
    "gen_ai.usage.reasoning.output_tokens": usage?.reasoning_tokens ?? undefined,
  });

/**
 * Returns the question and the answer in the conventions' form, as JSON.
 * @param {FusionSnapshot} snapshot
 * @param {string | undefined} answer
 * @returns {Attributes}
 */
function contentOf({ request }, answer) {
  const { prompt, messages } = /** @type {{ prompt?: string, messages?: readonly any[] }} */ (
    request
  );
  const asked = messages?.map(({ role, content }) => message(role, content)) ?? [
    message("user", prompt),
  ];
  return defined({
    "gen_ai.input.messages": JSON.stringify(asked),
    "gen_ai.output.messages":
      answer === undefined ? undefined : JSON.stringify([message("assistant", answer)]),
  });
}

/** @param {string} role @param {any} content */
function message(role, content) {
  const texts = Array.isArray(content) ? content.map(toPart) : [{ type: "text", content }];
  return { role, parts: texts };
}

/**
 * Converts a part of a message. For a file, the result has only the type and not the content.
 * @param {any} part
 */
const toPart = (part) =>
  part?.type === "text" ? { type: "text", content: part.text } : { type: String(part?.type) };

/**
 * @param {Record<string, any>} fields
 * @returns {Attributes}
 */
const defined = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
