// Turns an AI SDK prompt into the messages of a request.

import { toContentPart } from "./files.js";
import { ownOptions, restoreMessage } from "./metadata.js";
import { isObject, listOf } from "./values.js";

/** @typedef {(warning: Record<string, string>) => void} Warn */

/**
 * Returns the messages. Throws `AI_UnsupportedFunctionalityError` for a file that a chat message
 * cannot contain.
 * @param {any[]} prompt
 * @param {Warn} warn
 * @returns {any[]}
 */
export const toMessages = (prompt, warn) =>
  prompt.flatMap((message) => {
    switch (message.role) {
      case "system":
        return [{ role: "system", content: message.content }];
      case "user":
        return [{ role: "user", content: userContent(message.content) }];
      case "assistant":
        return assistantMessages(message.content, warn);
      case "tool":
        return toolMessages(message.content, warn);
      default:
        return [message];
    }
  });

/** @param {any[]} parts */
function userContent(parts) {
  const content = parts.map((part) =>
    part.type === "text" ? { type: "text", text: part.text } : toContentPart(part),
  );
  const [first] = content;
  return content.length === 1 && first.type === "text" ? first.text : content;
}

/**
 * Returns an earlier turn as an assistant's message. Leaves out text that is no longer valid, and
 * reasoning, because later turns do not need it.
 * @param {any[]} parts
 * @param {Warn} warn
 */
function assistantMessages(parts, warn) {
  const texts = parts.filter((part) => part.type === "text" && !ownOptions(part).void);
  const content = texts.map(({ text }) => text).join("");
  const calls = parts.filter(
    ({ type, providerExecuted }) => type === "tool-call" && !providerExecuted,
  );
  if (parts.some(({ type }) => type === "file" || type === "reasoning-file"))
    warn({ type: "unsupported", feature: "files in an assistant's message" });
  if (content === "" && calls.length === 0) return [];
  const tool_calls = calls.map(({ toolCallId, toolName, input }) => ({
    id: toolCallId,
    type: "function",
    function: { name: toolName, arguments: JSON.stringify(input ?? {}) },
  }));
  const message = {
    role: "assistant",
    content: content || null,
    ...(calls.length > 0 && { tool_calls }),
  };
  return [restoreMessage(message, parts)];
}

/** @param {any[]} parts @param {Warn} warn */
const toolMessages = (parts, warn) =>
  parts
    .filter(({ type }) => type === "tool-result")
    .map(({ toolCallId, output }) => ({
      role: "tool",
      tool_call_id: toolCallId,
      content: outputText(output, warn),
    }));

/** @param {any} output @param {Warn} warn @returns {string} */
function outputText(output, warn) {
  switch (output?.type) {
    case "text":
    case "error-text":
      return output.value;
    case "execution-denied":
      return output.reason ?? "The execution of this tool was denied.";
    case "content":
      return listOf(output.value)
        .map((part) => contentText(part, warn))
        .join("\n");
    default:
      return JSON.stringify(output?.value ?? null);
  }
}

/** @param {any} part @param {Warn} warn @returns {string} */
function contentText(part, warn) {
  if (part?.type === "text") return part.text;
  warn({ type: "unsupported", feature: "files in a tool's result" });
  const kind = isObject(part) && typeof part.mediaType === "string" ? part.mediaType : "unknown";
  return `[A file of type ${kind}, which cannot be shown.]`;
}
