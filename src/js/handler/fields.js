// Decides whether each field of a request is read, passed on, ignored or refused. A field without a
// rule is refused by name. A field that the handler cannot support is also refused, if ignoring the
// field would change the answer.

import { didYouMean } from "../did-you-mean.js";
import { invalidField } from "./api-error.js";

/** Fields that fusion-params.js and build-request.js read from the requests of every endpoint. */
const COMMON = [
  "model",
  "models",
  "stream",
  "tools",
  "tool_choice",
  "plugins",
  "temperature",
  "provider",
  "cache_control",
];

/**
 * Fields that are ignored, because they do not change the answer. Some of them are labels, or
 * settings for routing or caching. Others limit the steps of server tools, which this handler does
 * not run.
 */
const IGNORED = [
  "user",
  "metadata",
  "session_id",
  "stream_options",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "trace",
  "route",
  "usage",
  "max_tool_calls",
  "stop_server_tools_when",
];

/**
 * Fields that are allowed only with the listed values, because these values have no effect. With
 * any other value, the request is refused.
 * @type {Record<string, unknown[]>}
 */
const ALLOWED_VALUES = {
  store: [false],
  background: [false],
  modalities: [["text"]],
  logprobs: [false],
  top_logprobs: [0],
  n: [1],
  audio: [],
  functions: [[]],
  function_call: ["none"],
  image_config: [],
  debug: [{}],
  transforms: [[]],
  previous_response_id: [],
  conversation: [],
  prompt: [],
  context_management: [{}],
  container: [],
  mcp_servers: [[]],
  inference_geo: [],
  moderation: [],
  access_programs: [],
  image: [{}],
  billing_policy: [],
  compaction: [],
  fallback_credit_token: [],
};

/**
 * The fields of each endpoint. The list `read` has the fields that the endpoint's function `read()`
 * uses. The list `passed` has the fields that the writer's provider gets unchanged.
 * @typedef {"chat" | "responses" | "messages"} Endpoint
 * @type {Record<Endpoint, { read: string[], passed: string[], ignored: string[] }>}
 */
const ENDPOINTS = {
  chat: {
    read: [
      "messages",
      "max_tokens",
      "max_completion_tokens",
      "stop",
      "response_format",
      "reasoning",
      "reasoning_effort",
      "include_reasoning",
    ],
    passed: [
      "top_p",
      "top_k",
      "top_a",
      "min_p",
      "frequency_penalty",
      "presence_penalty",
      "repetition_penalty",
      "logit_bias",
      "seed",
      "verbosity",
      "parallel_tool_calls",
      "prediction",
      "web_search_options",
    ],
    ignored: [],
  },
  responses: {
    read: ["input", "instructions", "max_output_tokens", "text", "reasoning"],
    passed: ["top_p", "top_k", "frequency_penalty", "presence_penalty", "parallel_tool_calls"],
    // `background_options` has no effect without `background`.
    ignored: ["include", "truncation", "background_options"],
  },
  messages: {
    read: [
      "messages",
      "system",
      "max_tokens",
      "stop_sequences",
      "thinking",
      "output_config",
      "output_format",
      "fallbacks",
    ],
    passed: ["top_p", "top_k"],
    ignored: ["speed", "diagnostics"],
  },
};

/**
 * Returns the fields for the writer's provider. Throws if a field is not supported. A `null` counts
 * as absent, because SDKs send `null` for absent fields.
 * @param {Endpoint} endpoint
 * @param {Record<string, unknown>} body
 */
export function passedFields(endpoint, body) {
  const { read, passed, ignored } = ENDPOINTS[endpoint];
  const known = new Set([...COMMON, ...IGNORED, ...read, ...ignored]);
  /** @type {Record<string, unknown>} */
  const fields = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || known.has(name)) continue;
    if (passed.includes(name)) fields[name] = value;
    else checkAllowed(name, value, [...known, ...passed]);
  }
  return fields;
}

/** @param {string} name @param {unknown} value @param {string[]} known */
function checkAllowed(name, value, known) {
  const allowed = Object.hasOwn(ALLOWED_VALUES, name) ? ALLOWED_VALUES[name] : undefined;
  if (!allowed) {
    const meant = didYouMean(name, known);
    const rule = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
    throw invalidField(name, `is unknown here${rule}`);
  }
  const isAllowed = allowed.some((item) => JSON.stringify(item) === JSON.stringify(value));
  if (!isAllowed) throw invalidField(name, "is not supported here");
}
