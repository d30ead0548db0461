// Reads POST .../responses: OpenAI's Responses. Converts the input and the tools of a request to
// Chat Completions' format.
// <https://openrouter.ai/docs/api/api-reference/responses/create-responses>

import { invalidField } from "../api-error.js";
import { clientCompat } from "../client-compat.js";
import { readCommon } from "../fusion-params.js";
import { addPriorFusion } from "../prior-fusion.js";
import { isSealed, restore } from "../sealed-message.js";
import { checkCount, isObject, omitNullish, readReasoning, requireString } from "../values.js";

/** Types of items that are dropped, because Chat Completions has no such items. */
const HISTORY =
  /^(?:reasoning|openrouter:.+|(?:web_search|file_search|code_interpreter|image_generation)_call)$/;

/** @param {any} body @param {Headers} headers @returns {import("../build-request.js").Params} */
export function read(body, headers) {
  const { format, verbosity } = body.text ?? {};
  const common = readCommon("responses", body, toChatTool);
  return {
    ...common,
    passed: { ...common.passed, ...omitNullish({ verbosity }) },
    ...readConversation(body),
    compat: clientCompat(headers, common.stream, Boolean(common.plugin || common.fusion)),
    writer: omitNullish({
      temperature: body.temperature,
      max_completion_tokens: body.max_output_tokens,
      response_format: toResponseFormat(format),
      reasoning: readReasoning(body.reasoning),
    }),
    names: {
      messages: "input",
      "writer.max_completion_tokens": "max_output_tokens",
      "writer.response_format": "text.format",
    },
    tool_choice: toToolChoice(body.tool_choice),
    echo: body,
  };
}

/**
 * Converts a tool to Chat Completions' format, which has the fields of a function in `function`. In
 * Responses, these fields are in the tool itself.
 * @param {any} tool
 */
function toChatTool(tool) {
  if (tool.type !== "function") return tool;
  const { name, description, parameters, strict } = tool;
  return { type: "function", function: omitNullish({ name, description, parameters, strict }) };
}

/** @param {any} choice */
function toToolChoice(choice) {
  if (choice?.type !== "function") return choice ?? undefined;
  return { type: "function", function: { name: choice.name } };
}

/** @param {any} format */
function toResponseFormat(format) {
  if (format == null || format.type === "text") return undefined;
  if (format.type !== "json_schema") return format;
  const { type, ...json_schema } = format;
  return { type, json_schema };
}

/**
 * Returns the messages and the path of each message in the request. Also returns whether the last
 * message is a tool's result.
 * @param {any} body
 */
function readConversation({ input, instructions }) {
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
  if (!Array.isArray(items) || items.length === 0) {
    throw invalidField("input", "must be a string, or an array of at least one item");
  }
  checkCount("input", items);
  /** @type {any[]} */
  const messages = [];
  /** @type {(string | undefined)[]} */
  const places = [];
  if (instructions != null) messages.push({ role: "system", content: instructions });
  /**
   * Sealed fields. The key is the number of messages before the item.
   * @type {Map<number, string>}
   */
  const sealed = new Map();
  let fusion;
  let continues = false;
  for (const [i, item] of items.entries()) {
    const path = `input[${i}]`;
    if (!isObject(item)) throw invalidField(path, "must be an object");
    const type = requireString(`${path}.type`, item.type ?? "message");
    if (type === "openrouter:fusion") fusion = item;
    if (isSealed(item.encrypted_content)) sealed.set(messages.length, item.encrypted_content);
    if (HISTORY.test(type)) continue;
    continues = type === "function_call_output";
    if (type === "message" && item.role === "user") fusion = undefined;
    addItem(messages, type, item, path);
    places[messages.length - 1] ??= path;
  }
  if (instructions != null) places[0] = "instructions";
  for (const [at, text] of sealed) restoreAt(messages, at, text);
  return { messages: continues ? addPriorFusion(messages, fusion) : messages, places, continues };
}

