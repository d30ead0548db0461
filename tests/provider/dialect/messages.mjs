// Anthropic's Messages API: https://platform.claude.com/docs/en/build-with-claude/streaming

import {
  finishReason,
  flatCitation,
  objectsOf,
  parseJson,
  parts,
  textOf,
} from "../script-parts.mjs";
import { anthropic } from "./error.mjs";

export const name = "messages";

/** The last segment of the endpoint's path. */
export const path = "messages";

/**
 * Whether an answer that uses hosted tools may end with `pause_turn`. The client's next call then
 * continues the answer.
 */
export const pauses = true;

/**
 * Describes a request: which kinds of tools it offers, and which tool calls and results it
 * contains.
 */
export function asked({ messages, tools, tool_choice }) {
  const blocks = objectsOf(messages).map(({ content }) => objectsOf(content));
  const uses = blocks
    .map((of) => of.filter(({ type }) => type === "tool_use" || type === "server_tool_use"))
    .filter((of) => of.length);
  const offered =
    tool_choice?.type === "none" ? [] : objectsOf(tools).map(({ type }) => /^web_/.test(type));
  return {
    functions: offered.includes(false),
    hosted: offered.includes(true),
    ids: uses.flat().map(({ id }) => id),
    turns: uses.length,
    results: blocks
      .flat()
      .filter(({ type }) => type === "tool_result")
      .map(({ tool_use_id, content, is_error }) => ({
        id: tool_use_id,
        content: textOf(content),
        ...(is_error && { is_error }),
      })),
  };
}

export class Answer {
  #script;
  #call;
  #content = [];

  constructor(script, call) {
    this.#script = script;
    this.#call = call;
  }

  /** Returns the event name of a raw payload. */
  named(data) {
    return (typeof data === "string" ? parseJson(data) : data)?.type;
  }

  *opening() {
    yield event("message_start", {
      message: { ...this.#message(), usage: this.#script.usage ? begun(this.#script.usage) : {} },
    });
    yield event("ping");
  }

  /**
   * Yields the events of the answer's content. If an event counts as a delta, `isDelta` is true.
   * `repeat` says how often the event is sent.
   */
  *content() {
    for (const part of parts(this.#script)) {
      if (part.reasoning) yield* this.#think(part.reasoning);
      if (part.used) yield* this.#use(part.used);
      if (part.text) yield* this.#write(part);
      if (part.refusal) yield* this.#write({ text: part.refusal, repeat: 1, annotations: [] });
      if (part.call) yield* this.#ask(part.call);
    }
  }

  *#think(deltas) {
    const thinking = deltas.join("");
    const index = yield* this.#begin({ type: "thinking", thinking: "", signature: "" });
    for (const delta of deltas)
      yield deltaEvent(index, { type: "thinking_delta", thinking: delta });
    yield event("content_block_delta", {
      index,
      delta: { type: "signature_delta", signature: sign(thinking) },
    });
    yield* this.#end(index, { type: "thinking", thinking, signature: sign(thinking) });
  }

  *#use({ id, name, input, outcome, failed }) {
    const tool_use_id = `srvtoolu_${id}`;
    const block = { type: "server_tool_use", id: tool_use_id, name, input: {} };
    const index = yield* this.#begin(block, { isDelta: true });
    yield event("content_block_delta", {
      index,
      delta: { type: "input_json_delta", partial_json: "" },
    });
    for (const partial_json of JSON.stringify(input).match(/.{1,7}/gsu))
      yield event("content_block_delta", {
        index,
        delta: { type: "input_json_delta", partial_json },
      });
    yield* this.#end(index, { ...block, input });
    if (outcome.pending) return;
    const result = {
      type: `${name}_tool_result`,
      tool_use_id,
      content: found(name, input, outcome, failed),
    };
    yield* this.#end(yield* this.#begin(result), result);
  }

