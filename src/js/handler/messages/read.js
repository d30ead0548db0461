// Reads POST .../messages: Anthropic's Messages. Converts the messages and the tools of a request
// to Chat Completions' format.
// <https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-messages>

import { invalidField } from "../api-error.js";
import { readCommon } from "../fusion-params.js";
import { isSealed, restore } from "../sealed-message.js";
import {
  checkCount,
  isObject,
  nonEmpty,
  omitNullish,
  requireObjects,
  requireString,
} from "../values.js";

/** Matches the types of blocks that are dropped, because Chat Completions has no such blocks. */
const HISTORY = /^(?:(?:redacted_)?thinking|server_tool_use|.+_tool_result|compaction)$/;
const TOOL_CHOICES = new Map([
  ["auto", "auto"],
  ["any", "required"],
  ["none", "none"],
]);

/** @param {any} body @returns {import("../build-request.js").Params} */
export function read(body) {
  if (body.thread != null) throw threadRefusal();
  const { thinking, output_config, stop_sequences: stop } = body;
  // `output_format` is the older name of `output_config.format`.
  const format = output_config?.format ?? body.output_format;
  const common = readCommon("messages", body, toChatTool);
  if (body.fallbacks != null && !Array.isArray(body.fallbacks)) {
    throw invalidField("fallbacks", "must be an array");
  }
  const fallbacks = body.fallbacks?.map((/** @type {any} */ item) => item?.model ?? item);
  const isParallelOff = body.tool_choice?.disable_parallel_tool_use;
  return {
    ...common,
    ...readConversation(body),
    models: fallbacks ?? common.models,
    // A client that did not request thinking does not expect a thinking block.
    showReasoning:
      thinking != null && thinking.type !== "disabled" && thinking.display !== "omitted",
    writer: omitNullish({
      temperature: body.temperature,
      max_completion_tokens: body.max_tokens,
      stop: Array.isArray(stop) && stop.length === 0 ? undefined : stop,
      response_format: toResponseFormat(format),
      reasoning: toReasoning(thinking, output_config?.effort),
    }),
    names: {
      ...(fallbacks && { "writer.fallbacks": "fallbacks" }),
      "writer.max_completion_tokens": "max_tokens",
      "writer.stop": "stop_sequences",
      "writer.response_format":
        output_config?.format == null && format != null ? "output_format" : "output_config.format",
      "writer.reasoning.max_tokens": "thinking.budget_tokens",
      "reasoning.max_tokens": "thinking.budget_tokens",
      "writer.reasoning.effort": "output_config.effort",
    },
    tool_choice: toToolChoice(body.tool_choice),
    passed: { ...common.passed, ...(isParallelOff && { parallel_tool_calls: false }) },
  };
}

/**
 * Returns the error for a request with `thread`. After this error, Anthropic's `toolRunner()`
 * repeats its request without `thread`.
 */
function threadRefusal() {
  const error = invalidField("thread", "is not supported here, because nothing is stored");
  error.details = { error_code: "thread_unsupported_request", unsupported: ["thread"] };
  return error;
}

/** @param {any} tool @param {string} path */
function toChatTool(tool, path) {
  if (tool.type != null && tool.type !== "custom") return tool;
  if (typeof tool.name !== "string") throw invalidField(`${path}.name`, "must be a string");
  const { name, description, input_schema: parameters } = tool;
  return { type: "function", function: omitNullish({ name, description, parameters }) };
}

/** @param {any} choice */
function toToolChoice(choice) {
  if (choice == null) return undefined;
  if (choice.type === "tool") return { type: "function", function: { name: choice.name } };
  return TOOL_CHOICES.get(choice.type) ?? choice;
}

/** @param {any} format */
function toResponseFormat(format) {
  if (format?.type !== "json_schema") return format ?? undefined;
  const json_schema = { name: "output", strict: true, schema: format.schema };
  return { type: "json_schema", json_schema };
}

/** @param {any} thinking @param {unknown} effort */
function toReasoning(thinking, effort) {
  if (thinking?.type === "disabled") return { effort: "none" };
  return nonEmpty(omitNullish({ effort, max_tokens: thinking?.budget_tokens }));
}

/**
 * Returns the messages, the path of each message in the request, and whether the last message has a
 * tool's result. Such a message may also contain text.
 * @param {any} body
 */
function readConversation({ messages, system }) {
  const turns = requireObjects("messages", messages);
  const converted = turns.flatMap((turn, i) => {
    const path = `messages[${i}]`;
    return toChatMessages(turn, path).map((message) => ({ message, path }));
  });
  if (system != null) {
    const message = { role: "system", content: toContent(system, "system") };
    converted.unshift({ message, path: "system" });
  }
  const last = turns.at(-1)?.content;
  return {
    messages: converted.map(({ message }) => message),
    places: converted.map(({ path }) => path),
    continues: Array.isArray(last) && last.some((block) => block?.type === "tool_result"),
  };
}

