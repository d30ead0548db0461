// Tests limits of time and size, and the quorum. The limits are long, so that no test measures
// speed.

import { noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok, within } from "./assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  question,
  SOON,
  stalled,
  WRITER,
} from "./fixtures.mjs";
import { complete, eventsOf, oneEvent } from "./run-helpers.mjs";

const slow = (text) => says(text, { delay: { between_ms: 50 } });

const MORE = 'data: {"choices":[{"index":0,"delta":{"content":"more "}}]}\n\n';

// The body goes on until the client closes the connection. A browser may read a body of a fixed
// length to its end before the page reads it.
const ENDLESS_LINE = says("x", { endless: 'data: {"filler":"xxxxxxxx' });

const ascii = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));

function inPieces(body, size) {
  let at = 0;
  const pull = (controller) => {
    if (at >= body.length) return controller.close();
    controller.enqueue(body.slice(at, at + size));
    at += size;
  };
  return new ReadableStream({ pull });
}

const closed = async (t, model) => {
  const calls = callsTo(await t.session.until(noneOpen), model);
  ok(
    calls.length > 0 && calls.every(({ end }) => end === "client_closed"),
    JSON.stringify(calls.map(({ end }) => end)),
  );
};

/** Checks that a limit stops one panelist and that the run continues. */
async function stops(t, script, more, options) {
  await t.session.script(defaultScripts({ [BETA]: script }));
  const run = t.start(question(more), options);
  const { events, result } = await within(20_000, complete(run), "the run");
  const failed = oneEvent(events, "panelist.failed", 1);
  equal([result.failed_models.length, result.failed_models[0].code], [1, failed.error.code]);
  await closed(t, BETA);
  return { failed, run };
}

