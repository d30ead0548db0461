// Tests /messages with the unmodified `@anthropic-ai/sdk`.

import Anthropic from "@anthropic-ai/sdk";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import { ALPHA, BETA, WRITER } from "../scenarios/fixtures.mjs";
import { anthropic } from "./clients.mjs";
import { ANSWER, richScripts, SOURCE, TOKENS, threePanelists } from "./fixtures.mjs";
import { all } from "./harness.mjs";

const request = (more) => ({
  model: "openrouter/fusion",
  max_tokens: 500,
  messages: [{ role: "user", content: "Is the sky blue?" }],
  ...more,
});

const citations = [
  {
    type: "web_search_result_location",
    url: SOURCE,
    title: "Rayleigh",
    cited_text: "",
    encrypted_index: "",
  },
];

function finished(message, { thinking = false } = {}) {
  equal(
    [message.type, message.role, message.model, message.stop_reason],
    ["message", "assistant", "desk/writer-0801", "end_turn"],
  );
  const text = { type: "text", text: ANSWER, citations };
  equal(
    message.content,
    thinking ? [{ type: "thinking", thinking: "Writing.", signature: "" }, text] : [text],
  );
  const { input_tokens, output_tokens, output_tokens_details, server_tool_use } = message.usage;
  equal(
    [input_tokens, output_tokens, output_tokens_details, server_tool_use],
    [
      TOKENS.prompt,
      TOKENS.completion,
      { thinking_tokens: TOKENS.reasoning },
      { web_search_requests: 1, web_fetch_requests: 0 },
    ],
  );
}

export default [
  {
    name: "a whole answer",
    async run(t) {
      await t.session.script(richScripts());
      const message = await anthropic(await t.serve({ defaults: threePanelists })).messages.create(
        request(),
      );
      finished(message);
      equal(message.usage.cost, TOKENS.cost);
    },
  },
  {
    name: "the client's stream helper reads the answer",
    async run(t) {
      await t.session.script(richScripts());
      const stream = anthropic(await t.serve({ defaults: threePanelists })).messages.stream(
        request(),
      );
      const message = await stream.finalMessage();
      // A stream starts before the writer has answered. Therefore the stream names the model that
      // the request named. It cannot name the model that will answer.
      finished({ ...message, model: "desk/writer-0801" });
      equal(message.model, WRITER);
      equal(await stream.finalText(), ANSWER);
    },
  },
  {
    name: "thinking blocks are sent if the request enables thinking",
    async run(t) {
      await t.session.script(richScripts());
      const client = anthropic(await t.serve({ defaults: threePanelists }));
      const asked = request({ thinking: { type: "adaptive" } });
      finished(await client.messages.create(asked), { thinking: true });
      const events = await all(await client.messages.create({ ...asked, stream: true }));
      equal(
        events.map(({ type, index, delta, content_block }) =>
          [type, index, delta?.type ?? content_block?.type]
            .filter((part) => part != null)
            .join(" "),
        ),
        [
          "message_start",
          "content_block_start 0 thinking",
          "content_block_delta 0 thinking_delta",
          "content_block_delta 0 signature_delta",
          "content_block_stop 0",
          "content_block_start 1 text",
          ...events
            .filter(({ delta }) => delta?.type === "text_delta")
            .map(() => "content_block_delta 1 text_delta"),
          "content_block_delta 1 citations_delta",
          "content_block_stop 1",
          "message_delta",
          "message_stop",
        ],
      );
    },
  },
  {
    name: "system, images, documents and earlier turns become chat messages",
    async run(t) {
      await t.session.script(richScripts());
      await anthropic(await t.serve()).messages.create(
        request({
          system: [{ type: "text", text: "Be brief." }],
          messages: [
            { role: "user", content: "Hello" },
            {
              role: "assistant",
              content: [
                { type: "thinking", thinking: "hm", signature: "" },
                { type: "text", text: "Hello!" },
              ],
            },
            {
              role: "user",
              content: [
                { type: "text", text: "Is this sky blue?" },
                {
                  type: "image",
                  source: { type: "base64", media_type: "image/png", data: "AAAA" },
                },
                { type: "image", source: { type: "url", url: "https://a.example/sky.png" } },
                {
                  type: "document",
                  title: "sky.pdf",
                  source: { type: "base64", media_type: "application/pdf", data: "BBBB" },
                },
                {
                  type: "document",
                  source: { type: "text", media_type: "text/plain", data: "Notes." },
                },
                {
                  type: "document",
                  source: {
                    type: "content",
                    content: [
                      { type: "text", text: "Chart:" },
                      {
                        type: "image",
                        source: { type: "url", url: "https://a.example/chart.png" },
                      },
                    ],
                  },
                },
                {
                  type: "search_result",
                  title: "Sky",
                  source: "https://a.example/sky",
                  content: [{ type: "text", text: "It is blue." }],
                },
              ],
            },
          ],
        }),
      );
      const { body } = (await t.session.calls()).find(({ model }) => model === ALPHA);
      equal(body.messages, [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hello!" },
        {
          role: "user",
          content: [
            { type: "text", text: "Is this sky blue?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            { type: "image_url", image_url: { url: "https://a.example/sky.png" } },
            {
              type: "file",
              file: { filename: "sky.pdf", file_data: "data:application/pdf;base64,BBBB" },
            },
            { type: "text", text: "Notes." },
            { type: "text", text: "Chart:" },
            { type: "image_url", image_url: { url: "https://a.example/chart.png" } },
            { type: "text", text: "Sky\nhttps://a.example/sky\nIt is blue." },
          ],
        },
      ]);
    },
  },
  {
    name: "a token limit and a refusal become stop reasons",
    async run(t) {
      for (const [finish_reason, stop_reason] of [
        ["length", "max_tokens"],
        ["content_filter", "refusal"],
      ]) {
        await t.session.script(richScripts({ [WRITER]: says("Yes, it", { finish_reason }) }));
        const client = anthropic(await t.serve());
        equal((await client.messages.create(request())).stop_reason, stop_reason);
        equal((await client.messages.stream(request()).finalMessage()).stop_reason, stop_reason);
      }
    },
  },
  ...[
    [400, Anthropic.BadRequestError, "invalid_request_error"],
    [401, Anthropic.AuthenticationError, "authentication_error"],
    [402, Anthropic.APIError, "billing_error"],
    [403, Anthropic.PermissionDeniedError, "permission_error"],
    [404, Anthropic.NotFoundError, "not_found_error"],
    [429, Anthropic.RateLimitError, "rate_limit_error"],
    [529, Anthropic.InternalServerError, "overloaded_error"],
  ].map(([status, Class, type]) => ({
    name: `a provider's ${status} becomes the client's error`,
    async run(t) {
      await t.session.script(richScripts({ [ALPHA]: failures[status], [BETA]: failures[status] }));
      const client = anthropic(await t.serve());
      for (const stream of [false, true]) {
        const error = await failure(client.messages.create(request({ stream })));
        ok(error instanceof Class, `${error.constructor.name} ${error.message}`);
        equal([error.type, error.error.error.type], [type, type]);
      }
    },
  })),
  {
    name: "a writer that fails after the panel becomes the client's mid-stream error",
    async run(t) {
      await t.session.script(richScripts({ [WRITER]: failures[529] }));
      const error = await failure(
        anthropic(await t.serve())
          .messages.stream(request())
          .finalMessage(),
      );
      ok(error instanceof Anthropic.APIError, String(error));
      equal([error.type, error.error.error.error_type], ["api_error", "provider_overloaded"]);
    },
  },
];
