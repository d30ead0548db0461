// Tests that events, errors, snapshots and streams never contain the key, even if a provider echoes
// it.

import { refuses, says } from "../provider/scripts.mjs";
import { equal, failure, lacks, ok } from "./assert.mjs";
import { DIALECTS, keyOf, providers } from "./dialects.mjs";
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
import { KEY } from "./harness.mjs";
import { readRun, readServerSentEvents } from "./run-helpers.mjs";

const everything = (run, events, error) =>
  [
    JSON.stringify(events),
    JSON.stringify(run.snapshot()),
    String(error),
    error?.stack ?? "",
    JSON.stringify(error?.snapshot ?? null),
    JSON.stringify({ ...error, cause: String(error?.cause) }),
  ].join("\n");

const echoing = (key) => ({
  "an error's message": refuses(401, `Invalid key: Bearer ${key}`),
  "an error's text": { status: 500, body: `request was: authorization: Bearer ${key}` },
  "an error's metadata": refuses(429, "Slow down", {
    metadata: { raw: `key ${key}`, headers: { authorization: `Bearer ${key}` } },
  }),
  "a mid-stream error": says("Some", { error: { code: 500, message: `upstream refused ${key}` } }),
  "a refusal": says("", { refusal: `I won't take ${key}`, finish_reason: "content_filter" }),
  "a whole page": { status: 502, body: `<html><body>${key}</body></html>` },
});

const bytes = (text) => new TextEncoder().encode(text);
const bodyOf = (source, status) =>
  new Response(new ReadableStream(source), { status, headers: { "content-type": "text/plain" } });

/** Responses whose body breaks off after `text`. */
const BROKEN_BODIES = {
  "a stall": (text, status) => bodyOf({ start: (body) => body.enqueue(bytes(text)) }, status),
  "a broken connection": (text, status) => {
    const chunks = [bytes(text)];
    const pull = (body) => {
      const chunk = chunks.shift();
      if (chunk) body.enqueue(chunk);
      else body.error(new TypeError("terminated"));
    };
    return bodyOf({ pull }, status);
  },
  "an early end": (text, status) => new Response(text, { status }),
};

/** A header that carries a secret. The session allows this header from pages. */
const SECRET = "x-openrouter-title";
const secretOf = (dialect) => `secret-${dialect}-0123456789`;
const guarded = (t) =>
  providers(t, (dialect) => ({ headers: { [SECRET]: `Token ${secretOf(dialect)}` } }));

