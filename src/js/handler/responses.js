// POST .../responses: OpenAI's Responses with OpenRouter's fusion item and its nine events, which carry `index` here.
// <https://openrouter.ai/docs/api/api-reference/responses/create-responses>

import { common } from "./asked.js";
import { envelope } from "./failure.js";
import { BEAT, DONE, namedFrame } from "./frames.js";
import { quirksOf } from "./quirks.js";
import { conversation } from "./responses-input.js";
import { effortOf, given, priced, toolUse, total } from "./words.js";

export function read(body, headers) {
  const { format, verbosity } = body.text ?? {};
  const asked = common("responses", body, chatTool);
  return {
    ...asked,
    passed: { ...asked.passed, ...given({ verbosity }) },
    ...conversation(body),
    quirks: quirksOf(headers),
    writer: given({
      temperature: body.temperature,
      max_completion_tokens: body.max_output_tokens,
      response_format: formatOf(format),
      reasoning: effortOf(body.reasoning),
    }),
    names: { messages: "input", "writer.max_completion_tokens": "max_output_tokens", "writer.response_format": "text.format" },
    tool_choice: choiceOf(body.tool_choice),
    echo: body,
  };
}

/** Functions are flat here. */
function chatTool(tool) {
  if (tool.type !== "function") return tool;
  const { name, description, parameters, strict } = tool;
  return { type: "function", function: given({ name, description, parameters, strict }) };
}

const choiceOf = (choice) => (choice?.type === "function" ? { type: "function", function: { name: choice.name } } : (choice ?? undefined));

function formatOf(format) {
  if (format == null || format.type === "text") return undefined;
  if (format.type !== "json_schema") return format;
  const { type, ...json_schema } = format;
  return { type, json_schema };
}

export class Voice {
  beat = BEAT;
  #ask;
  #id;
  #created;
  #sequence = 0;
  /** Items in the order in which they began: `{ kind, id, index, status, text, ... }`. */
  #items = [];
  /** Those that are being told, by kind. */
  #open = {};

  constructor(ask, { id, created }) {
    this.#ask = ask;
    this.#id = id.replace(/^gen-/, "");
    this.#created = created;
  }

  on(event, story) {
    switch (event.type) {
      case "run.started": {
        const response = this.#response(story, "in_progress");
        const begun = this.#say("response.created", { response }) + this.#say("response.in_progress", { response });
        return story.convened ? begun + this.#begin("fusion", story) + this.#fusion("in_progress") : begun;
      }
      case "panelist.started":
        return event.attempt === 1 ? this.#panel("added", event, story) : "";
      case "panelist.delta":
        return this.#panel("delta", event, story, { delta: event.delta });
      case "panelist.reasoning":
        return this.#panel("reasoning.delta", event, story, { delta: event.delta });
      case "panelist.completed":
        return this.#panel("completed", event, story, { content: event.content });
      case "panelist.failed": {
        const { error: message, status_code } = story.failed[event.index];
        return this.#panel("failed", event, story, given({ [this.#ask.quirks.throwsOnError ? "message" : "error"]: message, status_code }));
      }
      case "analysis.started":
        return event.attempt === 1 && !event.pass ? this.#fusion("analysis.in_progress", { analyst_model: event.model, judge_model: event.model }) : "";
      case "analysis.completed":
        return this.#fusion("analysis.completed", { analysis: story.analysis });
      case "answer.started":
        if (event.attempt > 1) this.#unsay();
        return this.#open.fusion ? this.#fusion("completed") + this.#end("fusion", story) : "";
      case "answer.reasoning":
        return this.#text("reasoning", event.delta, story);
      case "answer.delta":
        return this.#end("reasoning", story) + this.#text("message", event.delta, story);
      case "answer.tool_call":
        return this.#end("reasoning", story) + this.#end("message", story) + this.#call(event, story);
      case "run.completed": {
        const ended = this.#end("reasoning", story) + this.#end("message", story);
        const response = this.whole(story);
        return ended + this.#say(`response.${response.status}`, { response }) + DONE;
      }
      default:
        return "";
    }
  }

