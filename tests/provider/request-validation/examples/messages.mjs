// Requests that the provider accepts and refuses, in the dialect `messages`.

import {
  assistant,
  messages,
  parameters,
  result,
  results,
  searched,
  searching,
  thought,
  tools,
  use,
  user,
} from "./parts.mjs";

/** Accepted requests: [name, fields added to the body, added headers, the script]. */
export const accepted = [
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
];

/** Refused requests: [name, fields added to the body, message, added headers, the script]. */
export const refused = [
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
];
