// Requests that the provider accepts and refuses, in the dialect `responses`.

import { item, output, reasoning, responses, tools, user } from "./parts.mjs";

/** Accepted requests: [name, fields added to the body, added headers, the script]. */
export const accepted = [
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
];

/** Refused requests: [name, fields added to the body, message, added headers, the script]. */
export const refused = [
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
  ["instructions that are not text", { instructions: ["x"] }, /'instructions': expected a string/],
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
];