  fail(failure, story) {
    const { status, type, message } = failure;
    const ended = this.#end("fusion", story, "incomplete");
    for (const item of Object.values(this.#open)) item.status = "incomplete";
    const code = status === 429 ? "rate_limit_exceeded" : status < 500 ? "invalid_prompt" : "server_error";
    const response = { ...this.#response(story, "failed"), error: { code, message }, error_type: type };
    // The published shape is flat, OpenAI's own is nested, and its client throws for that one.
    const error = { code: type, message, param: null };
    return ended + this.#say("response.failed", { response }) + this.#say("error", { ...error, error: { type: code, ...error } });
  }

  whole(story) {
    const reason = story.toolCalls.length === 0 ? { length: "max_output_tokens", content_filter: "content_filter" }[story.finishReason] : undefined;
    return {
      ...this.#response(story, reason ? "incomplete" : "completed"),
      completed_at: reason ? null : Math.floor(Date.now() / 1000),
      incomplete_details: reason ? { reason } : null,
      usage: usage(story),
    };
  }

  #say(type, fields) {
    return namedFrame({ type, ...fields, sequence_number: this.#sequence++ });
  }

  #begin(kind, story, more) {
    const id = `${PREFIX[kind]}_${this.#id}${kind === "fusion" ? "" : `_${this.#items.length}`}`;
    const item = { kind, id, index: this.#items.length, status: "in_progress", text: "", ...more };
    this.#items.push(item);
    this.#open[kind] = item;
    return this.#say("response.output_item.added", { output_index: item.index, item: shown(item, story) });
  }

  #end(kind, story, status = "completed") {
    const item = this.#open[kind];
    if (!item) return "";
    delete this.#open[kind];
    item.status = status;
    const within = kind === "reasoning" || kind === "message" ? this.#endText(item, story) : "";
    return within + this.#say("response.output_item.done", { output_index: item.index, item: shown(item, story) });
  }

  /** A delta of thinking or of the answer; the first one begins the item and its only part. */
  #text(kind, delta, story) {
    let begun = "";
    if (!this.#open[kind]) {
      begun = this.#begin(kind, story);
      begun += this.#say("response.content_part.added", { ...partOf(this.#open[kind]), part: part(this.#open[kind]) });
    }
    const item = this.#open[kind];
    item.text += delta;
    return begun + this.#say(`response.${TEXT[kind]}.delta`, { ...partOf(item), delta, ...(kind === "message" && { logprobs: [] }) });
  }

  /** Another writer begins. What a stream has told is never taken back: see reply.js. */
  #unsay() {
    delete this.#open.message;
    this.#items = this.#items.filter(({ kind }) => kind === "fusion" || kind === "reasoning");
  }

  #endText(item, story) {
    let said = "";
    if (item.kind === "message") {
      item.annotations = story.citationsIn(item.text).map((citation) => ({ type: "url_citation", ...citation }));
      for (const [annotation_index, annotation] of item.annotations.entries()) {
        said += this.#say("response.output_text.annotation.added", { ...partOf(item), annotation_index, annotation });
      }
    }
    const { text, kind } = item;
    said += this.#say(`response.${TEXT[kind]}.done`, { ...partOf(item), text, ...(kind === "message" && { logprobs: [] }) });
    return said + this.#say("response.content_part.done", { ...partOf(item), part: part(item) });
  }

  /** It comes whole. */
  #call({ id: call_id, name, arguments: json }, story) {
    const begun = this.#begin("call", story, { call_id, name });
    const item = this.#open.call;
    item.text = json;
    const place = { item_id: item.id, output_index: item.index };
    return (
      begun +
      this.#say("response.function_call_arguments.delta", { ...place, delta: json }) +
      this.#say("response.function_call_arguments.done", { ...place, name, arguments: json }) +
      this.#end("call", story)
    );
  }

