// The `input` of a /responses request as a conversation in Chat Completions' format.
// <https://openrouter.ai/docs/api/api-reference/responses/create-responses>

import { isObject, textOf } from "./asked.js";
import { refuse } from "./failure.js";
import { adding, given, material } from "./words.js";

/** Items that tell of work already done, and that no model takes back in this format. */
const HISTORY = /^(?:reasoning|openrouter:.+|(?:web_search|file_search|code_interpreter|image_generation)_call)$/;

/** `messages`, where each of them stood, and whether they end in the result of a tool. */
export function conversation({ input, instructions }) {
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
  if (!Array.isArray(items) || items.length === 0) throw refuse("input", "must be a string, or an array of at least one item");
  const messages = [];
  const places = [];
  if (instructions != null) messages.push({ role: "system", content: instructions });
  let fusion;
  let continues = false;
  for (const [i, item] of items.entries()) {
    const path = `input[${i}]`;
    if (!isObject(item)) throw refuse(path, "must be an object");
    const type = textOf(`${path}.type`, item.type ?? "message");
    if (type === "openrouter:fusion") fusion = item;
    if (HISTORY.test(type)) continue;
    continues = type === "function_call_output";
    if (type === "message") {
      if (item.role === "user") fusion = undefined;
      messages.push(message(item, path));
    } else if (type === "function_call") {
      called(messages, item);
    } else if (type === "function_call_output") {
      messages.push({ role: "tool", tool_call_id: item.call_id, content: content(item.output, `${path}.output`) });
    } else if (type === "item_reference") {
      throw refuse(path, "refers to a stored item, and nothing is stored here; send the item itself (`store: false`)");
    } else {
      throw refuse(`${path}.type`, `is \`${type}\`, which is not supported here`);
    }
    places[messages.length - 1] ??= path;
  }
  if (instructions != null) places[0] = "instructions";
  return { messages: fusion && continues ? resumed(messages, fusion) : messages, places, continues };
}

/** Calls of one turn stand in one message. */
function called(messages, { call_id, name, arguments: json }) {
  const call = { id: call_id, type: "function", function: { name, arguments: json } };
  const last = messages.at(-1);
  if (last?.role === "assistant") last.tool_calls = [...(last.tool_calls ?? []), call];
  else messages.push({ role: "assistant", content: null, tool_calls: [call] });
}

/** The writer who goes on gets what the fusion of this turn found with the question again. */
function resumed(messages, item) {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  return asked < 0 ? messages : messages.with(asked, adding(messages[asked], material(item)));
}

function message({ role, content: said }, path) {
  if (role !== "assistant") return { role, content: content(said, `${path}.content`) };
  // Assistants speak text.
  if (!Array.isArray(said)) return { role, content: textOf(`${path}.content`, said ?? "") };
  return { role, content: said.map((part, i) => textOf(`${path}.content[${i}].text`, part?.text ?? part?.refusal ?? "")).join("") };
}

function content(said, path) {
  if (!Array.isArray(said)) return said;
  const parts = said.map((one, i) => part(one, `${path}[${i}]`));
  // Text alone is what every server understands.
  return parts.every(({ type }) => type === "text") ? parts.map(({ text }) => text).join("\n") : parts;
}

function part(part, path) {
  switch (part?.type) {
    case "input_text":
    case "output_text":
    case "text":
      return given({ type: "text", text: textOf(`${path}.text`, part.text), cache_control: part.cache_control });
    case "input_image": {
      if (typeof part.image_url !== "string") throw refuse(`${path}.image_url`, "must be a URL; files are not stored here");
      return { type: "image_url", image_url: given({ url: part.image_url, detail: part.detail === "original" ? "high" : part.detail }) };
    }
    case "input_file": {
      if (part.file_id != null) throw refuse(`${path}.file_id`, "refers to a stored file, and nothing is stored here");
      return { type: "file", file: given({ filename: part.filename, file_data: part.file_data ?? part.file_url }) };
    }
    case "input_audio":
      return { type: "input_audio", input_audio: part.input_audio };
    default:
      throw refuse(`${path}.type`, "must be one of input_text, input_image, input_file, input_audio");
  }
}