export default [
  {
    name: "first_byte_ms ends a call without headers",
    async run(t) {
      equal(
        (await stops(t, says("x", { stall: "headers" }), { timeouts: { first_byte_ms: SOON } }))
          .failed.error.code,
        "timeout",
      );
    },
  },
  {
    name: "first_byte_ms ends a call without a body",
    async run(t) {
      equal(
        (
          await stops(t, says("x", { stall: "first" }), {
            timeouts: { first_byte_ms: SOON, idle_ms: SOON },
          })
        ).failed.error.code,
        "timeout",
      );
    },
  },
  {
    name: "idle_ms ends a silent stream and keeps its text",
    async run(t) {
      const { failed, run } = await stops(t, says("Beta says two words", { stall: { after: 2 } }), {
        timeouts: { idle_ms: SOON },
      });
      equal(failed.error.code, "timeout");
      equal(
        run.snapshot().partial.map(({ content }) => content),
        ["Beta says "],
      );
    },
  },
  {
    name: "keep-alive comments reset idle_ms",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta finds all common ground.", {
            comments: { before: 40, every_ms: 100 },
          }),
        }),
      );
      const { result } = await complete(
        t.start(question({ timeouts: { first_byte_ms: 3500, idle_ms: 3000 } })),
      );
      equal(result.failed_models, []);
    },
  },
  {
    name: "panelist_ms ends a panelist",
    async run(t) {
      equal(
        (await stops(t, slow("word ".repeat(2000)), { timeouts: { panelist_ms: SOON } })).failed
          .error.code,
        "timeout",
      );
    },
  },
  {
    name: "run_ms ends a run",
    async run(t) {
      await t.session.script(
        defaultScripts({ [ALPHA]: slow("word ".repeat(2000)), [BETA]: slow("word ".repeat(2000)) }),
      );
      const run = t.start(question({ timeouts: { run_ms: SOON } }));
      equal((await within(20_000, failure(run.result()), "the run")).code, "timeout");
      for (const model of PANEL) await closed(t, model);
    },
  },
  {
    name: "a stalled analyst fails the analysis alone",
    async run(t) {
      await t.session.script(defaultScripts({ [ANALYST]: says("{ a b", { stall: { after: 1 } }) }));
      const { events, result } = await within(
        20_000,
        complete(t.start(question({ timeouts: { idle_ms: SOON } }))),
        "the run",
      );
      equal(
        [eventsOf(events, "analysis.failed").at(-1).error.code, result.answer],
        ["timeout", "Yes, it is blue."],
      );
      await closed(t, ANALYST);
    },
  },
  {
    name: "a stalled writer fails the run",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says("So it", { stall: { after: 1 } }) }));
      const error = await within(
        20_000,
        failure(t.start(question({ timeouts: { idle_ms: SOON } })).result()),
        "the run",
      );
      equal([error.code, error.snapshot.responses.length], ["writer_failed", 2]);
      await closed(t, WRITER);
    },
  },
  {
    name: "if all panelists stall, the run fails with a timeout",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const error = await within(
        20_000,
        failure(t.start(question({ timeouts: { first_byte_ms: SOON, idle_ms: SOON } })).result()),
        "the run",
      );
      equal(error.code, "timeout");
      ok(noneOpen(await t.session.until(noneOpen)));
    },
  },
  {
    name: "a late panelist is cancelled after the quorum's grace period",
    async run(t) {
      const { failed } = await stops(t, says("Beta stalls", { stall: { after: 1 } }), {
        quorum: { min_responses: 1, grace_ms: 200 },
      });
      ok(failed.error.message.length > 0);
    },
  },
  {
    name: "an answer within the grace period counts",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta finds all common ground late.", { delay: { first_ms: 300 } }),
        }),
      );
      const { result } = await complete(
        t.start(question({ quorum: { min_responses: 1, grace_ms: 20_000 } })),
      );
      equal(result.responses.length, 2);
    },
  },
  {
    name: "a failed panelist does not count for the quorum",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta finds all common ground late.", { delay: { first_ms: 300 } }),
          "broken/x": { status: 400, body: "no" },
        }),
      );
      const { result } = await complete(
        t.start(
          question({
            analysis_models: ["broken/x", ALPHA, BETA],
            quorum: { min_responses: 2, grace_ms: 0 },
          }),
        ),
      );
      equal(
        result.responses.map(({ index }) => index),
        [1, 2],
      );
    },
  },
  {
    name: "line_bytes ends a longer line",
    async run(t) {
      const { failed } = await stops(t, ENDLESS_LINE, {}, { limits: { line_bytes: 1 << 20 } });
      includes(failed.error.message, "`limits.line_bytes` (1048576 bytes)");
    },
  },
  {
    name: "the default line_bytes ends a line of 10 MB",
    async run(t) {
      const { failed } = await stops(t, ENDLESS_LINE, {});
      includes(failed.error.message, "`limits.line_bytes` (8388608 bytes)");
    },
  },
  {
    name: "body_bytes ends a longer body",
    async run(t) {
      await stops(t, says("x", { endless: MORE }), {}, { limits: { body_bytes: 200_000 } });
    },
  },
  {
    name: "body_bytes ends an answer at the same byte for every chunk size, without a retry",
    async run(t) {
      await t.session.script(defaultScripts());
      const body = ascii(MORE.repeat(1000));
      const limit = body.length / 4;
      for (const size of [100, limit, limit + 1, body.length]) {
        let asked = 0;
        const beta = () => {
          asked += 1;
          return new Response(inPieces(body, size), {
            headers: { "content-type": "text/event-stream" },
          });
        };
        const run = t.start(question({ max_retries: 1 }), {
          fetch: (url, init) =>
            JSON.parse(init.body).model === BETA ? Promise.resolve(beta()) : fetch(url, init),
          limits: { body_bytes: limit },
        });
        const { failed_models } = await run.result();
        equal(
          [asked, failed_models.map(({ code }) => code)],
          [1, ["provider_error"]],
          `pieces of ${size} bytes`,
        );
        equal(
          run.snapshot().partial.map(({ content }) => content),
          ["more ".repeat(250)],
          `pieces of ${size} bytes`,
        );
      }
    },
  },
  {
    name: "body_bytes ends an endless body of comments",
    async run(t) {
      await stops(
        t,
        says("x", { endless: ": OPENROUTER PROCESSING\n\n".repeat(100) }),
        {},
        { limits: { body_bytes: 200_000 } },
      );
    },
  },
  {
    name: "an endless body after the finish reason ends",
    async run(t) {
      const payloads = [
        JSON.stringify({
          choices: [{ index: 0, delta: { content: "all common ground" }, finish_reason: "stop" }],
        }),
      ];
      await stops(
        t,
        { payloads, endless: ": OPENROUTER PROCESSING\n\n".repeat(100) },
        {},
        { limits: { body_bytes: 200_000 } },
      );
    },
  },
  {
    name: "long answers within the limits are complete",
    async run(t) {
      const text = "0123456789abcde ".repeat(20_000).trim();
      await t.session.script(
        defaultScripts({ [ALPHA]: { deltas: [text] }, [BETA]: { text, json: true } }),
      );
      const { result } = await complete(t.start(question()));
      ok(result.responses[0].content === text && result.responses[1].content === text);
    },
  },
];
