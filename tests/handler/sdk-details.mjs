// Tests details that SDKs need: request ids, unknown paths, tool runners and strict clients.

import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import OpenAI from "openai";
import { calls, says } from "../provider/scripts.mjs";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import { defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { anthropic, openai } from "./clients.mjs";
import { framesOf, post } from "./harness.mjs";

const messages = [{ role: "user", content: "Weather in Oslo?" }];

export default [
  {
    name: "Anthropic's toolRunner() answers after a tool's result",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [WRITER]: {
            sequence: [
              says("", { tool_calls: [calls("weather", { city: "Oslo" })] }),
              says("It rains."),
            ],
          },
        }),
      );
      const weather = betaTool({
        name: "weather",
        description: "Says the weather",
        inputSchema: { type: "object", properties: { city: { type: "string" } } },
        run: ({ city }) => `Rain in ${city}`,
      });
      const message = await anthropic(await t.serve()).beta.messages.toolRunner({
        model: "openrouter/fusion",
        max_tokens: 300,
        messages,
        tools: [weather],
      });
      equal(message.content.at(-1).text, "It rains.");
      const results = (await t.session.calls()).flatMap(({ tool_results }) => tool_results);
      equal(
        results.map(({ content }) => content),
        ["Rain in Oslo"],
      );
    },
  },
  {
    name: "the SDKs show the id of a request, of an answer and of an error",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve();
      const chat = { model: "openrouter/fusion", messages };
      const id = /^gen-[0-9a-f]{32}$/;
      const completion = await openai(served).chat.completions.create(chat);
      const message = await anthropic(served).messages.create({ ...chat, max_tokens: 99 });
      ok(id.test(completion._request_id), completion._request_id);
      ok(id.test(message._request_id), message._request_id);
      const wrong = { ...chat, model: "openrouter/fusion-none" };
      const refusals = [
        await failure(openai(served).chat.completions.create(wrong)),
        await failure(anthropic(served).messages.create({ ...wrong, max_tokens: 99 })),
      ];
      for (const error of refusals) ok(id.test(error.requestID), String(error.requestID));
    },
  },
  {
    name: "a path below an endpoint is a 404 in the endpoint's format",
    async run(t) {
      const served = await t.serve();
      const count = await failure(
        anthropic(served).messages.countTokens({ model: "openrouter/fusion", messages }),
      );
      ok(count instanceof Anthropic.NotFoundError, String(count));
      equal([count.type, count.error.type], ["not_found_error", "error"]);
      const stored = await failure(openai(served).responses.retrieve("resp_1"));
      ok(stored instanceof OpenAI.NotFoundError, String(stored));
      const other = await failure(openai(served).embeddings.create({ model: "m", input: "x" }));
      ok(other instanceof OpenAI.NotFoundError, String(other));
    },
  },
  {
    name: "a whole response has the fusion item if the client asks for it or is known to read it",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve();
      const input = "Is the sky blue?";
      const kinds = async (body, headers) => {
        const response = await post(
          served,
          "responses",
          { model: "openrouter/fusion", input, ...body },
          { headers },
        );
        return (await response.json()).output.map(({ type }) => type);
      };
      const both = ["openrouter:fusion", "message"];
      equal(await kinds({}), ["message"]);
      equal(await kinds({ plugins: [{ id: "fusion" }] }), both);
      equal(await kinds({ tools: [{ type: "openrouter:fusion" }] }), both);
      equal(await kinds({}, { "x-stainless-lang": "python" }), ["message"]);
      equal(await kinds({}, { "x-stainless-lang": "js" }), both);
      equal(await kinds({}, { "user-agent": "speakeasy-sdk/typescript @openrouter/sdk" }), both);
      equal(await kinds({}, { "user-agent": "ai/7.0.173 ai-sdk-openai/4.0.118" }), ["message"]);
      const streamed = async (headers) => {
        const body = { model: "openrouter/fusion", input, stream: true };
        const stream = await post(served, "responses", body, { headers });
        return framesOf(await stream.text()).map(({ event }) => event);
      };
      ok((await streamed()).includes("response.fusion_call.panel.delta"));
      const strict = await streamed({ "x-stainless-lang": "python" });
      ok(!strict.some((event) => event?.includes("fusion")), strict.join());
    },
  },
];
