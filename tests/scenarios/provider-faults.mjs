// Tests the faults of a provider. Each fault is tested with a panelist, with the analyst and with
// the writer. Each expected outcome follows the rules in docs/errors.md. The tiers print the
// observed outcomes as a table.

import { noneOpen } from "../provider/client.mjs";
import { failures, says } from "../provider/scripts.mjs";
import { equal, ok } from "./assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  question,
  SOON,
  WRITER,
} from "./fixtures.mjs";

const models = { panelist: BETA, analyst: ANALYST, writer: WRITER };
const SPARE = "spare/model";

const fails = (code, status, calls, more) => ({
  error: [code, status].filter(Boolean).join(" "),
  calls,
  ...more,
});
const well = (calls = 1, more) => ({ calls, ...more });
/**
 * The analyst's first call contains a JSON schema. If the server refuses the schema, the call is
 * repeated without it.
 */
const schemaless = { analyst: { calls: 2 } };
const status = (code, ends) => [
  `status ${code}`,
  failures[code] ?? { status: code, body: { error: { code, message: "No." } } },
  ends,
];
const later = (name, headers, body, ends) => [
  `Retry-After ${name}`,
  (good) => ({
    sequence: [
      {
        status: 429,
        body: body ?? { error: { code: 429, message: "Later." } },
        headers: { "access-control-expose-headers": "retry-after", ...headers() },
      },
      good,
    ],
  }),
  ends,
];
const httpDate = (ms) => new Date(Date.now() + ms).toUTCString();
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const noise = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + ((i * i) % 251)) % 256);
/** A short answer and a short analysis. The tests cut them at every fifth byte. */
const SHORT = says("Quite blue.");
const BRIEF =
  '{"consensus":["All agree."],"contradictions":[],"partial_coverage":[],' +
  '"unique_insights":[],"blind_spots":[]}';
const page = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";
const latin1 = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const brokenText =
  'data: {"choices":[{"delta":{"content":"caf\xe9 \xff\xfe ok"}}]}\n\ndata: ' +
  '{"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const redirect = (code, more) => (good, t) => ({
  sequence: [{ status: code, body: "", redirect: "completions", ...more?.(t) }, good],
});

/**
 * Each row is [name, script, outcome, request, options]. A script may be a function that makes the
 * script from a good answer. `request` and `options` are optional and add fields.
 */