  *#write({ text: deltas, repeat, annotations }) {
    const index = yield* this.#begin({
      type: "text",
      text: "",
      ...(annotations.length && { citations: [] }),
    });
    for (const delta of deltas)
      yield { ...deltaEvent(index, { type: "text_delta", text: delta }), repeat };
    const citations = annotations.map(flatCitation).map(cite);
    for (const citation of citations)
      yield deltaEvent(index, { type: "citations_delta", citation });
    yield* this.#end(index, {
      type: "text",
      text: deltas.map((delta) => delta.repeat(repeat)).join(""),
      citations: citations.length ? citations : null,
    });
  }

  *#ask({ id, name, pieces }) {
    const block = { type: "tool_use", id, name, input: {} };
    const index = yield* this.#begin(block, { isDelta: true });
    for (const partial_json of pieces)
      yield deltaEvent(index, { type: "input_json_delta", partial_json });
    yield* this.#end(index, { ...block, input: parseJson(pieces.join("")) ?? {} });
  }

  *#begin(content_block, more) {
    const index = this.#content.push(content_block) - 1;
    yield event("content_block_start", { index, content_block }, more);
    return index;
  }

  *#end(index, whole) {
    this.#content[index] = whole;
    yield event("content_block_stop", { index });
  }

  *ending() {
    const { usage: spent } = this.#script;
    yield event("message_delta", {
      delta: { ...this.#stop(), container: null },
      usage: spent ? usage(spent) : {},
    });
  }

  /** Yields a mid-stream error. */
  *midStreamError() {
    const { error, error_as } = this.#script;
    const failure = { event: "error", data: refusal(error, error_as) };
    yield error_as === "unnamed" ? { ...failure, event: undefined } : failure;
  }

  *doneMarker() {
    yield event("message_stop");
  }

  /** Returns the answer as one document. */
  document() {
    for (const _ of this.content());
    const { usage: spent } = this.#script;
    return {
      ...this.#message(),
      content: this.#content,
      ...this.#stop(),
      usage: spent ? usage(spent) : {},
    };
  }

  #stop() {
    const refused = (this.#script.parts ?? [this.#script]).some((part) => part.refusal);
    const reason =
      refused && this.#script.finish_reason === undefined
        ? "content_filter"
        : finishReason(this.#script);
    const stop_reason =
      { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use", content_filter: "refusal" }[
        reason
      ] ?? reason;
    return {
      stop_reason,
      stop_sequence: null,
      stop_details:
        stop_reason === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
    };
  }

  #message() {
    const { model, turn } = this.#call;
    return {
      id: `gen-${model}-${turn}`,
      type: "message",
      role: "assistant",
      model: this.#script.served ?? model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
    };
  }
}

/** Returns the signature of thinking. A client must send it back with the thinking. */
export function sign(thinking) {
  let hash = 7;
  for (const letter of thinking) hash = (hash * 31 + letter.codePointAt(0)) % 0xffffff;
  return `signed-${hash.toString(16)}`;
}

const event = (type, fields, more) => ({ event: type, data: { type, ...fields }, ...more });

const deltaEvent = (index, delta) =>
  event("content_block_delta", { index, delta }, { isDelta: true });

const cite = ({ url, title = null, content = "" }) => ({
  type: "web_search_result_location",
  url,
  title,
  cited_text: content,
  encrypted_index: `sealed-${url}`,
});

function found(name, { url }, outcome, failed) {
  if (failed)
    return { type: `${name}_tool_result_error`, error_code: outcome.error_code ?? "unavailable" };
  if (name === "web_search")
    return (outcome.sources ?? []).map((source) => ({
      type: "web_search_result",
      url: source.url,
      title: source.title ?? "",
      encrypted_content: `sealed-${source.url}`,
      page_age: null,
    }));
  const content = {
    type: "document",
    title: outcome.title ?? null,
    source: { type: "text", media_type: "text/plain", data: outcome.content ?? "" },
    citations: null,
  };
  return { type: "web_fetch_result", url: outcome.url ?? url, retrieved_at: null, content };
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
    input_tokens: prompt_tokens - cached_tokens - cache_write_tokens,
    cache_read_input_tokens: cached_tokens,
    cache_creation_input_tokens: cache_write_tokens,
    output_tokens: completion_tokens,
    output_tokens_details: { thinking_tokens: reasoning_tokens },
    ...more,
  };
}

/**
 * Returns the usage that the stream reports at its start: all input tokens, and one output token.
 */
function begun(spent) {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage(spent);
  return { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens: 1 };
}

export const keepAlive = 'event: ping\ndata: {"type":"ping"}';

/** Returns the body of a refused call. */
export const refusal = anthropic;

/** `GET /models`. */
export const models = (ids) => ({
  data: ids.map((id) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "2026-01-01T00:00:00Z",
  })),
  has_more: false,
  first_id: ids[0] ?? null,
  last_id: ids.at(-1) ?? null,
});
