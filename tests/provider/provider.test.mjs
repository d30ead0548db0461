import assert from "node:assert/strict";
import { connect as dial } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, noneOpen } from "./client.mjs";
import { analysis, cites, failures, says, uses } from "./scripts.mjs";
import { startProvider } from "./server.mjs";

let provider;
let names = 0;
before(async () => (provider = await startProvider()));
after(() => provider.close());

const open = async (scripts) => {
  const session = connect(provider).session(`session-${++names}`);
  await session.script(scripts);
  return session;
};

const ask = (session, model, init) =>
  fetch(`${session.baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer secret" },
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hello" }] }),
    ...init,
  });

const chunks = (body) =>
  body
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)));

/** Returns the raw answer as a list of HTTP chunks. Each chunk is one write of the server. */
async function raw(session, model) {
  const { port } = new URL(session.baseURL);
  const body = JSON.stringify({
    model,
    stream: true,
    messages: [{ role: "user", content: "Hello" }],
  });
  const socket = dial(port, "127.0.0.1");
  socket.write(
    `POST ${new URL(session.baseURL).pathname}/chat/completions HTTP/1.1\r\nhost: x\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: ` +
      `close\r\n\r\n${body}`,
  );
  const packets = [];
  for await (const packet of socket) packets.push(packet);
  let rest = Buffer.concat(packets);
  rest = rest.subarray(rest.indexOf("\r\n\r\n") + 4);
  const pieces = [];
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = parseInt(rest.subarray(0, end).toString(), 16);
    if (!size) return pieces;
    pieces.push(rest.subarray(end + 2, end + 2 + size));
    rest = rest.subarray(end + 2 + size + 2);
  }
}

test("a stream has OpenRouter's format and order", async () => {
  const session = await open({
    m: says("one two", {
      reasoning: "hmm",
      reasoning_details: [uses("openrouter:web_search", { query: "q" }, { status: "ok" })],
      annotations: [cites("https://a.example/", "A"), cites("https://b.example/")],
      usage: { prompt_tokens: 3, completion_tokens: 2, cost: "1.5e-7" },
    }),
  });
  const body = await (await ask(session, "m")).text();
  assert.match(body, /"cost":1\.5e-7[,}]/);
  assert.ok(body.endsWith("data: [DONE]\n\n"));
  const seen = chunks(body);
  assert.deepEqual(
    seen.map((chunk) => Object.keys(chunk.choices[0]?.delta ?? {}).at(-1)),
    [
      "reasoning",
      "reasoning_details",
      "content",
      "content",
      "annotations",
      "annotations",
      "content",
      undefined,
    ],
  );
  assert.equal(seen.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "one two");
  assert.equal(seen.at(-2).choices[0].finish_reason, "stop");
  assert.equal(seen.at(-1).usage.total_tokens, 5);
});

test("a call is recorded with its request and its end", async () => {
  const session = await open({ m: says("x") });
  await (await ask(session, "m")).text();
  const [call] = await session.until(noneOpen);
  assert.equal(call.method, "POST");
  assert.equal(call.headers.authorization, "Bearer secret");
  assert.equal(call.body.messages[0].content, "Hello");
  assert.equal(call.end, "completed");
  assert.ok(call.arrived < call.ended && call.sent_bytes > 0 && call.sent_events > 0);
});

test("sessions are separate, and an unknown model is a 404", async () => {
  const [mine, other] = [await open({ m: says("mine") }), await open({})];
  assert.equal(chunks(await (await ask(mine, "m")).text())[0].choices[0].delta.content, "mine");
  const refused = await ask(other, "m");
  assert.equal(refused.status, 404);
  assert.equal((await refused.json()).error.code, 404);
  assert.equal((await mine.calls()).length, 1);
});

test("each call gets the next script of a sequence, and the last one repeats", async () => {
  const session = await open({ m: { sequence: [failures[429], says("then")] } });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask(session, "m")).status);
  assert.deepEqual(statuses, [429, 200, 200]);
});

test("a split body is sent in pieces of that size", async () => {
  const session = await open({
    m: says("äöü € 𝄞", { bom: true, split: 3 }),
    at: says("x", { split: [1, 10] }),
  });
  const pieces = await raw(session, "m");
  assert.ok(pieces.slice(0, -1).every((piece) => piece.length === 3));
  assert.equal(
    chunks(Buffer.concat(pieces).toString().slice(1))
      .map((chunk) => chunk.choices[0].delta.content)
      .join(""),
    "äöü € 𝄞",
  );
  assert.deepEqual(
    (await raw(session, "at")).slice(0, 2).map((piece) => piece.length),
    [1, 9],
  );
});

test("a reader receives a split body in pieces", async () => {
  const session = await open({ m: says("äöü", { split: 1 }) });
  let reads = 0;
  for await (const _ of (await ask(session, "m")).body) reads += 1;
  assert.ok(reads > 50, `${reads} reads`);
});

test("scripts may set line ends, BOM, comments and leave out [DONE]", async () => {
  const session = await open({
    crlf: says("a b", { newline: "\r\n", bom: true, comments: { before: 2, between: true } }),
    cr: says("a", { newline: "\r", done: false }),
  });
  const crlf = Buffer.from(await (await ask(session, "crlf")).arrayBuffer());
  assert.deepEqual([...crlf.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.equal(crlf.toString().match(/: OPENROUTER PROCESSING\r\n\r\n/g).length, 3);
  const cr = await (await ask(session, "cr")).text();
  assert.ok(!cr.includes("\n") && !cr.includes("[DONE]") && cr.endsWith("\r\r"));
});

test("a disconnect is noticed within one chunk", async () => {
  const session = await open({ m: says("word ".repeat(2000), { delay: { between_ms: 5 } }) });
  const controller = new AbortController();
  const reader = (await ask(session, "m", { signal: controller.signal })).body.getReader();
  await reader.read();
  const [before] = await session.calls();
  controller.abort();
  const [call] = await session.until(noneOpen);
  assert.equal(call.end, "client_closed");
  assert.ok(
    call.sent_events - before.sent_events <= 20,
    `${call.sent_events - before.sent_events} events after the disconnect`,
  );
});

test("a stall ends only when the client disconnects", async () => {
  const session = await open({
    head: says("x", { stall: "headers" }),
    mid: says("a b c", { stall: { after: 2 } }),
  });
  for (const model of ["head", "mid"]) {
    const controller = new AbortController();
    const pending = ask(session, model, { signal: controller.signal }).then((response) =>
      response.text(),
    );
    await session.until((calls) => calls.at(-1)?.model === model);
    await sleep(100);
    assert.equal((await session.calls()).at(-1).end, "open");
    controller.abort();
    await assert.rejects(pending);
    assert.equal((await session.until(noneOpen)).at(-1).end, "client_closed");
  }
  assert.deepEqual(
    (await session.calls()).map((call) => call.sent_events),
    [0, 2],
  );
});

test("a cut breaks the connection at the byte or after the delta", async () => {
  const session = await open({
    byte: says("a b c", { cut: { bytes: 100 } }),
    delta: says("a b c", { cut: { after: 2 } }),
    head: says("x", { cut: "headers" }),
  });
  for (const model of ["byte", "delta", "head"])
    await assert.rejects(
      ask(session, model).then((response) => response.text()),
      model,
    );
  const calls = await session.until(noneOpen);
  assert.deepEqual(
    calls.map((call) => call.end),
    ["cut", "cut", "cut"],
  );
  assert.deepEqual([calls[0].sent_bytes, calls[1].sent_events, calls[2].sent_bytes], [100, 2, 0]);
});

test("scripts may answer without a stream", async () => {
  const session = await open({
    html: { status: 200, body: "<!doctype html><title>Gateway</title>" },
    text: { status: 500, body: "upstream broke" },
    none: { status: 503, body: "", headers: { "retry-after": "2" } },
    json: says("whole", { json: true, usage: { cost: "0.1" } }),
    echo: { echo: true, json: true },
    error: says("a", { error: { code: "server_error", message: "broke" } }),
    bytes: { bytes_base64: "//79" },
  });
  const got = async (model) => {
    const response = await ask(session, model);
    return [response.status, response.headers.get("content-type"), await response.text()];
  };
  assert.deepEqual(await got("html"), [200, "text/html", "<!doctype html><title>Gateway</title>"]);
  assert.deepEqual(await got("text"), [500, "text/plain", "upstream broke"]);
  assert.deepEqual(await got("none"), [503, "text/plain", ""]);
  assert.equal(JSON.parse((await got("json"))[2]).choices[0].message.content, "whole");
  assert.match(JSON.parse((await got("echo"))[2]).choices[0].message.content, /Bearer secret/);
  const failing = chunks((await got("error"))[2]);
  assert.equal(failing.at(-1).error.code, "server_error");
  assert.equal(failing.at(-1).choices[0].finish_reason, "error");
  assert.equal((await got("bytes"))[1], "text/event-stream");
});

test("a redirect keeps the session", async () => {
  const session = await open({
    m: { sequence: [{ status: 307, body: "", redirect: "v2/chat/completions" }, says("moved")] },
  });
  assert.match(await (await ask(session, "m")).text(), /moved/);
  assert.match((await session.calls())[1].url, /\/api\/v1\/chat\/v2\/chat\/completions$/);
});

test("endless bodies and giant lines stop when the client disconnects", async () => {
  const session = await open({
    endless: says("x", { endless: 'data: {"choices":[]}\n\n' }),
    giant: says("x", { giant_line: 64 << 20 }),
  });
  for (const model of ["endless", "giant"]) {
    const reader = (await ask(session, model)).body.getReader();
    await reader.read();
    await reader.cancel();
  }
  const calls = await session.until(noneOpen);
  assert.deepEqual(
    calls.map((call) => call.end),
    ["client_closed", "client_closed"],
  );
  assert.ok(calls[1].sent_bytes < 64 << 20);
});

test("a GET is answered by its script", async () => {
  const session = await open({
    "GET /models": {
      sequence: [{ body: "<p>page" }, { bytes_base64: "Y2Fm6Q==" }, { endless: "word " }],
    },
  });
  const get = () => fetch(`${session.baseURL}/models`);
  assert.equal(await (await get()).text(), "<p>page");
  assert.equal((await (await get()).arrayBuffer()).byteLength, 4);
  const reader = (await get()).body.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^word word/);
  await reader.cancel();
  assert.deepEqual(
    (await session.until(noneOpen)).map(({ end }) => end),
    ["completed", "completed", "client_closed"],
  );
});

test("CORS allows every origin and the headers that real APIs allow", async () => {
  const session = await open({ m: says("x") });
  for (const path of ["chat/completions", "responses", "messages", "models"]) {
    const response = await fetch(`${session.baseURL}/${path}`, {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "authorization,x-invented" },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    const allowed = response.headers.get("access-control-allow-headers").split(", ");
    for (const name of [
      "authorization",
      "content-type",
      "x-api-key",
      "anthropic-version",
      "http-referer",
      "x-openrouter-title",
    ])
      assert.ok(allowed.includes(name), name);
    assert.ok(!allowed.includes("x-invented") && !allowed.includes("*"));
  }
  assert.deepEqual(await session.calls(), []);
});

test("40,000 events in separate writes are sent", async () => {
  const session = await open({ m: { deltas: ["tok "], repeat: 5000, delay: { between_ms: 0 } } });
  const bodies = await Promise.all(
    Array.from({ length: 8 }, async () => (await ask(session, "m")).text()),
  );
  for (const body of bodies) assert.equal(chunks(body).length, 5001);
});

test("analysis() has the five keys of the analyst's format", () => {
  const found = JSON.parse(analysis(["A", "B"]).text);
  assert.deepEqual(Object.keys(found), [
    "consensus",
    "contradictions",
    "partial_coverage",
    "unique_insights",
    "blind_spots",
  ]);
  assert.deepEqual(
    found.contradictions[0].stances.map((stance) => stance.response),
    ["A", "B"],
  );
});

test("a reset removes scripts and closes open calls", async () => {
  const session = await open({ m: says("x", { stall: "first" }) });
  const body = (await ask(session, "m")).text();
  await session.reset();
  await assert.rejects(body);
  assert.deepEqual(await session.calls(), []);
  assert.equal((await ask(session, "m")).status, 404);
});
