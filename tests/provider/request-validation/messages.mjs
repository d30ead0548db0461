// Validates Messages: unknown fields, and tool calls that do not match their results.

import { sign } from "../dialect/messages.mjs";
import { parts } from "../script-parts.mjs";
import { isObject, isText } from "./openai.mjs";

const known = (
  "cache_control container inference_geo max_tokens messages metadata model output_config " +
  "service_tier stop_sequences stream system thinking tool_choice tools"
).split(" ");
/** Fields that only the API version 2023-06-01 accepts. */
const knownIn2023 = ["temperature", "top_k", "top_p"];
const openRouters = (
  "fallbacks models plugins provider route session_id speed stop_server_tools_when trace " + "user"
).split(" ");

/** The required and the optional fields of each block. */
const blocks = {
  user: {
    text: [["text"], ["cache_control", "citations"]],
    image: [["source"], ["cache_control"]],
    document: [["source"], ["cache_control", "citations", "context", "title"]],
    tool_result: [["tool_use_id"], ["content", "is_error", "cache_control"]],
  },
  assistant: {
    text: [["text"], ["cache_control", "citations"]],
    thinking: [["thinking", "signature"], []],
    redacted_thinking: [["data"], []],
    tool_use: [
      ["id", "name", "input"],
      ["cache_control", "caller"],
    ],
    server_tool_use: [
      ["id", "name", "input"],
      ["cache_control", "caller"],
    ],
    web_search_tool_result: [
      ["tool_use_id", "content"],
      ["cache_control", "caller"],
    ],
    web_fetch_tool_result: [
      ["tool_use_id", "content"],
      ["cache_control", "caller"],
    ],
  },
};

const says = (message) => ({ message });
const required = (at) => says(`${at}: Field required`);
const extra = (at) => says(`${at}: Extra inputs are not permitted`);
const should = (at, what) => says(`${at}: Input should be ${what}`);
const list = (names) => names.map((name) => `'${name}'`).join(", ");

export const malformed = says("The request body is not valid JSON");
export const rejected = extra;

export function* rules({ headers, body, openRouter, script }) {
  yield* access(headers, openRouter);
  const allowed = [
    ...known,
    ...(headers["anthropic-version"] === "2026-10-21" ? [] : knownIn2023),
    ...(openRouter ? openRouters : []),
  ];
  for (const name of Object.keys(body)) if (!allowed.includes(name)) yield extra(name);
  if (!isText(body.model) || !body.model) yield required("model");
  if (body.max_tokens === undefined && !openRouter) yield required("max_tokens");
  if (body.max_tokens !== undefined && !(Number.isInteger(body.max_tokens) && body.max_tokens >= 1))
    yield should("max_tokens", "an integer greater than or equal to 1");
  if (body.stream !== undefined && typeof body.stream !== "boolean")
    yield should("stream", "a valid boolean");
  for (const name of ["temperature", "top_p"])
    if (body[name] !== undefined && !(body[name] >= 0 && body[name] <= 1))
      yield says(`${name}: range: 0..1`);
  if (
    body.stop_sequences !== undefined &&
    !(Array.isArray(body.stop_sequences) && body.stop_sequences.every(isText))
  )
    yield should("stop_sequences", "a valid list");
  yield* ofSystem(body.system);
  yield* ofTools(body);
  yield* ofThinking(body);
  if (
    body.output_config?.format &&
    (body.output_config.format.type !== "json_schema" ||
      !isObject(body.output_config.format.schema))
  )
    yield required("output_config.format.schema");
  yield* conversation(body, script);
}

