// Validates Responses. Refuses unknown parameters, calls without an output, outputs without a call,
// and reasoning items that no other item follows.

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

const known = (
  "background context_management conversation include input instructions max_output_tokens " +
  "max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt " +
  "prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier " +
  "service_tier store stream stream_options temperature text tool_choice tools top_logprobs " +
  "top_p truncation user"
).split(" ");
const openRouters = (
  "cache_control debug fallbacks frequency_penalty image_config min_p modalities models " +
  "plugins presence_penalty provider repetition_penalty route session_id " +
  "stop_server_tools_when top_a top_k trace"
).split(" ");
const moved = {
  messages: "input",
  max_tokens: "max_output_tokens",
  max_completion_tokens: "max_output_tokens",
  response_format: "text.format",
  reasoning_effort: "reasoning.effort",
  verbosity: "text.verbosity",
};

const fields = {
  message: ["role", "content", "phase"],
  function_call: ["call_id", "name", "arguments", "namespace", "caller"],
  function_call_output: ["call_id", "output"],
  reasoning: ["summary", "content", "encrypted_content"],
  web_search_call: ["action"],
  item_reference: [],
};
const inputParts = {
  input_text: "text",
  input_image: undefined,
  input_file: undefined,
  input_audio: "input_audio",
};
const outputParts = { output_text: "text", refusal: "refusal" };

export function* rules({ headers, body, openRouter, script }) {
  yield* key(headers);
  for (const name of Object.keys(body)) {
    if (Object.hasOwn(moved, name))
      yield {
        message:
          `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to ` +
          `'${moved[name]}'. Try again with the new parameter.`,
        param: name,
        code: "unsupported_parameter",
      };
    const isHosts = openRouter
      ? openRouters.includes(name)
      : script.host === "xai" && name === "max_turns";
    if (!known.includes(name) && !isHosts) yield unknown(name);
  }
  yield* plain(body, { max_output_tokens: 16, max_tool_calls: 1 });
  if (openRouter && (body.store === true || body.previous_response_id))
    yield {
      message:
        "The Responses API is stateless here: 'store' and 'previous_response_id' are not " +
        "supported.",
      param: "store",
    };
  if (body.previous_response_id)
    yield {
      message: `Previous response with id '${body.previous_response_id}' not found.`,
      param: "previous_response_id",
      code: "previous_response_not_found",
    };
  if (body.instructions !== undefined && body.instructions !== null && !isText(body.instructions))
    yield wrongType("instructions", "a string");
  if (body.reasoning !== undefined && !isObject(body.reasoning))
    yield wrongType("reasoning", "an object");
  for (const [i, tool] of (body.tools ?? []).entries())
    yield* ofTool(`tools[${i}]`, tool, openRouter);
  if (isObject(body.tool_choice) && body.tool_choice.type === "function" && !body.tool_choice.name)
    yield missing("tool_choice.name");
  if (body.text?.format !== undefined) yield* ofFormat(body.text.format);
  if (isText(body.input)) return;
  if (body.input === undefined) yield missing("input");
  if (!Array.isArray(body.input)) yield wrongType("input", "a string or an array of items");
  if (body.input.length === 0)
    yield { message: "Invalid 'input': empty array.", param: "input", code: "empty_array" };
  for (const [i, item] of body.input.entries())
    yield* ofItem(`input[${i}]`, item, body, openRouter);
  yield* together(body.input);
}

function* ofTool(at, tool, openRouter) {
  if (!isObject(tool)) yield wrongType(at, "an object");
  if (!isText(tool.type)) yield missing(`${at}.type`);
  if (tool.type === "function") return yield* ofFunction(at, tool);
  const hosted = [
    "function",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
  ];
  if (!hosted.includes(tool.type) && !(openRouter && tool.type.startsWith("openrouter:")))
    yield wrongValue(`${at}.type`, hosted);
}

function* ofFormat({ type, name, schema }) {
  const supported = ["json_object", "json_schema", "text"];
  if (!supported.includes(type)) yield wrongValue("text.format.type", supported);
  if (type !== "json_schema") return;
  if (!name) yield missing("text.format.name");
  if (!isObject(schema)) yield missing("text.format.schema");
}

