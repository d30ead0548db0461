// Tests the unmodified `@openrouter/sdk`. It parses each event and each answer with its schemas,
// and rejects unknown events and answers.

import * as errors from "@openrouter/sdk/models/errors";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import { ALPHA, BETA, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { openrouter } from "./clients.mjs";
import { ANSWER, GAMMA, richScripts, TOKENS, threePanelists } from "./fixtures.mjs";
import { all } from "./harness.mjs";

const chat = (more) => ({
  chatRequest: {
    model: "openrouter/fusion",
    messages: [{ role: "user", content: "Is the sky blue?" }],
    ...more,
  },
});
const responses = (more) => ({
  responsesRequest: { model: "openrouter/fusion", input: "Is the sky blue?", ...more },
});

export default [
  {
    name: "chat: whole and streamed answers parse",
    async run(t) {
      await t.session.script(richScripts());
      const client = openrouter(await t.serve({ defaults: threePanelists }));
      const result = await client.chat.send(chat());
      const [{ message }] = result.choices;
      equal(
        [
          message.content,
          message.reasoning,
          message.reasoningDetails[0].toolName,
          result.usage.cost,
        ],
        [ANSWER, "Writing.", "openrouter:fusion", TOKENS.cost],
      );
      const chunks = await all(await client.chat.send(chat({ stream: true })));
      equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), ANSWER);
      equal(
        [chunks.at(-1).choices, chunks.at(-1).usage.totalTokens],
        [[], TOKENS.prompt + TOKENS.completion],
      );
    },
  },
  {
    name: "responses: whole and streamed answers parse, with all fusion events",
    async run(t) {
      await t.session.script(richScripts());
      const client = openrouter(await t.serve({ defaults: threePanelists }));
      const result = await client.responses.send(responses());
      equal(
        [
          result.output[0].type,
          result.output[0].failedModels.map(({ model, statusCode }) => [model, statusCode]),
          result.outputText,
        ],
        ["openrouter:fusion", [[GAMMA, 429]], ANSWER],
      );
      const events = await all(await client.responses.send(responses({ stream: true })));
      equal(
        events.filter(({ type }) => type === "UNKNOWN" || type === undefined || "raw" in events),
        [],
      );
      const kinds = new Set(
        events.map(({ type }) => type).filter((type) => type.startsWith("response.fusion_call.")),
      );
      equal(
        [...kinds].sort(),
        [
          "in_progress",
          "panel.added",
          "panel.delta",
          "panel.reasoning.delta",
          "panel.completed",
          "panel.failed",
          "analysis.in_progress",
          "analysis.completed",
          "completed",
        ]
          .map((name) => `response.fusion_call.${name}`)
          .sort(),
      );
      const failed = events.find(({ type }) => type === "response.fusion_call.panel.failed");
      equal([failed.model, failed.statusCode, typeof failed.error], [GAMMA, 429, "string"]);
      equal(events.at(-1).response.output[0].analysis.blindSpots, ["Nobody looked at cost."]);
    },
  },
  {
    name: "the client's forms of plugin and tool are read",
    async run(t) {
      await t.session.script(richScripts());
      const client = openrouter(await t.serve());
      const plugin = {
        id: "fusion",
        analysisModels: [ALPHA],
        model: "desk/analyst",
        maxToolCalls: 2,
      };
      const one = await client.responses.send(responses({ model: WRITER, plugins: [plugin] }));
      equal(
        one.output[0].responses.map(({ model }) => model),
        [ALPHA],
      );
      const tool = {
        type: "openrouter:fusion",
        parameters: { analysisModels: PANEL, model: "desk/analyst", maxCompletionTokens: 700 },
      };
      const two = await client.responses.send(responses({ model: WRITER, tools: [tool] }));
      equal(
        two.output[0].responses.map(({ model }) => model),
        [ALPHA, BETA],
      );
      const limited = (await t.session.calls()).filter(({ body }) => body.max_tokens === 700);
      ok(
        limited.some(({ model }) => model === ALPHA),
        "the panel has the tool's limit",
      );
    },
  },
  {
    name: "errors have the client's classes",
    async run(t) {
      const client = openrouter(await t.serve());
      const classes = {
        400: errors.BadRequestResponseError,
        401: errors.UnauthorizedResponseError,
        402: errors.PaymentRequiredResponseError,
        404: errors.NotFoundResponseError,
        429: errors.TooManyRequestsResponseError,
        503: errors.ServiceUnavailableResponseError,
      };
      for (const [status, Class] of Object.entries(classes)) {
        await t.session.script({ [WRITER]: failures[status] });
        for (const ask of [
          () => client.chat.send(chat({ model: WRITER })),
          () => client.responses.send(responses({ model: WRITER })),
        ]) {
          const error = await failure(ask());
          ok(error instanceof Class, `${status}: ${error.constructor.name} ${error.message}`);
          equal(error.error.code, Number(status));
        }
      }
    },
  },
  {
    name: "mid-stream errors parse",
    async run(t) {
      await t.session.script(
        richScripts({ [WRITER]: says("Half an answer", { cut: { after: 1, wait_ms: 200 } }) }),
      );
      const client = openrouter(await t.serve());
      const chunks = await all(await client.chat.send(chat({ stream: true })));
      equal(
        [
          chunks.at(-1).error.code,
          chunks.at(-1).error.metadata.errorType,
          chunks.at(-1).choices[0].finishReason,
        ],
        [406, "provider_unavailable", "error"],
      );
      const events = await all(await client.responses.send(responses({ stream: true })));
      equal(
        events.slice(-2).map(({ type }) => type),
        ["response.failed", "error"],
      );
      equal(
        [events.at(-2).response.errorType, events.at(-1).code],
        ["provider_unavailable", "provider_unavailable"],
      );
    },
  },
  {
    name: "the client lists the models",
    async run(t) {
      const page = await openrouter(await t.serve()).models.list();
      equal(
        (page.result ?? page).data.map(({ id }) => id),
        ["openrouter/fusion", "openrouter/fusion-flash"],
      );
    },
  },
];