function* access(headers, openRouter) {
  const { authorization, origin, "x-api-key": key } = headers;
  const denied = (message) => ({ status: 401, type: "authentication_error", message });
  if (openRouter) {
    if (key) yield denied("Missing Authentication header");
    return;
  }
  if (origin !== undefined && headers["anthropic-dangerous-direct-browser-access"] !== "true")
    yield denied("CORS requests must set 'anthropic-dangerous-direct-browser-access' header");
  if (!headers["anthropic-version"]) yield says("anthropic-version: header is required");
  const version = headers["anthropic-version"];
  if (!["2023-06-01", "2026-10-21"].includes(version))
    yield says(`anthropic-version: "${version}" is not a valid version`);
  // The API version 2023-06-01 accepts a key only in x-api-key. Newer versions also accept a key as
  // a bearer token.
  if (authorization !== undefined && version === "2023-06-01") yield denied("Invalid bearer token");
  if (key === "") yield denied("x-api-key header is required");
}

function* ofSystem(system) {
  if (system === undefined || isText(system)) return;
  if (!Array.isArray(system)) yield should("system", "a valid list");
  for (const [i, block] of system.entries()) {
    if (block?.type !== "text") yield should(`system.${i}.type`, "'text'");
    if (!block.text) yield says("system: text content blocks must be non-empty");
  }
}

