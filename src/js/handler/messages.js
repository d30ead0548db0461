// POST .../messages: Anthropic's Messages. It has no block for a fusion; what the panel cost is in `usage`, what it cited are citations.
// <https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-messages>

import { common } from "./asked.js";
import { refuse } from "./failure.js";
import { namedFrame } from "./frames.js";
import { conversation } from "./messages-input.js";
import { given, priced } from "./words.js";

export function read(body) {
  const { thinking, output_config } = body;
  const asked = common("messages", body, chatTool);
  if (body.fallbacks != null && !Array.isArray(body.fallbacks)) throw refuse("fallbacks", "must be an array");
  const fallbacks = body.fallbacks?.map((fallback) => fallback?.model ?? fallback);
  return {
    ...asked,
    ...conversation(body),
    models: fallbacks ?? asked.models,
    // Whoever has not asked for thinking does not expect a block of it.
    showReasoning: thinking != null && thinking.type !== "disabled" && thinking.display !== "omitted",
    writer: given({
      temperature: body.temperature,
      max_completion_tokens: body.max_tokens,
      stop: Array.isArray(body.stop_sequences) && body.stop_sequences.length === 0 ? undefined : body.stop_sequences,
      response_format: formatOf(output_config?.format),
      reasoning: reasoningOf(thinking, output_config?.effort),
    }),
    names: {
      ...(fallbacks && { "writer.fallbacks": "fallbacks" }),
      "writer.max_completion_tokens": "max_tokens",
      "writer.stop": "stop_sequences",
      "writer.response_format": "output_config.format",
      "writer.reasoning.max_tokens": "thinking.budget_tokens",
      "reasoning.max_tokens": "thinking.budget_tokens",
      "writer.reasoning.effort": "output_config.effort",
    },
    tool_choice: choiceOf(body.tool_choice),
    passed: { ...asked.passed, ...(body.tool_choice?.disable_parallel_tool_use && { parallel_tool_calls: false }) },
  };
}

function chatTool(tool, path) {
  if (tool.type != null && tool.type !== "custom") return tool;
  if (typeof tool.name !== "string") throw refuse(`${path}.name`, "must be a string");
  const { name, description, input_schema: parameters } = tool;
  return { type: "function", function: given({ name, description, parameters }) };
}

const CHOICES = new Map([["auto", "auto"], ["any", "required"], ["none", "none"]]);

function choiceOf(choice) {
  if (choice == null) return undefined;
  if (choice.type === "tool") return { type: "function", function: { name: choice.name } };
  return CHOICES.get(choice.type) ?? choice;
}

function formatOf(format) {
  if (format?.type !== "json_schema") return format ?? undefined;
  return { type: "json_schema", json_schema: { name: "output", strict: true, schema: format.schema } };
}

function reasoningOf(thinking, effort) {
  if (thinking?.type === "disabled") return { effort: "none" };
  const wanted = given({ effort, max_tokens: thinking?.budget_tokens });
  return Object.keys(wanted).length > 0 ? wanted : undefined;
}

export class Voice {
  beat = namedFrame({ type: "ping" });
  #ask;
  #id;
  #blocks = 0;
  /** The kind of the block that is being told. */
  #open;

  constructor(ask, { id }) {
    this.#ask = ask;
    this.#id = id;
  }

  on(event, story) {
    switch (event.type) {
      case "run.started":
        return namedFrame({ type: "message_start", message: this.#message(story, { content: [], stop_reason: null, usage: usage() }) });
      case "answer.reasoning":
        if (!this.#ask.showReasoning) return "";
        return this.#turnTo("thinking") + this.#delta({ type: "thinking_delta", thinking: event.delta });
      case "answer.delta":
        return this.#turnTo("text") + this.#delta({ type: "text_delta", text: event.delta });
      case "answer.tool_call": {
        const begun = this.#turnTo("tool_use", { id: event.id, name: event.name, input: {}, caller: { type: "direct" } });
        return begun + this.#delta({ type: "input_json_delta", partial_json: event.arguments }) + this.#end();
      }
      case "run.completed": {
        const cited = this.#open === "text" ? citations(story).map((citation) => this.#delta({ type: "citations_delta", citation })) : [];
        const delta = { stop_reason: stopReason(story), stop_sequence: null, stop_details: null, container: null };
        return cited.join("") + this.#end() + namedFrame({ type: "message_delta", delta, usage: usage(story) }) + namedFrame({ type: "message_stop" });
      }
      default:
        return "";
    }
  }

  fail(failure) {
    const { type, error } = refusal(failure);
    return namedFrame({ type, error });
  }

  whole(story) {
    const thinking = this.#ask.showReasoning && story.reasoning ? [{ type: "thinking", thinking: story.reasoning, signature: "" }] : [];
    const cited = citations(story);
    const text = story.text ? [{ type: "text", text: story.text, citations: cited.length > 0 ? cited : null }] : [];
    const calls = story.toolCalls.map(({ id, name, arguments: json }) => ({ type: "tool_use", id, name, input: parsed(json), caller: { type: "direct" } }));
    return this.#message(story, { content: [...thinking, ...text, ...calls], stop_reason: stopReason(story), usage: usage(story) });
  }

  #message({ writer }, fields) {
    return { id: this.#id, type: "message", role: "assistant", model: writer, stop_sequence: null, stop_details: null, container: null, ...fields };
  }

  #turnTo(kind, fields = EMPTY[kind]) {
    if (this.#open === kind && kind !== "tool_use") return "";
    const ended = this.#end();
    this.#open = kind;
    return ended + namedFrame({ type: "content_block_start", index: this.#blocks, content_block: { type: kind, ...fields } });
  }

  #delta(delta) {
    return namedFrame({ type: "content_block_delta", index: this.#blocks, delta });
  }

  #end() {
    if (!this.#open) return "";
    const signed = this.#open === "thinking" ? this.#delta({ type: "signature_delta", signature: "" }) : "";
    this.#open = undefined;
    return signed + namedFrame({ type: "content_block_stop", index: this.#blocks++ });
  }
}

const EMPTY = { thinking: { thinking: "", signature: "" }, text: { text: "", citations: null } };

const TYPES = {
  401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error",
  503: "overloaded_error", 504: "timeout_error", 529: "overloaded_error",
};

export function refusal({ status, type, message }, id = null) {
  const kind = TYPES[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
  return { type: "error", error: { type: kind, message, error_type: type }, request_id: id };
}

const citations = (story) =>
  story.sources.map(({ url, title }) => ({ type: "web_search_result_location", url, title: title || null, cited_text: "", encrypted_index: "" }));

function stopReason({ toolCalls, finishReason }) {
  if (toolCalls.length > 0) return "tool_use";
  return { length: "max_tokens", content_filter: "refusal" }[finishReason] ?? "end_turn";
}

/** An object, as a block's `input` must be. */
function parsed(json) {
  try {
    return JSON.parse(json || "{}");
  } catch {
    return {};
  }
}

/** Without a story: nothing yet. */
function usage(story) {
  const { prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, cost } = story?.result.usage ?? {};
  return {
    input_tokens: prompt_tokens,
    output_tokens: completion_tokens,
    output_tokens_details: story ? { thinking_tokens: reasoning_tokens } : null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    cache_creation: null,
    inference_geo: null,
    server_tool_use: story ? { web_search_requests: story.searches, web_fetch_requests: story.fetches } : null,
    service_tier: null,
    ...priced(cost),
  };
}
