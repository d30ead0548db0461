// Chat Completions in OpenRouter's format: https://openrouter.ai/docs/api-reference/chat-completion

import { finishReason, objectsOf, parts, textOf } from "../script-parts.mjs";
import { openai, openrouter } from "./error.mjs";

export const name = "chat";

/** The last segment of the endpoint's path. */
export const path = "completions";

/**
 * Whether an answer that uses hosted tools may end with `pause_turn`. The client's next call then
 * continues the answer.
 */
export const pauses = false;

/**
 * Describes a request: which kinds of tools it offers, and which tool calls and results it
 * contains.
 */
export function asked({ messages, tools, tool_choice }) {
  const calls = objectsOf(messages).filter(
    ({ role, tool_calls }) => role === "assistant" && tool_calls?.length,
  );
  const offered = tool_choice === "none" ? [] : objectsOf(tools).map(({ type }) => type);
  return {
    functions: offered.includes("function"),
    hosted: offered.some((type) => type !== "function"),
    ids: calls.flatMap(({ tool_calls }) => tool_calls.map(({ id }) => id)),
    turns: calls.length,
    results: objectsOf(messages)
      .filter(({ role }) => role === "tool")
      .map(({ tool_call_id, content }) => ({ id: tool_call_id, content: textOf(content) })),
  };
}

export class Answer {
  #script;
  #call;
  #calls = 0;

  constructor(script, call) {
    this.#script = script;
    this.#call = call;
  }

  /** Returns the event name of a raw payload. This dialect has no event names. */
  named() {
    return undefined;
  }

  *opening() {}

  /**
   * Yields the events of the answer's content. If an event counts as a delta, `isDelta` is true.
   * `repeat` says how often the event is sent.
   */
  *content() {
    for (const part of parts(this.#script)) {
      if (part.reasoning)
        for (const delta of part.reasoning) yield this.#delta({ [part.field]: delta });
      if (part.detail) yield this.#delta({ reasoning_details: [part.detail] });
      for (const content of part.text ?? [])
        yield { ...this.#delta({ content }), repeat: part.repeat };
      for (const annotation of part.annotations ?? [])
        yield this.#delta({ annotations: [annotation] });
      for (const refusal of part.refusal ?? []) yield this.#delta({ refusal });
      if (part.call) yield* this.#ask(part.call);
    }
  }

  *#ask({ id, name, pieces, whole }) {
    const index = this.#calls++;
    yield this.#delta({
      tool_calls: [
        {
          index,
          id,
          type: "function",
          function: { name, arguments: whole ? pieces.join("") : "" },
        },
      ],
    });
    if (!whole)
      for (const piece of pieces)
        yield this.#delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }

  *ending() {
    const { usage: spent, usage_in } = this.#script;
    const last = this.#chunk({ content: "" }, finishReason(this.#script));
    if (!spent) return yield { data: last };
    if (usage_in === "finish") return yield { data: { ...last, usage: usage(spent) } };
    yield { data: last };
    const after = this.#chunk({ content: "" });
    yield {
      data: {
        ...after,
        choices: usage_in === "empty_delta" ? after.choices : [],
        usage: usage(spent),
      },
    };
  }

  /** Yields a mid-stream error. */
  *midStreamError() {
    const { error, error_as, usage: spent } = this.#script;
    const chunk = {
      ...this.#chunk({ content: "" }, "error"),
      ...(spent && { usage: usage(spent) }),
    };
    if (error_as === "bare") yield { data: { error } };
    else if (error_as === "choice")
      yield { data: { ...chunk, choices: [{ ...chunk.choices[0], error }] } };
    else yield { data: { ...chunk, error } };
  }

  *doneMarker() {
    yield { data: "[DONE]" };
  }

  /** Returns the answer as one document. */
  document() {
    const message = { role: "assistant", content: "", refusal: null };
    for (const { reasoning, field, detail, text: deltas, annotations, refusal, call } of parts(
      this.#script,
    )) {
      if (reasoning) message[field] = (message[field] ?? "") + reasoning.join("");
      if (detail) {
        message.reasoning_details ??= [];
        message.reasoning_details.push(detail);
      }
      if (deltas) message.content += deltas.join("");
      if (annotations?.length) {
        message.annotations ??= [];
        message.annotations.push(...annotations);
      }
      if (refusal) message.refusal = refusal.join("");
      if (call) {
        message.tool_calls ??= [];
        message.tool_calls.push({
          id: call.id,
          type: "function",
          function: { name: call.name, arguments: call.pieces.join("") },
        });
      }
    }
    return {
      ...this.#envelope(),
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message,
          finish_reason: finishReason(this.#script),
          native_finish_reason: finishReason(this.#script),
        },
      ],
      ...(this.#script.usage && { usage: usage(this.#script.usage) }),
    };
  }

  #delta = (delta) => ({
    data: this.#chunk({ role: "assistant", content: "", ...delta }),
    isDelta: true,
  });

  #chunk(delta, finish_reason = null) {
    return {
      ...this.#envelope(),
      object: "chat.completion.chunk",
      choices: [
        { index: 0, delta, finish_reason, native_finish_reason: finish_reason, logprobs: null },
      ],
    };
  }

  #envelope() {
    const { model, turn } = this.#call;
    return {
      id: `gen-${model}-${turn}`,
      created: 1,
      model: this.#script.served ?? model,
      provider: "Loopback",
    };
  }
}

function usage({
  reasoning_tokens = 0,
  prompt_tokens = 0,
  completion_tokens = 0,
  cached_tokens,
  cache_write_tokens,
  ...more
}) {
  const cached = cached_tokens !== undefined || cache_write_tokens !== undefined;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached && { prompt_tokens_details: { cached_tokens, cache_write_tokens } }),
    completion_tokens_details: { reasoning_tokens },
    ...more,
  };
}

export const keepAlive = ": OPENROUTER PROCESSING";

/** Returns the body of a refused call. */
export const refusal = (error, error_as) =>
  error_as === "openai" ? openai(error) : openrouter(error);

/** `GET /models`. */
export const models = (ids) => ({
  object: "list",
  data: ids.map((id) => ({ id, object: "model", created: 1, owned_by: "loopback" })),
});