function* ofTools({ tools, tool_choice }) {
  if (tools !== undefined && !Array.isArray(tools)) yield should("tools", "a valid list");
  for (const [i, tool] of (tools ?? []).entries()) {
    const type = tool?.type ?? "custom";
    const server = /^(web_search|web_fetch)_\d{8}$/.exec(type);
    if (!server && type !== "custom")
      yield says(
        `tools.${i}: Input tag '${type}' found using 'type' does not match any of the ` +
          "expected tags: 'custom', 'web_fetch_20250910', 'web_search_20250305'",
      );
    if (server && tool.name !== server[1])
      yield should(`tools.${i}.${type}.name`, `'${server[1]}'`);
    if (server) continue;
    if (!tool?.name) yield required(`tools.${i}.custom.name`);
    if (!/^[\w-]{1,128}$/.test(tool.name))
      yield says(`tools.${i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (tool.input_schema === undefined) yield required(`tools.${i}.custom.input_schema`);
    if (tool.input_schema?.type !== "object")
      yield should(`tools.${i}.custom.input_schema.type`, "'object'");
    for (const field of Object.keys(tool))
      if (
        ![
          "type",
          "name",
          "description",
          "input_schema",
          "cache_control",
          "strict",
          "input_examples",
        ].includes(field)
      )
        yield extra(`tools.${i}.custom.${field}`);
  }
  const names = (tools ?? []).map(({ name }) => name);
  if (new Set(names).size < names.length) yield says("tools: Tool names must be unique.");
  if (tool_choice === undefined) return;
  const choices = ["auto", "any", "tool", "none"];
  if (!choices.includes(tool_choice?.type)) yield should("tool_choice.type", list(choices));
  if (!tools?.length) yield says("tool_choice may only be specified while providing tools");
  if (tool_choice.type === "tool" && !names.includes(tool_choice.name))
    yield says(`tool_choice.tool.name: Tool '${tool_choice.name}' not found in provided tools`);
}

function* ofThinking({ thinking, max_tokens, temperature = 1, tool_choice }) {
  if (thinking === undefined || thinking.type === "disabled") return;
  if (!["enabled", "adaptive"].includes(thinking?.type))
    yield should("thinking.type", "'adaptive', 'disabled' or 'enabled'");
  if (temperature !== 1) yield says("`temperature` may only be set to 1 when thinking is enabled.");
  if (["any", "tool"].includes(tool_choice?.type))
    yield says("Thinking may not be enabled when tool_choice forces tool use.");
  if (thinking.type === "adaptive") return;
  if (!(thinking.budget_tokens >= 1024))
    yield should("thinking.enabled.budget_tokens", "greater than or equal to 1024");
  if (max_tokens <= thinking.budget_tokens)
    yield says("`max_tokens` must be greater than `thinking.budget_tokens`.");
}

function* conversation({ messages, tools, thinking }, script) {
  if (messages === undefined) yield required("messages");
  if (!Array.isArray(messages)) yield should("messages", "a valid list");
  if (messages.length === 0) yield says("messages: at least one message is required");
  const content = messages.map((message) =>
    isText(message?.content) ? [{ type: "text", text: message.content }] : message?.content,
  );
  for (const [i, message] of messages.entries()) {
    if (message?.role === "system")
      yield says(
        'messages: Unexpected role "system". The Messages API accepts a top-level `system` ' +
          'parameter, not "system" as an input message role.',
      );
    if (!Object.hasOwn(blocks, message?.role))
      yield should(`messages.${i}.role`, "'user' or 'assistant'");
    for (const field of Object.keys(message))
      if (!["role", "content"].includes(field)) yield extra(`messages.${i}.${field}`);
    if (!Array.isArray(content[i])) yield should(`messages.${i}.content`, "a valid list");
    if (content[i].length === 0)
      yield says(`messages.${i}: all messages must have non-empty content`);
    for (const [n, block] of content[i].entries())
      yield* ofBlock(`messages.${i}.content.${n}`, block, blocks[message.role]);
  }
  if (messages[0].role !== "user") yield says('messages: first message must use the "user" role');
  // Since 2024, Anthropic joins consecutive messages of the same role. Other servers of this
  // dialect refuse them.
  for (const [i, { role }] of messages.entries())
    if (role === messages[i + 1]?.role)
      yield says(
        'messages: roles must alternate between "user" and "assistant", but found multiple ' +
          `"${role}" roles in a row`,
      );
  for (const i of messages.keys()) yield* together(content, i, messages);
  if (
    !tools?.length &&
    content.flat().some(({ type }) => type === "tool_use" || type === "tool_result")
  )
    yield says(
      "Requests which have `tool_use` or `tool_result` blocks in messages must define tools.",
    );
  const paused = content.at(-1).some(({ type }) => type === "server_tool_use");
  if (messages.at(-1).role === "assistant" && !paused)
    yield says(
      "This model does not support assistant message prefill. The conversation must end with " +
        "a user message.",
    );
  if (thinking && thinking.type !== "disabled") yield* thoughtful(content, script);
}

function* ofBlock(at, block, of) {
  const fields = of[block?.type];
  if (!fields)
    yield says(
      `${at}: Input tag '${block?.type}' found using 'type' does not match any of the ` +
        `expected tags: ${list(Object.keys(of))}`,
    );
  const [needed, allowed] = fields;
  for (const field of needed)
    if (block[field] === undefined) yield required(`${at}.${block.type}.${field}`);
  for (const field of Object.keys(block))
    if (field !== "type" && !needed.includes(field) && !allowed.includes(field))
      yield extra(`${at}.${block.type}.${field}`);
  if (block.type === "text" && !(isText(block.text) && block.text))
    yield says("messages: text content blocks must be non-empty");
  if (block.type.endsWith("tool_use") && !isObject(block.input))
    yield should(`${at}.${block.type}.input`, "a valid dictionary");
  const id = block.id ?? block.tool_use_id;
  const pattern =
    block.type === "server_tool_use" || block.type.startsWith("web_")
      ? /^srvtoolu_[a-zA-Z0-9_]+$/
      : /^[a-zA-Z0-9_-]+$/;
  if (id !== undefined && !pattern.test(id))
    yield says(`${at}.${block.type}.id: String should match pattern '${pattern.source}'`);
  if (block.type === "image" || block.type === "document")
    yield* ofSource(`${at}.${block.type}.source`, block);
  if (block.type === "thinking" && block.signature !== sign(block.thinking))
    yield says(`${at}: Invalid \`signature\` in \`thinking\` block`);
  for (const [n, citation] of (block.citations ?? []).entries())
    if (block.type === "text" && citation.encrypted_index !== `sealed-${citation.url}`)
      yield says(`${at}.text.citations.${n}: Invalid encrypted_index`);
  if (block.type === "web_search_tool_result" && Array.isArray(block.content))
    for (const [n, result] of block.content.entries())
      if (result.encrypted_content !== `sealed-${result.url}`)
        yield says(`${at}.web_search_tool_result.content.${n}: Invalid encrypted_content`);
}

function* ofSource(at, { type, source }) {
  if (!isObject(source)) yield should(at, "a valid dictionary");
  const needs = {
    base64: ["media_type", "data"],
    url: ["url"],
    file: ["file_id"],
    ...(type === "document" && { text: ["media_type", "data"], content: ["content"] }),
  }[source.type];
  if (!needs)
    yield says(
      `${at}: Input tag '${source.type}' found using 'type' does not match any of the ` +
        "expected tags",
    );
  for (const field of needs)
    if (source[field] === undefined) yield required(`${at}.${source.type}.${field}`);
  if (source.type !== "base64") return;
  const supported =
    type === "image" ? ["image/jpeg", "image/png", "image/gif", "image/webp"] : ["application/pdf"];
  if (!supported.includes(source.media_type))
    yield should(`${at}.base64.media_type`, list(supported));
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(source.data)) yield says(`${at}.base64: invalid base64 data`);
}

