// Tests fromResponse(), which reads the server-sent events of a run in another process.

import { noneOpen } from "../provider/client.mjs";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok, same, throws, within } from "./assert.mjs";
import { ALPHA, BETA, defaultScripts, question, stalled, WRITER } from "./fixtures.mjs";
import { complete, readRun } from "./run-helpers.mjs";

const SSE = { headers: { "content-type": "text/event-stream" } };
const respond = (body, init) => new Response(body, { ...SSE, ...init });

/** Returns a server's response that streams the run. */
const served = (run) => respond(run.toReadableStream());

/** Returns the text of a run's event stream. */
const recorded = async (t, request = question()) =>
  new Response(t.start(request).toReadableStream()).text();

const eventsOf = (text) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice(6)));

/**
 * Returns a body of the given pieces. After these pieces, the body ends. If `breaks` is true, the
 * body fails instead.
 */
function pieces(chunks, { breaks } = {}) {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]);
      else if (breaks) controller.error(new TypeError("connection lost"));
      else controller.close();
    },
  });
}

const encode = (text) => new TextEncoder().encode(text);

function cut(bytes, size) {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
  return chunks;
}

export default [
  {
    name: "events and result equal those of the original run",
    async run(t) {
      await t.session.script(defaultScripts());
      const text = await recorded(t);
      const { events, result } = await complete(t.fromResponse(respond(text)));
      equal(events, eventsOf(text));
      equal(result, events.at(-1).result);
    },
  },
  {
    name: "the response may be a promise, and result() works without a reader",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.fromResponse(Promise.resolve(served(t.start(question()))));
      equal((await run.result()).answer, "Yes, it is blue.");
      same(run.result(), run.result());
      const snapshot = run.snapshot();
      equal(
        [
          snapshot.status,
          snapshot.responses.length,
          snapshot.answer.content,
          snapshot.activity.length,
        ],
        ["completed", 2, "Yes, it is blue.", 4],
      );
    },
  },
  {
    name: "a failed run fails with the same error",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: failures[402] }));
      const { events, error } = await readRun(t.fromResponse(served(t.start(question()))));
      ok(error instanceof t.FusionError, String(error));
      equal(
        [error.code, error.status_code, error.snapshot.status],
        ["writer_failed", 402, "failed"],
      );
      equal(
        error.snapshot.responses.map(({ model, content }) => [model, content]),
        [
          [ALPHA, "Alpha finds all common ground in blue."],
          [BETA, "Beta finds all common ground in azure."],
        ],
      );
      const { code, message } = error;
      const more = { status_code: 402, cause_code: "insufficient_credits" };
      equal(error.cause_code, more.cause_code);
      equal(events.at(-1).error, { code, message, ...more });
    },
  },
  {
    name: "a stream may be split anywhere, with each kind of line end and a byte order mark",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says("Ja: blau – 蓝色 🟦.") }));
      const text = await recorded(t);
      const expected = eventsOf(text);
      for (const newline of ["\n", "\r\n", "\r"]) {
        const bytes = encode(`\uFEFF: hello\n\nretry: 10\n\n${text}`.replaceAll("\n", newline));
        for (const size of [1, 2, 3, 7, 64, 1000, bytes.length]) {
          const { events } = await complete(t.fromResponse(respond(pieces(cut(bytes, size)))));
          equal(events, expected, `${JSON.stringify(newline)}, ${size} bytes at a time`);
        }
        // Some of these splits are between CR and LF, and some are inside a character of four
        // bytes.
        for (let at = 1; at < Math.min(bytes.length, 400); at++) {
          const { events } = await complete(
            t.fromResponse(respond(pieces([bytes.slice(0, at), bytes.slice(at)]))),
          );
          equal(events.length, expected.length, `${JSON.stringify(newline)}, split at ${at}`);
        }
      }
    },
  },
  {
    name: "a stream that is cut and reconnected gives each event once",
    async run(t) {
      await t.session.script(defaultScripts());
      const text = await recorded(t);
      const expected = eventsOf(text);
      const frames = text.split("\n\n").filter(Boolean);
      for (let seed = 0; seed < 12; seed++) {
        const asked = [];
        // Each connection repeats the last two events, and most connections break.
        const connect = (lastEventId) => {
          asked.push(lastEventId);
          const from = Math.max(0, Number(lastEventId) - 2);
          const rest = encode(`retry: 0\n\n${frames.slice(from).join("\n\n")}\n\n`);
          const end =
            asked.length > 6
              ? rest.length
              : Math.floor((((seed * 37 + asked.length * 101) % 97) / 97) * rest.length);
          return respond(pieces(cut(rest.slice(0, end), 50 + seed), { breaks: seed % 2 === 0 }));
        };
        const { events, result } = await complete(
          t.fromResponse(connect("0"), { reconnect: async (id) => connect(id) }),
        );
        equal(events, expected);
        equal(result, expected.at(-1).result);
        ok(asked.length > 1 && asked.every((id) => /^\d+$/.test(id)), asked.join());
      }
    },
  },
  {
    name: "reconnects after transient failures and not after a permanent one",
    async run(t) {
      await t.session.script(defaultScripts());
      const text = `retry: 0\n\n${await recorded(t)}`;
      const down = [
        () => Promise.reject(new TypeError("offline")),
        () => new Response("busy", { status: 503 }),
        () => new Response("slow down", { status: 429 }),
        () => respond(text),
      ];
      const run = t.fromResponse(respond("retry: 0\n\n: hello\n\n"), {
        reconnect: () => down.shift()(),
      });
      equal((await run.result()).answer, "Yes, it is blue.");
      let asked = 0;
      const gone = t.fromResponse(respond("retry: 0\n\n"), {
        reconnect: () => {
          asked += 1;
          return new Response('{"error":{"message":"no such run"}}', { status: 404 });
        },
      });
      const error = await failure(gone.result());
      equal(
        [error.code, error.status_code, error.message, asked],
        ["invalid_request", 404, "HTTP 404: no such run", 1],
      );
      asked = 0;
      const dead = t.fromResponse(respond("retry: 0\n\n"), {
        reconnect: () => {
          asked += 1;
          return Promise.reject(new TypeError("offline"));
        },
      });
      const given = await failure(dead.result());
      equal([given.code, given.cause.message, asked], ["network_error", "offline", 10]);
    },
  },
  {
    name: "one event of 16 MB in small pieces is read",
    async run(t) {
      const delta = "x".repeat(16_000_000);
      const event = { seq: 1, elapsed_ms: 0, type: "answer.delta", delta };
      const end = { seq: 2, elapsed_ms: 0, type: "run.failed", error: { code: "x", message: "m" } };
      const chunks = cut(
        encode(`data: ${JSON.stringify(event)}\n\ndata: ${JSON.stringify(end)}\n\n`),
        16_384,
      );
      let next = 0;
      const body = new ReadableStream({
        async pull(controller) {
          // Waits, so that timers can run. If the reader searched the whole buffer again for each
          // piece, this test would take minutes.
          if (next % 16 === 0) await new Promise((wake) => setTimeout(wake));
          if (next < chunks.length) controller.enqueue(chunks[next++]);
          else controller.close();
        },
      });
      const { events } = await within(30_000, readRun(t.fromResponse(respond(body))), "the event");
      equal([events.length, events[0].delta.length, events[1]], [2, delta.length, end]);
    },
  },
  {
    name: "only a final event without its fields fails the run",
    async run(t) {
      const start = { seq: 1, elapsed_ms: 0, type: "run.started" };
      for (const end of [
        { type: "run.completed" },
        { type: "run.completed", result: null },
        { type: "run.failed" },
      ]) {
        const body = [start, { seq: 2, elapsed_ms: 1, ...end }]
          .map((event) => `data: ${JSON.stringify(event)}\n\n`)
          .join("");
        const { events, error } = await within(
          20_000,
          readRun(t.fromResponse(respond(body))),
          "the end",
        );
        equal(
          [error.code, events.map(({ type }) => type)],
          ["network_error", ["run.started", "run.failed"]],
        );
        includes(error.message, "no event of a run");
      }
      const bare = [
        start,
        { seq: 2, elapsed_ms: 1, type: "panelist.failed", index: 0 },
        { seq: 3, elapsed_ms: 1, type: "run.completed", result: { answer: "a" } },
      ];
      const run = t.fromResponse(
        respond(bare.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")),
      );
      equal((await within(20_000, run.result(), "the result")).answer, "a");
      equal([run.snapshot().status, run.snapshot().responses], ["completed", []]);
    },
  },
  {
    name: "with any values in the fields of events, the run ends and snapshot() works",
    async run(t) {
      // JavaScript cannot convert the last value to a string or a number.
      const odd = [
        null,
        5,
        true,
        "s",
        "__proto__",
        "length",
        {},
        [],
        [null, null],
        [5],
        [[]],
        { valueOf: 1, toString: 1 },
      ];
      const member = {
        index: 0,
        model: "a/b",
        content: "c",
        delta: "d",
        url: "u",
        title: "t",
        usage: {},
        finish_reason: "stop",
        error: { code: "x", message: "m" },
      };
      const kinds = [
        "panelist.started",
        "panelist.delta",
        "panelist.source",
        "panelist.completed",
        "panelist.failed",
        "analysis.source",
        "analysis.completed",
        "answer.started",
        "answer.delta",
        "answer.source",
        "answer.tool_call",
        "answer.completed",
      ];
      const whole = [
        { type: "run.started", run_id: "r", seed: 1, panel: [{ model: "a/b" }] },
        ...kinds.map((type) => ({ type, ...member })),
        ...kinds.slice(0, 4).map((type) => ({ type, ...member, index: 1 })),
      ];
      const ends = [
        {
          type: "run.completed",
          result: { responses: [], failed_models: [], analysis: null, activity: [] },
        },
        { type: "run.failed", error: { code: "x", message: "m" } },
      ];
      const respondWith = (events) =>
        respond(
          events
            .map(
              (event, i) => `data: ${JSON.stringify({ seq: i + 1, elapsed_ms: 0, ...event })}\n\n`,
            )
            .join(""),
        );
      const ended = async (events) => {
        const run = t.fromResponse(respondWith(events));
        const drained = (async () => {
          for await (const event of run) ok(event.type);
        })();
        const error = await within(
          60_000,
          drained.catch((error) => error),
          "the end",
        );
        const { status } = run.snapshot();
        equal(
          [status, error === undefined],
          events.at(-1).type === "run.completed" ? ["completed", true] : ["failed", false],
        );
        if (error) ok(t.isFusionError(error) && error.snapshot.status === "failed", String(error));
      };
      const names = [...Object.keys(member), "run_id", "seed", "panel"];
      for (const end of ends) {
        for (const value of odd)
          for (const name of names)
            await ended([
              ...whole.map((event) => (name in event ? { ...event, [name]: value } : event)),
              end,
            ]);
      }
      for (const value of [...odd, [{}, {}], [{ index: odd.at(-1) }, { index: 0 }]]) {
        for (const name of Object.keys(ends[0].result))
          await ended([{ type: "run.completed", result: { ...ends[0].result, [name]: value } }]);
        for (const name of ["code", "message"])
          await ended([{ type: "run.failed", error: { ...ends[1].error, [name]: value } }]);
      }
      equal(Object.keys(Array.prototype), [], "Array.prototype is unchanged");
    },
  },
  {
    name: "an event that is nested too deeply fails the run",
    async run(t) {
      const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
      const run = t.fromResponse(
        respond(
          `data: {"seq":1,"elapsed_ms":0,"type":"analysis.completed","analysis":${deep}}\n\n`,
        ),
      );
      includes(
        (await within(60_000, failure(run.result()), "the end")).message,
        "no event of a run",
      );
      equal(run.snapshot().status, "failed");
    },
  },
  {
    name: "without reconnect, a broken connection is an error with a snapshot of the events so far",
    async run(t) {
      await t.session.script(defaultScripts());
      const text = await recorded(t);
      const analysed = text.slice(0, text.indexOf('"type":"answer.completed"'));
      for (const breaks of [true, false]) {
        const { events, error } = await readRun(
          t.fromResponse(respond(pieces([encode(analysed)], { breaks }))),
        );
        equal(
          [error.code, events.at(-1).type, events.at(-1).seq],
          ["network_error", "run.failed", events.length],
        );
        equal(
          [
            error.snapshot.responses.length,
            error.snapshot.analysis.blind_spots,
            error.snapshot.answer,
          ],
          [2, [{ point: "Nobody looked at cost." }], null],
        );
        equal(
          error.snapshot.partial.map(({ stage, model }) => [stage, model]),
          [["answer", WRITER]],
        );
      }
    },
  },
  {
    name: "missing events and invalid events are errors",
    async run(t) {
      await t.session.script(defaultScripts());
      const text = await recorded(t);
      const frames = text.split("\n\n");
      const without = await failure(
        t.fromResponse(respond([...frames.slice(0, 3), ...frames.slice(4)].join("\n\n"))).result(),
      );
      equal([without.code, without.message], ["network_error", "events were lost: after 3 came 5"]);
      for (const data of ["hello", "[]", '{"type":"x"}', "null"]) {
        equal(
          (await failure(t.fromResponse(respond(`data: ${data}\n\n`)).result())).code,
          "network_error",
        );
      }
      const { events } = await complete(
        t.fromResponse(respond(`event: status\ndata: not ours\n\n${text}`)),
      );
      equal(events, eventsOf(text), "events under another name are the server's own");
    },
  },
  {
    name: "an HTTP error of the server becomes an error with its code",
    async run(t) {
      const cases = [
        [
          401,
          '{"error":{"code":401,"message":"who are you"}}',
          "authentication",
          "HTTP 401: who are you",
        ],
        [402, '{"error":"pay first"}', "insufficient_credits", "HTTP 402: pay first"],
        [403, "no", "permission", "HTTP 403: no"],
        [404, "<html>", "invalid_request", "HTTP 404: no explanation was given"],
        [429, "", "rate_limited", "HTTP 429: no explanation was given"],
        [500, "oops", "provider_error", "HTTP 500: oops"],
        [504, "", "timeout", "HTTP 504: no explanation was given"],
      ];
      for (const [status, body, code, message] of cases) {
        const error = await failure(t.fromResponse(new Response(body, { status })).result());
        equal(
          [error instanceof t.FusionError, error.code, error.message, error.status_code],
          [true, code, message, status],
        );
      }
      const page = await failure(
        t
          .fromResponse(new Response("<html>", { headers: { "content-type": "text/html" } }))
          .result(),
      );
      includes(page.message, "text/html, not with an event stream");
      const closed = [];
      const endless = () =>
        new ReadableStream({
          cancel: () => {
            closed.push(true);
            return Promise.reject(new Error("no"));
          },
        });
      for (const init of [{ headers: { "content-type": "text/html" } }, { ...SSE, status: 201 }])
        await failure(t.fromResponse(new Response(endless(), init)).result());
      equal(closed.length, 2, "a body that is not an event stream is closed");
      equal(
        (await failure(t.fromResponse(Promise.reject(new TypeError("offline"))).result())).code,
        "network_error",
      );
      equal((await failure(t.fromResponse({}).result())).code, "network_error");
    },
  },
  {
    name: "break closes the connection and so cancels the server's run",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.fromResponse(served(t.start(question())));
      for await (const event of run) if (event.type === "panelist.delta") break;
      const calls = await t.session.until(noneOpen);
      equal([...new Set(calls.map(({ end }) => end))], ["client_closed"]);
      equal((await failure(run.result())).code, "cancelled");
    },
  },
  {
    name: "break after result() does not close the connection",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.fromResponse(served(t.start(question())));
      const result = run.result();
      for await (const event of run) if (event.type === "run.started") break;
      equal((await result).answer, "Yes, it is blue.");
    },
  },
  {
    name: "cancel() takes effect at once in every state",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const reading = t.fromResponse(served(t.start(question())));
      const connecting = t.fromResponse(new Promise(() => {}));
      const backing = t.fromResponse(respond(""), { reconnect: () => new Promise(() => {}) });
      for (const run of [reading, connecting, backing]) {
        const iterator = run[Symbol.asyncIterator]();
        const pending = (async () => {
          for (;;) if ((await iterator.next()).done) return;
        })();
        // Wait until the server's run has two open calls, then cancel it.
        if (run === reading) await t.session.until((calls) => calls.length === 2);
        setTimeout(() => run.cancel("enough"), 50);
        const error = await within(5000, failure(pending), "the end");
        equal([error.code, error.cause], ["cancelled", "enough"]);
        equal((await failure(run.result())).code, "cancelled");
      }
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
      const unread = t.fromResponse(respond("data: x\n\n"));
      unread.cancel();
      equal((await failure(unread.result())).code, "cancelled");
    },
  },
  {
    name: "an abort of the body rejects with its reason and without reconnect",
    async run(t) {
      const reason = new DOMException("left", "AbortError");
      let asked = 0;
      const body = new ReadableStream({ pull: (controller) => controller.error(reason) });
      same(
        await failure(t.fromResponse(respond(body), { reconnect: () => (asked += 1) }).result()),
        reason,
      );
      equal(asked, 0);
    },
  },
  {
    name: "a remote run has one reader and no controls",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.fromResponse(served(t.start(question())));
      run[Symbol.asyncIterator]();
      throws(() => run[Symbol.asyncIterator](), TypeError);
      throws(() => run.toReadableStream(), TypeError);
      equal([run.proceed(), run.cancelPanelist(0), run.retryPanelist(0)], [false, false, false]);
      await run.result();
      throws(() => t.fromResponse(respond(""), { reconnect: "/again" }), TypeError);
    },
  },
  {
    name: "toReadableStream() gives the stream that it reads",
    async run(t) {
      await t.session.script(defaultScripts());
      const text = await recorded(t);
      equal(await new Response(t.fromResponse(respond(text)).toReadableStream()).text(), text);
    },
  },
  {
    name: "snapshot() during the run has the events so far",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: failures[500] }));
      const run = t.fromResponse(served(t.start(question())));
      equal([run.snapshot().status, run.snapshot().responses], ["waiting", []]);
      for await (const { type } of run) {
        const { status, responses, failed_models, analysis } = run.snapshot();
        if (type === "analysis.completed") {
          equal(
            [
              status,
              responses.map(({ index }) => index),
              failed_models.map(({ index, code }) => [index, code]),
              analysis !== null,
            ],
            ["running", [0], [[1, "provider_error"]], true],
          );
        }
      }
      equal(run.snapshot().status, "completed");
    },
  },
];
