// Tests toNodeHandler() and pipeRun() in rare cases: clients that disconnect early, other code that
// ends a response, requests that cannot become a `Request`, and HEAD.

import { connect, createServer } from "node:http2";
import { connect as connectTcp } from "node:net";
import { equal, ok, sleep } from "../scenarios/assert.mjs";

/** The checks by name. Each is called with the exports, the server's routes and its URL. */
export const edgeChecks = {
  "a handler is not called for a client that left before": leftBefore,
  "other code that ends the response aborts the signal and cancels the body": endedByOthers,
  "a body that cannot be sent is cancelled": notSent,
  "the path of the URL comes from the request target alone": targets,
  "HEAD starts no run and cancels a body": heads,
  "strings and empty bodies of JSON pass a parser unchanged": bodies,
};

async function until(is, what) {
  for (let i = 0; i < 200; i++) {
    if (is()) return;
    await sleep(25);
  }
  throw new Error(`${what} did not happen`);
}

const rawOf = (res) => res.raw ?? res;
const request = { prompt: "Why?", analysis_models: ["a/one", "b/two"], model: "a/one" };

/** Returns a response whose body never ends, and a record of whether the body was cancelled. */
function endless() {
  const seen = { cancelled: false };
  const cancel = () => (seen.cancelled = true);
  const pull = () => new Promise(() => {});
  const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  return { seen, response: new Response(body, { headers: { "x-own": "1" } }) };
}

async function leftBefore(t) {
  let [calls, settled] = [0, false];
  const handler = t.toNodeHandler(async () => {
    calls += 1;
    return new Response("late");
  });
  const controller = new AbortController();
  t.routes.v1 = async (req, res, next) => {
    controller.abort();
    await until(() => rawOf(res).closed, "the close");
    await handler(req, res, next);
    settled = true;
  };
  const { signal } = controller;
  await fetch(`${t.url}v1/x`, { method: "POST", signal }).catch(() => {});
  await until(() => settled, "the end");
  equal(calls, 0);
}

async function endedByOthers(t) {
  for (const answersLate of [true, false]) {
    const { seen, response } = endless();
    let [signal, settled] = [undefined, false];
    const handler = t.toNodeHandler(async (request) => {
      signal = request.signal;
      if (answersLate) await until(() => signal.aborted, "the abort");
      return response;
    });
    t.routes.v1 = async (req, res, next) => {
      const raw = rawOf(res);
      setTimeout(() => {
        if (!raw.headersSent) raw.statusCode = 503;
        raw.end("timeout");
      }, 50);
      await handler(req, res, next);
      settled = true;
    };
    const answer = await fetch(`${t.url}v1/x`);
    equal([answer.status, await answer.text()], [503, "timeout"]);
    await until(() => settled, "the end");
    equal([signal.aborted, seen.cancelled], [true, true]);
  }
}

async function notSent(t) {
  const { seen, response } = endless();
  const handler = t.toNodeHandler(async () => response);
  t.routes.v1 = (req, res) => {
    const raw = rawOf(res);
    raw.write("begun");
    // Setting a header fails after the body has started.
    return handler(req, res, () => raw.destroy()).catch(() => raw.destroy());
  };
  await fetch(`${t.url}v1/x`)
    .then((answer) => answer.text())
    .catch(() => {});
  await until(() => seen.cancelled, "the cancel");
}

