// Requests that the provider accepts and refuses, in the dialect `chat`.

import { called, chat, tools, user } from "./parts.mjs";

/** Accepted requests: [name, fields added to the body, added headers, the script]. */
export const accepted = [
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
];

/** Refused requests: [name, fields added to the body, message, added headers, the script]. */
export const refused = [
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
  ["a function without a name", { tools: [{ type: "function", function: {} }] }, /function\.name/],
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
];
