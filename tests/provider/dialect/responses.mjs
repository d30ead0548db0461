// OpenAI's Responses API: https://platform.openai.com/docs/api-reference/responses-streaming
// OpenRouter's hosted tools are items with their own types, as in OpenRouter's API.

import {
  finishReason,
  flatCitation,
  objectsOf,
  parseJson,
  parts,
  textOf,
} from "../script-parts.mjs";
import { openai, openrouter } from "./error.mjs";

export const name = "responses";

/** The last segment of the endpoint's path. */
export const path = "responses";

/**
 * Whether an answer that uses hosted tools may end with `pause_turn`. The client's next call then
 * continues the answer.
 */
export const pauses = false;

/**
 * Describes a request: which kinds of tools it offers, and which tool calls and results it
 * contains.
 */
export function asked({ input, tools, tool_choice }) {
  const calls = objectsOf(input).map(({ type }) => type === "function_call");
  const offered = tool_choice === "none" ? [] : objectsOf(tools).map(({ type }) => type);
  return {
    functions: offered.includes("function"),
    hosted: offered.some((type) => type !== "function"),
    ids: objectsOf(input)
      .filter((_, i) => calls[i])
      .map(({ call_id }) => call_id),
    turns: calls.filter((call, i) => call && !calls[i - 1]).length,
    results: objectsOf(input)
      .filter(({ type }) => type === "function_call_output")
      .map(({ call_id, output }) => ({ id: call_id, content: textOf(output) })),
  };
}

export class Answer {
  #script;
  #call;
  #sequence = 0;
  #output = [];

  constructor(script, call) {
    this.#script = script;
    this.#call = call;
  }

  /** Returns the event name of a raw payload. */
  named(data) {
    return (typeof data === "string" ? parseJson(data) : data)?.type;
  }

  *opening() {
    yield this.#event("response.created", { response: this.#response("in_progress") });
    yield this.#event("response.in_progress", { response: this.#response("in_progress") });
  }

  /**
   * Yields the events of the answer's content. If an event counts as a delta, `isDelta` is true.
   * `repeat` says how often the event is sent.
   */
  *content() {
    for (const part of parts(this.#script)) {
      if (part.reasoning)
        yield* part.field === "reasoning"
          ? this.#summarise(part.reasoning)
          : this.#think(part.reasoning);
      if (part.used) yield* this.#use(part.used);
      if (part.text) yield* this.#write(part);
      if (part.refusal) yield* this.#refuse(part.refusal);
      if (part.call) yield* this.#ask(part.call);
    }
  }

  *#summarise(deltas) {
    const item = { type: "reasoning", id: this.#id("rs"), summary: [] };
    const at = yield* this.#begin(item);
    const part = { type: "summary_text", text: "" };
    const inside = { ...at, summary_index: 0 };
    yield this.#event("response.reasoning_summary_part.added", { ...inside, part: { ...part } });
    for (const delta of deltas) {
      part.text += delta;
      yield this.#delta("response.reasoning_summary_text.delta", { ...inside, delta });
    }
    yield this.#event("response.reasoning_summary_text.done", { ...inside, text: part.text });
    yield this.#event("response.reasoning_summary_part.done", { ...inside, part });
    item.summary.push(part);
    yield* this.#end(at, this.#sealed(item));
  }

  /** Yields the full reasoning, as open models send it. OpenAI's models send a summary instead. */
  *#think(deltas) {
    const item = { type: "reasoning", id: this.#id("rs"), summary: [], content: [] };
    const at = yield* this.#begin(item);
    const part = { type: "reasoning_text", text: "" };
    const inside = { ...at, content_index: 0 };
    yield this.#event("response.content_part.added", { ...inside, part: { ...part } });
    for (const delta of deltas) {
      part.text += delta;
      yield this.#delta("response.reasoning_text.delta", { ...inside, delta });
    }
    yield this.#event("response.reasoning_text.done", { ...inside, text: part.text });
    yield this.#event("response.content_part.done", { ...inside, part });
    item.content.push(part);
    yield* this.#end(at, this.#sealed(item));
  }

  /**
   * Adds `encrypted_content` to an item if the request asks for it. The client sends
   * `encrypted_content` back in the next turn.
   */
  #sealed(item) {
    const wanted = this.#call.body?.include?.includes?.("reasoning.encrypted_content");
    return wanted ? { ...item, encrypted_content: `sealed-${item.id}` } : item;
  }