/** Sends the lines over TCP without changes. Returns the status and the body of the response. */
async function send(url, ...lines) {
  const socket = connectTcp(new URL(url).port, "127.0.0.1");
  socket.end(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  let text = "";
  for await (const part of socket) text += part;
  const [head, body] = text.split("\r\n\r\n");
  return [Number(head.split(" ")[1]), body];
}

async function targets(t) {
  const seen = [];
  t.routes.v1 = t.toNodeHandler(async ({ url }) => {
    seen.push(url);
    return new Response();
  });
  for (const host of ["x/admin?", "x/admin#", "u:p@h", "h\\x", "a b", "h:99999", "?", "[x]"]) {
    const [status] = await send(t.url, "GET /v1/a HTTP/1.1", `Host: ${host}`);
    equal([host, status, seen.length], [host, 400, 0]);
  }
  for (const [target, host, url] of [
    ["/v1/a?b=1", "h:80", "http://h/v1/a?b=1"],
    ["/v1/a", "", "http://localhost/v1/a"],
    ["/v1/a", "[::1]:81", "http://[::1]:81/v1/a"],
    ["http://other:81/v1/a?b", "h", "http://other:81/v1/a?b"],
  ]) {
    await send(t.url, `GET ${target} HTTP/1.1`, `Host: ${host}`);
    equal(seen.pop(), url);
  }
  // Fastify supports no route for TRACE and answers 404.
  const [status] = await send(t.url, "TRACE /v1/a HTTP/1.1", "Host: h");
  ok(status === 501 || status === 404, `TRACE: ${status}`);
}

async function heads(t) {
  for (const onClose of ["stop", "continue"]) {
    const script = t.scriptedFetch({ "*": "Blue." });
    let delivered;
    t.routes.v1 = async (_, res) => {
      const run = t.fuse(request, { apiKey: "k", fetch: script });
      run.result().catch(() => {});
      delivered = await t.pipeRun(run, res, { onClose });
    };
    const answer = await fetch(`${t.url}v1/x`, { method: "HEAD" });
    equal(
      [answer.status, answer.headers.get("content-type")],
      [200, "text/event-stream; charset=utf-8"],
    );
    await until(() => delivered === false, "the end");
    await sleep(50);
    equal(script.calls.length, 0);
  }
  const { seen, response } = endless();
  t.routes.v1 = t.toNodeHandler(async () => response);
  const answer = await fetch(`${t.url}v1/x`, { method: "HEAD" });
  equal([answer.headers.get("x-own"), await answer.text()], ["1", ""]);
  await until(() => seen.cancelled, "the cancel");
}

async function bodies(t) {
  t.routes.v1 = t.toNodeHandler(async (request) => new Response(await request.text()));
  const headers = { "content-type": "application/json" };
  for (const body of ['"text"', '"5"', '"null"', "5", "null", "[]", '{"a":1}']) {
    // By default, Express's parser accepts only objects and arrays. The test's server sets `strict:
    // false`.
    const answer = await fetch(`${t.url}parsed/v1/x`, { method: "POST", headers, body });
    equal([answer.status, await answer.text()], [200, body]);
  }
  const empty = await fetch(`${t.url}parsed/v1/x`, { method: "POST", headers, body: "" });
  // Fastify's parser refuses an empty body.
  ok(empty.status === 400 || (await empty.text()) === "", "an empty body");
}

/** Tests HTTP/2, whose response has neither `destroyed` nor `closed`. */
export async function leftOverHttp2({ toNodeHandler, pipeRun, scriptedFetch, fuse }) {
  const script = scriptedFetch({ "*": "Blue." });
  const found = [];
  const signals = [];
  const handler = toNodeHandler(async ({ signal, url }) => {
    signals.push(signal);
    found.push(url);
    return new Response("Blue.");
  });
  const server = createServer(async (req, res) => {
    if (req.url === "/now") return handler(req, res);
    await until(() => res.stream.destroyed, "the close");
    const run = () => fuse(request, { apiKey: "k", fetch: script });
    found.push(req.url === "/ask" ? await pipeRun(run(), res) : await handler(req, res));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const client = connect(`http://127.0.0.1:${server.address().port}`);
  try {
    for (const path of ["/ask", "/v1"]) {
      const before = found.length;
      const stream = client.request({ ":path": path, ":method": "POST" });
      stream.on("error", () => {});
      stream.end("body");
      setTimeout(() => stream.close(8), 50);
      await until(() => found.length > before, `the end of ${path}`);
    }
    equal([found, script.calls.length], [[false, undefined], 0]);
    const stream = client.request({ ":path": "/now" });
    stream.resume();
    await new Promise((done) => stream.once("close", done));
    await sleep(50);
    equal(
      signals.map(({ aborted }) => aborted),
      [false],
      "after the whole response",
    );
  } finally {
    client.close();
    server.close();
  }
}
