// Reads POST .../chat/completions: OpenAI's Chat Completions with OpenRouter's additions.
// <https://openrouter.ai/docs/api/api-reference/chat/send-chat-completion-request>

import { clientCompat } from "../client-compat.js";
import { readCommon } from "../fusion-params.js";
import { addPriorFusion } from "../prior-fusion.js";
import { isSealed, restore } from "../sealed-message.js";
import { isProgress } from "../show-progress.js";
import { checkCount, omitNullish, readReasoning, requireObjects } from "../values.js";

const TOOL = "openrouter:fusion";
/** Fields of a message that can be lists, and whose length is checked. */
const LISTS = ["content", "tool_calls", "reasoning_details"];

/** @param {any} body @param {Headers} headers @returns {import("../build-request.js").Params} */
export function read(body, headers) {
  const messages = requireObjects("messages", body.messages);
  for (const [i, message] of messages.entries()) {
    for (const field of LISTS) {
      if (Array.isArray(message[field])) checkCount(`messages[${i}].${field}`, message[field]);
    }
  }
  const { reasoning, reasoning_effort, response_format } = body;
  const hasEffortField = reasoning?.effort == null && reasoning_effort != null;
  // Drop a tool's `cache_control`. This field is only a hint, and some providers refuse it.
  const common = readCommon("chat", body, ({ cache_control, ...tool }) => tool);
  return {
    ...common,
    compat: clientCompat(headers, common.stream, Boolean(common.plugin || common.fusion)),
    messages: addPriorFusion(messages, findPriorFusion(messages)).map(withoutAnswerFields),
    continues: messages.at(-1)?.role === "tool",
    showReasoning: reasoning?.exclude !== true && body.include_reasoning !== false,
    writer: omitNullish({
      temperature: body.temperature,
      max_completion_tokens: body.max_completion_tokens ?? body.max_tokens,
      stop: body.stop,
      response_format: response_format?.type === "text" ? undefined : response_format,
      reasoning: readReasoning(reasoning, reasoning_effort),
    }),
    names: {
      "writer.max_completion_tokens":
        body.max_completion_tokens != null ? "max_completion_tokens" : "max_tokens",
      ...(hasEffortField && { "writer.reasoning.effort": "reasoning_effort" }),
    },
  };
}

/**
 * Removes the fields that only an answer has, and the item with the panel's result. Providers would
 * refuse these fields in a request.
 * @param {any} message
 */
function withoutAnswerFields(message) {
  const { annotations, audio, reasoning, reasoning_details, refusal, ...sent } = message;
  if (isProgress(sent.reasoning_content)) delete sent.reasoning_content;
  const all = Array.isArray(reasoning_details) ? reasoning_details : [];
  const details = all.filter((detail) => detail?.tool_name !== TOOL && !isSealed(detail?.data));
  const kept = { ...sent, ...(details.length > 0 && { reasoning_details: details }) };
  return restore(kept, all.find((detail) => isSealed(detail?.data))?.data);
}

/**
 * Returns the panel's result from an earlier step of the same turn. The result is in
 * `reasoning_details` of an assistant's message after the last user message.
 * @param {any[]} messages
 */
function findPriorFusion(messages) {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const record = messages
    .slice(last + 1)
    .flatMap(({ reasoning_details: details }) => (Array.isArray(details) ? details : []))
    .findLast((detail) => detail?.tool_name === TOOL);
  try {
    return record && JSON.parse(record.result);
  } catch {
    return undefined;
  }
}