  #fusion(type, fields) {
    if (this.#ask.quirks.throwsOnEvents) return "";
    const { id, index } = this.#open.fusion;
    return this.#say(`response.fusion_call.${type}`, { item_id: id, output_index: index, ...fields });
  }

  get #withoutFusion() {
    return this.#ask.quirks.refusesItems && !this.#ask.stream;
  }

  #panel(type, { index }, story, fields) {
    return this.#fusion(`panel.${type}`, { model: story.modelAt(index), index, ...fields });
  }

  #response(story, status) {
    return {
      ...echo(this.#ask.echo),
      id: `resp_${this.#id}`,
      created_at: this.#created,
      completed_at: null,
      status,
      model: story.writer,
      output: this.#items.filter(({ kind }) => kind !== "fusion" || !this.#withoutFusion).map((item) => shown(item, story)),
      output_text: story.text,
      error: null,
      incomplete_details: null,
      usage: null,
    };
  }
}

export const refusal = (failure) => ({ ...envelope(failure), error_type: failure.type });

const PREFIX = { fusion: "st", reasoning: "rs", message: "msg", call: "fc" };
const TEXT = { reasoning: "reasoning_text", message: "output_text" };

const partOf = ({ id, index }) => ({ item_id: id, output_index: index, content_index: 0 });

const part = ({ kind, text, annotations = [] }) => (kind === "reasoning" ? { type: "reasoning_text", text } : { type: "output_text", text, annotations, logprobs: [] });

/** An item as it is now. */
function shown(item, story) {
  const { kind, id, status, text } = item;
  const over = status !== "in_progress";
  switch (kind) {
    case "fusion":
      return { type: "openrouter:fusion", id, status, ...(over && { ...story.findings, ...whyNot(story, status) }) };
    case "reasoning":
      return { type: "reasoning", id, status, summary: [], content: over ? [part(item)] : [] };
    case "message":
      return { type: "message", id, role: "assistant", status, content: over ? [part(item)] : [] };
    default:
      return { type: "function_call", id, call_id: item.call_id, name: item.name, arguments: text, status };
  }
}

/** Why there is no analysis. Of the analyst's failures only these have names, in their old spelling. */
function whyNot({ analysis, analysisError, error }, status) {
  if (status === "incomplete") return { error: error.message, failure_reason: error.code };
  if (analysis || !analysisError) return {};
  const { code, message, status_code } = analysisError;
  const reason = code === "empty_response" ? "empty_completion" : code === "provider_error" && status_code === undefined ? "not_valid_json" : "upstream_error";
  return { error: message, failure_reason: code === "cancelled" ? code : `judge_${reason}` };
}

/** What a response repeats of its request. */
function echo(body) {
  const keep = (name, otherwise = null) => body[name] ?? otherwise;
  return {
    object: "response",
    instructions: keep("instructions"),
    max_output_tokens: keep("max_output_tokens"),
    metadata: keep("metadata", {}),
    parallel_tool_calls: keep("parallel_tool_calls", true),
    previous_response_id: null,
    reasoning: keep("reasoning"),
    store: false,
    temperature: keep("temperature"),
    text: keep("text", { format: { type: "text" } }),
    tool_choice: keep("tool_choice", "auto"),
    tools: keep("tools", []),
    top_p: keep("top_p"),
    presence_penalty: keep("presence_penalty"),
    frequency_penalty: keep("frequency_penalty"),
    truncation: keep("truncation", "disabled"),
  };
}

function usage(story) {
  const { prompt_tokens, completion_tokens, reasoning_tokens, cost } = story.result.usage;
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens: total({ prompt_tokens, completion_tokens }),
    ...priced(cost),
    is_byok: false,
    server_tool_use_details: toolUse(story),
  };
}
