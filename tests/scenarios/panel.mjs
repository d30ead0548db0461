// Tests failed panelists. The run continues and reports each failure with its reason.

import { failures, refuses, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok, oneOf } from "./assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  question,
  WRITER,
} from "./fixtures.mjs";
import { complete, eventsOf, oneEvent, readRun } from "./run-helpers.mjs";

const CODES = {
  400: ["invalid_request", "provider_error"],
  401: ["authentication"],
  402: ["insufficient_credits"],
  403: ["permission"],
  404: ["invalid_model"],
  408: ["timeout", "provider_error"],
  429: ["rate_limited"],
  500: ["provider_error"],
  502: ["provider_error"],
  503: ["provider_error"],
  524: ["provider_error", "timeout"],
  529: ["provider_error"],
};

const SHAPES = {
  "error.message": [
    {
      error: { code: 500, message: "it broke here", metadata: { error_type: "server" } },
      user_id: "u",
    },
    "it broke here",
  ],
  "error as text": [{ error: "it broke here" }, "it broke here"],
  message: [{ message: "it broke here" }, "it broke here"],
  detail: [{ detail: "it broke here" }, "it broke here"],
  "plain text": ["it broke here", "it broke here"],
  "HTML page": [
    "<!doctype html><html><head><title>502 Bad " +
      "Gateway</title></head><body><h1>nginx</h1></body></html>",
    "",
  ],
  empty: ["", ""],
  "JSON of another shape": [[1, 2, 3], ""],
};

/**
 * Runs a panel with one panelist for each script, and with Alpha. The key of a script is the
 * panelist's model. Only Alpha answers.
 */
async function withMembers(t, scripts) {
  await t.session.script(defaultScripts(scripts));
  const models = [...Object.keys(scripts), ALPHA];
  const { events, result } = await complete(t.start(question({ analysis_models: models })));
  equal(
    result.responses.map(({ model }) => model),
    [ALPHA],
  );
  equal(
    result.failed_models.map(({ model }) => model),
    Object.keys(scripts),
  );
  return { events, result };
}

const half = (entries, which) => Object.fromEntries(entries.slice(which * 6, which * 6 + 6));

