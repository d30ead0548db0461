// Tests toNodeHandler() and pipeRun() with any server. A server is a function
// `(routes) => Promise<{ url, close }>`. `routes` has two handlers of (req, res): `ask` and `v1`.

import { Agent, request } from "node:http";
import { connect, createServer } from "node:http2";
import { equal, ok, sleep } from "../scenarios/assert.mjs";
import { edgeChecks } from "./node-edges.mjs";

const words = Array.from({ length: 40 }, (_, i) => `word${i} `);
const slow = { text: words, delay_ms: 50 };

/** Returns the checks as `{ name, run }`. @param api the exports of the packed package */
export function nodeChecks(name, serve, api) {
  const check = (what, run) => ({
    name: `${name}: ${what}`,
    run: async () => {
      const routes = {};
      const server = await serve(routes);
      try {
        await run({ ...api, routes, url: server.url });
      } finally {
        await server.close();
      }
    },
  });
  return [
    check("a run is piped to a page, with the headers of a stream", piped),
    check('"stop" ends the run when the client leaves, also after result()', stops),
    check('"continue" ends nothing when the client leaves', continues),
    check("a client that left before the run began ends it", leftEarly),
    check("the handler answers requests whose body was parsed and not parsed", handled),
    check("the request's signal aborts when the client leaves", aborts),
    check("a slow client slows the response", slowClient),
    check("headers, cookies and status pass, and an error of the handler is a 500", responses),
    ...Object.entries(edgeChecks).map(([what, run]) => check(what, run)),
  ];
}

function question(api, script) {
  const fetch = api.scriptedFetch({ "*": script });
  const request = { prompt: "Why?", analysis_models: ["a/one", "b/two"], model: "a/one" };
  return { run: api.fuse(request, { apiKey: "k", fetch }), fetch };
}

const ends = ({ calls }) => calls.map(({ end }) => end);

async function until(is, what) {
  for (let i = 0; i < 400; i++) {
    if (is()) return;
    await sleep(25);
  }
  throw new Error(`${what} did not happen`);
}

async function piped(t) {
  const { run } = question(t, "Blue.");
  let delivered;
  t.routes.ask = async (_, res) => {
    delivered = await t.pipeRun(run, res);
  };
  const response = await fetch(`${t.url}ask`, { method: "POST" });
  equal(
    ["content-type", "cache-control", "x-accel-buffering"].map((name) =>
      response.headers.get(name),
    ),
    ["text/event-stream; charset=utf-8", "no-cache, no-transform", "no"],
  );
  const copy = t.fromResponse(response);
  equal((await copy.result()).answer, "Blue.");
  equal(copy.snapshot().run_id, (await run.result()).run_id);
  await until(() => delivered === true, "the end");
  let thrown;
  t.routes.ask = (_, res) =>
    t.pipeRun(run, res).catch((error) => {
      thrown = error;
      (res.raw ?? res).statusCode = 409;
      res.send ? res.send("read") : res.end("read");
    });
  await (await fetch(`${t.url}ask`, { method: "POST" })).text();
  ok(thrown instanceof TypeError, "a run has one reader");
}

/**
 * Calls `/ask` and reads the response until a panelist has sent text. Then closes the connection.
 */
async function leave(t) {
  const controller = new AbortController();
  const response = await fetch(`${t.url}ask`, { method: "POST", signal: controller.signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes("panelist.delta"); ) text += (await reader.read()).value;
  controller.abort();
}

async function stops(t) {
  for (const asksResult of [false, true]) {
    const { run, fetch } = question(t, slow);
    let [delivered, failure] = [undefined, undefined];
    t.routes.ask = async (_, res) => {
      if (asksResult) run.result().catch((error) => (failure = error));
      delivered = await t.pipeRun(run, res, { onClose: "stop" });
    };
    await leave(t);
    await until(() => delivered === false, "the end of pipeRun()");
    await until(() => !ends(fetch).includes("open"), "the end of the calls");
    equal(ends(fetch), ["aborted", "aborted"]);
    if (asksResult) equal(failure.code, "cancelled");
  }
}

async function continues(t) {
  const { run, fetch } = question(t, { text: words, delay_ms: 10 });
  let delivered;
  t.routes.ask = async (_, res) => {
    delivered = await t.pipeRun(run, res, { onClose: "continue" });
  };
  await leave(t);
  await until(() => delivered === false, "the end of pipeRun()");
  ok(ends(fetch).includes("open"), "the run goes on");
  equal((await run.result()).answer, words.join(""));
  ok(
    ends(fetch).every((end) => end === "completed"),
    ends(fetch).join(),
  );
}

async function leftEarly(t) {
  const { run, fetch: calls } = question(t, slow);
  let delivered;
  t.routes.ask = async (_, res) => {
    controller.abort();
    await until(() => (res.raw ?? res).closed, "the close");
    delivered = await t.pipeRun(run, res);
  };
  const controller = new AbortController();
  const { signal } = controller;
  await fetch(`${t.url}ask`, { method: "POST", signal }).catch(() => {});
  await until(() => delivered === false, "the end of pipeRun()");
  equal(await run.result().catch(({ code }) => code), "cancelled");
  equal(
    ends(calls).filter((end) => end !== "aborted"),
    [],
  );
}

const body = {
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Why? ü" }],
  plugins: [{ id: "fusion", analysis_models: ["a/one", "b/two"], model: "a/one" }],
};
const posted = (url, more) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer k" },
    body: JSON.stringify({ ...body, ...more }),
  });

