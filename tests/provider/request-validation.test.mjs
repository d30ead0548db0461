// The provider refuses what the real APIs refuse, in their words, so wrong encoders fail.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "./client.mjs";
import { sign } from "./dialect/messages.mjs";
import { calls, says } from "./scripts.mjs";
import { startProvider } from "./server.mjs";

let provider;
let names = 0;
before(async () => (provider = await startProvider()));
after(() => provider.close());

const paths = { chat: "chat/completions", responses: "responses", messages: "messages" };
const keys = {
  chat: { authorization: "Bearer k" },
  responses: { authorization: "Bearer k" },
  messages: { "x-api-key": "k", "anthropic-version": "2023-06-01" },
};

const user = { role: "user", content: "Hello" };
const parameters = { type: "object", properties: {} };
const tools = {
  chat: [{ type: "function", function: { name: "look", parameters } }],
  responses: [{ type: "function", name: "look", parameters }],
  messages: [{ name: "look", input_schema: parameters }],
};
const called = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
const use = { type: "tool_use", id: "c1", name: "look", input: {} };
const result = { type: "tool_result", tool_use_id: "c1", content: "found" };
const searching = {
  type: "server_tool_use",
  id: "srvtoolu_1",
  name: "web_search",
  input: { query: "q" },
};
const searched = {
  type: "web_search_tool_result",
  tool_use_id: "srvtoolu_1",
  content: [
    {
      type: "web_search_result",
      url: "https://a.example/",
      title: "A",
      encrypted_content: "sealed-https://a.example/",
    },
  ],
};
const thought = { type: "thinking", thinking: "Hm.", signature: sign("Hm.") };
const item = { type: "function_call", call_id: "c1", name: "look", arguments: "{}" };
const output = { type: "function_call_output", call_id: "c1", output: "found" };
const reasoning = {
  type: "reasoning",
  id: "rs_1_0",
  summary: [],
  encrypted_content: "sealed-rs_1_0",
};
const chat = (...messages) => ({ messages: [user, ...messages], tools: tools.chat });
const responses = (...input) => ({ input: [user, ...input], tools: tools.responses });
const messages = (...more) => ({ messages: [user, ...more], tools: tools.messages });
const assistant = (...content) => ({ role: "assistant", content });
const results = (...content) => ({ role: "user", content });

const bodies = {
  chat: { messages: [user] },
  responses: { input: [user] },
  messages: { max_tokens: 100, messages: [user] },
};

/** Accepted requests: [name, more of the body, more of the headers, the script]. */
const good = {
  chat: [
    [
      "plain parameters",
      {
        temperature: 0.5,
        max_completion_tokens: 5,
        stream_options: { include_usage: true },
        top_k: 3,
        provider: { order: [] },
      },
    ],
    [
      "parts of every kind",
      {
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "x" },
              { type: "image_url", image_url: { url: "data:," } },
              { type: "file", file: {} },
            ],
          },
        ],
      },
    ],
    [
      "calls and their results",
      chat(
        { role: "assistant", content: null, tool_calls: [called, { ...called, id: "c2" }] },
        { role: "tool", tool_call_id: "c2", content: "b" },
        { role: "tool", tool_call_id: "c1", content: "a" },
      ),
    ],
    ["no key at all", {}, { authorization: undefined }],
  ],
  responses: [
    [
      "plain parameters",
      {
        instructions: "Be brief.",
        max_output_tokens: 16,
        temperature: 0,
        store: false,
        reasoning: { effort: "low" },
        text: { format: { type: "json_schema", name: "n", schema: {} } },
      },
    ],
    ["text as input", { input: "Hello" }],
    [
      "parts and an earlier answer",
      {
        input: [
          {
            role: "user",
            content: [
              { type: "input_text", text: "x" },
              { type: "input_image", image_url: "data:," },
            ],
          },
          {
            type: "message",
            role: "assistant",
            content: [{ type: "output_text", text: "y", annotations: [] }],
          },
          user,
        ],
      },
    ],
    [
      "calls and their results",
      {
        ...responses(reasoning, item, { ...item, call_id: "c2" }, output, {
          ...output,
          call_id: "c2",
        }),
        store: false,
      },
    ],
    ["xAI's own field with host xai", { max_turns: 2 }, {}, { host: "xai" }],
    [
      "OpenRouter's own fields with host openrouter",
      { plugins: [], tools: [{ type: "openrouter:web_search" }], stop_server_tools_when: [] },
      {},
      { host: "openrouter" },
    ],
  ],
  messages: [
    [
      "plain parameters",
      {
        system: "Be brief.",
        temperature: 1,
        stop_sequences: ["x"],
        output_config: { effort: "low" },
      },
    ],
    [
      "the newer version with a bearer token",
      {},
      { "anthropic-version": "2026-10-21", authorization: "Bearer k", "x-api-key": undefined },
    ],
    [
      "parts of every kind",
      {
        messages: [
          results(
            { type: "text", text: "x" },
            {
              type: "image",
              source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
            },
            { type: "document", source: { type: "url", url: "https://a.example/" } },
          ),
        ],
      },
    ],
    [
      "calls, their results, and a text after them",
      messages(assistant(thought, use), results(result, { type: "text", text: "Go on." })),
    ],
    [
      "a paused turn",
      {
        messages: [user, assistant(searching, searched)],
        tools: [{ type: "web_search_20250305", name: "web_search" }],
      },
    ],
    [
      "a page with the browser header",
      {},
      { origin: "https://app.example", "anthropic-dangerous-direct-browser-access": "true" },
    ],
    [
      "a bearer token and OpenRouter's own fields with host openrouter",
      { max_tokens: undefined, plugins: [] },
      { "x-api-key": undefined, "anthropic-version": undefined, authorization: "Bearer k" },
      { host: "openrouter" },
    ],
  ],
};

