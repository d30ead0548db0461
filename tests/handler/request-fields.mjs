// Tests every field that the SDKs document for requests. If an SDK adds a field, the test fails
// until the field has a row.
//
// A row is [kind, value]. The kinds are:
//
// - `used`: the field changes the call of the model.
//
// - `answer`: the field may change the handler's answer.
//
// - `accepted`: the handler ignores the field. The field would not change the answer.
//
// - `refused`: the handler refuses the field, because the answer would be wrong if the handler
//   ignored it.
//
// - `header`: the SDK sends the field as a header.

import { says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { WRITER } from "../scenarios/fixtures.mjs";
import { post } from "./harness.mjs";

const messages = [{ role: "user", content: "Is the sky blue?" }];
const schema = { type: "object", properties: {}, additionalProperties: false };
const chatTool = { type: "function", function: { name: "f", parameters: schema } };

const CHAT = {
  messages: ["used", [{ role: "user", content: "Why?" }]],
  model: ["used", "other/model"],
  audio: ["refused", { format: "wav" }],
  frequency_penalty: ["used", 0.5],
  function_call: ["refused", "auto"],
  functions: ["refused", [{ name: "f" }]],
  logit_bias: ["used", { 50256: -100 }],
  logprobs: ["refused", true],
  max_completion_tokens: ["used", 99],
  max_tokens: ["used", 99],
  metadata: ["accepted", { job: "7" }],
  modalities: ["refused", ["text", "audio"]],
  moderation: ["refused", { model: "omni-moderation-latest" }],
  n: ["refused", 2],
  parallel_tool_calls: ["accepted", false],
  prediction: ["used", { type: "content", content: "Yes" }],
  presence_penalty: ["used", 0.5],
  prompt_cache_key: ["accepted", "k"],
  prompt_cache_options: ["accepted", { mode: "explicit" }],
  prompt_cache_retention: ["accepted", "24h"],
  reasoning_effort: ["used", "low"],
  response_format: ["used", { type: "json_object" }],
  safety_identifier: ["accepted", "user-7"],
  seed: ["used", 5],
  service_tier: ["accepted", "flex"],
  stop: ["used", ["END"]],
  store: ["refused", true],
  stream: ["answer", true],
  stream_options: ["accepted", { include_usage: true }],
  temperature: ["used", 0.5],
  tool_choice: ["accepted", "auto"],
  tools: ["used", [chatTool]],
  top_logprobs: ["refused", 3],
  top_p: ["used", 0.5],
  user: ["accepted", "user-7"],
  verbosity: ["used", "low"],
  web_search_options: ["used", {}],
};

const RESPONSES = {
  access_programs: ["refused", { cyber: true }],
  background: ["refused", true],
  background_options: ["accepted", { completion_window: "2h" }],
  context_management: ["refused", [{ type: "compaction" }]],
  conversation: ["refused", "conv_1"],
  image: ["refused", { quality: "high" }],
  include: ["answer", ["reasoning.encrypted_content"]],
  input: ["used", "Why?"],
  instructions: ["used", "Be brief."],
  max_output_tokens: ["used", 99],
  max_tool_calls: ["accepted", 3],
  metadata: ["accepted", { job: "7" }],
  model: ["used", "other/model"],
  moderation: ["refused", { model: "omni-moderation-latest" }],
  parallel_tool_calls: ["accepted", false],
  previous_response_id: ["refused", "resp_1"],
  prompt: ["refused", { id: "pmpt_1" }],
  prompt_cache_key: ["accepted", "k"],
  prompt_cache_options: ["accepted", { mode: "explicit" }],
  prompt_cache_retention: ["accepted", "24h"],
  reasoning: ["used", { effort: "low" }],
  safety_identifier: ["accepted", "user-7"],
  service_tier: ["accepted", "flex"],
  store: ["refused", true],
  stream: ["answer", true],
  stream_options: ["accepted", { include_obfuscation: false }],
  temperature: ["used", 0.5],
  text: ["used", { format: { type: "json_object" } }],
  tool_choice: ["accepted", "auto"],
  tools: ["used", [{ type: "function", name: "f", parameters: schema, strict: false }]],
  top_logprobs: ["refused", 3],
  top_p: ["used", 0.5],
  truncation: ["accepted", "auto"],
  user: ["accepted", "user-7"],
};

const MESSAGES = {
  max_tokens: ["used", 99],
  messages: ["used", [{ role: "user", content: "Why?" }]],
  model: ["used", "other/model"],
  betas: ["header"],
  billing_policy: ["refused", { type: "user_profile" }],
  cache_control: ["answer", { type: "ephemeral" }],
  compaction: ["refused", { type: "summarize" }],
  container: ["refused", "container_1"],
  context_management: ["refused", { edits: [{ type: "clear_tool_uses_20250919" }] }],
  diagnostics: ["accepted", { previous_message_id: "msg_1" }],
  fallback_credit_token: ["refused", "token"],
  fallbacks: ["answer", [{ model: "other/model" }]],
  inference_geo: ["refused", "us"],
  mcp_servers: ["refused", [{ type: "url", name: "x", url: "https://x.example" }]],
  metadata: ["accepted", { user_id: "user-7" }],
  output_config: ["used", { format: { type: "json_schema", schema } }],
  output_format: ["used", { type: "json_schema", schema }],
  service_tier: ["accepted", "standard_only"],
  speed: ["accepted", "fast"],
  stop_sequences: ["used", ["END"]],
  stream: ["answer", true],
  system: ["used", "Be brief."],
  temperature: ["used", 0.5],
  thinking: ["used", { type: "disabled" }],
  thread: ["refused", { type: "create" }],
  tool_choice: ["accepted", { type: "auto" }],
  tools: ["used", [{ name: "f", input_schema: schema }]],
  top_k: ["used", 5],
  top_p: ["used", 0.5],
  user_profile_id: ["header"],
  workspace_id: ["header"],
};

const ENDPOINTS = {
  "chat/completions": {
    rows: CHAT,
    body: { model: WRITER, messages },
    types: [
      ["openai", "resources/chat/completions/completions.d.ts", "ChatCompletionCreateParamsBase"],
    ],
  },
  responses: {
    rows: RESPONSES,
    body: { model: WRITER, input: "Is the sky blue?" },
    types: [["openai", "resources/responses/responses.d.ts", "ResponseCreateParamsBase"]],
  },
  messages: {
    rows: MESSAGES,
    body: { model: WRITER, messages, max_tokens: 100 },
    types: [
      ["@anthropic-ai/sdk", "resources/messages/messages.d.ts", "MessageCreateParamsBase"],
      ["@anthropic-ai/sdk", "resources/beta/messages/messages.d.ts", "MessageCreateParamsBase"],
    ],
  },
};

const not = { workerd: "reads the types of the SDKs, and the fields are read in the same way" };

export default Object.entries(ENDPOINTS).flatMap(([path, { rows, body, types }]) => [
  {
    name: `${path}: every field of the SDK's request type is classified`,
    not,
    async run() {
      const { fieldsOf, readPackageFile } = await import("./type-fields.mjs");
      for (const [name, file, type] of types) {
        const text = await readPackageFile(name, file);
        const fields = fieldsOf(text, `export interface ${type}`);
        ok(fields.length > 15, `${type}: ${fields}`);
        equal(
          fields.filter((field) => !Object.hasOwn(rows, field)),
          [],
          `fields of ${type} without a row`,
        );
      }
    },
  },
  {
    name: `${path}: every field has the effect of its class`,
    not,
    async run(t) {
      await t.session.script({ "*": says("Yes, it is blue.", { host: "openrouter" }) });
      const served = await t.serve();
      /** Returns the response, and the call of the model. */
      const ask = async (more) => {
        const before = (await t.session.calls()).length;
        const response = await post(served, path, { ...body, ...more });
        const text = await response.text();
        const calls = (await t.session.calls()).slice(before);
        return { status: response.status, text, call: JSON.stringify(calls.map((c) => c.body)) };
      };
      const usual = await ask({});
      equal(usual.status, 200, usual.text);
      for (const [field, [kind, value]] of Object.entries(rows)) {
        if (kind === "header") continue;
        const { status, text, call } = await ask({ [field]: value });
        equal(status, kind === "refused" ? 400 : 200, `${field}: ${text}`);
        if (kind === "refused") includes(text, `\`${field}\``);
        if (kind === "used") ok(call !== usual.call, `${field} changes the model's call`);
        if (kind === "accepted") equal(call, usual.call, `${field} changes nothing`);
      }
    },
  },
]);
