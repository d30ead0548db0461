// Tests that the loopback provider refuses the same requests as the real APIs, with the same
// messages. A wrong encoder therefore fails in tests.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "./client.mjs";
import * as chat from "./request-validation/examples/chat.mjs";
import * as messagesExamples from "./request-validation/examples/messages.mjs";
import {
  assistant,
  bodies,
  messages,
  result,
  results,
  thought,
  use,
} from "./request-validation/examples/parts.mjs";
import * as responses from "./request-validation/examples/responses.mjs";
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

const examples = { chat, responses, messages: messagesExamples };

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
    for (const [what, body, headers, script] of examples[dialect].accepted) {
      const { status, text, call } = await send(dialect, { body, headers, script });
      assert.equal(status, 200, `${what}: ${text}`);
      assert.match(text, /Fine\./, what);
      assert.equal(call.refused, undefined);
    }
  });

  test(`${dialect}: invalid requests are refused with the API's message`, async () => {
    for (const [what, body, words, headers, script] of examples[dialect].refused) {
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
