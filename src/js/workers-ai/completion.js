// Turns outputs of Workers AI into Chat Completions. Older models have a form of their own:
// `{ response, tool_calls, usage }`. Newer models have `choices`.

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Replaces a missing content of a message by an empty string. In Chat Completions, the content of a
 * message with tool calls may be `null`. The schemas of older models refuse `null`.
 * @param {Record<string, any>} inputs
 */
export const withText = (inputs) => ({
  ...inputs,
  messages: inputs.messages.map((/** @type {any} */ message) => ({
    ...message,
    content: message.content ?? "",
  })),
});

/**
 * Converts an output that is not streamed to a completion. Returns an output of an unknown form
 * unchanged.
 * @param {any} output
 * @param {number | undefined} limit the request's token limit
 */
export function toCompletion(output, limit) {
  const result = isObject(output) && isObject(output.result) ? output.result : output;
  if (typeof result === "string") return toCompletion({ response: result }, limit);
  if (!isObject(result) || Array.isArray(result.choices) || !isOldForm(result)) return result;
  const calls = toCalls(result.tool_calls, 0);
  const message = {
    role: "assistant",
    content: toText(result.response),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const finish_reason = finishReason(calls.length, result.usage, limit);
  const choice = { index: 0, message, finish_reason };
  return { choices: [choice], ...(result.usage && { usage: result.usage }) };
}

/** @param {Record<string, any>} result */
export const isOldForm = (result) => "response" in result || Array.isArray(result.tool_calls);

/**
 * Returns the response as text. The response is an object if the request has a `response_format`.
 * It may also be a number.
 * @param {unknown} response
 */
export function toText(response) {
  if (response === undefined || response === null) return "";
  return typeof response === "string" ? response : JSON.stringify(response);
}

/**
 * Returns tool calls in OpenAI's form. The old form is `{ name, arguments }` without an id.
 * @param {unknown} calls
 * @param {number} first the index of the first call
 */
export function toCalls(calls, first) {
  return (Array.isArray(calls) ? calls : []).filter(isObject).map((call, i) => {
    const index = first + i;
    const { name, arguments: given } = isObject(call.function) ? call.function : call;
    const text = typeof given === "string" ? given || "{}" : JSON.stringify(given ?? {});
    const id = call.id || `call_${crypto.randomUUID().replaceAll("-", "")}`;
    return { index, id, type: "function", function: { name, arguments: text } };
  });
}

/**
 * Returns the finish reason, which the old form lacks. If the answer has as many tokens as the
 * limit allows, the answer was cut off.
 * @param {number} calls
 * @param {any} usage
 * @param {number | undefined} limit
 */
export function finishReason(calls, usage, limit) {
  if (calls > 0) return "tool_calls";
  const isCut = limit !== undefined && usage?.completion_tokens >= limit;
  return isCut ? "length" : "stop";
}
