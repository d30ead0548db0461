// Tests clients that send too many items, or a body that never ends.

import { equal, includes, ok, within } from "../scenarios/assert.mjs";
import { post } from "./harness.mjs";

const MANY = 10_001;
const list = (item) => Array.from({ length: MANY }, () => item);
const user = { role: "user", content: "Why?" };
const text = { type: "text", text: "a" };
const part = { type: "input_text", text: "a" };

/** Bodies in which one list is too long. The key is the field that the error names. */
const LISTS = {
  "chat/completions": {
    messages: { messages: list(user) },
    "messages[1].content": { messages: [user, { ...user, content: list(text) }] },
    "messages[0].tool_calls": { messages: [{ role: "assistant", tool_calls: list({}) }, user] },
    "messages[0].reasoning_details": {
      messages: [{ role: "assistant", content: "a", reasoning_details: list({}) }, user],
    },
    tools: { messages: [user], tools: list({ type: "function", function: { name: "f" } }) },
    plugins: { messages: [user], plugins: list({ id: "web" }) },
  },
  responses: {
    input: { input: list(user) },
    "input[0].content": { input: [{ ...user, content: list(part) }] },
    "input[1].output": {
      input: [user, { type: "function_call_output", call_id: "c", output: list(part) }],
    },
    tools: { input: "Why?", tools: list({ type: "function", name: "f" }) },
  },
  messages: {
    messages: { messages: list(user) },
    "messages[0].content": { messages: [{ ...user, content: list(text) }] },
    system: { messages: [user], system: list(text) },
    tools: { messages: [user], tools: list({ name: "f" }) },
  },
};

/** Returns a body that has one chunk and never ends. */
const stalled = () =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"model": "')),
  });

const LIMIT_MS = 60_000;

export default [
  ...Object.entries(LISTS).map(([path, bodies]) => ({
    name: `${path}: a list of too many items is refused by name`,
    async run(t) {
      const server = await t.serve();
      for (const [field, body] of Object.entries(bodies)) {
        const response = await post(server, path, {
          model: "openrouter/fusion",
          ...(path === "messages" && { max_tokens: 9 }),
          ...body,
        });
        equal(response.status, 400, field);
        const rule = `\`${field}\` has ${MANY} items; the limit is 10000`;
        includes((await response.json()).error.message, rule);
      }
      equal(await t.session.calls(), []);
    },
  })),
  ...Object.keys(LISTS).map((path) => ({
    name: `${path}: a client without a key is answered before its body has arrived`,
    async run(t) {
      const server = await t.serve({ clientKeys: ["one"] });
      const init = { body: stalled(), duplex: "half" };
      const response = await within(LIMIT_MS, post(server, path, "", init), "the response");
      equal(response.status, 401);
      const { error } = await within(LIMIT_MS, response.json(), "the body");
      includes(error.message, "Missing Authentication header");
    },
  })),
  {
    name: "a refused client's body is dropped up to a limit and then closed",
    not: { workerd: "the other end of the connection is not visible" },
    async run(t) {
      let sent = 0;
      let close;
      const closed = new Promise((resolve) => (close = resolve));
      const body = new ReadableStream({
        pull(controller) {
          sent += 100_000;
          controller.enqueue(new Uint8Array(100_000));
        },
        cancel: () => close(),
      });
      const server = await t.serve({ clientKeys: ["one"] });
      const init = { body, duplex: "half" };
      equal((await post(server, "messages", "", init)).status, 401);
      await within(LIMIT_MS, closed, "the close");
      ok(sent > 9_000_000 && sent < 12_000_000, `${sent} bytes`);
    },
  },
];
