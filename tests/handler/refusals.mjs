// Tests authentication, and refused requests in the format of each endpoint.

import builtIn from "../../src/data/providers.json" with { type: "json" };
import { cites, failures, refuses, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok, same, throws } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const messages = [{ role: "user", content: "Is the sky blue?" }];
const ENDPOINTS = {
  "chat/completions": {
    body: { model: "openrouter/fusion", messages },
    read: ({ error, ...more }) => ({
      ...shape(more, {}),
      status: error.code,
      message: error.message,
      type: error.metadata.error_type,
    }),
  },
  responses: {
    body: { model: "openrouter/fusion", input: "Is the sky blue?" },
    read: ({ error, error_type, ...more }) => ({
      ...shape(more, {}),
      status: error.code,
      message: error.message,
      type: error_type,
    }),
  },
  messages: {
    body: { model: "openrouter/fusion", messages, max_tokens: 100 },
    read: ({ type, error, request_id, ...more }) => ({
      ...shape([more, type, typeof request_id], [{}, "error", "string"]),
      message: error.message,
      type: error.error_type,
      anthropic: error.type,
    }),
  },
};

function shape(actual, expected) {
  equal(actual, expected, "the envelope");
  return {};
}

/** Sends a request to one endpoint. Returns the status and the error of the body. */
async function refused(t, path, body, { options, headers, init } = {}) {
  const response = await post(await t.serve(options), path, body, { headers, ...init });
  const text = await response.text();
  const refusal = ENDPOINTS[path].read(JSON.parse(text));
  ok(response.headers.get("x-generation-id").startsWith("gen-"));
  if (refusal.status !== undefined)
    equal(refusal.status, response.status, "the status in the body");
  return { ...refusal, status: response.status, headers: response.headers, text };
}

const EXPOSED = "retry-after, x-generation-id, x-request-id, request-id, x-should-retry";

const deep = (levels) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** A value that JavaScript cannot convert to text. */
const NO_TEXT = { toString: 1, valueOf: 1 };

/**
 * Each row is [name, change(body), status, error type, part of the message]. `change` returns the
 * body of the request as text or as JSON data.
 */
const TABLE = [
  ["malformed JSON", () => "{", 400, "invalid_request", "no valid JSON"],
  ["a body that is no object", () => "[]", 400, "invalid_request", "must be a JSON object"],
  ["an empty body", () => "", 400, "invalid_request", "no valid JSON"],
  ["a missing model", ({ model, ...body }) => body, 400, "invalid_request", "`model` is missing"],
  [
    "a model that is no string",
    (body) => ({ ...body, model: 7 }),
    400,
    "invalid_request",
    "`model`",
  ],
  [
    "an unknown fusion",
    (body) => ({ ...body, model: "openrouter/fusion-extreme" }),
    400,
    "not_found",
    "is not a valid model ID",
  ],
  [
    "an unknown field",
    (body) => ({ ...body, temprature: 1 }),
    400,
    "invalid_request",
    "`temprature` is unknown here; did you mean `temperature`?",
  ],
  [
    "a field that can't be honoured",
    (body) => ({ ...body, background: true }),
    400,
    "invalid_request",
    "`background` is not supported here",
  ],
  [
    "a temperature out of range",
    (body) => ({ ...body, temperature: 3 }),
    400,
    "invalid_request",
    "`temperature` must be a number from 0 to 2",
  ],
  [
    "an unknown field of the plugin",
    (body) => ({ ...body, plugins: [{ id: "fusion", temperature: 1 }] }),
    400,
    "invalid_request",
    "`plugins[0].temperature` is unknown here",
  ],
  [
    "too many tool calls",
    (body) => ({ ...body, plugins: [{ id: "web" }, { id: "fusion", max_tool_calls: 17 }] }),
    400,
    "invalid_request",
    "`plugins[1].max_tool_calls` must be an integer from 1 to 16",
  ],
  [
    "an unknown preset",
    (body) => ({ ...body, plugins: [{ id: "fusion", preset: "general-slow" }] }),
    400,
    "invalid_request",
    "`plugins[0].preset`",
  ],
  [
    "nine panelists",
    (body) => ({ ...body, plugins: [{ id: "fusion", analysis_models: Array(9).fill("a/b") }] }),
    400,
    "invalid_request",
    "`plugins[0].analysis_models`",
  ],
  [
    "a fusion on the panel",
    (body) => ({ ...body, plugins: [{ id: "fusion", analysis_models: ["openrouter/fusion"] }] }),
    400,
    "invalid_request",
    "`plugins[0].analysis_models[0]`",
  ],
  [
    "an unknown parameter of the tool",
    (body) => ({
      ...body,
      tools: [{ type: "openrouter:fusion", parameters: { preset: "general-fast" } }],
    }),
    400,
    "invalid_request",
    "`tools[0].parameters.preset` is unknown here",
  ],
  [
    "a second fusion",
    (body) => ({ ...body, tools: [{ type: "openrouter:fusion" }, { type: "openrouter:fusion" }] }),
    400,
    "invalid_request",
    "`tools[1]`",
  ],
  [
    "a tool's temperature out of range",
    (body) => ({ ...body, tools: [{ type: "openrouter:fusion", parameters: { temperature: 9 } }] }),
    400,
    "invalid_request",
    "`tools[0].parameters.temperature`",
  ],
  [
    "plugins that are no array",
    (body) => ({ ...body, plugins: {} }),
    400,
    "invalid_request",
    "`plugins` must be an array",
  ],
  [
    "a member's own body",
    (body) => ({
      ...body,
      plugins: [
        { id: "fusion", analysis_models: [{ model: "a/b", extra_body: { max_tokens: 1e6 } }] },
      ],
    }),
    400,
    "invalid_request",
    "`plugins[0].analysis_models[0].extra_body`",
  ],
  [
    "a member's own body in the tool",
    (body) => ({
      ...body,
      tools: [
        {
          type: "openrouter:fusion",
          parameters: { analysis_models: [{ model: "a/b", extra_body: {} }] },
        },
      ],
    }),
    400,
    "invalid_request",
    "`tools[0].parameters.analysis_models[0].extra_body`",
  ],
  [
    "a server on the handler's machine",
    (body) => ({ ...body, model: "llamacpp:any" }),
    400,
    "not_found",
    "`llamacpp`",
  ],
  [
    "one of them to step in",
    (body) => ({ ...body, model: "a/b", models: ["ollama:any"] }),
    400,
    "not_found",
    "`ollama`",
  ],
  [
    "one of them as analyst",
    (body) => ({ ...body, plugins: [{ id: "fusion", model: "lmstudio:any" }] }),
    400,
    "not_found",
    "`plugins[0].model`",
  ],
  [
    "one of them on the panel",
    (body) => ({ ...body, plugins: [{ id: "fusion", analysis_models: ["ollama:any"] }] }),
    400,
    "not_found",
    "`plugins[0].analysis_models[0]`",
  ],
  [
    "one of them by `provider`",
    (body) => ({
      ...body,
      plugins: [{ id: "fusion", analysis_models: [{ model: "any", provider: "ollama" }] }],
    }),
    400,
    "not_found",
    "`plugins[0].analysis_models[0].provider`",
  ],
  [
    "one of them behind a panelist",
    (body) => ({
      ...body,
      plugins: [{ id: "fusion", analysis_models: [{ model: "any", fallbacks: ["ollama:any"] }] }],
    }),
    400,
    "not_found",
    "`plugins[0].analysis_models[0].fallbacks[0]`",
  ],
  [
    "a provider that is not set up",
    (body) => ({ ...body, model: "openai:gpt" }),
    400,
    "not_found",
    "`openai`",
  ],
  [
    "great depth where nothing reads it",
    (body) => JSON.stringify({ ...body, metadata: "DEEP" }).replace('"DEEP"', deep(20_000)),
    400,
    "invalid_request",
    "nested too deeply",
  ],
  [
    "a preset that is no name",
    (body) => ({ ...body, plugins: [{ id: "fusion", preset: NO_TEXT }] }),
    400,
    "invalid_request",
    "`plugins[0].preset` must be a string",
  ],
  [
    "great depth",
    (body) =>
      JSON.stringify({ ...body, plugins: [{ id: "fusion", tools: "DEEP" }] }).replace(
        '"DEEP"',
        deep(5000),
      ),
    400,
    "invalid_request",
    "nested too deeply",
  ],
];

