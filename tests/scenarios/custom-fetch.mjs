// Tests `options.fetch`, which is the caller's code. If this code misbehaves, a call fails and the
// run continues.

import { equal, failure, ok, oneOf, sleep, within } from "./assert.mjs";
import { ALPHA, BETA, defaultScripts, question } from "./fixtures.mjs";
import { readRun } from "./run-helpers.mjs";

const bytes = (text) => new TextEncoder().encode(text);
const chunk = (content) =>
  bytes(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);

const streaming = (pull) => () =>
  Promise.resolve(
    new Response(new ReadableStream({ pull }), {
      headers: { "content-type": "text/event-stream" },
    }),
  );

const used = async () => {
  const response = new Response("data: [DONE]\n\n");
  await response.text();
  return response;
};

const locked = async () => {
  const response = new Response("data: [DONE]\n\n");
  response.body.getReader();
  return response;
};

const network = ["network_error"];

const oddities = [
  [
    "throws",
    () => {
      throw new TypeError("thrown at once");
    },
    network,
  ],
  [
    "throws a string",
    () => {
      throw "thrown text";
    },
    network,
  ],
  [
    "throws undefined",
    () => {
      throw undefined;
    },
    network,
  ],
  ["rejects with an Error", () => Promise.reject(new TypeError("Failed to fetch")), network],
  ["rejects with a string", () => Promise.reject("no"), network],
  ["rejects with undefined", () => Promise.reject(), network],
  ["rejects with null", () => Promise.reject(null), network],
  [
    "rejects with a DOMException",
    () => Promise.reject(new DOMException("gone", "NetworkError")),
    network,
  ],
  [
    "rejects with an unexpected AbortError",
    () => Promise.reject(new DOMException("aborted", "AbortError")),
    network,
  ],
  ["rejects with a plain object", () => Promise.reject({ message: { not: "text" } }), network],
  [
    "rejects with an error whose message throws",
    () =>
      Promise.reject(
        Object.defineProperty({}, "message", {
          get() {
            throw new Error("trap");
          },
        }),
      ),
    network,
  ],
  ["rejects with a symbol", () => Promise.reject(Symbol("odd")), network],
  ["returns undefined", () => undefined, network],
  ["resolves to undefined", async () => undefined, network],
  ["resolves to null", async () => null, network],
  ["resolves to a number", async () => 200, network],
  ["resolves to a string", async () => "data: [DONE]", network],
  ["resolves to {}", async () => ({}), network],
  ["resolves to a function", async () => () => {}, network],
  [
    "resolves to an object with a false status",
    async () => ({ ok: true, status: 200, headers: null, body: 7 }),
    network,
  ],
  ["resolves to a Response that was read", used, [...network, "empty_response"]],
  ["resolves to a Response that is locked", locked, network],
  [
    "resolves to Response.error()",
    async () => Response.error(),
    [...network, "provider_error", "empty_response"],
  ],
  ["has a null body", async () => new Response(null), [...network, "empty_response"]],
  [
    "has status 204",
    async () => new Response(null, { status: 204 }),
    [...network, "empty_response", "provider_error"],
  ],
  [
    "errors mid-way",
    streaming((controller) => {
      controller.enqueue(chunk("Some "));
      controller.error(new TypeError("connection reset"));
    }),
    network,
  ],
  [
    "errors mid-way with undefined",
    streaming((controller) => controller.error(undefined)),
    network,
  ],
  ["errors mid-way with a string", streaming((controller) => controller.error("broken")), network],
];