export default [
  ...Object.entries(echoing(KEY)).map(([where, script]) => ({
    name: `a key echoed in ${where} is not exposed`,
    async run(t) {
      for (const scripts of [
        { [ALPHA]: script, [BETA]: script },
        { [BETA]: script, [ANALYST]: script, [WRITER]: script },
      ]) {
        await t.session.reset();
        await t.session.script(defaultScripts(scripts));
        const run = t.start(question());
        const { events, error } = await readRun(run);
        ok(error, "the run fails");
        lacks(everything(run, events, error), KEY);
        const frames = await readServerSentEvents(t.start(question()).toReadableStream());
        lacks(JSON.stringify(frames), KEY);
      }
    },
  })),
  ...Object.entries(BROKEN_BODIES).map(([how, broken]) => ({
    name: `half a key at the end of a body is not exposed (${how})`,
    async run(t) {
      for (const status of [401, 503, 200]) {
        // With status 200, the body is an event stream that contains an error as a line without
        // `data:`. With other statuses, the body is the text of an error.
        const words = `${status === 200 ? ": hello\n\nupstream error: " : ""}wrong key ${KEY}`;
        const half = words.slice(0, -6);
        const fetch = async () => broken(half, status);
        const request = { prompt: "q", convene: false, writer: ALPHA };
        const run = t.start(
          { ...request, max_retries: 0, timeouts: { idle_ms: 200, first_byte_ms: 200 } },
          { fetch },
        );
        const { events, error } = await readRun(run);
        ok(error, `${status}: the run fails`);
        lacks(everything(run, events, error), KEY.slice(0, 8), String(status));
        ok(status === 200 || error.message.includes("wrong key"), error.message);
      }
    },
  })),
  {
    name: "an error that is complete keeps its end if its body stays open",
    async run(t) {
      const body = JSON.stringify({ error: { message: "No such thing as this model." } });
      const run = t.start(
        { prompt: "q", convene: false, writer: ALPHA, timeouts: { idle_ms: 200 } },
        { fetch: async () => BROKEN_BODIES["a stall"](body, 404) },
      );
      const { error } = await readRun(run);
      ok(error.message.includes("No such thing as this model."), error.message);
    },
  },
  {
    name: "a key in the error of a fetch is not exposed",
    async run(t) {
      const thrown = new TypeError(`Headers.append: "Bearer ${KEY}" is an invalid header value.`);
      const run = t.start(question(), { fetch: () => Promise.reject(thrown) });
      const { events, error } = await readRun(run);
      equal(error.code, "network_error");
      lacks(
        [JSON.stringify(events), JSON.stringify(run.snapshot()), error.message].join("\n"),
        KEY,
      );
    },
  },
  {
    name: "the refusal of a key that is no header value does not quote it",
    async run(t) {
      for (const apiKey of [`${KEY}\u2713`, `${KEY}\nx`, `${KEY}\0`]) {
        const error = await failure(t.start(question(), { apiKey }).result());
        equal(error.code, "invalid_request");
        ok(error.message.includes("apiKey"), error.message);
        lacks([String(error), error.stack, JSON.stringify(error.snapshot)].join("\n"), KEY);
      }
      equal(await t.session.calls(), []);
    },
  },
  ...DIALECTS.map((dialect) => ({
    name: `a provider's own key and header are not exposed if it echoes them (${dialect})`,
    async run(t) {
      for (const secret of [keyOf(dialect), secretOf(dialect)]) {
        for (const [where, script] of Object.entries(echoing(secret))) {
          // The dialect `messages` has no field for a refusal. A refusal is the text of the answer.
          if (where === "a refusal" && dialect === "messages") continue;
          await t.session.reset();
          await t.session.script(defaultScripts({ [ALPHA]: script, [WRITER]: script }));
          const run = t.start(
            question({
              analysis_models: [`${dialect}:${ALPHA}`, BETA],
              writer: { model: WRITER, provider: dialect },
            }),
            guarded(t),
          );
          const { events, error } = await readRun(run);
          ok(error?.snapshot.failed_models.length === 1, `${where}: panelist and writer fail`);
          lacks(everything(run, events, error), secret, where);
          for (const { headers } of callsTo(await t.session.calls(), ALPHA))
            equal(headers[SECRET], `Token ${secretOf(dialect)}`);
        }
      }
    },
  })),
  {
    name: "each provider's key and headers are sent to it alone and not exposed",
    async run(t) {
      await t.session.script(defaultScripts({ "panel/m": says("All find all common ground.") }));
      const run = t.start(
        question({ analysis_models: DIALECTS.map((dialect) => `${dialect}:panel/m`) }),
        guarded(t),
      );
      const { events } = await readRun(run);
      const frames = await readServerSentEvents(
        t.start({ resume: run.snapshot() }, guarded(t)).toReadableStream(),
      );
      const calls = await t.session.calls();
      equal(
        callsTo(calls, "panel/m")
          .map(({ dialect }) => dialect)
          .sort(),
        [...DIALECTS].sort(),
      );
      for (const dialect of DIALECTS) {
        for (const secret of [keyOf(dialect), secretOf(dialect)]) {
          lacks(JSON.stringify([events, run.snapshot(), frames]), secret);
          const others = calls.filter(
            (call) => call.model !== "panel/m" || call.dialect !== dialect,
          );
          lacks(JSON.stringify(others), secret, `${secret} in a call of another provider`);
          const own = callsTo(calls, "panel/m").find((call) => call.dialect === dialect);
          lacks(JSON.stringify([own.url, own.body]), secret);
          ok(JSON.stringify(own.headers).includes(secret), `${secret} reaches its provider`);
        }
      }
    },
  },
  {
    name: "a provider without a key gets no other provider's key",
    async run(t) {
      await t.session.script(defaultScripts());
      const bare = { baseURL: t.session.baseURL };
      await t
        .start(question({ analysis_models: [`bare:${ALPHA}`, BETA] }), { providers: { bare } })
        .result();
      const calls = await t.session.calls();
      const [alpha, beta] = [ALPHA, BETA].map((model) => callsTo(calls, model)[0]);
      equal(
        [alpha.headers.authorization, alpha.headers["x-api-key"], beta.headers.authorization],
        [undefined, undefined, `Bearer ${KEY}`],
      );
    },
  },
  ...["chat", "messages", "a header"].map((kind) => ({
    name: `a redirect to another origin carries no key (${kind})`,
    async run(t) {
      const dialect = kind === "messages" ? "messages" : "chat";
      const path = { chat: "chat/completions", messages: "messages" }[dialect];
      const there = `${t.session.control.replace("127.0.0.1", "localhost")}/api/v1/${path}`;
      await t.session.script(
        defaultScripts({
          [ALPHA]: {
            sequence: [{ status: 307, body: "", redirect: there }, defaultScripts()[ALPHA]],
          },
        }),
      );
      const options = kind === "a header" ? guarded(t) : providers(t);
      const { events } = await readRun(
        t.start(question({ analysis_models: [`${dialect}:${ALPHA}`, BETA] }), options),
      );
      const [first, ...rest] = callsTo(await t.session.calls(), ALPHA);
      ok(JSON.stringify(first.headers).includes(keyOf(dialect)), "the first call has the key");
      for (const { headers } of rest.filter(({ headers }) => headers.host !== first.headers.host)) {
        lacks(JSON.stringify(headers), keyOf(dialect));
        equal(
          [
            headers[SECRET],
            headers["x-api-key"],
            headers.authorization,
            headers["anthropic-version"],
          ],
          [undefined, undefined, undefined, undefined],
        );
      }
      const reached = rest.some(({ headers }) => headers.host !== first.headers.host);
      // In a page, code cannot see the target of a redirect. A key in a header other than
      // `authorization` could leak, so such a call does not follow redirects.
      equal(reached, !t.isBrowser || kind === "chat");
      if (!reached)
        equal(
          events.find(({ type, index }) => type === "panelist.failed" && index === 0).error.code,
          "network_error",
        );
    },
  })),
  {
    name: "a successful run does not expose the key",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const { events } = await readRun(run);
      lacks(JSON.stringify([events, run.snapshot()]), KEY);
      ok(
        (await t.session.calls()).every(
          ({ url, body }) => !url.includes(KEY) && !JSON.stringify(body).includes(KEY),
        ),
        "no key in a URL or a body",
      );
      equal((await t.session.calls()).length, PANEL.length + 2);
    },
  },
];