const OWN_FIELDS = {
  "chat/completions": [
    [{ messages: [] }, "`messages`"],
    [{ messages: "hello" }, "`messages` must be an array"],
    [{ messages: [{ role: "robot", content: "x" }] }, "`messages[0].role`"],
    [
      {
        messages: [
          { role: "user" },
          {
            role: "assistant",
            reasoning_details: [{ tool_name: "openrouter:fusion", result: "{}" }],
          },
          { role: "tool", tool_call_id: "c", content: "x" },
        ],
      },
      "`messages[0].content`",
    ],
    [{ models: "a/b" }, "`models`"],
    [{ models: ["a/b", 7] }, "`models[1]`"],
    [{ max_tokens: 0 }, "`max_tokens`"],
    [{ max_completion_tokens: "many" }, "`max_completion_tokens`"],
    [{ n: 2 }, "`n`"],
    [{ logprobs: true }, "`logprobs`"],
    [{ modalities: ["text", "audio"] }, "`modalities`"],
    [{ reasoning_effort: "huge" }, "`reasoning_effort`"],
    [
      { tools: [{ type: "function", function: { name: "f" } }], tool_choice: "sometimes" },
      "`tool_choice`",
    ],
  ],
  responses: [
    [{ input: [] }, "`input`"],
    [{ input: [{ type: "item_reference", id: "x" }] }, "`input[0]`"],
    [
      { input: [{ role: "user", content: [{ type: "input_video" }] }] },
      "`input[0].content[0].type`",
    ],
    [{ input: [{ type: "shell_call" }] }, "`input[0].type`"],
    ...[5, true, {}, NO_TEXT].flatMap((odd) => [
      [{ input: [{ role: "assistant", content: odd }] }, "`input[0].content` must be a string"],
      [
        { input: [{ role: "assistant", content: [{ type: "output_text", text: odd }] }] },
        "`input[0].content[0].text` must be a string",
      ],
      [
        { input: [{ role: "user", content: [{ type: "input_text", text: odd }] }] },
        "`input[0].content[0].text` must be a string",
      ],
      [{ input: [{ type: odd }] }, "`input[0].type` must be a string"],
    ]),
    [
      {
        instructions: "Be brief.",
        input: [
          { role: "user", content: "x" },
          { role: "robot", content: "y" },
        ],
      },
      "`input[1].role`",
    ],
    [{ instructions: 7 }, "`instructions.content`"],
    [{ max_output_tokens: 0 }, "`max_output_tokens`"],
    [{ previous_response_id: "resp_1" }, "`previous_response_id`"],
    [{ store: true }, "`store`"],
    [{ conversation: "c" }, "`conversation`"],
  ],
  messages: [
    [
      {
        messages: [
          { role: "user", content: [{ type: "image", source: { type: "file", file_id: "f" } }] },
        ],
      },
      "`messages[0].content[0].source.type`",
    ],
    [{ max_tokens: 0 }, "`max_tokens`"],
    [{ system: "Be brief.", messages: [{ role: "robot", content: "x" }] }, "`messages[0].role`"],
    [{ fallbacks: [{ model: 7 }] }, "`fallbacks[0]`"],
    [
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "document", source: { type: "content", content: [{ type: "document" }] } },
            ],
          },
        ],
      },
      "`messages[0].content[0].source.content[0].type`",
    ],
    [{ container: "c" }, "`container`"],
    [{ fallbacks: { map: 5 } }, "`fallbacks` must be an array"],
    ...[5, true, {}, NO_TEXT].flatMap((odd) => {
      const user = (block) => ({ messages: [{ role: "user", content: [block] }] });
      return [
        [{ stop_sequences: odd }, "`stop_sequences`"],
        [{ stop_sequences: { length: odd } }, "`stop_sequences`"],
        [
          { messages: [{ role: "assistant", content: [{ type: "text", text: odd }] }] },
          "`messages[0].content` must be a string",
        ],
        [user({ type: odd }), "`messages[0].content[0].type` must be a string"],
        [user({ type: "text", text: odd }), "`messages[0].content[0].text` must be a string"],
        [
          user({ type: "search_result", title: odd }),
          "`messages[0].content[0].title` must be a string",
        ],
        [
          user({ type: "search_result", content: [{ type: "text", text: odd }] }),
          "`messages[0].content[0].content[0].text` must be a string",
        ],
        [
          user({ type: "document", title: odd, source: { type: "text", data: "x" } }),
          "`messages[0].content[0].title` must be a string",
        ],
        [
          user({ type: "document", source: { type: "text", data: odd } }),
          "`messages[0].content[0].source.data` must be a string",
        ],
        [
          user({ type: "image", source: { type: "base64", media_type: odd, data: "x" } }),
          "`messages[0].content[0].source.media_type` must be a string",
        ],
        [{ tools: [{ name: "f", input_schema: {} }], tool_choice: { type: odd } }, "`tool_choice`"],
      ];
    }),
    [{ mcp_servers: [{ url: "https://a.example" }] }, "`mcp_servers`"],
    [{ output_config: { effort: "huge" } }, "`output_config.effort`"],
  ],
};

