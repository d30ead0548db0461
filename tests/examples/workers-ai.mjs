// Tests examples/worker with the binding `AI` and without a key. A scripted Worker replaces Workers
// AI.

import { equal, includes } from "../scenarios/assert.mjs";
import { KEYS } from "./deploy.mjs";
import { client } from "./held-run-client.mjs";

/**
 * The scripted Worker. This Worker answers in the older format of Workers AI. For the analyst, the
 * text of the answer is JSON.
 */
const script = `
const text = (inputs) =>
  JSON.stringify(inputs).includes("Compare the answers.") ? "{}" : "Blue.";
const sse = (model, text) => [
  { response: text }, { response: "", usage: { prompt_tokens: 1, completion_tokens: 2 } },
].map((data) => "data: " + JSON.stringify(data) + "\\n\\n").join("") + "data: [DONE]\\n\\n";
export default () => ({
  async run(model, inputs, options) {
    if (options.gateway?.id !== "sky") throw new Error("5004: no gateway");
    return new Response(sse(model, text(inputs))).body;
  },
});`;
const withBinding = {
  wrappedBindings: { AI: { scriptName: "ai" } },
  beside: [{ name: "ai", modules: true, script }],
};

export default [
  {
    name: "workers-ai: with the binding, endpoint and runs need no key and call no other server",
    async run(t) {
      const vars = { OPENROUTER_API_KEY: "", BASE_URL: "", MAX_COST: "", AI_GATEWAY: "sky" };
      const { address } = await t.start(vars, withBinding);
      const response = await fetch(`${address}api/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEYS[0]}`, "content-type": "application/json" },
        body: JSON.stringify({
          model: "openrouter/fusion",
          messages: [{ role: "user", content: "Is the sky blue?" }],
        }),
      });
      const body = await response.json();
      equal([response.status, body.choices?.[0].message.content], [200, "Blue."], `${body.error}`);
      const reader = client(() => address);
      const events = await reader.whole(await reader.begin({ prompt: "Is the sky blue?" }));
      const { result } = events.at(-1);
      equal([result.answer, result.responses.length], ["Blue.", 3]);
      for (const { model } of result.responses) includes(model, "workers:@cf/");
      equal(await t.session.calls(), []);
    },
  },
];