/** @param {any} turn @param {string} path @returns {any[]} */
function toChatMessages({ role, content }, path) {
  if (!Array.isArray(content)) return [{ role, content }];
  checkCount(`${path}.content`, content);
  const blocks = content.filter((block, i) => {
    const blockPath = `${path}.content[${i}]`;
    if (!isObject(block)) throw invalidField(blockPath, "must be an object");
    const type = requireString(`${blockPath}.type`, block.type);
    return type === "tool_result" || !HISTORY.test(type);
  });
  if (role === "assistant") {
    const sealed = content.find(({ data }) => isSealed(data))?.data;
    return [restore(toAssistantMessage(blocks, path), sealed)];
  }
  const results = blocks
    .filter(({ type }) => type === "tool_result")
    .map((block) => toToolMessage(block, path));
  const others = blocks.filter(({ type }) => type !== "tool_result");
  if (others.length === 0 && results.length > 0) return results;
  // Put the tool results first, because they answer the tool calls of the previous message.
  return [...results, { role, content: toContent(others, `${path}.content`) }];
}

/** @param {any[]} blocks @param {string} path */
function toAssistantMessage(blocks, path) {
  const calls = blocks.filter(({ type }) => type === "tool_use");
  const unsupported = blocks.find(({ type }) => type !== "tool_use" && type !== "text");
  if (unsupported) {
    const rule = `has a block of type \`${unsupported.type}\`, which is not supported here`;
    throw invalidField(`${path}.content`, rule);
  }
  const text = blocks
    .flatMap((block) => (block.text == null ? [] : requireString(`${path}.content`, block.text)))
    .join("");
  const tool_calls = calls.map(({ id, name, input }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input ?? {}) },
  }));
  return {
    role: "assistant",
    content: text || null,
    ...(tool_calls.length > 0 && { tool_calls }),
  };
}

/**
 * Returns a tool's result as a message. Marks a failure in the text, because Chat Completions has
 * no field for a tool's failure.
 * @param {any} block
 * @param {string} path
 */
function toToolMessage({ tool_use_id, content: blocks = "", is_error }, path) {
  const content = toContent(blocks, `${path}.content`);
  const isErrorText = is_error && typeof content === "string";
  return {
    role: "tool",
    tool_call_id: tool_use_id,
    content: isErrorText ? `Error: ${content}` : content,
  };
}

/**
 * Joins blocks of text into one string, because some servers accept only a string. Keeps separate
 * blocks if a block has `cache_control`.
 * @param {any} content
 * @param {string} path
 */
function toContent(content, path) {
  if (!Array.isArray(content)) return content;
  checkCount(path, content);
  const parts = content.flatMap((block, i) => toParts(block, `${path}[${i}]`));
  const isPlain = parts.every((part) => part.type === "text" && part.cache_control === undefined);
  return isPlain ? parts.map(({ text }) => text).join("\n\n") : parts;
}

/** @param {any} block @param {string} path @returns {any[]} */
function toParts(block, path) {
  const { type, source, cache_control } = block ?? {};
  switch (type) {
    case "text": {
      const text = requireString(`${path}.text`, block.text);
      return [omitNullish({ type, text, cache_control })];
    }
    case "image": {
      const image_url = { url: toUrl(source, path) };
      return [omitNullish({ type: "image_url", image_url, cache_control })];
    }
    case "document":
      return toDocumentParts(block, path);
    case "search_result": {
      const head = ["title", "source"].map((name) =>
        requireString(`${path}.${name}`, block[name] ?? ""),
      );
      const texts = requireObjects(`${path}.content`, block.content).map(({ text }, i) =>
        requireString(`${path}.content[${i}].text`, text),
      );
      return [{ type: "text", text: [...head, ...texts].join("\n") }];
    }
    default:
      throw invalidField(
        `${path}.type`,
        "must be one of text, image, document, search_result, tool_use, tool_result",
      );
  }
}

/** @param {any} block @param {string} path */
function toDocumentParts({ source, title }, path) {
  const name = title == null ? undefined : requireString(`${path}.title`, title);
  if (source?.type === "text") {
    const text = requireString(`${path}.source.data`, source.data);
    return [{ type: "text", text: name ? `${name}\n\n${text}` : text }];
  }
  if (source?.type === "content") {
    if (typeof source.content === "string") return [{ type: "text", text: source.content }];
    return toInnerParts(source.content, `${path}.source.content`);
  }
  const file = { filename: name ?? "document.pdf", file_data: toUrl(source, path) };
  return [{ type: "file", file }];
}

/**
 * Converts the blocks inside a document. A document must not contain another document.
 * @param {unknown} blocks
 * @param {string} path
 */
function toInnerParts(blocks, path) {
  return requireObjects(path, blocks).flatMap((block, i) => {
    if (block.type !== "text" && block.type !== "image") {
      throw invalidField(`${path}[${i}].type`, "must be text or image");
    }
    return toParts(block, `${path}[${i}]`);
  });
}

/** @param {any} source @param {string} path */
function toUrl(source, path) {
  if (source?.type === "url") return source.url;
  if (source?.type === "base64") {
    const type = requireString(`${path}.source.media_type`, source.media_type);
    return `data:${type};base64,${requireString(`${path}.source.data`, source.data)}`;
  }
  throw invalidField(`${path}.source.type`, "must be base64 or url; files are not stored here");
}
