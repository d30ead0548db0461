// POST .../chat/completions: OpenAI's Chat Completions with OpenRouter's additions.
// <https://openrouter.ai/docs/api/api-reference/chat/send-chat-completion-request>

import { arrayOf, common } from "./asked.js";
import { envelope } from "./failure.js";
import { BEAT, DONE, frame } from "./frames.js";
import { adding, effortOf, given, material, priced, toolUse, total } from "./words.js";

const TOOL = "openrouter:fusion";

export function read(body) {
  const messages = arrayOf("messages", body.messages);
  const { reasoning } = body;
  return {
    // A mark for the cache saves money where it is understood, and is refused elsewhere.
    ...common("chat", body, ({ cache_control, ...tool }) => tool),
    messages: resumed(messages).map(sent),
    continues: messages.at(-1)?.role === "tool",
    showReasoning: reasoning?.exclude !== true && body.include_reasoning !== false,
    writer: given({
      temperature: body.temperature,
      max_completion_tokens: body.max_completion_tokens ?? body.max_tokens,
      stop: body.stop,
      response_format: body.response_format?.type === "text" ? undefined : body.response_format,
      reasoning: effortOf(reasoning, body.reasoning_effort),
    }),
    names: {
      "writer.max_completion_tokens": body.max_completion_tokens != null ? "max_completion_tokens" : "max_tokens",
      ...(reasoning?.effort == null && body.reasoning_effort != null && { "writer.reasoning.effort": "reasoning_effort" }),
    },
  };
}

/** As providers take it back: without what only an answer has, and without our own record of the fusion. */
function sent({ annotations, audio, reasoning, reasoning_details, refusal, ...message }) {
  const details = Array.isArray(reasoning_details) ? reasoning_details.filter((detail) => detail?.tool_name !== TOOL) : [];
  return { ...message, ...(details.length > 0 && { reasoning_details: details }) };
}

/** The fusion of the turn that goes on is in the assistant's `reasoning_details`; the writer gets it with the question again. */
function resumed(messages) {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const records = messages.slice(asked + 1).flatMap(({ reasoning_details }) => (Array.isArray(reasoning_details) ? reasoning_details : []));
  const record = records.findLast((detail) => detail?.tool_name === TOOL);
  const found = record && parsed(record.result);
  return found && asked >= 0 ? messages.with(asked, adding(messages[asked], material(found))) : messages;
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

export class Voice {
  beat = BEAT;
  #ask;
  #envelope;

  constructor(ask, { id, created }) {
    this.#ask = ask;
    this.#envelope = { id, created };
  }

  on(event, story) {
    switch (event.type) {
      case "run.started":
        return this.#chunk(story, { role: "assistant", content: "" });
      case "answer.started":
        return story.convened && event.attempt === 1 ? this.#chunk(story, { reasoning_details: [this.#record(story)] }) : "";
      case "answer.reasoning":
        return this.#ask.showReasoning ? this.#chunk(story, { reasoning: event.delta }) : "";
      case "answer.delta":
        return this.#chunk(story, { content: event.delta });
      case "answer.tool_call":
        return this.#chunk(story, { tool_calls: [{ index: story.toolCalls.length - 1, ...call(event) }] });
      case "run.completed": {
        const cited = annotations(story);
        return (
          (cited.length > 0 ? this.#chunk(story, { annotations: cited }) : "") +
          this.#chunk(story, { content: "" }, finishReason(story)) +
          frame({ ...this.#head(story), choices: [], usage: usage(story) }) +
          DONE
        );
      }
      default:
        return "";
    }
  }

  fail(failure, story) {
    const { error } = refusal(failure);
    return frame({ ...this.#head(story), error, choices: [{ index: 0, delta: { content: "" }, finish_reason: "error", native_finish_reason: null }] });
  }

  whole(story) {
    const finish_reason = finishReason(story);
    const [details, cited, calls] = [story.convened ? [this.#record(story)] : [], annotations(story), story.toolCalls.map(call)];
    const message = {
      role: "assistant",
      content: story.text || (calls.length > 0 ? null : ""),
      refusal: null,
      ...(this.#ask.showReasoning && story.reasoning && { reasoning: story.reasoning }),
      ...(details.length > 0 && { reasoning_details: details }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(cited.length > 0 && { annotations: cited }),
    };
    return {
      ...this.#head(story),
      object: "chat.completion",
      system_fingerprint: null,
      choices: [{ index: 0, message, finish_reason, native_finish_reason: story.finishReason, logprobs: null }],
      usage: usage(story),
    };
  }

  #head({ writer }) {
    return { ...this.#envelope, object: "chat.completion.chunk", model: writer };
  }

  #chunk(story, delta, finish_reason = null) {
    const native_finish_reason = finish_reason && story.finishReason;
    return frame({ ...this.#head(story), choices: [{ index: 0, delta, finish_reason, native_finish_reason, logprobs: null }] });
  }

  #record(story) {
    return {
      type: "reasoning.server_tool_call",
      tool_name: TOOL,
      tool_call_id: `call_${this.#envelope.id}`,
      arguments: JSON.stringify({ prompt: question(this.#ask.messages) }),
      result: JSON.stringify({ status: "ok", ...story.findings }),
      id: null,
      format: null,
      index: 0,
    };
  }
}

export const refusal = (failure) => envelope(failure);

function question(messages) {
  const { content } = messages.findLast(({ role }) => role === "user") ?? {};
  return Array.isArray(content) ? content.flatMap((part) => (part?.type === "text" ? [part.text] : [])).join("\n") : (content ?? "");
}

const call = ({ id, name, arguments: json }) => ({ id, type: "function", function: { name, arguments: json } });

const annotations = (story) => story.citationsIn(story.text).map((url_citation) => ({ type: "url_citation", url_citation }));

function finishReason({ finishReason, toolCalls }) {
  if (toolCalls.length > 0) return "tool_calls";
  return ["length", "content_filter"].includes(finishReason) ? finishReason : "stop";
}

function usage(story) {
  const { prompt_tokens, completion_tokens, reasoning_tokens, cost } = story.result.usage;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: total({ prompt_tokens, completion_tokens }),
    completion_tokens_details: { reasoning_tokens },
    ...priced(cost),
    is_byok: false,
    server_tool_use_details: toolUse(story),
  };
}
