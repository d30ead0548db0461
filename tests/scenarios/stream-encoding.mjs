// Tests streams with different line ends, byte order marks and comments, and splits their bytes at
// different places. The text must always be the same.

import { says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok, oneOf, within } from "./assert.mjs";
import { ALPHA, BETA, callsTo, defaultScripts, question, SOON, WRITER } from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

const TEXT = "all common ground: “Grüße” — 日本語 €𝄞👩‍🚀 \u2028 end";

/** Runs panelists that are named after their encodings. Each must answer TEXT. */
const allSay = (variants) => async (t) => {
  const scripts = Object.fromEntries(
    Object.entries(variants).map(([name, more]) => [`w/${name}`, says(TEXT, more)]),
  );
  await t.session.script(defaultScripts(scripts));
  const { events, result } = await complete(
    t.start(question({ analysis_models: Object.keys(scripts) })),
  );
  equal(result.failed_models, []);
  for (const { model, content } of result.responses) equal(content, TEXT, model);
  for (const { index } of result.responses)
    equal(
      eventsOf(events, "panelist.delta", index)
        .map(({ delta }) => delta)
        .join(""),
      TEXT,
    );
};

const payload = (content, finish_reason = null) =>
  JSON.stringify({ id: "x", choices: [{ index: 0, delta: { content }, finish_reason }] });

/**
 * Makes a run in which Beta has the given script and the other panelists answer. Returns Beta's
 * response or its failure.
 */
async function member(t, script, options) {
  await t.session.script(defaultScripts({ [BETA]: script }));
  const { result } = await within(20_000, complete(t.start(question(), options)), "the run");
  return {
    response: result.responses.find(({ index }) => index === 1),
    failed: result.failed_models[0],
  };
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));