const rows = [
  status(400, fails("invalid_request", 400, 1, schemaless)),
  status(401, fails("authentication", 401, 1)),
  status(402, fails("insufficient_credits", 402, 1)),
  status(403, fails("permission", 403, 1)),
  status(404, fails("invalid_model", 404, 1)),
  status(408, fails("timeout", 408, 2)),
  status(409, fails("invalid_request", 409, 1)),
  status(413, fails("invalid_request", 413, 1)),
  status(418, fails("invalid_request", 418, 1)),
  status(422, fails("invalid_request", 422, 1, schemaless)),
  status(429, fails("rate_limited", 429, 2)),
  status(500, fails("provider_error", 500, 2)),
  status(502, fails("provider_error", 502, 2)),
  status(503, fails("provider_error", 503, 2)),
  status(504, fails("timeout", 504, 2)),
  status(529, fails("provider_error", 529, 2)),
  status(599, fails("provider_error", 599, 2)),
  ["a transient failure", (good) => ({ sequence: [failures[503], good] }), well(2)],
  later("in seconds", () => ({ "retry-after": "1" }), undefined, well(2, { waits: 1000 })),
  later("a future date", () => ({ "retry-after": httpDate(2500) }), undefined, well(2)),
  later(
    "a past date",
    () => ({ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }),
    undefined,
    well(2),
  ),
  later(
    "in the body",
    () => ({}),
    { error: { code: 429, message: "Later.", availability: { retry_after: 1 } } },
    well(2, { waits: 1000 }),
  ),
  later("garbage", () => ({ "retry-after": "soon" }), undefined, well(2)),
  later("negative", () => ({ "retry-after": "-5" }), undefined, well(2)),
  later("a day away", () => ({ "retry-after": "86400" }), undefined, fails("rate_limited", 429, 1)),
  later(
    "a date a day away",
    () => ({ "retry-after": httpDate(86_400_000) }),
    undefined,
    fails("rate_limited", 429, 1),
  ),
  ["a fallback", failures[404], well(1), { fallbacks: [SPARE] }],
  [
    "no connection",
    {},
    fails("network_error", undefined, 0),
    {},
    (_t, model) => ({ fetch: refusing(model) }),
  ],
  [
    "stall before headers",
    { stall: "headers" },
    fails("timeout", undefined, 1),
    { timeouts: { first_byte_ms: SOON } },
  ],
  // Firefox resolves `fetch` only when the body begins. In Firefox, `first_byte_ms` therefore ends
  // this call. In other runtimes, `idle_ms` ends it.
  [
    "stall before the first event",
    { stall: "first" },
    fails("timeout", undefined, 1),
    { timeouts: { first_byte_ms: 4 * SOON, idle_ms: SOON } },
  ],
  [
    "stall in the middle",
    says("Half of it and then", { stall: { after: 2 } }),
    fails("timeout", undefined, 1, { keeps: "Half of" }),
    { timeouts: { idle_ms: SOON } },
  ],
  [
    "keep-alive without end",
    says("", { stall: "first", comments: { every_ms: 50 } }),
    fails("timeout", undefined, 1, { analyst: { run: "timeout" }, writer: { run: "timeout" } }),
    { timeouts: { panelist_ms: SOON, run_ms: 3 * SOON } },
  ],
  ["cut before headers", { cut: "headers" }, fails("network_error", undefined, 2)],
  [
    "cut after text",
    says("Half of it and then", { cut: { after: 2, wait_ms: 300 } }),
    fails("network_error", undefined, 1, { keeps: "Half of" }),
  ],
  [
    "an error mid-stream, 429",
    says("Half of it", { error: { code: 429, message: "Slow down." } }),
    fails("rate_limited", 429, 1),
  ],
  [
    "an error mid-stream, 502",
    says("Half of it", { error: { code: 502, message: "Gone." } }),
    fails("provider_error", 502, 1),
  ],
  [
    "an error mid-stream with a text code",
    says("Half of it", { error: { code: "rate_limit_exceeded", message: "Slow down." } }),
    fails("rate_limited", undefined, 1),
  ],
  [
    "an error before any text",
    { deltas: [], error: { code: 502, message: "Gone." } },
    fails("provider_error", 502, 2),
  ],
  ["garbage bytes", { bytes_base64: base64(noise) }, fails("network_error", undefined, 2)],
  [
    "text that is not UTF-8",
    { bytes_base64: base64(latin1(brokenText)) },
    well(1, { analyst: { error: "provider_error", calls: 2 } }),
  ],
  ["a line of 10 MB", { giant_line: 10_000_000 }, fails("provider_error", undefined, 2)],
  [
    "a body without end",
    { endless: ": comment\n\n".repeat(100) },
    fails("provider_error", undefined, 2),
    {},
    () => ({ limits: { body_bytes: 200_000 } }),
  ],
  [
    "an answer without end",
    { endless: 'data: {"choices":[{"delta":{"content":"more "}}]}\n\n' },
    fails("provider_error", undefined, 1),
    {},
    () => ({ limits: { body_bytes: 200_000 } }),
  ],
  ["SSE as text/plain", (good) => ({ ...good, content_type: "text/plain" }), well()],
  ["one JSON document", (good) => ({ ...good, json: true }), well()],
  [
    "a page with status 200",
    { status: 200, body: page, content_type: "text/html" },
    fails("provider_error", undefined, 2),
  ],
  [
    "a picture with status 200",
    { status: 200, body: "\u0001PNG", content_type: "image/png" },
    fails("provider_error", undefined, 2),
  ],
  [
    "a page with status 502",
    { status: 502, body: page, content_type: "text/html" },
    fails("provider_error", 502, 2),
  ],
  ["redirect 307", redirect(307), well(2)],
  ["redirect 308", redirect(308), well(2)],
  // `fetch` follows these redirects with a GET. The provider has no route for the GET.
  ["redirect 301", redirect(301), fails("invalid_request", 404, 1)],
  ["redirect 302", redirect(302), fails("invalid_request", 404, 1)],
  ["redirect 303", redirect(303), fails("invalid_request", 404, 1)],
  // Every runtime follows at most 20 redirects. Each of the two attempts therefore makes 21
  // requests.
  [
    "a redirect loop",
    { status: 307, body: "", redirect: "completions" },
    fails("network_error", undefined, 42),
  ],
  ["an empty body", { bytes_base64: "" }, fails("network_error", undefined, 2)],
  ["[DONE] and nothing else", { payloads: ["[DONE]"] }, fails("empty_response", undefined, 1)],
  ["an answer without text", { deltas: [] }, fails("empty_response", undefined, 1)],
  [
    "the length used up without text",
    { deltas: [], finish_reason: "length" },
    fails("empty_response", undefined, 1),
  ],
  [
    "filtered",
    { deltas: [], finish_reason: "content_filter" },
    fails("content_policy", undefined, 1),
  ],
];

