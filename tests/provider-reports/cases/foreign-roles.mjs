// Roles, parts and fields that only OpenAI accepts must not be sent to other servers.
import { answer, json } from "../wire.mjs";

const DEVELOPER = [
  "https://github.com/earendil-works/pi/issues/1048",
  "https://github.com/eclipse-theia/theia/issues/15144",
];
const asked = [
  { role: "developer", content: "Be brief." },
  { role: "user", content: "Which colour is the sky?" },
];
const bad = (status, message, more = {}) => json(status, { error: { message, ...more } });
const unknown = (expected) =>
  `messages[0].role: unknown variant \`developer\`, expected one of ${expected}`;

const row = (name, from, messages, refuses, reply, holds, more = {}) => ({
  name,
  from,
  roles: ["panelist", "writer"],
  request: { messages },
  reply: (say, { body }) => (refuses(body) ? reply : answer[more.dialect ?? "chat"](say)),
  expect: { anyWarning: true, ...(holds && { sent: (calls) => holds(calls.at(-1).body) }) },
  ...more,
});
const hasDeveloper = ({ messages, input }) =>
  (messages ?? input).some(({ role }) => role === "developer");
const keepsText = ({ messages, input }) =>
  JSON.stringify(messages ?? input).includes("Be brief.") && !hasDeveloper({ messages, input });

const history = (assistant) => [
  { role: "user", content: "Hello." },
  { role: "assistant", content: "Hello!", ...assistant },
  { role: "user", content: "Which colour is the sky?" },
];
const has = (field) => (body) => body.messages.some((message) => field in message);
const isArray = ({ messages }) => messages.some(({ content }) => Array.isArray(content));

export default [
  row(
    "DeepSeek: the role developer",
    DEVELOPER,
    asked,
    hasDeveloper,
    bad(422, unknown("`system`, `user`, `assistant`, `tool`"), { type: "invalid_request_error" }),
    keepsText,
  ),
  row(
    "DeepSeek: the role developer, status 400",
    ["https://github.com/theopenco/llmgateway/pull/3462"],
    asked,
    hasDeveloper,
    bad(400, `Failed to deserialize the JSON body into the target type: ${unknown("`system`")}`),
    keepsText,
  ),
  row(
    "pydantic: the tag developer",
    ["https://github.com/bramses/chatgpt-md/issues/189"],
    asked,
    hasDeveloper,
    bad(
      422,
      "Input tag 'developer' found using 'role' does not match any of the expected tags: 'system'",
    ),
    keepsText,
  ),
  row(
    "a template that knows no developer",
    ["https://github.com/bramses/chatgpt-md/issues/189"],
    asked,
    hasDeveloper,
    bad(400, "Unexpected message role: developer.", { type: "BadRequestError" }),
    keepsText,
  ),
  row(
    "responses: the role developer",
    [
      "https://github.com/diegosouzapw/OmniRoute/issues/2281",
      "https://github.com/EKKOLearnAI/hermes-studio/issues/1926",
    ],
    asked,
    hasDeveloper,
    bad(400, "input[0].role: unknown variant `developer`, expected one of `system`, `user`"),
    keepsText,
    { dialect: "responses" },
  ),
  row(
    "messages: the role developer becomes system",
    DEVELOPER,
    asked,
    ({ messages }) => messages.some(({ role }) => role === "developer"),
    bad(400, "messages.0.role: Input should be 'user' or 'assistant'"),
    (body) => JSON.stringify(body.system).includes("Be brief."),
    { dialect: "messages" },
  ),
  row(
    "text parts where a string is expected",
    [
      "https://github.com/0x676e67/duckai/issues/16",
      "https://github.com/RooCodeInc/Roo-Code/pull/891",
    ],
    [
      {
        role: "user",
        content: [
          { type: "text", text: "Which colour " },
          { type: "text", text: "is the sky?" },
        ],
      },
    ],
    isArray,
    bad(
      400,
      "Failed to deserialize the JSON body into the target type: messages[0].content: invalid " +
        "type: sequence, expected a string at line 5 column 19",
    ),
    ({ messages }) => messages.at(-1).content.includes("is the sky?"),
  ),
  row(
    "text parts where a string is expected, in other words",
    ["https://github.com/penta2himajin/qwisp/pull/83"],
    [{ role: "user", content: [{ type: "text", text: "Which colour is the sky?" }] }],
    isArray,
    bad(400, "Type mismatch for 'messages.0.content' key, expected 'String' type"),
    ({ messages }) => typeof messages.at(-1).content === "string",
  ),
  row(
    "Cloudflare: text parts where a string is expected",
    ["https://github.com/opencodeschool/opencode.school/issues/174"],
    [{ role: "user", content: [{ type: "text", text: "Which colour is the sky?" }] }],
    isArray,
    json(400, {
      result: null,
      success: false,
      errors: [
        {
          code: 5006,
          message:
            "AiError: Bad input: Error: oneOf at '/' not met, Type mismatch of " +
            "'/messages/*/content', 'array' not in 'string'",
        },
      ],
    }),
    ({ messages }) => typeof messages.at(-1).content === "string",
  ),
  row(
    "Groq: reasoning_content of an earlier turn",
    [
      "https://github.com/tashfeenahmed/freellmapi/issues/1070",
      "https://github.com/AstrBotDevs/AstrBot/issues/5946",
    ],
    history({ reasoning_content: "Let me think." }),
    has("reasoning_content"),
    bad(
      400,
      "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : " +
        "property 'reasoning_content' is unsupported)]",
      { type: "invalid_request_error" },
    ),
    ({ messages }) => messages.at(1).content === "Hello!" || messages.length > 3,
  ),
  row(
    "Cerebras: reasoning_content of an earlier turn",
    ["https://github.com/CherryHQ/cherry-studio/issues/16790"],
    history({ reasoning_content: "Let me think." }),
    has("reasoning_content"),
    json(400, {
      message:
        "messages.1.assistant.reasoning_content: property " +
        "'messages.1.assistant.reasoning_content' is unsupported",
      type: "invalid_request_error",
      param: "validation_error",
      code: "wrong_api_format",
    }),
  ),
  row(
    "Mistral: reasoning_content of an earlier turn",
    [
      "https://github.com/charmbracelet/crush/issues/1590",
      "https://github.com/OpenMinis/OpenMinis/issues/87",
    ],
    history({ reasoning_content: "Let me think." }),
    has("reasoning_content"),
    json(422, {
      detail: [
        {
          type: "extra_forbidden",
          loc: ["body", "messages", 1, "assistant", "reasoning_content"],
          msg: "Extra inputs are not permitted",
        },
      ],
    }),
  ),
  row(
    "Mistral: refusal and annotations of OpenAI's message",
    ["https://github.com/charmbracelet/crush/issues/1590"],
    history({ refusal: null, annotations: [] }),
    (body) => has("refusal")(body) || has("annotations")(body),
    json(422, {
      detail: ["refusal", "annotations"].map((field) => ({
        type: "extra_forbidden",
        loc: ["body", "messages", 1, "assistant", field],
        msg: "Extra inputs are not permitted",
      })),
    }),
  ),
];