/** @param {any[]} messages @param {string} type @param {any} item @param {string} path */
function addItem(messages, type, item, path) {
  switch (type) {
    case "message":
      messages.push(toMessage(item, path));
      break;
    case "function_call":
      addToolCall(messages, item);
      break;
    case "function_call_output": {
      const content = toContent(item.output, `${path}.output`);
      messages.push({ role: "tool", tool_call_id: item.call_id, content });
      break;
    }
    case "item_reference":
      throw invalidField(
        path,
        "refers to a stored item, and nothing is stored here; " +
          "send the item itself (`store: false`)",
      );
    default:
      throw invalidField(`${path}.type`, `is \`${type}\`, which is not supported here`);
  }
}

/**
 * Adds sealed fields to the assistant's message to which they belong. The handler's output has the
 * sealed fields after the message, but a client may send them before the message.
 * @param {any[]} messages
 * @param {number} at
 * @param {string} sealed
 */
function restoreAt(messages, at, sealed) {
  const isAssistant = (/** @type {number} */ i) => messages[i]?.role === "assistant";
  const place = isAssistant(at - 1) ? at - 1 : at;
  if (isAssistant(place)) messages[place] = restore(messages[place], sealed);
}

/**
 * Adds a tool call to the assistant's last message, which has all calls of a turn.
 * @param {any[]} messages
 * @param {any} item
 */
function addToolCall(messages, { call_id, name, arguments: json }) {
  const call = { id: call_id, type: "function", function: { name, arguments: json } };
  const last = messages.at(-1);
  if (last?.role !== "assistant") {
    messages.push({ role: "assistant", content: null, tool_calls: [call] });
  } else {
    last.tool_calls ??= [];
    last.tool_calls.push(call);
  }
}

/** @param {any} message @param {string} path */
function toMessage({ role, content }, path) {
  const contentPath = `${path}.content`;
  if (role !== "assistant") return { role, content: toContent(content, contentPath) };
  // In Chat Completions, the content of an assistant's message is one text.
  if (!Array.isArray(content)) return { role, content: requireString(contentPath, content ?? "") };
  checkCount(contentPath, content);
  const texts = content.map((part, i) =>
    requireString(`${contentPath}[${i}].text`, part?.text ?? part?.refusal ?? ""),
  );
  return { role, content: texts.join("") };
}

/**
 * Joins parts of text, because every server accepts a string.
 * @param {any} content
 * @param {string} path
 */
function toContent(content, path) {
  if (!Array.isArray(content)) return content;
  checkCount(path, content);
  const parts = content.map((part, i) => toPart(part, `${path}[${i}]`));
  const isPlain = parts.every(({ type }) => type === "text");
  return isPlain ? parts.map(({ text }) => text).join("\n") : parts;
}

/** @param {any} part @param {string} path @returns {any} */
function toPart(part, path) {
  switch (part?.type) {
    case "input_text":
    case "output_text":
    case "text": {
      const text = requireString(`${path}.text`, part.text);
      return omitNullish({ type: "text", text, cache_control: part.cache_control });
    }
    case "input_image": {
      if (typeof part.image_url !== "string") {
        throw invalidField(`${path}.image_url`, "must be a URL; files are not stored here");
      }
      const detail = part.detail === "original" ? "high" : part.detail;
      return { type: "image_url", image_url: omitNullish({ url: part.image_url, detail }) };
    }
    case "input_file": {
      if (part.file_id != null) {
        throw invalidField(
          `${path}.file_id`,
          "refers to a stored file, and nothing is stored here",
        );
      }
      const { filename, file_data, file_url } = part;
      return { type: "file", file: omitNullish({ filename, file_data: file_data ?? file_url }) };
    }
    case "input_audio":
      return { type: "input_audio", input_audio: part.input_audio };
    default:
      throw invalidField(
        `${path}.type`,
        "must be one of input_text, input_image, input_file, input_audio",
      );
  }
}