const KEYS = { clientKeys: ["sk-one", "sk-two"] };
const bearer = (key) => ({ authorization: `Bearer ${key}` });

export default [
  ...Object.keys(ENDPOINTS).flatMap((path) => [
    {
      name: `${path}: unsupported fields are refused by name before any call`,
      async run(t) {
        const { body } = ENDPOINTS[path];
        for (const [name, change, status, type, part] of TABLE) {
          const refusal = await refused(t, path, change(body));
          equal([refusal.status, refusal.type], [status, type], name);
          includes(refusal.message, part, name);
          if (path === "messages") equal(refusal.anthropic, "invalid_request_error");
        }
        for (const [more, part] of OWN_FIELDS[path]) {
          const refusal = await refused(t, path, { ...body, ...more });
          equal([refusal.status, refusal.type], [400, "invalid_request"], part);
          includes(refusal.message, part);
        }
        equal(await t.session.calls(), []);
      },
    },
    {
      name: `${path}: a body that is too large is refused, whatever its content-length`,
      async run(t) {
        const large = { ...ENDPOINTS[path].body, user: "x".repeat(3000) };
        const refusal = await refused(t, path, large, { options: { maxBodyBytes: 2000 } });
        equal([refusal.status, refusal.type], [413, "payload_too_large"]);
        const streamed = () => new Blob([JSON.stringify(large)]).stream();
        const counted = await refused(t, path, "", {
          options: { maxBodyBytes: 2000 },
          init: { body: streamed(), duplex: "half" },
        });
        equal([counted.status, counted.type], [413, "payload_too_large"]);
      },
    },
    {
      name: `${path}: a body that stalls is refused and cancelled`,
      not: { workerd: "workerd may buffer a body, and cancels it itself" },
      async run(t) {
        const bytes = (text) => new TextEncoder().encode(text);
        const beginning = bytes(JSON.stringify(ENDPOINTS[path].body).slice(0, -1));
        const stalls = () => new Promise(() => {});
        const drips = (controller) => void controller.enqueue(bytes(" "));
        for (const pull of [stalls, drips]) {
          let cancelled = false;
          const body = new ReadableStream({
            start: (controller) => controller.enqueue(beginning),
            pull,
            cancel: () => {
              cancelled = true;
            },
          });
          const refusal = await refused(t, path, "", {
            options: { bodyTimeoutMs: 50 },
            init: { body, duplex: "half" },
          });
          equal([refusal.status, refusal.type], [408, "timeout"]);
          includes(refusal.message, "did not arrive within 50 ms");
          ok(cancelled);
        }
      },
    },
    {
      name: `${path}: a content type that needs no preflight is refused`,
      async run(t) {
        for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
          const refusal = await refused(t, path, JSON.stringify(ENDPOINTS[path].body), {
            headers: { "content-type": type },
          });
          equal([refusal.status, refusal.type], [415, "invalid_request"]);
        }
      },
    },
    {
      name: `${path}: with clientKeys, only clients with a key may call`,
      async run(t) {
        await t.session.script(defaultScripts());
        const { body } = ENDPOINTS[path];
        for (const headers of [
          {},
          bearer("sk-three"),
          bearer("sk-one1"),
          bearer("sk-on"),
          { "x-api-key": "sk-" },
          { authorization: "sk-one" },
        ]) {
          const refusal = await refused(t, path, body, {
            options: { ...KEYS, apiKey: "sk-server" },
            headers,
          });
          equal([refusal.status, refusal.type], [401, "authentication"], JSON.stringify(headers));
          if (path === "messages") equal(refusal.anthropic, "authentication_error");
        }
        equal(await t.session.calls(), []);
        for (const headers of [
          bearer("sk-one"),
          bearer("sk-two"),
          { "x-api-key": "sk-two" },
          { authorization: "bearer sk-one" },
        ]) {
          equal(
            (await post(await t.serve({ ...KEYS, apiKey: "sk-server" }), path, body, { headers }))
              .status,
            200,
          );
        }
        const sent = new Set((await t.session.calls()).map(({ headers }) => headers.authorization));
        equal([...sent], ["Bearer sk-server"], "providers see the server's key alone");
      },
    },
    {
      name: `${path}: Retry-After is forwarded`,
      async run(t) {
        await t.session.script({ [WRITER]: { ...failures[429], headers: { "retry-after": "7" } } });
        const refusal = await refused(t, path, { ...ENDPOINTS[path].body, model: WRITER });
        equal([refusal.status, refusal.headers.get("retry-after")], [429, "7"]);
      },
    },
  ]),
  {
    name: "without its own keys the handler forwards the client's key to the provider alone",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve();
      for (const headers of [bearer("sk-client"), { "x-api-key": "sk-client" }])
        await (
          await post(served, "chat/completions", ENDPOINTS["chat/completions"].body, { headers })
        ).text();
      equal(
        [...new Set((await t.session.calls()).map(({ headers }) => headers.authorization))],
        ["Bearer sk-client"],
      );
    },
  },
  {
    name: "without any key the handler answers as OpenRouter does and makes no call",
    async run(t) {
      for (const headers of [{}, { authorization: "Bearer with spaces in it" }]) {
        for (const path of Object.keys(ENDPOINTS)) {
          const refusal = await refused(t, path, ENDPOINTS[path].body, {
            options: { baseURL: undefined },
            headers,
          });
          equal(
            [refusal.status, refusal.type, refusal.message],
            [401, "authentication", "Missing Authentication header"],
          );
        }
      }
    },
  },
  {
    name: "createHandler() refuses a key without clientKeys or authorize",
    not: { workerd: "the Worker builds the handler for each request" },
    async run({ api: { createHandler } }) {
      const provider = (fields) => ({
        providers: { own: { baseURL: "https://own.example/v1", ...fields } },
      });
      for (const options of [
        { apiKey: "sk" },
        provider({ apiKey: "sk" }),
        provider({ headers: { "api-key": "sk" } }),
        provider({ fetch }),
        provider({}),
        { providers: { ollama: {} } },
        { fetch },
      ]) {
        includes(throws(() => createHandler(options), TypeError).message, "clientKeys");
        createHandler({ ...options, authorize: () => true });
        createHandler({ ...options, clientKeys: ["sk-client"] });
      }
      createHandler();
      createHandler({ fetch, passThrough: true });
      throws(() => createHandler({ fetch, passThrough: true, apiKey: "sk" }), TypeError);
      for (const name of ["max_cost", "maxBodyBytes", "bodyTimeoutMs"]) {
        for (const value of [null, NaN, 0, -1, Infinity, "5"])
          includes(throws(() => createHandler({ [name]: value }), TypeError).message, name);
        createHandler({ [name]: undefined });
        createHandler({ [name]: name === "maxBodyBytes" ? 1 : 0.5 });
      }
      const wrong = [
        [{ clientKeys: [] }, "clientKeys"],
        [{ clientKeys: [""] }, "clientKeys"],
        [{ clientKeys: "sk" }, "clientKeys"],
        [{ authorize: true }, "authorize"],
        [{ passThrough: "yes" }, "passThrough"],
        [{ passThrough: true, authorize: () => true }, "passThrough"],
        [{ cors: {} }, "cors"],
        [{ cors: { origins: ["app.example"] } }, "cors"],
        [{ signal: AbortSignal.abort() }, "signal"],
        [{ apikey: "sk" }, "apikey"],
        [{ defaults: "general-fast" }, "defaults"],
        [{ onError: console }, "onError"],
      ];
      for (const [options, name] of wrong)
        includes(throws(() => createHandler(options), TypeError).message, name);
    },
  },
  {
    name: "as a fetch the handler rejects like fetch, and with a Request it never rejects",
    not: { workerd: "the Worker passes a Request" },
    async run({ api: { createHandler } }) {
      const handle = createHandler();
      const url = "https://in.process/v1/chat/completions";
      for (const args of [["/v1/models"], [url, { method: "GET", body: "x" }]])
        ok((await failure(handle(...args))) instanceof TypeError);
      const reason = new Error("mine");
      const init = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
        signal: AbortSignal.abort(reason),
      };
      same(await failure(handle(url, init)), reason);
      equal((await handle(new Request(url, init))).status, 499);
    },
  },
  {
    name: "authorize may answer with a Response of another class",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      const { body } = ENDPOINTS["chat/completions"];
      const { Response: ForeignResponse } = await import("undici");
      const init = {
        status: 418,
        statusText: "Teapot",
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      };
      const own = ({ status, headers, arrayBuffer }, more) => ({
        status,
        headers,
        arrayBuffer,
        ...more,
      });
      for (const [answer, text] of [
        [() => new ForeignResponse("no tea", init), "no tea"],
        [() => new ForeignResponse(null, init), ""],
        [() => foreignResponse("no tea", init), "no tea"],
      ]) {
        const given = await post(
          await t.serve({ apiKey: "sk-server", authorize: answer }),
          "chat/completions",
          body,
        );
        equal(
          [given.status, given.statusText, given.headers.getSetCookie(), await given.text()],
          [418, "Teapot", ["a=1", "b=2"], text],
        );
      }
      for (const answer of [
        { status: 200 },
        { ok: true, headers: new Headers() },
        own(new Response(), { status: "200" }),
      ]) {
        const options = { apiKey: "sk-server", authorize: () => answer };
        equal((await post(await t.serve(options), "chat/completions", body)).status, 401);
      }
    },
  },
  {
    name: "authorize may admit, refuse or answer a request",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      await t.session.script(defaultScripts());
      const asked = [];
      const rule = (answer) => ({
        apiKey: "sk-server",
        authorize: async (request, key) => {
          asked.push([request.method, key]);
          return answer();
        },
      });
      const { body } = ENDPOINTS["chat/completions"];
      const status = async (answer) =>
        (
          await post(await t.serve(rule(answer)), "chat/completions", body, {
            headers: bearer("sk-client"),
          })
        ).status;
      equal(await status(() => true), 200);
      for (const answer of [() => false, () => undefined, () => "yes"])
        equal(await status(answer), 401);
      equal(await status(() => new Response("slow down", { status: 429 })), 429);
      const own = new Response(null, {
        status: 401,
        statusText: "Nope",
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["x-generation-id", "own"],
        ],
      });
      const given = await post(await t.serve(rule(() => own)), "chat/completions", body, {
        headers: bearer("sk-client"),
      });
      equal(
        [
          given.statusText,
          given.headers.getSetCookie(),
          given.headers.get("x-generation-id").startsWith("gen-"),
        ],
        ["Nope", ["a=1", "b=2"], true],
      );
      for (const error of [
        new Error("sk-secret-of-the-rule"),
        Object.assign(new Error("sk-secret-of-the-rule"), { code: "28P01" }),
        { code: "invalid_request", message: "sk-secret-of-the-rule" },
      ]) {
        const response = await post(
          await t.serve(
            rule(() => {
              throw error;
            }),
          ),
          "chat/completions",
          body,
          { headers: bearer("sk-client") },
        );
        equal(response.status, 500);
        lacks(await response.text(), "sk-secret-of-the-rule");
      }
      equal(asked[0], ["POST", "sk-client"]);
      ok(
        (await t.session.calls()).every(
          ({ headers }) => headers.authorization === "Bearer sk-server",
        ),
      );
    },
  },
  {
    name: "a wrong set-up is reported to the log in detail and to clients as the server's fault",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      for (const wrong of [
        { baseURL: "https://user@own.example/v1" },
        { prices: { "a/b": { prompt: "cheap", completion: 1 } } },
        { providers: { local: { dialect: "morse" } } },
      ]) {
        const logged = [];
        const answer = await refused(t, "messages", ENDPOINTS.messages.body, {
          options: {
            ...KEYS,
            apiKey: "sk-server",
            ...wrong,
            onError: (error) => logged.push(error),
          },
          headers: bearer("sk-one"),
        });
        equal(
          [answer.status, answer.type, answer.message],
          [500, "server", "the server is set up wrongly"],
        );
        includes(logged[0].cause.message, Object.keys(wrong)[0]);
      }
    },
  },
  {
    name: "a model of a provider without a key is refused as unavailable",
    async run(t) {
      const unreached = "`model` names the provider `openai`, which is not served here";
      for (const [model, message] of [
        ["openai:gpt-5", unreached],
        ["some/model", "the provider of this model is not set up here"],
      ]) {
        const options = { ...KEYS, baseURL: undefined, defaults: {} };
        const refusal = await refused(
          t,
          "chat/completions",
          { ...ENDPOINTS["chat/completions"].body, model },
          { options, headers: bearer("sk-one") },
        );
        equal([refusal.status, refusal.type, refusal.message], [400, "not_found", message]);
      }
    },
  },
  {
    name: "fields that label, sort or time a request are accepted",
    async run(t) {
      await t.session.script(defaultScripts());
      const harmless = {
        user: "u",
        metadata: { user_id: "u" },
        session_id: "s",
        stream_options: { include_usage: true },
        service_tier: "auto",
        safety_identifier: "s",
        prompt_cache_key: "k",
        trace: {},
        route: "fallback",
        usage: { include: true },
        max_tool_calls: 5,
        stop_server_tools_when: [],
        store: false,
        background: false,
        modalities: ["text"],
        logprobs: false,
        n: 1,
        previous_response_id: null,
        conversation: null,
        audio: null,
      };
      const served = await t.serve();
      for (const [path, { body }] of Object.entries(ENDPOINTS)) {
        const response = await post(served, path, { ...body, ...harmless });
        equal(response.status, 200, `${path}: ${await response.text()}`);
      }
      for (const { body } of await t.session.calls())
        for (const name of ["user", "metadata", "service_tier", "store", "n"])
          equal(body[name], undefined);
    },
  },
  {
    name: "unknown paths and methods are refused",
    async run(t) {
      const { baseURL, fetch = globalThis.fetch } = await t.serve();
      const ask = async (path, method) => {
        const response = await fetch(`${baseURL}/${path}`, { method });
        return [
          response.status,
          response.headers.get("allow"),
          typeof (await response.json()).error.message,
        ];
      };
      equal(await ask("chat/completions", "GET"), [405, "POST", "string"]);
      equal(await ask("models", "POST"), [405, "GET, HEAD", "string"]);
      for (const path of ["", "completions", "chat", "messages/count_tokens"])
        equal(await ask(path, "POST"), [404, null, "string"]);
      equal(
        (await fetch(baseURL.replace(/v1$/, "some/where/else/models/"))).status,
        200,
        "any mount path, and a trailing slash",
      );
    },
  },
  {
    name: "CORS is off by default",
    async run(t) {
      await t.session.script(defaultScripts());
      const { baseURL, fetch = globalThis.fetch } = await t.serve();
      const preflight = await fetch(`${baseURL}/chat/completions`, {
        method: "OPTIONS",
        headers: { origin: "https://app.example", "access-control-request-method": "POST" },
      });
      equal([preflight.status, preflight.headers.get("access-control-allow-origin")], [405, null]);
      equal(
        (
          await fetch(`${baseURL}/models`, { headers: { origin: "https://app.example" } })
        ).headers.get("access-control-allow-origin"),
        null,
      );
    },
  },
  {
    name: "CORS headers are sent to the named origins, also with errors",
    async run(t) {
      await t.session.script(defaultScripts());
      const { baseURL, fetch = globalThis.fetch } = await t.serve({
        cors: { origins: ["https://app.example"] },
        ...KEYS,
      });
      const ask = (origin, init) =>
        fetch(`${baseURL}/chat/completions`, { ...init, headers: { origin, ...init.headers } });
      const preflight = await ask("https://app.example", {
        method: "OPTIONS",
        headers: {
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,x-stainless-os",
        },
      });
      const granted = (name) => preflight.headers.get(`access-control-allow-${name}`);
      equal(
        [preflight.status, granted("origin"), granted("headers"), preflight.headers.get("vary")],
        [204, "https://app.example", "authorization,x-stainless-os", "origin"],
      );
      includes(granted("methods"), "POST");
      const denied = await ask("https://app.example", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      equal(
        [
          denied.status,
          denied.headers.get("access-control-allow-origin"),
          denied.headers.get("access-control-expose-headers"),
        ],
        [401, "https://app.example", EXPOSED],
      );
      const stranger = await ask("https://evil.example", {
        method: "OPTIONS",
        headers: { "access-control-request-method": "POST" },
      });
      equal(stranger.headers.get("access-control-allow-origin"), null);
    },
  },
  {
    name: "the server's cost limit applies to every request",
    async run(t) {
      const prices = Object.fromEntries(
        [ALPHA, BETA, ANALYST, WRITER].map((model) => [
          model,
          { prompt: "0.000001", completion: "0.01" },
        ]),
      );
      await t.session.script(
        defaultScripts({ [ALPHA]: says("word ".repeat(400), { delay: { between_ms: 5 } }) }),
      );
      for (const path of Object.keys(ENDPOINTS)) {
        const refusal = await refused(t, path, ENDPOINTS[path].body, {
          options: { max_cost: 0.05, prices },
        });
        equal([refusal.status, refusal.type], [402, "payment_required"], path);
      }
      const free = await post(
        await t.serve({ max_cost: 50, prices }),
        "chat/completions",
        ENDPOINTS["chat/completions"].body,
      );
      equal(free.status, 200);
    },
  },
  {
    name: "no key is in an answer, an error or the log, even if a provider echoes it",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      const secrets = ["sk-server-c0ffee", "sk-client-0badc0de"];
      const logged = [];
      const echo = {
        status: 400,
        body: { error: { code: 400, message: `Bad header: Bearer ${secrets[0]}` } },
      };
      await t.session.script({ [ALPHA]: echo, [BETA]: echo, [ANALYST]: echo, [WRITER]: echo });
      const options = {
        apiKey: secrets[0],
        clientKeys: [secrets[1]],
        onError: (error, info) =>
          logged.push(error.message, JSON.stringify({ error, info, snapshot: error.snapshot })),
      };
      const bodies = [];
      for (const path of Object.keys(ENDPOINTS)) {
        for (const model of ["openrouter/fusion", WRITER]) {
          for (const stream of [false, true]) {
            const response = await post(
              await t.serve(options),
              path,
              { ...ENDPOINTS[path].body, model, stream },
              { headers: bearer(secrets[1]) },
            );
            bodies.push(await response.text(), JSON.stringify([...response.headers]));
          }
        }
      }
      equal([bodies.length, logged.length], [24, 24]);
      for (const secret of secrets) for (const text of [...bodies, ...logged]) lacks(text, secret);
    },
  },
  {
    name: "a refused key of the server is reported as the server's fault, without details",
    async run(t) {
      for (const status of [401, 403]) {
        await t.session.script({
          [WRITER]: {
            status,
            body: { error: { code: status, message: "Incorrect API key provided: sk-ser***fee" } },
          },
        });
        for (const path of Object.keys(ENDPOINTS)) {
          const refusal = await refused(
            t,
            path,
            { ...ENDPOINTS[path].body, model: WRITER },
            { options: { apiKey: "sk-server", ...KEYS }, headers: bearer("sk-one") },
          );
          equal([refusal.status, refusal.type], [502, "provider_unavailable"]);
          lacks(refusal.text, "sk-ser");
        }
      }
    },
  },
  {
    name: "if a panelist's provider refuses the server's key, its message is not forwarded",
    async run(t) {
      const words = "Incorrect API key provided: sk-ser***fee";
      await t.session.script(
        defaultScripts({ [BETA]: { status: 401, body: { error: { code: 401, message: words } } } }),
      );
      for (const path of ["chat/completions", "responses"]) {
        for (const stream of [false, true]) {
          const ask = async (options, key) =>
            (
              await post(
                await t.serve(options),
                path,
                { ...ENDPOINTS[path].body, plugins: [{ id: "fusion" }], stream },
                { headers: bearer(key) },
              )
            ).text();
          const text = await ask({ apiKey: "sk-server", ...KEYS }, "sk-one");
          lacks(text, "sk-ser");
          includes(text, "the server's key was refused by its provider");
          await t.session.script(
            defaultScripts({
              [ALPHA]: failures[503],
              [BETA]: { status: 401, body: { error: { code: 401, message: words } } },
            }),
          );
          const nobody = await ask({ apiKey: "sk-server", ...KEYS }, "sk-one");
          lacks(nobody, "sk-ser");
          includes(nobody, "every panelist failed");
          await t.session.script(
            defaultScripts({
              [BETA]: { status: 401, body: { error: { code: 401, message: words } } },
            }),
          );
          includes(
            await ask({}, "sk-client"),
            words,
            "a message about the client's own key is forwarded",
          );
        }
      }
    },
  },
  {
    name: "a client reaches no built-in provider, however it spells the model",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve({ ...KEYS, apiKey: "sk-server" });
      const names = builtIn
        .filter(({ name, needs_entry }) => name !== "openrouter" && !needs_entry)
        .map(({ name }) => name);
      // White space that the trim() of JavaScript or of Rust removes. The handler must refuse a
      // provider's name with this white space, too.
      const spaces = ["", " ", "\t", "\n", "\u0085", "\u00a0", "\u2028", "\u3000"];
      const models = names.flatMap((name) => [
        ...spaces.map((space) => `${space}${name}:x${space}`),
        `${name}:x:y`,
        `${name}::x`,
      ]);
      const inFallbacks = (model) => [{ model: "a/b", fallbacks: [model] }];
      const places = [
        ["chat/completions", (model) => ({ model })],
        ["responses", (model) => ({ model })],
        ["messages", (model) => ({ model })],
        ["messages", (model) => ({ model: "a/b", fallbacks: [{ model }] })],
        [
          "chat/completions",
          (model) => ({ plugins: [{ id: "fusion", analysis_models: inFallbacks(model) }] }),
        ],
      ];
      // Test each model at one place only, because five places for all models would take long.
      for (const [i, model] of models.entries()) {
        const [path, fields] = places[i % places.length];
        const body = { ...ENDPOINTS[path].body, ...fields(model) };
        const response = await post(served, path, body, { headers: bearer("sk-one") });
        const { message, type } = ENDPOINTS[path].read(await response.json());
        equal([response.status, type], [400, "not_found"], JSON.stringify([body, message]));
      }
      equal(await t.session.calls(), [], "no call is made");
    },
  },
  {
    name: "a client's model does not go to the provider of the server's role",
    async run(t) {
      await t.session.script(defaultScripts());
      const local = { model: "x", provider: "llamacpp" };
      const presets = { loc: { analysis_models: ["llamacpp:a"], writer: local, analyst: local } };
      const fusion = { model: "openrouter/fusion-loc" };
      const tool = { type: "openrouter:fusion", parameters: { model: "c/d" } };
      const rows = [
        ["chat/completions", { model: "c/d" }, "`model`"],
        ["responses", { model: "c/d" }, "`model`"],
        ["messages", { model: "c/d" }, "`model`"],
        [
          "chat/completions",
          { ...fusion, plugins: [{ id: "fusion", model: "c/d" }] },
          "`plugins[0].model`",
        ],
        ["chat/completions", { ...fusion, models: ["c/d"] }, "`models[0]`"],
        ["responses", { ...fusion, tools: [tool] }, "`tools[0].parameters.model`"],
        ["messages", { ...fusion, fallbacks: [{ model: "c/d" }] }, "`fallbacks[0]`"],
      ];
      const options = { ...KEYS, apiKey: "sk-server", defaults: { writer: local }, presets };
      for (const [path, fields, field] of rows) {
        const refusal = await refused(
          t,
          path,
          { ...ENDPOINTS[path].body, ...fields },
          { options, headers: bearer("sk-one") },
        );
        equal([refusal.status, refusal.type], [400, "not_found"], refusal.message);
        includes(refusal.message, `${field} would go to the provider \`llamacpp\``);
      }
      equal(await t.session.calls(), [], "no call is made");
    },
  },
  {
    name: "presets and defaults may name any provider",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve({
        ...KEYS,
        apiKey: "sk-server",
        defaults: { analysis_models: ["llamacpp:x"], writer: WRITER, analyst: ANALYST },
      });
      const { body } = ENDPOINTS["chat/completions"];
      const response = await post(served, "chat/completions", body, { headers: bearer("sk-one") });
      // The address has no server, so the panel fails. The request itself is accepted.
      lacks(await response.text(), "not served here");
    },
  },
  {
    name: "admitted clients may use the models of `providers`",
    async run(t) {
      await t.session.script(defaultScripts());
      const options = { ...KEYS, providers: { ollama: { baseURL: t.session.baseURL } } };
      const { body } = ENDPOINTS["chat/completions"];
      equal(
        (
          await post(
            await t.serve(options),
            "chat/completions",
            { ...body, model: `ollama:${WRITER}` },
            { headers: bearer("sk-one") },
          )
        ).status,
        200,
      );
    },
  },
  {
    name: "a function provider with a built-in name does not get the default provider's key",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      await t.session.script(defaultScripts());
      const sent = [];
      const own = (who) => (_url, init) => {
        sent.push([who, init.headers.get("authorization")]);
        return fetch(`${t.session.baseURL}/chat/completions`, init);
      };
      const { body } = ENDPOINTS["chat/completions"];
      for (const [name, baseURL] of [
        ["openrouter", undefined],
        ["here", "http://here/v1"],
      ]) {
        const served = await t.serve({
          ...KEYS,
          baseURL,
          apiKey: "sk-default",
          fetch: own("default"),
          providers: { [name]: { apiKey: "sk-other", fetch: own(name) } },
        });
        for (const model of [WRITER, `${name}:${WRITER}`])
          equal(
            (
              await post(
                served,
                "chat/completions",
                { ...body, model },
                { headers: bearer("sk-one") },
              )
            ).status,
            200,
          );
        equal(sent.splice(0), [
          ["default", "Bearer sk-default"],
          [name, "Bearer sk-other"],
        ]);
      }
    },
  },
  {
    name: "a writer's failure has the error type of its cause",
    async run(t) {
      const flagged = { metadata: { error_type: "content_policy_violation" } };
      const overflow = { metadata: { error_type: "context_length_exceeded" } };
      const causes = [
        [refuses(403, "Your input was flagged", flagged), 403, "content_policy_violation"],
        [refuses(400, "Too long", overflow), 400, "context_length_exceeded"],
        [failures[500], 406, "provider_unavailable"],
        [says(""), 406, "provider_unavailable"],
      ];
      for (const [path, { body }] of Object.entries(ENDPOINTS))
        for (const [script, status, type] of causes) {
          await t.session.reset();
          await t.session.script(defaultScripts({ [WRITER]: script }));
          const refusal = await refused(t, path, body);
          equal([path, refusal.status, refusal.type], [path, status, type]);
        }
    },
  },
  {
    name: "the log gets each client's error, and an error of the log does not affect the answer",
    not: { workerd: "a function cannot be sent to the Worker" },
    async run(t) {
      const logged = [];
      const log = (error, info) => {
        logged.push([error.code, info.endpoint, info.status]);
        throw new Error("the log is full");
      };
      await t.session.script(
        defaultScripts({ [WRITER]: says("Half an answer", { cut: { after: 1, wait_ms: 200 } }) }),
      );
      const served = await t.serve({ onError: log });
      await post(served, "responses", "{");
      const late = framesOf(
        await (await post(served, "messages", { ...ENDPOINTS.messages.body, stream: true })).text(),
      );
      equal(late.at(-1).event, "error");
      equal(logged, [
        ["invalid_request", "responses", 400],
        ["writer_failed", "messages", 406],
      ]);
    },
  },
  {
    name: "sources have each endpoint's format, and no sources give no annotations",
    async run(t) {
      const sources = [
        ["https://a.example/1", "One"],
        ["https://a.example/2", ""],
      ];
      await t.session.script(
        defaultScripts({
          [ALPHA]: says("Alpha finds all common ground.", {
            annotations: sources.map(([url, title]) => cites(url, title)),
          }),
          [WRITER]: says("See https://a.example/2 for more."),
        }),
      );
      const whole = async (path, options) =>
        (await post(await t.serve(options), path, ENDPOINTS[path].body)).json();
      equal(
        (await whole("chat/completions")).choices[0].message.annotations.map(
          ({ url_citation }) => url_citation,
        ),
        [
          { url: "https://a.example/1", title: "One", start_index: 0, end_index: 0 },
          { url: "https://a.example/2", title: "", start_index: 4, end_index: 23 },
        ],
      );
      equal(
        (await whole("messages")).content[0].citations.map(({ url, title }) => [url, title]),
        [
          ["https://a.example/1", "One"],
          ["https://a.example/2", null],
        ],
      );
      await t.session.script(defaultScripts());
      equal((await whole("chat/completions")).choices[0].message.annotations, undefined);
      equal((await whole("messages")).content[0].citations, null);
      const { output } = await whole("responses");
      equal([output[0].sources, output.at(-1).content[0].annotations], [undefined, []]);
    },
  },
];

/**
 * Returns an object that looks like a Response of another realm. `instanceof` is false for the
 * object and for its body.
 */
function foreignResponse(text, init) {
  const response = new Response(text, init);
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body: { getReader: () => response.body.getReader() },
    arrayBuffer: () => response.arrayBuffer(),
  };
}
