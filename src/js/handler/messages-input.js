// The `messages` of an Anthropic request as a conversation in Chat Completions' format.
// <https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-messages>

import { arrayOf, isObject, textOf } from "./asked.js";
import { refuse } from "./failure.js";
import { given } from "./words.js";

/** Blocks that tell of work already done, and that no model takes back in this format. */
const HISTORY = /^(?:(?:redacted_)?thinking|server_tool_use|.+_tool_result|compaction)$/;

/** `messages`, where each of them stood, and whether they end in the result of a tool: text may stand beside it. */
export function conversation({ messages, system }) {
  const turns = arrayOf("messages", messages);
  const said = turns.flatMap((turn, i) => chatMessages(turn, `messages[${i}]`).map((message) => [message, `messages[${i}]`]));
  if (system != null) said.unshift([{ role: "system", content: content(system, "system") }, "system"]);
  const last = turns.at(-1)?.content;
  return {
    messages: said.map(([message]) => message),
    places: said.map(([, path]) => path),
    continues: Array.isArray(last) && last.some((block) => block?.type === "tool_result"),
  };
}

function chatMessages({ role, content: said }, path) {
  if (!Array.isArray(said)) return [{ role, content: said }];
  const blocks = said.filter((block, i) => {
    if (!isObject(block)) throw refuse(`${path}.content[${i}]`, "must be an object");
    const type = textOf(`${path}.content[${i}].type`, block.type);
    return type === "tool_result" || !HISTORY.test(type);
  });
  if (role === "assistant") return [assistant(blocks, path)];
  const results = blocks.filter(({ type }) => type === "tool_result").map((block) => result(block, path));
  const others = blocks.filter(({ type }) => type !== "tool_result");
  // Results come first: they answer the calls of the message before.
  return others.length > 0 || results.length === 0 ? [...results, { role, content: content(others, `${path}.content`) }] : results;
}

function assistant(blocks, path) {
  const calls = blocks.filter(({ type }) => type === "tool_use");
  const odd = blocks.find(({ type }) => type !== "tool_use" && type !== "text");
  if (odd) throw refuse(`${path}.content`, `has a block of type \`${odd.type}\`, which is not supported here`);
  const text = blocks.flatMap((block) => (block.text == null ? [] : textOf(`${path}.content`, block.text))).join("");
  return {
    role: "assistant",
    content: text || null,
    ...(calls.length > 0 && { tool_calls: calls.map(({ id, name, input }) => ({ id, type: "function", function: { name, arguments: JSON.stringify(input ?? {}) } })) }),
  };
}

/** The other format has no mark for a failure, so the words say it. */
function result({ tool_use_id, content: said = "", is_error }, path) {
  const told = content(said, `${path}.content`);
  return { role: "tool", tool_call_id: tool_use_id, content: is_error && typeof told === "string" ? `Error: ${told}` : told };
}

function content(said, path) {
  if (!Array.isArray(said)) return said;
  const parts = said.flatMap((block, i) => part(block, `${path}[${i}]`));
  // Text alone is what every server understands, but a mark for the cache needs its part.
  const plain = parts.every((part) => part.type === "text" && part.cache_control === undefined);
  return plain ? parts.map(({ text }) => text).join("\n\n") : parts;
}

function part(block, path) {
  const { type, source, cache_control } = block ?? {};
  switch (type) {
    case "text":
      return [given({ type, text: textOf(`${path}.text`, block.text), cache_control })];
    case "image":
      return [given({ type: "image_url", image_url: { url: urlOf(source, path) }, cache_control })];
    case "document":
      return document(block, path);
    case "search_result": {
      const said = arrayOf(`${path}.content`, block.content).map(({ text }, i) => textOf(`${path}.content[${i}].text`, text));
      const head = ["title", "source"].map((name) => textOf(`${path}.${name}`, block[name] ?? ""));
      return [{ type: "text", text: [...head, ...said].join("\n") }];
    }
    default:
      throw refuse(`${path}.type`, "must be one of text, image, document, search_result, tool_use, tool_result");
  }
}

function document({ source, title: named }, path) {
  const title = named == null ? undefined : textOf(`${path}.title`, named);
  if (source?.type === "text") {
    const text = textOf(`${path}.source.data`, source.data);
    return [{ type: "text", text: title ? `${title}\n\n${text}` : text }];
  }
  if (source?.type === "content") return typeof source.content === "string" ? [{ type: "text", text: source.content }] : inner(source.content, `${path}.source.content`);
  return [{ type: "file", file: { filename: title ?? "document.pdf", file_data: urlOf(source, path) } }];
}

/** Only these stand in a document, so that none holds another. */
function inner(blocks, path) {
  return arrayOf(path, blocks).flatMap((block, i) => {
    if (block.type !== "text" && block.type !== "image") throw refuse(`${path}[${i}].type`, "must be text or image");
    return part(block, `${path}[${i}]`);
  });
}

function urlOf(source, path) {
  if (source?.type === "url") return source.url;
  if (source?.type === "base64") return `data:${textOf(`${path}.source.media_type`, source.media_type)};base64,${textOf(`${path}.source.data`, source.data)}`;
  throw refuse(`${path}.source.type`, "must be base64 or url; files are not stored here");
}