/** Refused requests: [name, more of the body, message, more of the headers, the script]. */
const bad = {
  chat: [
    ["Responses' input", { input: "x" }, /Unknown parameter: 'input'/],
    ["Messages' system", { system: "x" }, /Unknown parameter: 'system'/],
    ["no messages", { messages: undefined }, /Missing required parameter: 'messages'/],
    ["empty messages", { messages: [] }, /empty array/],
    ["no model", { model: "" }, /'model'/],
    ["two token limits", { max_tokens: 5, max_completion_tokens: 5 }, /at the same time/],
    ["an unknown role", { messages: [{ role: "model", content: "x" }] }, /messages\[0\]\.role/],
    ["a user without content", { messages: [{ role: "user" }] }, /messages\[0\]\.content/],
    [
      "a part of another dialect",
      { messages: [{ role: "user", content: [{ type: "input_text", text: "x" }] }] },
      /content\[0\]\.type/,
    ],
    ["a flat function", { tools: tools.responses }, /tools\[0\]\.function/],
    ["a choice without tools", { tool_choice: "auto" }, /only allowed when 'tools'/],
    [
      "a result without a call",
      chat({ role: "tool", tool_call_id: "c1", content: "x" }),
      /must be a response to a preceeding message/,
    ],
    [
      "a result of another call",
      chat(
        { role: "assistant", tool_calls: [called] },
        { role: "tool", tool_call_id: "c2", content: "x" },
      ),
      /must be a response/,
    ],
    [
      "a call without its result",
      chat({ role: "assistant", tool_calls: [called] }),
      /did not have response messages: c1/,
    ],
    [
      "a user between call and result",
      chat({ role: "assistant", tool_calls: [called] }, user, {
        role: "tool",
        tool_call_id: "c1",
        content: "x",
      }),
      /did not have response messages/,
    ],
    [
      "arguments that are not text",
      chat({
        role: "assistant",
        tool_calls: [{ ...called, function: { name: "look", arguments: {} } }],
      }),
      /arguments': expected a string/,
    ],
    [
      "a flat schema",
      { response_format: { type: "json_schema", name: "n", schema: {} } },
      /response_format\.json_schema\.name/,
    ],
    [
      "a choice without a function",
      { ...chat(), tool_choice: { type: "function", name: "look" } },
      /tool_choice\.function/,
    ],
    ["an unknown choice", { ...chat(), tool_choice: "any" }, /tool_choice/],
    ["tools that are not a list", { tools: {} }, /'tools': expected an array/],
    ["a tool that is not an object", { tools: ["web_search"] }, /tools\[0\]': expected an object/],
    ["a tool without a type", { tools: [{ name: "look" }] }, /tools\[0\]\.type/],
    [
      "a function without a name",
      { tools: [{ type: "function", function: {} }] },
      /function\.name/,
    ],
    [
      "a function with an odd name",
      { tools: [{ type: "function", function: { name: "web.search" } }] },
      /does not match pattern/,
    ],
    [
      "parameters as text",
      { tools: [{ type: "function", function: { name: "look", parameters: "{}" } }] },
      /parameters': expected an object/,
    ],
    [
      "a description that is not text",
      { tools: [{ type: "function", function: { name: "look", description: 7 } }] },
      /description': expected a string/,
    ],
    ["an unknown format", { response_format: { type: "json" } }, /response_format\.type/],
    ["messages as text", { messages: "x" }, /'messages': expected an array/],
    ["a message as text", { messages: ["x"] }, /messages\[0\]': expected an object/],
    [
      "a result without an id",
      chat({ role: "assistant", tool_calls: [called] }, { role: "tool", content: "x" }),
      /messages\[2\]\.tool_call_id/,
    ],
    [
      "a user message with tool calls",
      chat({ ...user, tool_calls: [called] }),
      /messages\[1\]\.tool_calls/,
    ],
    [
      "an empty list of calls",
      chat({ role: "assistant", content: "x", tool_calls: [] }),
      /tool_calls': empty array/,
    ],
    [
      "a call without an id",
      chat({ role: "assistant", tool_calls: [{ ...called, id: "" }] }),
      /tool_calls\[0\]\.id/,
    ],
    [
      "a call without a type",
      chat({ role: "assistant", tool_calls: [{ ...called, type: undefined }] }),
      /tool_calls\[0\]\.type/,
    ],
    [
      "a call without a name",
      chat({ role: "assistant", tool_calls: [{ ...called, function: { arguments: "{}" } }] }),
      /function\.name/,
    ],
    [
      "two calls with one id",
      chat(
        { role: "assistant", tool_calls: [called, called] },
        { role: "tool", tool_call_id: "c1", content: "x" },
      ),
      /Duplicate tool call ids/,
    ],
    [
      "a part without its field",
      { messages: [{ role: "user", content: [{ type: "text" }] }] },
      /content\[0\]\.text/,
    ],
    [
      "an image as text",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: "data:," }] }] },
      /image_url': expected/,
    ],
    ["a stream that is not a boolean", { stream: "yes" }, /'stream': expected a boolean/],
    [
      "stream options without a stream",
      { stream: false, stream_options: {} },
      /only allowed when 'stream'/,
    ],
    ["a temperature as text", { temperature: "0.5" }, /'temperature': expected a decimal/],
    ["a temperature above 2", { temperature: 2.5 }, /between 0 and 2/],
    ["a fractional token limit", { max_tokens: 0.5 }, /'max_tokens': expected an integer/],
    [
      "a key under Anthropic's name",
      {},
      /Authorization header/,
      { authorization: undefined, "x-api-key": "k" },
    ],
    ["text/plain", {}, /parse the JSON/, { "content-type": "text/plain" }],
  ],
  responses: [
    ["chat's messages", { messages: [user] }, /moved to 'input'/],
    ["chat's token limit", { max_tokens: 100 }, /moved to 'max_output_tokens'/],
    ["chat's format", { response_format: { type: "json_object" } }, /moved to 'text\.format'/],
    ["chat's effort", { reasoning_effort: "low" }, /moved to 'reasoning\.effort'/],
    ["chat's stop", { stop: ["x"] }, /Unknown parameter: 'stop'/],
    ["OpenRouter's fields elsewhere", { plugins: [] }, /Unknown parameter: 'plugins'/],
    ["xAI's field elsewhere", { max_turns: 2 }, /Unknown parameter: 'max_turns'/],
    [
      "OpenRouter's tools elsewhere",
      { tools: [{ type: "openrouter:web_search" }] },
      /tools\[0\]\.type/,
    ],
    ["storing at OpenRouter", { store: true }, /stateless/, {}, { host: "openrouter" }],
    ["no input", { input: undefined }, /Missing required parameter: 'input'/],
    ["too few tokens", { max_output_tokens: 5 }, />= 16/],
    [
      "a chat part",
      { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
      /'input_text'/,
    ],
    [
      "an answer without a type",
      { input: [user, { role: "assistant", content: "x" }, user] },
      /input\[1\]\.type/,
    ],
    [
      "an answer with input parts",
      {
        input: [
          { type: "message", role: "assistant", content: [{ type: "input_text", text: "x" }] },
          user,
        ],
      },
      /'output_text'/,
    ],
    [
      "chat's image",
      {
        input: [{ role: "user", content: [{ type: "input_image", image_url: { url: "data:," } }] }],
      },
      /image_url': expected a string/,
    ],
    ["a tool's role", { input: [user, { role: "tool", content: "x" }] }, /input\[1\]\.role/],
    ["a nested function", { tools: tools.chat }, /tools\[0\]\.name/],
    [
      "an output without a call",
      responses(output),
      /No tool call found for function call output with call_id c1/,
    ],
    ["a call without its output", responses(item), /No tool output found for function call c1/],
    ["an output before its call", responses(output, item), /No tool call found/],
    [
      "a key under Anthropic's name",
      {},
      /Authorization header/,
      { authorization: undefined, "x-api-key": "k" },
    ],
    [
      "an unknown previous response",
      { previous_response_id: "resp_1" },
      /Previous response with id 'resp_1' not found/,
    ],
    [
      "instructions that are not text",
      { instructions: ["x"] },
      /'instructions': expected a string/,
    ],
    ["reasoning that is not an object", { reasoning: "low" }, /'reasoning': expected an object/],
    [
      "chat's choice of a function",
      { ...responses(), tool_choice: { type: "function", function: { name: "look" } } },
      /tool_choice\.name/,
    ],
    ["input that is not a list", { input: user }, /'input': expected a string or an array/],
    ["empty input", { input: [] }, /'input': empty array/],
    ["a tool that is not an object", { tools: ["web_search"] }, /tools\[0\]': expected an object/],
    ["a tool without a type", { tools: [{ name: "look" }] }, /tools\[0\]\.type/],
    ["an unknown format", { text: { format: { type: "json" } } }, /text\.format\.type/],
    [
      "a format without a schema",
      { text: { format: { type: "json_schema", name: "n" } } },
      /text\.format\.schema/,
    ],
    ["an item as text", { input: ["x"] }, /input\[0\]': expected an object/],
    [
      "a call with chat's id",
      responses({ ...item, call_id: undefined, id: "c1" }, output),
      /input\[1\]\.call_id/,
    ],
    [
      "arguments that are not text",
      responses({ ...item, arguments: {} }, output),
      /arguments': expected a string/,
    ],
    [
      "an output with chat's id",
      responses(item, { type: "function_call_output", output: "x" }),
      /input\[2\]\.call_id/,
    ],
    [
      "an output without content",
      responses(item, { ...output, output: undefined }),
      /input\[2\]\.output/,
    ],
    [
      "an output in chat's parts",
      responses(item, { ...output, output: [{ type: "text", text: "x" }] }),
      /output\[0\]\.type/,
    ],
    [
      "an output that is not text",
      responses(item, { ...output, output: { found: 1 } }),
      /output': expected/,
    ],
    [
      "reasoning without a summary",
      responses({ ...reasoning, summary: undefined }, item, output),
      /input\[1\]\.summary/,
    ],
    [
      "reasoning that was changed",
      responses({ ...reasoning, encrypted_content: "x" }, item, output),
      /could not be verified/,
    ],
    ["a message without content", { input: [{ role: "user" }] }, /input\[0\]\.content/],
    [
      "a part without its field",
      { input: [{ role: "user", content: [{ type: "input_text" }] }] },
      /content\[0\]\.text/,
    ],
    ["two calls with one id", responses(item, item, output), /Duplicate item/],
    ["an item of an unknown type", responses({ type: "tool_result" }), /input\[1\]\.type/],
    [
      "an unknown field of an item",
      responses({ ...item, index: 0 }, output),
      /Unknown parameter: 'input\[1\]\.index'/,
    ],
    [
      "reasoning without a following item",
      responses(reasoning),
      /without its required following item/,
    ],
    [
      "reasoning that was not stored",
      { ...responses({ ...reasoning, encrypted_content: undefined }, item, output), store: false },
      /not found\. Items are not persisted/,
    ],
    [
      "a nested schema",
      { text: { format: { type: "json_schema", json_schema: { name: "n", schema: {} } } } },
      /text\.format\.name/,
    ],
  ],
  messages: [
    ["no version", {}, /anthropic-version: header is required/, { "anthropic-version": undefined }],
    ["a bearer with the older version", {}, /Invalid bearer token/, { authorization: "Bearer k" }],
    [
      "a page without the browser header",
      {},
      /anthropic-dangerous-direct-browser-access/,
      { origin: "https://app.example" },
    ],
    ["no token limit", { max_tokens: undefined }, /max_tokens: Field required/],
    ["chat's token limit", { max_completion_tokens: 5 }, /max_completion_tokens: Extra inputs/],
    ["chat's stop", { stop: ["x"] }, /stop: Extra inputs/],
    ["OpenRouter's fields elsewhere", { plugins: [] }, /plugins: Extra inputs/],
    ["a temperature above 1", { temperature: 1.5 }, /temperature: range: 0\.\.1/],
    [
      "any temperature with the newer version",
      { temperature: 1 },
      /temperature: Extra inputs are not permitted/,
      { "anthropic-version": "2026-10-21" },
    ],
    [
      "a system message",
      { messages: [{ role: "system", content: "x" }, user] },
      /top-level `system` parameter/,
    ],
    [
      "a first message of the assistant",
      { messages: [assistant({ type: "text", text: "x" }), user] },
      /first message must use the "user" role/,
    ],
    ["two users in a row", { messages: [user, user] }, /roles must alternate/],
    [
      "a last message of the assistant",
      { messages: [user, assistant({ type: "text", text: "x" })] },
      /must end with a user message/,
    ],
    ["an empty text", { messages: [{ role: "user", content: "" }] }, /must be non-empty/],
    [
      "chat's image",
      { messages: [results({ type: "image_url", image_url: { url: "data:," } })] },
      /Input tag 'image_url'/,
    ],
    [
      "an image as a data URL",
      {
        messages: [
          results({
            type: "image",
            source: { type: "base64", media_type: "image/png", data: "data:image/png;base64,AA==" },
          }),
        ],
      },
      /invalid base64/,
    ],
    ["chat's tools", { tools: tools.chat }, /tools\.0: Input tag 'function'/],
    [
      "Responses' tools",
      { tools: tools.responses.map(({ type, ...of }) => of) },
      /input_schema: Field required/,
    ],
    ["a choice that is not an object", { ...messages(), tool_choice: "auto" }, /tool_choice/],
    [
      "a tool_use without its tool_result",
      messages(assistant(use), user),
      /`tool_use` ids were found without `tool_result` blocks immediately after: c1/,
    ],
    [
      "a text before the result",
      messages(assistant(use), results({ type: "text", text: "x" }, result)),
      /without `tool_result` blocks immediately after/,
    ],
    [
      "a tool_result without a tool_use",
      messages(assistant({ type: "text", text: "x" }), results(result)),
      /unexpected `tool_use_id` found in `tool_result` blocks: c1/,
    ],
    [
      "results in two messages",
      messages(
        assistant(use, { ...use, id: "c2" }),
        results(result),
        results({ ...result, tool_use_id: "c2" }),
      ),
      /roles must alternate|without `tool_result`/,
    ],
    [
      "two results of one tool_use",
      messages(assistant(use), results(result, result)),
      /single result/,
    ],
    [
      "arguments as text",
      messages(assistant({ ...use, input: "{}" }), results(result)),
      /valid dictionary/,
    ],
    [
      "results without tools",
      { messages: [user, assistant(use), results(result)] },
      /must define tools/,
    ],
    [
      "a field of the stream format",
      messages(assistant({ ...use, index: 0 }), results(result)),
      /index: Extra inputs/,
    ],
    [
      "thinking whose signature is lost",
      messages(assistant({ ...thought, signature: "" }, use), results(result)),
      /Invalid `signature`/,
    ],
    [
      "a hosted search without its result",
      { messages: [user, assistant(searching, { type: "text", text: "x" }), user] },
      /without a corresponding `web_search_tool_result`/,
    ],
    ["an unknown version", {}, /not a valid version/, { "anthropic-version": "2024-01-01" }],
    ["an empty key", {}, /x-api-key header is required/, { "x-api-key": "" }],
    [
      "Anthropic's key at OpenRouter",
      {},
      /Missing Authentication header/,
      {},
      { host: "openrouter" },
    ],
    ["no model", { model: undefined }, /model: Field required/],
    ["a fractional token limit", { max_tokens: 0.5 }, /max_tokens: Input should be/],
    ["a stream that is not a boolean", { stream: "yes" }, /stream: Input should be/],
    ["a stop as text", { stop_sequences: "x" }, /stop_sequences: Input should be/],
    ["a system that is not a list", { system: {} }, /system: Input should be/],
    ["a system of other blocks", { system: [{ type: "image" }] }, /system\.0\.type/],
    [
      "an empty system block",
      { system: [{ type: "text", text: "" }] },
      /system: text content blocks must be non-empty/,
    ],
    [
      "chat's format",
      { output_config: { format: { type: "json_schema", json_schema: {} } } },
      /output_config\.format\.schema/,
    ],
    ["tools that are not a list", { tools: {} }, /tools: Input should be/],
    [
      "a hosted tool by another name",
      { tools: [{ type: "web_search_20250305", name: "search" }] },
      /'web_search'/,
    ],
    ["a tool without a name", { tools: [{ input_schema: parameters }] }, /name: Field required/],
    [
      "a tool with an odd name",
      { tools: [{ name: "web.search", input_schema: parameters }] },
      /should match pattern/,
    ],
    [
      "a schema that is not of an object",
      { tools: [{ name: "look", input_schema: {} }] },
      /input_schema\.type/,
    ],
    [
      "an unknown field of a tool",
      { tools: [{ ...tools.messages[0], parameters }] },
      /parameters: Extra inputs/,
    ],
    [
      "two tools of one name",
      { tools: [...tools.messages, ...tools.messages] },
      /names must be unique/,
    ],
    [
      "a choice without tools",
      { tool_choice: { type: "auto" } },
      /only be specified while providing tools/,
    ],
    [
      "a choice of an unknown tool",
      { ...messages(), tool_choice: { type: "tool", name: "other" } },
      /'other' not found/,
    ],
    ["no messages", { messages: undefined }, /messages: Field required/],
    ["messages as text", { messages: "x" }, /messages: Input should be/],
    ["empty messages", { messages: [] }, /at least one message/],
    ["a tool's role", { messages: [user, { role: "tool", content: "x" }] }, /messages\.1\.role/],
    [
      "an unknown field of a message",
      { messages: [{ ...user, name: "x" }] },
      /messages\.0\.name: Extra inputs/,
    ],
    [
      "content that is no list",
      { messages: [{ role: "user", content: 7 }] },
      /messages\.0\.content: Input should be/,
    ],
    ["no content", { messages: [{ role: "user", content: [] }] }, /non-empty content/],
    [
      "a block without its field",
      { messages: [results({ type: "image" })] },
      /image\.source: Field required/,
    ],
    [
      "an id of other letters",
      messages(assistant({ ...use, id: "c.1" }), results({ ...result, tool_use_id: "c.1" })),
      /should match pattern/,
    ],
    [
      "a citation that was changed",
      {
        messages: [
          user,
          assistant({
            type: "text",
            text: "x",
            citations: [
              {
                type: "web_search_result_location",
                url: "https://a.example/",
                title: "A",
                cited_text: "",
              },
            ],
          }),
          user,
        ],
      },
      /Invalid encrypted_index/,
    ],
    [
      "a find that was changed",
      {
        messages: [
          user,
          assistant(searching, {
            ...searched,
            content: [{ type: "web_search_result", url: "https://a.example/", title: "A" }],
          }),
          user,
        ],
      },
      /Invalid encrypted_content/,
    ],
    [
      "a source as text",
      { messages: [results({ type: "image", source: "data:," })] },
      /source: Input should be/,
    ],
    [
      "a source of no kind",
      { messages: [results({ type: "image", source: { type: "text", data: "x" } })] },
      /Input tag 'text'/,
    ],
    [
      "a source without its field",
      { messages: [results({ type: "image", source: { type: "base64", data: "AA==" } })] },
      /media_type: Field required/,
    ],
    [
      "a picture as a document",
      {
        messages: [
          results({
            type: "document",
            source: { type: "base64", media_type: "image/png", data: "AA==" },
          }),
        ],
      },
      /'application\/pdf'/,
    ],
    ["two uses with one id", messages(assistant(use, use), results(result)), /ids must be unique/],
    [
      "a find without a search",
      { messages: [user, assistant(searched, { type: "text", text: "x" }), user] },
      /unexpected `tool_use_id` found in `web_search_tool_result`/,
    ],
    ["thinking of no kind", { thinking: { type: "on" } }, /thinking\.type/],
    [
      "thinking with a forced tool",
      { ...messages(), thinking: { type: "adaptive" }, tool_choice: { type: "any" } },
      /forces tool use/,
    ],
    [
      "too little to think with",
      { max_tokens: 5000, thinking: { type: "enabled", budget_tokens: 100 } },
      /greater than or equal to 1024/,
    ],
    [
      "thinking beyond the limit",
      { thinking: { type: "enabled", budget_tokens: 1024 } },
      /must be greater than `thinking\.budget_tokens`/,
    ],
    [
      "thinking with a temperature",
      { thinking: { type: "adaptive" }, temperature: 0 },
      /may only be set to 1/,
    ],
  ],
};

async function send(dialect, { body, headers, script }) {
  const session = connect(provider).session(`rules-${++names}`);
  await session.script({ m: { ...says("Fine."), ...script } });
  const response = await fetch(`${session.baseURL}/${paths[dialect]}`, {
    method: "POST",
    headers: Object.fromEntries(
      Object.entries({ "content-type": "application/json", ...keys[dialect], ...headers }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    body: JSON.stringify({ model: "m", stream: true, ...bodies[dialect], ...body }),
  });
  const [call] = await session.calls();
  return { status: response.status, text: await response.text(), call };
}

for (const dialect of Object.keys(paths)) {
  test(`${dialect}: valid requests are answered`, async () => {
    for (const [what, body, headers, script] of good[dialect]) {
      const { status, text, call } = await send(dialect, { body, headers, script });
      assert.equal(status, 200, `${what}: ${text}`);
      assert.match(text, /Fine\./, what);
      assert.equal(call.refused, undefined);
    }
  });

  test(`${dialect}: invalid requests are refused with the API's message`, async () => {
    for (const [what, body, words, headers, script] of bad[dialect]) {
      const { status, text, call } = await send(dialect, { body, headers, script });
      assert.ok(status === 400 || status === 401 || status === 404, `${what}: ${status} ${text}`);
      const { type, error } = JSON.parse(text);
      assert.match(error.message, words, what);
      assert.equal(call.refused, error.message, what);
      assert.equal(type, dialect === "messages" ? "error" : undefined, what);
      assert.match(
        error.type ?? "invalid_request_error",
        /^(invalid_request|authentication)_error$/,
        what,
      );
    }
  });

  test(`${dialect}: a body that is not an object is refused`, async () => {
    const session = connect(provider).session(`rules-${++names}`);
    for (const body of ["{", "null", "[]", "7"]) {
      const response = await fetch(`${session.baseURL}/${paths[dialect]}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...keys[dialect] },
        body,
      });
      assert.equal(response.status, 400, body);
      assert.match((await response.json()).error.message, /JSON/);
    }
  });

  test(`${dialect}: a script may reject parameters`, async () => {
    const ask = async (rejects, body) => {
      const { status, text } = await send(dialect, { body, script: { rejects } });
      return [status, status === 200 ? null : JSON.parse(text).error];
    };
    const said = {
      messages: ["temperature: Extra inputs are not permitted", undefined, undefined],
    }[dialect] ?? [
      "Unsupported parameter: 'temperature' is not supported with this model.",
      "temperature",
      "unsupported_parameter",
    ];
    const [status, error] = await ask(["temperature"], { temperature: 0 });
    assert.deepEqual([status, error.message, error.param, error.code], [400, ...said]);
    const own = "`temperature` is deprecated for this model.";
    assert.equal((await ask({ temperature: own }, { temperature: 0.5 }))[1].message, own);
    assert.equal((await ask(["temperature"], {}))[0], 200);
    const deep = {
      chat: ["response_format.type", { response_format: { type: "text" } }],
      responses: ["reasoning.effort", { reasoning: { effort: "low" } }],
      messages: ["thinking.type", { thinking: { type: "adaptive" } }],
    }[dialect];
    assert.match((await ask([deep[0]], deep[1]))[1].message, new RegExp(deep[0]));
  });
}

test("messages: thinking before a call must be sent back with it", async () => {
  const script = {
    rounds: [
      says("", { reasoning: "Hm.", tool_calls: [calls("look", {}, { id: "c1" })] }),
      says("Fine."),
    ],
  };
  const more = { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1024 } };
  const lost = await send("messages", {
    body: { ...more, ...messages(assistant(use), results(result)) },
    script,
  });
  assert.match(lost.text, /Expected `thinking` or `redacted_thinking`, but found `tool_use`/);
  const kept = await send("messages", {
    body: { ...more, ...messages(assistant(thought, use), results(result)) },
    script,
  });
  assert.match(kept.text, /Fine\./);
});