/**
 * Checks that tool uses and results match. Results must be the first blocks of the next message.
 * Results of hosted tools must be in the same message.
 */
function* together(content, i, messages) {
  const ids = (of, type, field) =>
    (of ?? []).filter((block) => block.type === type).map((block) => block[field]);
  const uses = ids(content[i], "tool_use", "id");
  const next = content[i + 1] ?? [];
  const leading = next.slice(0, next.findLastIndex(({ type }) => type === "tool_result") + 1);
  const missing = uses.filter((id) => !ids(leading, "tool_result", "tool_use_id").includes(id));
  const tidy = leading.every(({ type }) => type === "tool_result");
  if (missing.length || (uses.length && !tidy))
    yield says(
      `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately ` +
        `after: ${(missing.length ? missing : uses).join(", ")}. Each \`tool_use\` block must ` +
        "have a corresponding `tool_result` block in the next message.",
    );
  if (new Set(uses).size < uses.length) yield says("messages: `tool_use` ids must be unique");
  const before = ids(content[i - 1], "tool_use", "id");
  const results = ids(content[i], "tool_result", "tool_use_id");
  for (const id of results)
    if (!before.includes(id))
      yield says(
        `messages.${i}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ` +
          `${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in ` +
          "the previous message.",
      );
  if (new Set(results).size < results.length)
    yield says(
      `messages.${i}.content: each tool_use must have a single result. Found multiple ` +
        `\`tool_result\` blocks with id: ${results[0]}`,
    );

  for (const [n, block] of content[i].entries()) {
    if (block.type === "server_tool_use") {
      const pending = i === messages.length - 1 && n === content[i].length - 1;
      if (!pending && !content[i].slice(n).some(({ tool_use_id }) => tool_use_id === block.id))
        yield says(
          `messages.${i}: \`${block.name}\` tool use with id \`${block.id}\` was found ` +
            `without a corresponding \`${block.name}_tool_result\` block`,
        );
    }
    if (
      block.type.startsWith("web_") &&
      !content[i].slice(0, n).some(({ id }) => id === block.tool_use_id)
    )
      yield says(
        `messages.${i}.content.${n}: unexpected \`tool_use_id\` found in \`${block.type}\` ` +
          `blocks: ${block.tool_use_id}.`,
      );
  }
}

/**
 * If the script sends thinking before a call, checks that the next request contains the thinking
 * together with the call.
 */
function* thoughtful(content, { rounds = [] }) {
  for (const [i, of] of content.entries()) {
    const ids = of.filter(({ type }) => type === "tool_use").map(({ id }) => id);
    const thought = rounds.some((round, n) => {
      const said = [...parts({ ...round, round: n + 1 })];
      return said[0]?.reasoning && said.some(({ call }) => call && ids.includes(call.id));
    });
    if (thought && !/^(redacted_)?thinking$/.test(of[0].type))
      yield says(
        `messages.${i}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but ` +
          `found \`${of[0].type}\`. When \`thinking\` is enabled, a final \`assistant\` ` +
          "message must start with a thinking block.",
      );
  }
}
