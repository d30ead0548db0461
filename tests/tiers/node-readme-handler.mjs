// Checks the documentation's examples of the handler.

import { equal } from "../scenarios/assert.mjs";

const body = JSON.stringify({
  model: "openrouter/fusion",
  plugins: [{ id: "fusion", preset: "general-budget" }],
  messages: [{ role: "user", content: "Is the sky blue?" }],
});

/** Returns a client's request. */
const asks = (key, headers) =>
  new Request("https://worker.example/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
    body,
  });

const answerOf = async (response) => (await response.json()).choices[0].message.content;

/** Checks that the example's Worker admits only clients with its key. */
export async function admitsClients({ module }) {
  const env = { OPENROUTER_API_KEY: "sk-or-v1-readme", CLIENT_KEY: "sk-client" };
  equal((await module.default.fetch(asks("sk-other"), env)).status, 401);
  const response = await module.default.fetch(asks("sk-client"), env);
  equal(await answerOf(response), "Yes, it is blue.");
}

/** Checks that the example's handler keeps runs. */
export async function keepsRuns({ module, calls }) {
  for (let i = 0; i < 2; i++) {
    const request = asks(process.env.CLIENT_KEY, { "idempotency-key": "one" });
    equal(await answerOf(await module.handler(request)), "Yes, it is blue.");
  }
  equal((await calls()).length, 5);
}