  *#use({ tool, name, input, outcome, failed }) {
    const status = failed ? "failed" : "completed";
    if (tool.startsWith("openrouter:")) {
      const item = { type: tool, id: this.#id("st"), status: "in_progress" };
      const at = yield* this.#begin(item, { isDelta: true });
      return yield* this.#end(at, {
        ...item,
        ...hosted(name, input, outcome),
        status: failed ? "incomplete" : status,
      });
    }
    const item = { type: "web_search_call", id: this.#id("ws"), status: "in_progress" };
    const at = yield* this.#begin(item, { isDelta: true });
    for (const step of ["in_progress", "searching", "completed"])
      yield this.#event(`response.web_search_call.${step}`, at);
    yield* this.#end(at, { ...item, status, action: action(name, input, outcome) });
  }

  *#write({ text: deltas, repeat, annotations }) {
    const item = this.#message();
    const at = yield* this.#begin(item);
    const part = { type: "output_text", text: "", annotations: [], logprobs: [] };
    const name =
      this.#script.form === "docs" ? "response.content_part.delta" : "response.output_text.delta";
    const inside = { ...at, content_index: 0 };
    yield this.#event("response.content_part.added", {
      ...inside,
      part: { ...part, annotations: [] },
    });
    for (const delta of deltas) {
      for (let n = 0; n < repeat; n++) yield this.#delta(name, { ...inside, delta, logprobs: [] });
      part.text += delta.repeat(repeat);
    }
    for (const annotation of annotations.map(flatCitation)) {
      yield this.#delta("response.output_text.annotation.added", {
        ...inside,
        annotation_index: part.annotations.length,
        annotation,
      });
      part.annotations.push(annotation);
    }
    yield this.#event("response.output_text.done", { ...inside, text: part.text, logprobs: [] });
    yield this.#event("response.content_part.done", { ...inside, part });
    yield* this.#end(at, { ...item, status: "completed", content: [part] });
  }

  *#refuse(deltas) {
    const item = this.#message();
    const at = yield* this.#begin(item);
    const part = { type: "refusal", refusal: "" };
    const inside = { ...at, content_index: 0 };
    yield this.#event("response.content_part.added", { ...inside, part: { ...part } });
    for (const delta of deltas) {
      part.refusal += delta;
      yield this.#delta("response.refusal.delta", { ...inside, delta });
    }
    yield this.#event("response.refusal.done", { ...inside, refusal: part.refusal });
    yield this.#event("response.content_part.done", { ...inside, part });
    yield* this.#end(at, { ...item, status: "completed", content: [part] });
  }

  *#ask({ id, name, pieces }) {
    const item = {
      type: "function_call",
      id: this.#id("fc"),
      call_id: id,
      name,
      arguments: "",
      status: "in_progress",
    };
    const at = yield* this.#begin(item, { isDelta: true });
    for (const delta of pieces)
      yield this.#delta("response.function_call_arguments.delta", { ...at, delta });
    const whole = pieces.join("");
    yield this.#event("response.function_call_arguments.done", { ...at, name, arguments: whole });
    yield* this.#end(at, { ...item, arguments: whole, status: "completed" });
  }

  *#begin(item, more) {
    const output_index = this.#output.length;
    yield this.#event("response.output_item.added", { output_index, item }, more);
    return { item_id: item.id, output_index };
  }

  *#end({ output_index }, item) {
    this.#output[output_index] = item;
    yield this.#event("response.output_item.done", { output_index, item });
  }

  *ending() {
    const response = this.#ended();
    if (response)
      yield this.#event(
        this.#script.form === "docs" ? "response.done" : `response.${response.status}`,
        { response },
      );
  }

  /** Yields a mid-stream error. */
  *midStreamError() {
    const { error, error_as } = this.#script;
    const { code, message } = error;
    const type = error.metadata?.error_type;
    const word =
      typeof code === "string"
        ? code
        : (type ?? { 429: "rate_limit_exceeded" }[code] ?? "server_error");
    if (error_as === "error") yield this.#event("error", { code: word, message, param: null });
    else if (error_as === "nested")
      yield this.#event("error", { error: { type: word, code: word, message, param: null } });
    else if (error_as === "response.error")
      yield this.#event("response.error", { error: { code: word, message } });
    else
      yield this.#event("response.failed", {
        response: {
          ...this.#response("failed"),
          ...this.#spent(),
          error: { code: word, message },
          ...(type && { error_type: type }),
        },
      });
  }

  *doneMarker() {
    yield { data: "[DONE]" };
  }

  /** Returns the answer as one document. */
  document() {
    for (const _ of this.content());
    return this.#ended() ?? this.#response("in_progress");
  }

  #ended() {
    const reason = finishReason(this.#script);
    if (reason === null) return undefined;
    const incomplete = { length: "max_output_tokens", content_filter: "content_filter" }[reason];
    return {
      ...this.#response(incomplete ? "incomplete" : "completed"),
      completed_at: 2,
      incomplete_details: incomplete ? { reason: incomplete } : null,
      ...this.#spent(),
    };
  }

  #spent = () => ({ usage: this.#script.usage ? usage(this.#script.usage) : null });

  #event = (type, fields, more) => ({
    event: type,
    data: { type, ...fields, sequence_number: this.#sequence++ },
    ...more,
  });

  #delta = (type, fields) => this.#event(type, fields, { isDelta: true });

  #id = (kind) => `${kind}_${this.#script.round ?? 1}_${this.#output.length}`;

  #message = () => ({
    type: "message",
    id: this.#id("msg"),
    status: "in_progress",
    role: "assistant",
    content: [],
  });

  #response(status) {
    const { model, turn } = this.#call;
    return {
      id: `gen-${model}-${turn}`,
      object: "response",
      created_at: 1,
      completed_at: null,
      status,
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      metadata: {},
      model: this.#script.served ?? model,
      output: [...this.#output],
      parallel_tool_calls: true,
      temperature: null,
      tool_choice: "auto",
      tools: [],
      top_p: null,
      usage: null,
    };
  }
}

function action(name, { query, url }, outcome) {
  if (name === "web_fetch") return { type: "open_page", url };
  return {
    type: "search",
    query,
    ...(outcome.sources && {
      sources: outcome.sources.map((source) => ({ type: "url", url: source.url })),
    }),
  };
}

function hosted(name, input, outcome) {
  if (name === "web_search") return { action: action(name, input, outcome) };
  return { url: input.url, ...outcome };
}

function usage({
  reasoning_tokens = 0,
  prompt_tokens = 0,
  completion_tokens = 0,
  cached_tokens = 0,
  cache_write_tokens = 0,
  ...more
}) {
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: { cached_tokens, cache_write_tokens },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens: prompt_tokens + completion_tokens,
    ...more,
  };
}

export const keepAlive = ": OPENROUTER PROCESSING";

/** Returns the body of a refused call. */
export const refusal = (error, error_as) =>
  error_as === "openrouter" ? openrouter(error) : openai(error);

/** `GET /models`. */
export { models } from "./chat.mjs";