export default [
  {
    name: "BOM, CRLF, CR, comments and a missing [DONE] are read",
    run: allSay({
      bom: { bom: true },
      crlf: { newline: "\r\n" },
      cr: { newline: "\r" },
      comments: { comments: { before: 3, between: true } },
      open: { done: false },
      all: { bom: true, newline: "\r\n", comments: { before: 1, between: true }, split: 5 },
    }),
  },
  {
    name: "streams in pieces of 1, 2, 3 and 7 bytes are read",
    run: allSay({
      1: { split: 1 },
      2: { split: 2 },
      3: { split: 3 },
      7: { split: 7 },
      "1 and CRLF": { split: 1, newline: "\r\n" },
      "1 and CR": { split: 1, newline: "\r" },
    }),
  },
  {
    name: "slow starts, JSON and other content types are read",
    run: allSay({
      headers: { delay: { headers_ms: 150 } },
      first: { delay: { first_ms: 150 } },
      between: { delay: { between_ms: 10 } },
      json: { json: true },
      typed: { content_type: "text/event-stream; charset=utf-8" },
      bare: { content_type: "application/octet-stream" },
    }),
  },
  {
    name: "usage of a whole JSON answer counts",
    async run(t) {
      const { response } = await member(
        t,
        says("Whole all common ground.", {
          json: true,
          usage: { prompt_tokens: 1, completion_tokens: 2, cost: "0.5" },
        }),
      );
      equal(
        [response.content, response.usage.cost, response.finish_reason],
        ["Whole all common ground.", 0.5, "stop"],
      );
    },
  },
  ...[
    [
      "an integer code",
      {
        code: 429,
        message: "Rate limit exceeded",
        metadata: { error_type: "rate_limit_exceeded" },
      },
      "rate_limited",
    ],
    ["a text code", { code: "server_error", message: "It broke" }, "provider_error"],
    ["a message alone", { message: "It broke" }, "provider_error"],
    [
      "a context that is too long",
      { code: 400, message: "Too long", metadata: { error_type: "context_length_exceeded" } },
      "context_length_exceeded",
    ],
  ].map(([name, error, code]) => ({
    name: `a mid-stream error with ${name}`,
    async run(t) {
      const { failed } = await member(t, says("Some text", { error }));
      equal(failed.code, code);
      includes(failed.error, error.message);
    },
  })),
  {
    name: "a mid-stream error may be plain text",
    async run(t) {
      const { failed } = await member(t, { payloads: [payload("Some"), '{"error":"It broke"}'] });
      includes(failed.error, "It broke");
    },
  },
  {
    name: "a cut stream is a failure",
    async run(t) {
      for (const script of [
        says("a b c d", { cut: { after: 2 } }),
        says("a b c d", { cut: { bytes: 150 } }),
        says("x", { cut: "headers" }),
      ]) {
        await t.session.reset();
        equal((await member(t, script)).failed.code, "network_error");
      }
    },
  },
  {
    name: "a stream that ends in the middle of its JSON is a failure",
    async run(t) {
      const { failed } = await member(t, {
        bytes_base64: base64(
          ascii(`data: ${payload("Some ")}\n\ndata: {"choices":[{"delta":{"con`),
        ),
      });
      ok(failed?.code);
    },
  },
  ...[
    [
      "a page with status 200",
      { status: 200, body: "<!doctype html><title>Sign in to the Wi-Fi</title><p>Welcome" },
    ],
    [
      "garbage bytes",
      { bytes_base64: base64(Array.from({ length: 3000 }, (_, i) => (i * 7919 + (i >> 3)) % 256)) },
    ],
    ["an empty body", { bytes_base64: "" }],
    ["JSON of another form", { status: 200, body: { hello: "world" } }],
    ["null", { status: 200, body: "null", content_type: "application/json" }],
    [
      "an error with status 200",
      { status: 200, body: { error: { code: 500, message: "It broke" } } },
    ],
    ["data that is not JSON", { payloads: ["not json", "<p>neither"] }],
    ["nothing but comments", { payloads: [], comments: { before: 3 } }],
    [
      "invalid choices",
      {
        payloads: [
          '{"choices":null}',
          '{"choices":{}}',
          '{"choices":[null]}',
          '{"choices":[{"delta":null}]}',
          '{"choices":[{"delta":{"content":7}}]}',
          "[]",
          "7",
          "null",
        ],
      },
    ],
  ].map(([name, script]) => ({
    name: `${name} instead of an answer is a failure`,
    async run(t) {
      const { failed } = await member(t, script);
      oneOf(failed.code, ["provider_error", "network_error", "empty_response"]);
      lacks(failed.error, "<p>");
      ok(failed.error.length > 0 && failed.error.length < 2000);
    },
  })),
  {
    name: "a redirect is followed",
    async run(t) {
      const { response } = await member(t, {
        sequence: [
          { status: 307, body: "", redirect: "moved/chat/completions" },
          says("Moved all common ground."),
        ],
      });
      equal(response.content, "Moved all common ground.");
    },
  },
  {
    name: "a redirect loop is a failure",
    async run(t) {
      const { failed } = await member(t, { status: 307, body: "", redirect: "completions" });
      ok(failed.code);
    },
  },
  {
    name: "invalid UTF-8 is replaced",
    async run(t) {
      const [before, after] = payload("left | right", "stop").split("|").map(ascii);
      const { response } = await member(t, {
        bytes_base64: base64([
          ...ascii("data: "),
          ...before,
          0xff,
          0xc3,
          0x28,
          0xed,
          0xa0,
          0x80,
          ...after,
          ...ascii("\n\ndata: [DONE]\n\n"),
        ]),
      });
      includes(response.content, "left ");
      includes(response.content, " right");
      includes(response.content, "\ufffd");
    },
  },
  {
    name: "lone surrogate escapes do not affect their neighbours",
    async run(t) {
      const { response } = await member(t, {
        payloads: [
          payload("left |", null).replace("|", "\\ud83d"),
          payload("mid |", null).replace("|", "\\ude00 \\ud83d\\u0041"),
          payload(" right", "stop"),
        ],
      });
      for (const part of ["left ", "mid ", "A right"]) includes(response.content, part);
      // The text must be valid Unicode. A lone surrogate could not be encoded.
      ok(response.content.isWellFormed?.() ?? true);
    },
  },
  {
    name: "unusual but valid JSON is read",
    async run(t) {
      const nested = `{"a":${"[".repeat(90)}${"]".repeat(90)}}`;
      const { response } = await member(t, {
        payloads: [
          '{"choices":[{"index":0,"delta":{"content":"all common \\u0067round\\n\\t\\"\\\\ ' +
            '\\ud834\\udd1e"}}],"unknown":{"deep":[1,2,{"x":null}]}}',
          '  {"choices" : [ { "delta" : { "role" : "assistant", "content" : null, "refusal" ' +
            ': null } , "finish_reason" : null } ] , "usage" : null }  ',
          nested,
          '{"choices":[{"index":0,"delta":{},"finish_reason":"stop",' +
            '"native_finish_reason":"STOP"}]}',
        ],
      });
      equal(response.content, 'all common ground\n\t"\\ 𝄞');
    },
  },
  {
    name: "JSON that is nested too deeply fails one panelist alone",
    async run(t) {
      const { response, failed } = await member(t, {
        payloads: [
          payload("all common ground "),
          `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
          payload("end", "stop"),
        ],
      });
      ok(response ?? failed);
    },
  },
  {
    name: "events may have several data lines and unknown fields",
    async run(t) {
      const body =
        'event: message\nid: 7\nretry: 10\ndata: {"choices":[{"delta":\ndata: ' +
        `{"content":"all common ground"}}]}\n\ndata:${payload("!", "stop")}\n\ndata: [DONE]\n\n`;
      const { response } = await member(t, { bytes_base64: base64(ascii(body)) });
      equal(response.content, "all common ground!");
    },
  },
  {
    name: "data after [DONE] is not read",
    async run(t) {
      const { response } = await member(t, {
        payloads: [payload("all common ground", "stop"), "[DONE]", payload(" and more")],
      });
      equal(response.content, "all common ground");
    },
  },
  {
    name: "a connection that stays open after [DONE] does not delay the run",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [WRITER]: {
            payloads: [payload("So.", "stop"), "[DONE]", payload("")],
            stall: { after: 2 },
          },
        }),
      );
      const { result } = await within(10_000, complete(t.start(question())), "the run");
      equal(result.answer, "So.");
      const calls = await t.session.until((calls) => calls.every(({ end }) => end !== "open"));
      equal(callsTo(calls, WRITER)[0].end, "client_closed");
    },
  },
  ...[
    ["breaks", { cut: { after: 1, wait_ms: 300 } }],
    ["stalls", { stall: { after: 1 } }],
  ].map(([name, how]) => ({
    name: `an answer is complete if its connection ${name} after the finish reason`,
    async run(t) {
      await t.session.script(
        defaultScripts({ [BETA]: { payloads: [payload("all common ground", "stop")], ...how } }),
      );
      const { result } = await within(
        20_000,
        complete(t.start(question({ timeouts: { idle_ms: SOON } }))),
        "the run",
      );
      equal([result.failed_models, result.responses[1].content], [[], "all common ground"]);
    },
  })),
  {
    name: "a second choice is ignored",
    async run(t) {
      const other = JSON.stringify({ choices: [{ index: 1, delta: { content: "OTHER" } }] });
      const { response } = await member(t, {
        payloads: [payload("all common "), other, payload("ground", "stop")],
      });
      equal(response.content, "all common ground");
    },
  },
  {
    name: "text of all Unicode planes is sent unchanged",
    async run(t) {
      const prompt = `${TEXT} \u0000 \ud83d lone \u{10ffff}`;
      await t.session.script(defaultScripts());
      await t.start(question({ prompt })).result();
      const sent = callsTo(await t.session.calls(), ALPHA)[0].body.messages.at(-1).content;
      equal(
        sent.replace(/\ufffd|\ud83d(?![\udc00-\udfff])/, "?"),
        prompt.replace(/\ud83d(?![\udc00-\udfff])/, "?"),
      );
    },
  },
];