export default [
  ...[0, 1].map((which) => ({
    name:
      "a refused call is a failed panelist " +
      `(${Object.keys(half(Object.entries(failures), which)).join(", ")})`,
    async run(t) {
      const scripts = Object.fromEntries(
        Object.entries(half(Object.entries(failures), which)).map(([status, script]) => [
          `broken/${status}`,
          script,
        ]),
      );
      const { events, result } = await withMembers(t, scripts);
      for (const failed of result.failed_models) {
        const status = Number(failed.model.split("/")[1]);
        equal(failed.status_code, status);
        oneOf(failed.code, CODES[status], `code of ${status}`);
        const { error } = oneEvent(events, "panelist.failed", failed.index);
        equal([error.code, error.status_code], [failed.code, status]);
        includes(error.message, failures[status].error.message);
      }
      // Six panelists fail, Alpha and the writer are called, and the run may call the analyst.
      // Count models instead of calls, because Chromium itself repeats a request after a 408.
      const asked = new Set((await t.session.calls()).map(({ model }) => model));
      equal(asked.size, 6 + 2 + eventsOf(events, "analysis.started").length);
    },
  })),
  {
    name: "errors are read in all forms that providers use",
    async run(t) {
      const entries = Object.entries(SHAPES);
      const scripts = Object.fromEntries(
        entries.slice(0, 7).map(([name, [body]]) => [`broken/${name}`, { status: 500, body }]),
      );
      const { result } = await withMembers(t, scripts);
      for (const [i, [name, [, expected]]] of entries.slice(0, 7).entries()) {
        const failed = result.failed_models[i];
        equal([failed.code, failed.status_code], ["provider_error", 500], name);
        includes(failed.error, expected, name);
        ok(failed.error.length > 0 && failed.error.length < 1000, name);
        lacks(failed.error, "<body", "HTML is not used as a message");
      }
    },
  },
  {
    name: "an error of an unknown form has a code and a message",
    async run(t) {
      const { result } = await withMembers(t, {
        "broken/list": { status: 500, body: [1, 2, 3] },
        "broken/null": { status: 500, body: "null", content_type: "application/json" },
        "broken/teapot": { status: 418, body: "{" },
      });
      equal(
        result.failed_models.map(({ status_code }) => status_code),
        [500, 500, 418],
      );
      ok(result.failed_models.every(({ code, error }) => code && error));
    },
  },
  {
    name: "a 403 for moderation differs from a 403 for missing rights",
    async run(t) {
      const moderated = refuses(403, "Your input was flagged", {
        metadata: {
          reasons: ["violence"],
          flagged_input: "…",
          error_type: "content_policy_violation",
        },
      });
      const { result } = await withMembers(t, {
        "broken/moderated": moderated,
        "broken/context": refuses(400, "Too long", {
          metadata: { error_type: "context_length_exceeded" },
        }),
      });
      equal(
        result.failed_models.map(({ code }) => code),
        ["content_policy", "context_length_exceeded"],
      );
    },
  },
  {
    name: "a huge error body is read up to a limit",
    async run(t) {
      const { result } = await withMembers(t, {
        "broken/huge": { status: 500, body: "x".repeat(2_000_000) },
      });
      ok(
        result.failed_models[0].error.length < 5000,
        `${result.failed_models[0].error.length} characters`,
      );
    },
  },
  {
    name: "an answer without text is a failure",
    async run(t) {
      const scripts = {
        "broken/nothing": says(""),
        "broken/reasoning-only": says("", { reasoning: "I think." }),
        "broken/blank": says(" \n "),
        "broken/filtered": says("", { finish_reason: "content_filter" }),
        "broken/refusing": {
          payloads: [
            '{"choices":[{"delta":{"content":"","refusal":"I will not."}}]}',
            '{"choices":[{"delta":{},"finish_reason":"stop"}]}',
          ],
        },
      };
      const { result } = await withMembers(t, scripts);
      equal(
        result.failed_models.slice(0, 3).map(({ code }) => code),
        ["empty_response", "empty_response", "empty_response"],
      );
      equal(
        result.failed_models.slice(3).map(({ code }) => code),
        ["content_policy", "content_policy"],
      );
      includes(result.failed_models[4].error, "I will not.");
    },
  },
  {
    name: "one answer is enough, with a warning",
    async run(t) {
      const { events, result } = await withMembers(t, { [BETA]: failures[500] });
      ok(eventsOf(events, "warning").length >= 1, "a warning");
      equal(result.answer, "Yes, it is blue.");
    },
  },
  {
    name: "a panel of one completes",
    async run(t) {
      await t.session.script(defaultScripts({ [ANALYST]: defaultScripts()[ANALYST] }));
      const { result } = await complete(t.start(question({ analysis_models: [ALPHA] })));
      equal([result.responses.length, result.answer], [1, "Yes, it is blue."]);
    },
  },
  {
    name: "indexes are those of the request when panelists fail",
    async run(t) {
      await t.session.script(defaultScripts({ "broken/one": failures[500] }));
      const { result } = await complete(
        t.start(question({ analysis_models: ["broken/one", ALPHA, "broken/one", BETA] })),
      );
      equal(
        result.responses.map(({ index }) => index),
        [1, 3],
      );
      equal(
        result.failed_models.map(({ index }) => index),
        [0, 2],
      );
      equal(result.analysis.consensus[0].panelists.toSorted(), [1, 3]);
    },
  },
  ...[
    ["the run's error is their common cause", [500, 502], "provider_error"],
    ["the run's error is authentication", [401, 401], "authentication"],
    ["insufficient_credits overrides other causes", [402, 500], "insufficient_credits"],
    ["rate_limited overrides other causes", [500, 429], "rate_limited"],
    ["different causes give all_panels_failed", [401, 500], "all_panels_failed"],
  ].map(([name, statuses, code]) => ({
    name: `if all panelists fail: ${name}`,
    async run(t) {
      await t.session.script(
        defaultScripts({ [ALPHA]: failures[statuses[0]], [BETA]: failures[statuses[1]] }),
      );
      const run = t.start(question());
      const { events, error } = await readRun(run);
      ok(error instanceof t.FusionError && t.isFusionError(error), String(error));
      equal(error.code, code);
      equal(events.at(-1).error.code, code);
      equal(eventsOf(events, "panelist.failed").length, 2);
      equal(
        error.snapshot.failed_models.map(({ status_code }) => status_code),
        statuses,
      );
      equal((await failure(run.result())) === error, true, "result() rejects with the same error");
      equal((await t.session.calls()).map(({ model }) => model).sort(), PANEL);
    },
  })),
  {
    name: "a failed run's error has a readable message",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[429], [BETA]: failures[429] }));
      const error = await failure(t.start(question()).result());
      equal(
        [error.name, error.code, error instanceof Error],
        ["FusionError", "rate_limited", true],
      );
      includes(error.message, "Rate limit exceeded");
      equal(callsTo(await t.session.calls(), WRITER), []);
    },
  },
];