function* ofItem(at, item, { store }, openRouter) {
  if (!isObject(item)) yield wrongType(at, "an object");
  const { type = "message" } = item;
  const hosted = openRouter && type.startsWith("openrouter:");
  if (!Object.hasOwn(fields, type) && !hosted) yield wrongValue(`${at}.type`, Object.keys(fields));
  for (const name of Object.keys(item))
    if (!openRouter && !["type", "id", "status", ...fields[type]].includes(name))
      yield unknown(`${at}.${name}`);
  if (type === "message") yield* ofMessage(at, item);
  else if (type === "function_call") {
    for (const field of ["call_id", "name"])
      if (!item[field] || !isText(item[field])) yield missing(`${at}.${field}`);
    if (!isText(item.arguments)) yield wrongType(`${at}.arguments`, "a string");
  } else if (type === "function_call_output") {
    if (!item.call_id) yield missing(`${at}.call_id`);
    if (item.output === undefined) yield missing(`${at}.output`);
    if (!isText(item.output)) yield* ofParts(`${at}.output`, item.output, inputParts);
  } else if (type === "reasoning") {
    if (!Array.isArray(item.summary)) yield missing(`${at}.summary`);
    if (item.encrypted_content && item.encrypted_content !== `sealed-${item.id}`)
      yield {
        message: `The encrypted content for item ${item.id} could not be verified.`,
        param: at,
        code: "invalid_encrypted_content",
      };
    if (store === false && !openRouter && !item.encrypted_content)
      yield {
        status: 404,
        message:
          `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set ` +
          "to false. Try again with `store` set to true, or remove this item from your input.",
        param: "input",
      };
  }
}

function* ofMessage(at, { type, role, content }) {
  const roles = ["assistant", "system", "developer", "user"];
  if (!roles.includes(role)) yield wrongValue(`${at}.role`, roles);
  // OpenAI accepts an assistant's message without a type. llama.cpp does not.
  if (role === "assistant" && !type) yield missing(`${at}.type`);
  if (isText(content)) return;
  if (content === undefined || content === null) yield missing(`${at}.content`);
  yield* ofParts(`${at}.content`, content, role === "assistant" ? outputParts : inputParts);
}

function* ofParts(at, parts, supported) {
  if (!Array.isArray(parts)) yield wrongType(at, "a string or an array of content parts");
  for (const [i, part] of parts.entries()) {
    if (!Object.hasOwn(supported, part?.type))
      yield wrongValue(`${at}[${i}].type`, Object.keys(supported));
    const field = supported[part.type];
    if (field && part[field] === undefined) yield missing(`${at}[${i}].${field}`);
    if (part.type === "input_image" && !isText(part.image_url) && !part.file_id)
      yield wrongType(`${at}[${i}].image_url`, "a string");
  }
}

/** Checks that calls and outputs match, and that each reasoning item precedes another item. */
function* together(input) {
  const of = (type) => input.filter((item) => item.type === type).map(({ call_id }) => call_id);
  const [called, answered] = [of("function_call"), of("function_call_output")];
  for (const id of answered)
    if (!called.includes(id))
      yield {
        message: `No tool call found for function call output with call_id ${id}.`,
        param: "input",
      };
  for (const id of called)
    if (!answered.includes(id))
      yield { message: `No tool output found for function call ${id}.`, param: "input" };
  for (const list of [called, answered])
    if (new Set(list).size < list.length)
      yield {
        message:
          "Duplicate item found with the same call_id. Remove duplicate items from your " +
          "input and try again.",
        param: "input",
      };
  for (const [i, item] of input.entries()) {
    if (
      item.type === "function_call_output" &&
      input.findIndex(({ type, call_id }) => type === "function_call" && call_id === item.call_id) >
        i
    )
      yield {
        message: `No tool call found for function call output with call_id ${item.call_id}.`,
        param: "input",
      };
    const next = input[i + 1];
    if (
      item.type === "reasoning" &&
      (!next ||
        next.type === "function_call_output" ||
        ((next.type ?? "message") === "message" && next.role !== "assistant"))
    )
      yield {
        message:
          `Item '${item.id}' of type 'reasoning' was provided without its required following ` +
          "item.",
        param: "input",
      };
  }
}
