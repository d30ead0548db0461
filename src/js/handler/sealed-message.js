// Packs the signed data of an answer into one text: signed thinking and signatures of tool calls.
// The writer's provider requires this data in the next request. The client gets the text and sends
// it back without understanding it.
//
// The text is in `reasoning_details` in Chat Completions, in a `redacted_thinking` block in
// Messages, or in `encrypted_content` of a reasoning item in Responses.

import { isObject } from "./values.js";

const PREFIX = "llm-fuse:";

/** Fields of an assistant's message that are sealed, in addition to its calls. */
const FIELDS = [
  "signed",
  "reasoning_content",
  "reasoning_details",
  "extra_content",
  "provider_specific_fields",
  "thinking_blocks",
];

/**
 * Returns the sealed fields of a message, or `undefined` if nothing is signed.
 * @param {import("../output.js").AssistantMessage | undefined} message
 */
function seal(message) {
  if (!message?.signed) return undefined;
  const json = JSON.stringify({ ...pick(message), tool_calls: message.tool_calls });
  const bytes = Array.from(new TextEncoder().encode(json), (byte) => String.fromCharCode(byte));
  return PREFIX + btoa(bytes.join(""));
}

/**
 * Returns the sealed fields of a run's answer, if the client wants reasoning. If the answer has
 * tool calls, returns the sealed fields for every client. Otherwise the provider would refuse the
 * results of these calls.
 * @param {import("./run-view.js").RunView} view
 * @param {boolean | undefined} wantsReasoning
 */
export const sealedFor = (view, wantsReasoning) =>
  wantsReasoning || view.toolCalls.length > 0 ? seal(view.message) : undefined;

/** @param {unknown} text @returns {text is string} */
export const isSealed = (text) => typeof text === "string" && text.startsWith(PREFIX);

/**
 * Adds the sealed fields of `text` to a client's message. Keeps the message's text and the ids of
 * its calls.
 * @param {any} message
 * @param {unknown} text
 */
export function restore(message, text) {
  const sealed = isSealed(text) ? unseal(text) : undefined;
  if (!isObject(sealed)) return message;
  const calls = Array.isArray(sealed.tool_calls) ? sealed.tool_calls.filter(isObject) : [];
  const byId = new Map(calls.map((call) => [call.id, call]));
  const tool_calls = message.tool_calls?.map((/** @type {any} */ call) => {
    const signed = byId.get(call?.id);
    return signed
      ? { ...signed, ...call, function: { ...signed.function, ...call.function } }
      : call;
  });
  return { ...message, ...pick(sealed), ...(tool_calls && { tool_calls }) };
}

/** @param {string} text */
function unseal(text) {
  try {
    const bytes = Uint8Array.from(atob(text.slice(PREFIX.length)), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** @param {Record<string, any>} message */
const pick = (message) =>
  Object.fromEntries(
    FIELDS.filter((name) => message[name] !== undefined).map((name) => [name, message[name]]),
  );
