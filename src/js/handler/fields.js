// What the fields of a request come to, in one place. A field that is in no list is refused by name, and so is one that can't be
// honoured where leaving it out would change what the client gets.

import { refuse } from "./failure.js";

/** Read by entry.js for every endpoint. */
const COMMON = ["model", "models", "stream", "tools", "tool_choice", "plugins", "temperature", "provider", "cache_control"];

/** Accepted, and without effect: they sort, label, log or time a request, or speak of server tools beyond the one step made here. */
const HARMLESS = [
  "user", "metadata", "session_id", "stream_options", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_options",
  "prompt_cache_retention", "trace", "route", "usage", "max_tool_calls", "stop_server_tools_when",
];

/** Refused, unless they say what would be so anyway. */
const UNLESS = {
  store: [false], background: [false], modalities: [["text"]], logprobs: [false], top_logprobs: [0], n: [1], audio: [], functions: [[]],
  function_call: ["none"], image_config: [], debug: [{}], transforms: [[]], previous_response_id: [], conversation: [], prompt: [],
  context_management: [{}], container: [], mcp_servers: [[]], inference_geo: [],
};

/** `read`: by the endpoint. `passed`: to the writer's provider, as they are. */
const ENDPOINTS = {
  chat: {
    read: ["messages", "max_tokens", "max_completion_tokens", "stop", "response_format", "reasoning", "reasoning_effort", "include_reasoning"],
    passed: [
      "top_p", "top_k", "top_a", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias", "seed", "verbosity",
      "parallel_tool_calls", "prediction", "web_search_options",
    ],
    harmless: [],
  },
  responses: {
    read: ["input", "instructions", "max_output_tokens", "text", "reasoning"],
    passed: ["top_p", "top_k", "frequency_penalty", "presence_penalty", "parallel_tool_calls"],
    harmless: ["include", "truncation"],
  },
  messages: {
    read: ["messages", "system", "max_tokens", "stop_sequences", "thinking", "output_config", "fallbacks"],
    passed: ["top_p", "top_k"],
    harmless: ["speed"],
  },
};

/** Refuses what can't be honoured, and gives what is passed on. `null` is absent, as SDKs send it. */
export function passedOn(endpoint, body) {
  const { read, passed, harmless } = ENDPOINTS[endpoint];
  const known = new Set([...COMMON, ...HARMLESS, ...read, ...harmless]);
  const on = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || known.has(name)) continue;
    if (passed.includes(name)) on[name] = value;
    else if (!Object.hasOwn(UNLESS, name)) throw refuse(name, "is unknown here");
    else if (!UNLESS[name].some((harmless) => JSON.stringify(harmless) === JSON.stringify(value))) throw refuse(name, "is not supported here");
  }
  return on;
}