const refusing = (model) => (url, init) =>
  JSON.parse(init.body).model === model
    ? Promise.reject(new TypeError("Failed to fetch"))
    : fetch(url, init);

/** Returns the usual request with a row's fields for the tested role. */
function asked(column, { fallbacks, ...more } = {}) {
  const spec = (model) => (fallbacks && model === models[column] ? { model, fallbacks } : model);
  return question({
    analysis_models: [ALPHA, spec(BETA)],
    analyst: spec(ANALYST),
    writer: spec(WRITER),
    max_retries: 1,
    ...more,
  });
}

/** Reads a run to the end and checks the invariants of every run. */
async function watch(t, request, options) {
  const run = t.start(request, options);
  const events = [];
  let error;
  try {
    for await (const event of run) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  equal(
    events.map(({ seq }) => seq),
    events.map((_, i) => i + 1),
    "seq",
  );
  const ends = events.filter(({ type }) => type === "run.completed" || type === "run.failed");
  ok(ends.length === 1 && ends[0] === events.at(-1), "one end, and it is last");
  for (const index of [0, 1]) {
    const of = (type) =>
      events.filter((event) => event.type === type && event.index === index).length;
    equal(of("panelist.completed") + of("panelist.failed"), 1, `panelist ${index} ends once`);
  }
  return { events, error, result: ends[0].result, snapshot: run.snapshot() };
}

async function settled(t) {
  const calls = await t.session.until(noneOpen);
  ok(noneOpen(calls), "a call is open");
  return calls;
}

/** Describes the outcome for the tested role in a few words. */
function outcome(column, { error, result, events }) {
  if (error && !(column === "writer" && error.code === "writer_failed"))
    return `run failed: ${error.code}`;
  if (column === "panelist") {
    const [failed] = result.failed_models;
    return failed ? `failed: ${[failed.code, failed.status_code].filter(Boolean).join(" ")}` : "ok";
  }
  if (column === "analyst") {
    const failed = events.findLast(({ type }) => type === "analysis.failed");
    return result.analysis
      ? "ok"
      : `none: ${[failed.error.code, failed.error.status_code].filter(Boolean).join(" ")}`;
  }
  return error ? `writer_failed${error.status_code ? ` ${error.status_code}` : ""}` : "ok";
}

function expected(column, ends) {
  const { error, run } = { ...ends, ...ends[column] };
  if (run) return `run failed: ${run}`;
  if (!error) return "ok";
  const code = error.split(" ");
  return {
    panelist: `failed: ${error}`,
    analyst: `none: ${error}`,
    writer: ["writer_failed", ...code.slice(1)].join(" "),
  }[column];
}

function cell([name, script, ends, more, options], column) {
  return {
    name: `${name}, ${column}`,
    async run(t) {
      const model = models[column];
      const good = defaultScripts()[model];
      const faulty = typeof script === "function" ? script(good, t) : script;
      await t.session.script(defaultScripts({ [model]: faulty, [SPARE]: good }));
      const { calls, keeps, waits } = { ...ends, ...ends[column] };
      const seen = await watch(t, asked(column, more), options?.(t, model));
      const observed = outcome(column, seen);
      const made = callsTo(await settled(t), model).length;
      t.cell(name, column, made > 1 ? `${observed} (${made} calls)` : observed);
      equal(observed, expected(column, ends));
      equal(made, calls, "calls");
      if (waits && column === "panelist") {
        const { delay_ms } = seen.events.find(({ type }) => type === "panelist.retrying");
        ok(delay_ms >= waits, `waited ${delay_ms}`);
      }
      if (keeps) {
        const partial = seen.snapshot.partial.find(({ model: of }) => of === model);
        ok(partial?.content.startsWith(keeps), `kept ${JSON.stringify(seen.snapshot.partial)}`);
      }
      // If another call fails, finished answers must still be in the snapshot.
      const { responses, analysis } = seen.snapshot;
      ok(
        responses.some(({ index }) => index === 0),
        "the other panelist's answer",
      );
      if (column === "writer") ok(responses.length === 2 && analysis, "answers and analysis");
    },
  };
}

/**
 * Cuts a stream at every fifth byte. If the event with the finish reason is not complete, the call
 * must fail.
 */
function cuts(column) {
  return {
    name: `cut at every fifth byte, ${column}`,
    async run(t) {
      const model = models[column];
      const good = column === "analyst" ? says(BRIEF) : SHORT;
      await t.session.script({ [model]: good });
      const body = JSON.stringify({
        model,
        messages: [{ role: "user", content: "Hello" }],
        stream: true,
      });
      const whole = await (
        await fetch(`${t.session.baseURL}/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        })
      ).text();
      const complete = whole.indexOf("\n\n", whole.indexOf('"finish_reason":"stop"')) + 2;
      const length = new TextEncoder().encode(whole).length;
      ok(complete > 2 && length === whole.length && length > 300, `${complete} of ${length}`);
      const tally = { failed: 0, ok: 0 };
      const cuts = Array.from({ length: Math.ceil(length / 5) }, (_, i) => i * 5);
      await t.session.script(
        defaultScripts({
          [model]: { sequence: cuts.map((bytes) => ({ ...good, cut: { bytes } })) },
        }),
      );
      for (const bytes of cuts) {
        const observed = outcome(column, await watch(t, asked(column, { max_retries: 0 })));
        const failed = expected(column, fails("network_error"));
        if (bytes < complete - 1) equal(observed, failed, `cut after ${bytes} bytes`);
        // After the event with the finish reason, the answer is complete. If only the rest of the
        // stream is lost, the call may succeed or fail.
        else ok(observed === "ok" || observed === failed, `cut after ${bytes} bytes: ${observed}`);
        tally[observed === "ok" ? "ok" : "failed"] += 1;
      }
      equal(callsTo(await settled(t), model).length, 1 + cuts.length, "a call for each cut");
      t.cell("cut at every fifth byte", column, `network_error ${tally.failed}, ok ${tally.ok}`);
    },
  };
}

/** Checks that a redirect to another origin is followed without the key. */
const elsewhere = {
  name: "a redirect to another origin does not carry the key",
  async run(t) {
    const other = `${t.session.control.replace("127.0.0.1", "localhost")}/api/v1/chat/completions`;
    await t.session.script(
      defaultScripts({
        [BETA]: { sequence: [{ status: 307, body: "", redirect: other }, defaultScripts()[BETA]] },
      }),
    );
    const seen = await watch(t, asked("panelist"));
    const calls = callsTo(await settled(t), BETA);
    t.cell("redirect to another origin", "panelist", outcome("panelist", seen));
    ok(calls[0].headers.authorization?.startsWith("Bearer "), "the first call has the key");
    for (const { headers } of calls.slice(1))
      equal(headers.authorization, undefined, "the second has not");
  },
};

export default [
  ...rows.flatMap((row) => Object.keys(models).map((column) => cell(row, column))),
  ...Object.keys(models).map(cuts),
  elsewhere,
];
