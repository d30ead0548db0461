// Tests `run.toResponse()`, which makes the Response that a server returns to a page.

import { noneOpen } from "../provider/client.mjs";
import { equal, failure, includes, ok, sleep, throws, within } from "./assert.mjs";
import { defaultScripts, question, stalled } from "./fixtures.mjs";

const withHeader = (headers) => new Request("https://app.example/ask", { headers });
/** The fields of Node's `IncomingMessage` that `toResponse()` reads. */
const NODE_HEAD = { method: "HEAD", headers: {} };
const reconnecting = { "last-event-id": "7" };

/** Reads the body until it contains a text. */
async function readUntil(response, text) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let received = "";
  while (!received.includes(text)) {
    const { done, value } = await reader.read();
    ok(!done, `the body ended: ${received}`);
    received += decoder.decode(value, { stream: true });
  }
  return reader;
}

/** Checks that the calls of a stalled run are closed. */
const allClosed = async (t) =>
  equal(
    (await t.session.until(noneOpen)).map(({ end }) => end),
    ["client_closed", "client_closed"],
  );

export default [
  {
    name: "fromResponse() reads it, also through a second server",
    async run(t) {
      await t.session.script(defaultScripts());
      const first = t.fromResponse(t.start(question()).toResponse());
      const second = t.fromResponse(first.toResponse({ request: withHeader({}) }));
      equal((await second.result()).answer, "Yes, it is blue.");
    },
  },
  {
    name: "its headers keep proxies from buffering, and the caller may add some",
    async run(t) {
      const { status, headers } = t.start(question()).toResponse();
      equal(
        [
          status,
          ...["content-type", "cache-control", "x-accel-buffering"].map((n) => headers.get(n)),
        ],
        [200, "text/event-stream; charset=utf-8", "no-cache, no-transform", "no"],
      );
      const more = new Headers({ "access-control-allow-origin": "*", "cache-control": "no-store" });
      // In a page, code cannot set cookies on a Response.
      if (!t.isBrowser) for (const cookie of ["a=1", "b=2"]) more.append("set-cookie", cookie);
      const own = t.start(question()).toResponse({ headers: more, status: 201 });
      equal(
        [
          own.status,
          own.headers.get("access-control-allow-origin"),
          own.headers.get("cache-control"),
        ],
        [201, "*", "no-store"],
      );
      if (!t.isBrowser) equal(own.headers.getSetCookie(), ["a=1", "b=2"]);
      equal(own.headers.get("x-accel-buffering"), "no");
    },
  },
  {
    name: "a request with Last-Event-ID gets 204 and starts no run",
    async run(t) {
      await t.session.script(defaultScripts());
      for (const begin of [() => undefined, (run) => failure(run.result())]) {
        for (const request of [withHeader(reconnecting), { headers: reconnecting }]) {
          const run = t.start(question());
          const begun = begin(run);
          const headers = { "access-control-allow-origin": "*" };
          const response = run.toResponse({ request, headers });
          equal(
            [response.status, response.body, response.headers.get("content-type")],
            [204, null, null],
          );
          equal(response.headers.get("access-control-allow-origin"), "*");
          equal(
            [(await failure(run.result())).code, (await begun)?.code ?? "cancelled"],
            ["cancelled", "cancelled"],
          );
        }
      }
      await sleep(100);
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "a HEAD request starts no run",
    async run(t) {
      await t.session.script(defaultScripts());
      for (const request of [new Request("https://app.example/", { method: "HEAD" }), NODE_HEAD]) {
        const run = t.start(question());
        const response = run.toResponse({ request, status: 201 });
        equal([response.status, response.body], [201, null]);
        includes(response.headers.get("content-type"), "text/event-stream");
        equal((await failure(run.result())).code, "cancelled");
      }
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "a status without a body is refused before the run has a reader",
    async run(t) {
      await t.session.script(defaultScripts());
      for (const status of [204, 205, 304, 101, 600, "200"]) {
        const run = t.start(question());
        includes(throws(() => run.toResponse({ status }), TypeError).message, "`status` must be");
        run.toResponse();
      }
    },
  },
  {
    name: "fromResponse() fails at a 204 and does not reconnect again",
    async run(t) {
      await t.session.script(defaultScripts());
      const answer = (id) =>
        t.start(question()).toResponse({ request: withHeader({ "last-event-id": id }) });
      const cut = new Response("retry: 0\n\n", {
        headers: { "content-type": "text/event-stream" },
      });
      const error = await failure(t.fromResponse(cut, { reconnect: answer }).result());
      equal([error.code, error.status_code], ["network_error", 204]);
      includes(error.message, "cannot continue");
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "a request without Last-Event-ID starts a run when the body is read",
    async run(t) {
      await t.session.script(defaultScripts());
      for (const request of [undefined, withHeader({}), { headers: {} }]) {
        const response = t.start(question()).toResponse({ request });
        await sleep(50);
        equal([response.status, (await t.session.calls()).length % 4], [200, 0]);
        includes(await response.text(), '"type":"run.completed"');
      }
      equal((await t.session.calls()).length, 12);
    },
  },
  {
    name: "a client that leaves cancels the run",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const reader = await readUntil(t.start(question()).toResponse(), "panelist.started");
      await t.session.until((calls) => calls.length === 2);
      await within(2000, reader.cancel(), "cancel()");
      await allClosed(t);
    },
  },
  {
    name: "an aborted signal of the request cancels the run",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const client = new AbortController();
      const request = { headers: {}, signal: client.signal };
      const reader = await readUntil(
        t.start(question()).toResponse({ request }),
        "panelist.started",
      );
      await t.session.until((calls) => calls.length === 2);
      client.abort();
      for (let read = await reader.read(); !read.done; read = await reader.read());
      await allClosed(t);
      const late = t.start(question());
      equal(await late.toResponse({ request }).text(), "");
      equal(
        [(await failure(late.result())).code, (await t.session.calls()).length],
        ["cancelled", 2],
      );
    },
  },
  {
    name: "a client that leaves does not cancel a run whose result was requested",
    async run(t) {
      await t.session.script(defaultScripts());
      const client = new AbortController();
      const run = t.start(question());
      const result = run.result();
      const request = { headers: {}, signal: client.signal };
      await readUntil(run.toResponse({ request }), "run.started");
      client.abort();
      equal((await result).answer, "Yes, it is blue.");
    },
  },
  {
    name: "a comment follows 5 s of silence",
    async run(t) {
      const run = t.start(question(), { fetch: () => new Promise(() => {}) });
      // A comment must arrive within 10 s, because Bun closes a connection that is silent for that
      // time.
      const reader = await within(
        9500,
        readUntil(run.toResponse(), ": keep-alive\n\n"),
        "a comment",
      );
      await reader.cancel();
    },
  },
  {
    name: "wrong arguments and a second reader throw a TypeError, before a call is made",
    async run(t) {
      const run = t.start(question());
      const request = withHeader({});
      for (const wrong of [
        request,
        { request: "GET" },
        { request: {} },
        { header: {} },
        null,
        "x",
      ]) {
        throws(() => run.toResponse(wrong), TypeError);
      }
      run.toReadableStream();
      throws(() => run.toResponse(), TypeError);
      run.cancel();
      equal(await t.session.calls(), []);
    },
  },
];
