// Validates Chat Completions. Accepts unknown parameters, because OpenRouter and its models may
// support them. Refuses parameters of the other dialects.

import {
  isObject,
  isText,
  key,
  missing,
  ofFunction,
  plain,
  unknown,
  wrongType,
  wrongValue,
} from "./openai.mjs";

export { malformed, rejected } from "./openai.mjs";

const foreign = [
  "input",
  "instructions",
  "max_output_tokens",
  "system",
  "stop_sequences",
  "thinking",
  "output_config",
  "text",
];
const roles = ["system", "developer", "user", "assistant", "tool"];
const parts = {
  text: ["text", isText],
  image_url: ["image_url", ({ url }) => isText(url)],
  input_audio: ["input_audio", isObject],
  file: ["file", isObject],
  refusal: ["refusal", isText],
};

export function* rules({ headers, body }) {
  yield* key(headers);
  for (const name of foreign) if (name in body) yield unknown(name);
  yield* plain(body, { max_tokens: 1, max_completion_tokens: 1 });
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined)
    yield {
      message:
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      param: "max_tokens",
      code: "invalid_parameter_combination",
    };
  for (const [i, tool] of (body.tools ?? []).entries()) yield* ofTool(`tools[${i}]`, tool);
  if (
    isObject(body.tool_choice) &&
    body.tool_choice.type === "function" &&
    !body.tool_choice.function?.name
  )
    yield missing("tool_choice.function");
  if (body.response_format !== undefined) yield* ofFormat(body.response_format);
  yield* conversation(body.messages);
}

function* ofTool(at, tool) {
  if (!isObject(tool)) yield wrongType(at, "an object");
  if (!isText(tool.type)) yield missing(`${at}.type`);
  if (tool.type !== "function") return;
  if (!isObject(tool.function)) yield missing(`${at}.function`);
  yield* ofFunction(`${at}.function`, tool.function);
}

function* ofFormat({ type, json_schema }) {
  const supported = ["json_object", "json_schema", "text", "grammar", "python"];
  if (!supported.includes(type)) yield wrongValue("response_format.type", supported);
  if (type === "json_schema" && !json_schema?.name)
    yield missing("response_format.json_schema.name");
}

function* conversation(messages) {
  if (messages === undefined) yield missing("messages");
  if (!Array.isArray(messages)) yield wrongType("messages", "an array of objects");
  if (messages.length === 0)
    yield {
      message:
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got " +
        "an empty array instead.",
      param: "messages",
      code: "empty_array",
    };
  let open = [];
  for (const [i, message] of messages.entries()) {
    const at = `messages[${i}]`;
    if (!isObject(message)) yield wrongType(at, "an object");
    const { role, content, tool_calls, tool_call_id } = message;
    if (!roles.includes(role)) yield wrongValue(`${at}.role`, roles);
    if (role === "tool") {
      if (!tool_call_id) yield missing(`${at}.tool_call_id`);
      if (!open.includes(tool_call_id))
        yield {
          message:
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding " +
            "message with 'tool_calls'.",
          param: `${at}.role`,
        };
      open = open.filter((id) => id !== tool_call_id);
    } else if (open.length) yield unanswered(open, at);
    if (
      !(role === "assistant" && (tool_calls || message.refusal || message.audio)) ||
      (content !== undefined && content !== null)
    )
      yield* ofContent(`${at}.content`, content);
    if (tool_calls === undefined) continue;
    if (role !== "assistant") yield unknown(`${at}.tool_calls`);
    if (!Array.isArray(tool_calls) || tool_calls.length === 0)
      yield {
        message:
          `Invalid '${at}.tool_calls': empty array. ` + "Expected an array with minimum length 1.",
        param: `${at}.tool_calls`,
        code: "empty_array",
      };
    for (const [n, call] of tool_calls.entries()) {
      const where = `${at}.tool_calls[${n}]`;
      if (!call?.id || !isText(call.id)) yield missing(`${where}.id`);
      if (call.type !== "function") yield wrongValue(`${where}.type`, ["function"]);
      if (!call.function?.name) yield missing(`${where}.function.name`);
      if (!isText(call.function.arguments))
        yield wrongType(`${where}.function.arguments`, "a string");
    }
    open = tool_calls.map(({ id }) => id);
    if (new Set(open).size < open.length)
      yield {
        message: `Duplicate tool call ids in '${at}.tool_calls'.`,
        param: `${at}.tool_calls`,
      };
  }
  if (open.length) yield unanswered(open, "messages");
}

const unanswered = (ids, param) => ({
  message:
    "An assistant message with 'tool_calls' must be followed by tool messages responding to " +
    "each 'tool_call_id'. The following tool_call_ids did not have response messages: " +
    `${ids.join(", ")}`,
  param,
});

function* ofContent(at, content) {
  if (isText(content)) return;
  if (!Array.isArray(content) || content.length === 0)
    yield wrongType(at, "a string or an array of content parts");
  for (const [i, part] of content.entries()) {
    const known = parts[part?.type];
    if (!known) yield wrongValue(`${at}[${i}].type`, Object.keys(parts));
    const [field, fits] = known;
    if (part[field] === undefined) yield missing(`${at}[${i}].${field}`);
    if (!fits(part[field])) yield wrongType(`${at}[${i}].${field}`, "another type");
  }
}