async function handled(t) {
  const scripted = t.scriptedFetch({ "*": "Blue. ü" });
  const handler = t.createHandler({ fetch: scripted, passThrough: true });
  t.routes.v1 = t.toNodeHandler(handler);
  for (const path of ["v1/chat/completions", "parsed/v1/chat/completions"]) {
    const response = await posted(`${t.url}${path}`);
    equal(response.status, 200, path);
    equal((await response.json()).choices[0].message.content, "Blue. ü");
    ok(JSON.stringify(scripted.calls.at(-1).body).includes("Why? ü"), "the question");
    const stream = await (await posted(`${t.url}${path}`, { stream: true })).text();
    ok(stream.endsWith("data: [DONE]\n\n"), stream.slice(-100));
  }
  const models = await (await fetch(`${t.url}v1/models`, { headers: { "x-api-key": "k" } })).json();
  ok(models.data.length > 0);
  equal((await fetch(`${t.url}v1/other`, { method: "POST", body: "{}" })).status, 404);
}

async function aborts(t) {
  const scripted = t.scriptedFetch({ "*": slow });
  t.routes.v1 = t.toNodeHandler(t.createHandler({ fetch: scripted, passThrough: true }));
  for (const path of ["v1/chat/completions", "parsed/v1/chat/completions"]) {
    const before = scripted.calls.length;
    const controller = new AbortController();
    const asked = fetch(`${t.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer k" },
      body: JSON.stringify(body),
      signal: controller.signal,
    }).catch(() => {});
    await until(() => scripted.calls.length === before + 2, "the calls");
    controller.abort();
    await asked;
    await until(() => !ends(scripted).includes("open"), "the end of the calls");
    equal(ends(scripted).slice(before), ["aborted", "aborted"], path);
  }
}

/**
 * Checks that a response stops for a client that reads nothing. Without backpressure, the response
 * would fill the memory.
 */
async function slowClient(t) {
  let pulled = 0;
  const chunk = new Uint8Array(65_536);
  const count = 400;
  t.routes.v1 = t.toNodeHandler(async () => {
    const pull = (controller) => {
      pulled += 1;
      controller.enqueue(chunk);
      if (pulled === count) controller.close();
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  });
  const agent = new Agent();
  const response = await new Promise((resolve, reject) =>
    request(`${t.url}v1/big`, { agent }, resolve).on("error", reject).end(),
  );
  await sleep(500);
  const waiting = pulled;
  ok(waiting < count, `${waiting} chunks were written to a client that reads nothing`);
  let received = 0;
  for await (const part of response) received += part.length;
  equal([pulled, received], [count, count * chunk.length]);
  agent.destroy();
}

async function responses(t) {
  t.routes.v1 = t.toNodeHandler(async (request) => {
    if (request.url.endsWith("throws")) throw new Error("secret");
    if (request.url.endsWith("breaks")) {
      const pull = (controller) => controller.error(new Error("secret"));
      return new Response(new ReadableStream({ pull }));
    }
    const headers = new Headers({ "x-url": request.url, "x-seen": request.headers.get("x-own") });
    for (const cookie of ["a=1", "b=2"]) headers.append("set-cookie", cookie);
    return new Response(null, { status: 204, headers });
  });
  const response = await fetch(`${t.url}v1/x?y=1`, { headers: { "x-own": "ö" } });
  equal([response.status, response.headers.getSetCookie()], [204, ["a=1", "b=2"]]);
  equal(response.headers.get("x-url"), `${t.url}v1/x?y=1`);
  equal(response.headers.get("x-seen"), "ö");
  const failed = await fetch(`${t.url}v1/throws`);
  equal(failed.status, 500);
  await failed.text();
  ok(
    (await fetch(`${t.url}v1/breaks`)
      .then((r) => r.text())
      .catch(() => "cut")) === "cut",
  );
}

/** Tests HTTP/2 with `node:http2`, because `fetch` of Node 20 does not support HTTP/2. */
export async function overHttp2({ toNodeHandler, pipeRun, scriptedFetch, fuse }) {
  const warnings = [];
  const warn = ({ message }) => warnings.push(message);
  process.on("warning", warn);
  const echo = toNodeHandler(async (request) => {
    const text = `${request.method} ${new URL(request.url).pathname} ${await request.text()}`;
    return new Response(text, { status: 201, statusText: "Made" });
  });
  const { run } = question({ fuse, scriptedFetch }, "Blue.");
  const server = createServer((req, res) =>
    req.url === "/ask" ? pipeRun(run, res) : echo(req, res),
  );
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const client = connect(`http://127.0.0.1:${server.address().port}`);
  const post = async (path) => {
    const stream = client.request({ ":path": path, ":method": "POST" });
    stream.end("body");
    stream.setEncoding("utf8");
    let [status, text] = [0, ""];
    stream.on("response", (headers) => (status = headers[":status"]));
    for await (const part of stream) text += part;
    return [status, text];
  };
  try {
    equal(await post("/v1/x"), [201, "POST /v1/x body"]);
    const [status, text] = await post("/ask");
    ok(status === 200 && text.includes('"type":"run.completed"'), `${status} ${text}`);
    await sleep(10);
    equal(warnings, []);
  } finally {
    client.close();
    server.close();
    process.off("warning", warn);
  }
}