export default [
  ...oddities.map(([name, odd, codes]) => ({
    name: `a fetch that ${name}`,
    async run(t) {
      const run = t.start(question(), { fetch: odd });
      const { error } = await within(10_000, readRun(run), "the run");
      ok(t.isFusionError(error), String(error));
      oneOf(error.code, codes);
      ok(typeof error.message === "string" && error.message.length > 0);
      equal(error.snapshot.failed_models.length, 2);
    },
  })),
  {
    name: "a body of strings is a failed call",
    not: { workerd: "its Response refuses such a stream by itself, later" },
    async run(t) {
      const { error } = await within(
        10_000,
        readRun(
          t.start(question(), {
            fetch: streaming((controller) => {
              controller.enqueue("data: text\n\n");
              controller.close();
            }),
          }),
        ),
        "the run",
      );
      oneOf(error.code, ["network_error", "empty_response", "provider_error"]);
    },
  },
  {
    name: "the runtime's own fetch may be the fetch of the options and of a provider",
    async run(t) {
      await t.session.script(defaultScripts());
      const mine = { baseURL: t.session.baseURL, apiKey: "sk-mine", fetch: globalThis.fetch };
      const request = question({ analysis_models: [`mine:${ALPHA}`, BETA] });
      const options = { providers: { mine }, fetch: globalThis.fetch };
      const { responses } = await t.start(request, options).result();
      equal(responses.length, 2);
    },
  },
  {
    name: "a native fetch is called without `this`, which it would refuse",
    async run(t) {
      await t.session.script(defaultScripts());
      // The library recognises a native `fetch` by its source text. A Proxy of a function has the
      // source text of a native function.
      const native = new Proxy(fetch, {
        apply(_, self, [url, init]) {
          if (self !== undefined) throw new TypeError("Illegal invocation");
          return fetch(url, init);
        },
      });
      const mine = { baseURL: t.session.baseURL, apiKey: "sk-mine", fetch: native };
      const request = question({ analysis_models: [`mine:${ALPHA}`, BETA] });
      const { responses } = await t.start(request, { providers: { mine }, fetch: native }).result();
      equal(responses.length, 2);
    },
  },
  {
    name: "a fetch that is a method gets the object that holds it",
    async run(t) {
      await t.session.script(defaultScripts());
      class Counting {
        calls = 0;
        fetch(url, init) {
          this.calls += 1;
          return fetch(url, init);
        }
      }
      const mine = Object.assign(new Counting(), { baseURL: t.session.baseURL, apiKey: "sk-mine" });
      const owner = { calls: 0, providers: { mine }, fetch: Counting.prototype.fetch };
      owner.baseURL = t.session.baseURL;
      owner.apiKey = "sk-owner";
      const request = question({ analysis_models: [`mine:${ALPHA}`, BETA] });
      // `calls` is not enumerable, because it is not an option of a run.
      const hide = { value: 0, writable: true, enumerable: false };
      for (const holder of [mine, owner]) Object.defineProperty(holder, "calls", hide);
      await t.fuse(request, owner).result();
      equal([mine.calls, owner.calls], [1, 3]);
    },
  },
  {
    name: "a fetch that fails for one panelist fails that panelist alone",
    async run(t) {
      await t.session.script(defaultScripts());
      const picky = (url, init) =>
        init.body.includes(ALPHA) ? Promise.reject("not this one") : fetch(url, init);
      const result = await t.start(question(), { fetch: picky }).result();
      equal(
        [result.failed_models.map(({ code }) => code), result.responses.map(({ index }) => index)],
        [["network_error"], [1]],
      );
    },
  },
  {
    name: "chunks of any size that arrive together are read in order",
    async run(t) {
      await t.session.script(defaultScripts());
      const words = Array.from({ length: 2_000 }, (_, i) => `${i > 0 ? " " : ""}word${i}`);
      const parts = [...words.map(chunk), bytes("data: [DONE]\n\n")];
      const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
      const chunks = [];
      for (let at = 0; at < whole.length; at += chunks.at(-1).length) {
        const size = [10, 4_000, 200, 70_000, 1, 9_000][chunks.length % 6];
        chunks.push(whole.subarray(at, at + size));
      }
      const body = new ReadableStream({
        start(controller) {
          for (const each of chunks) controller.enqueue(each);
          controller.close();
        },
      });
      const headers = { "content-type": "text/event-stream" };
      const own = (url, init) =>
        init.body.includes(ALPHA) ? new Response(body, { headers }) : fetch(url, init);
      const { responses } = await t.start(question(), { fetch: own }).result();
      equal(responses[0].content, words.join(""));
    },
  },
  {
    name: "cancel() ends a run whose fetch never settles",
    async run(t) {
      const run = t.start(question(), { fetch: () => new Promise(() => {}) });
      const result = failure(run.result());
      run.cancel("enough");
      equal((await within(2000, result, "result()")).code, "cancelled");
    },
  },
  {
    name: "first_byte_ms ends a fetch that never settles",
    async run(t) {
      const error = await within(
        20_000,
        failure(
          t
            .start(question({ timeouts: { first_byte_ms: 300 } }), {
              fetch: () => new Promise(() => {}),
            })
            .result(),
        ),
        "the run",
      );
      equal(error.code, "timeout");
    },
  },
  {
    name: "cancel() ends a run whose body never ends and cannot be cancelled",
    async run(t) {
      const deaf = () =>
        new Response(
          new ReadableStream({
            pull: () => new Promise(() => {}),
            cancel: () => new Promise(() => {}),
          }),
        );
      const run = t.start(question(), { fetch: async () => deaf() });
      const result = failure(run.result());
      await new Promise((wake) => setTimeout(wake, 50));
      run.cancel();
      equal((await within(2000, result, "result()")).code, "cancelled");
    },
  },
  {
    name: "a custom body is cancelled with its call, with or without the signal",
    async run(t) {
      const endless = (closed, text) =>
        new Response(
          new ReadableStream(
            { pull: (controller) => controller.enqueue(text), cancel: () => void closed.push(1) },
            { highWaterMark: 0 },
          ),
          { headers: { "content-type": "text/event-stream" } },
        );
      for (const text of [chunk("more "), bytes("data: [DONE]\n\n")]) {
        const closed = [];
        const run = t.start(question(), {
          limits: { body_bytes: 1000 },
          fetch: async () => endless(closed, text),
        });
        await failure(run.result());
        while (closed.length < 2) await sleep(20);
      }
      const closed = [];
      let answer;
      const run = t.start(question(), {
        fetch: () => new Promise((resolve) => (answer = resolve)),
      });
      const result = failure(run.result());
      while (!answer) await sleep(5);
      run.cancel();
      await result;
      answer(endless(closed, chunk("late ")));
      while (closed.length < 1) await sleep(20);
    },
  },
  {
    name: "fetch is called with a URL and four fields",
    async run(t) {
      await t.session.script(defaultScripts());
      const seen = [];
      await t
        .start(question(), {
          fetch: (...args) => {
            seen.push(args);
            return fetch(...args);
          },
        })
        .result();
      equal(seen.length, 4);
      for (const args of seen) {
        const [url, init] = args;
        equal(
          [args.length, typeof url, url],
          [2, "string", `${t.session.baseURL}/chat/completions`],
        );
        equal(Object.keys(init).sort(), ["body", "headers", "method", "signal"]);
        equal(
          [init.method, typeof init.body, init.signal instanceof AbortSignal],
          ["POST", "string", true],
        );
        equal(new Headers(init.headers).get("content-type"), "application/json");
      }
      equal(new Set(seen.map(([, { signal }]) => signal)).size, 4, "a signal per call");
    },
  },
  {
    name: "the global fetch may be passed as the option",
    async run(t) {
      await t.session.script(defaultScripts());
      equal(
        (await t.start(question(), { fetch: globalThis.fetch }).result()).answer,
        "Yes, it is blue.",
      );
    },
  },
];
