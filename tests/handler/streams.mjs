// Tests streams over HTTP: keep-alive, slow readers, clients that disconnect, and many streams at
// once.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { equal, failure, ok, sleep, within } from "../scenarios/assert.mjs";
import { ALPHA, BETA, defaultScripts, stalled } from "../scenarios/fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const messages = [{ role: "user", content: "Is the sky blue?" }];
const BODIES = {
  "chat/completions": { model: "openrouter/fusion", messages },
  responses: { model: "openrouter/fusion", input: "Is the sky blue?" },
  messages: { model: "openrouter/fusion", messages, max_tokens: 100 },
};
const BEATS = {
  "chat/completions": ": OPENROUTER PROCESSING\n\n",
  responses: ": OPENROUTER PROCESSING\n\n",
  messages: 'event: ping\ndata: {"type":"ping"}\n\n',
};

/** Scripts that stream for longer than the client stays connected. */
const chatting = {
  [ALPHA]: says("word ".repeat(5000), { delay: { between_ms: 20 } }),
  [BETA]: says("word ".repeat(5000), { delay: { between_ms: 20 } }),
};

const textOf = (frames) =>
  frames
    .map(
      ({ data }) =>
        data?.choices?.[0]?.delta?.content ??
        data?.delta?.text ??
        (data === "[DONE]" ? "" : JSON.stringify(data)),
    )
    .join("");

export default [
  {
    name: "each endpoint sends a keep-alive after 5 s of silence",
    async run(t) {
      // Panelist deltas are not sent in a chat stream, so they must not delay the keep-alive.
      await t.session.script(defaultScripts({ ...chatting, [BETA]: stalled[BETA] }));
      const served = await t.serve();
      await Promise.all(
        Object.entries(BODIES).map(async ([path, body]) => {
          const gone = new AbortController();
          // On /responses, panelist deltas are sent as events, so the only panelist here is silent.
          if (path === "responses")
            body = { ...body, plugins: [{ id: "fusion", analysis_models: [BETA] }] };
          const response = await post(
            served,
            path,
            { ...body, stream: true },
            { signal: gone.signal },
          );
          const decoder = new TextDecoder();
          let received = "";
          const reader = response.body.getReader();
          while (!received.includes(BEATS[path])) {
            const { done, value } = await within(12_000, reader.read(), `a keep-alive on ${path}`);
            ok(!done, `${path} ended: ${received}`);
            received += decoder.decode(value, { stream: true });
          }
          gone.abort();
          await reader.cancel().catch(() => {});
        }),
      );
    },
  },
  ...Object.entries(BODIES).flatMap(([path, body]) =>
    [true, false].map((stream) => ({
      name: `a disconnect from ${path} (${stream ? "stream" : "JSON"}) closes every call`,
      ...(!stream && {
        not: {
          workerd: "workerd notices a disconnect when it writes, and it writes only at the end",
        },
      }),
      async run(t) {
        // A server notices a disconnect only when it writes. In this test, the server writes only
        // the keep-alive.
        await t.session.script(defaultScripts(chatting));
        const client = new AbortController();
        const response = post(
          await t.serve(),
          path,
          { ...body, stream },
          { signal: client.signal },
        );
        const text = response.then((response) => response.text());
        const leaving = failure(text);
        await t.session.until(
          (calls) => calls.length === 2 && calls.every(({ sent_events }) => sent_events > 3),
          20_000,
        );
        client.abort();
        await leaving;
        const calls = await t.session.until(noneOpen, 40_000);
        equal(
          calls.map(({ end }) => end),
          ["client_closed", "client_closed"],
        );
      },
    })),
  ),
  {
    name: "an abort cancels the run after a garbage collection",
    not: { workerd: "only Node forwards the abort through a collectable object" },
    async run(t) {
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc");
      await t.session.script(defaultScripts(chatting));
      const client = new AbortController();
      const response = await post(
        await t.serve(),
        "responses",
        { ...BODIES.responses, stream: true },
        { signal: client.signal },
      );
      const leaving = failure(response.text());
      for (let i = 0; i < 5; i++) {
        await sleep(50);
        collect();
      }
      client.abort();
      equal((await leaving).name, "AbortError");
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
    },
  },
  {
    name: "a reader that stops does not slow panelists, and buffers no more than the text",
    not: { workerd: "Miniflare reads ahead of its reader" },
    alone: true,
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: { ...says(undefined), deltas: ["some all common ground "], repeat: 20_000 },
        }),
      );
      const response = await post(await t.serve(), "responses", {
        ...BODIES.responses,
        stream: true,
      });
      // The run completes without a reader.
      await t.session.until((calls) => calls.length === 4 && noneOpen(calls), 40_000);
      equal(
        (await t.session.calls()).map(({ end }) => end),
        ["completed", "completed", "completed", "completed"],
      );
      const frames = framesOf(await response.text());
      const deltas = frames.filter(
        ({ data }) => data.type === "response.fusion_call.panel.delta" && data.index === 0,
      );
      equal(
        deltas.map(({ data }) => data.delta).join("").length,
        20_000 * "some all common ground ".length,
      );
      ok(deltas.length < 10_000, `${deltas.length} deltas: waiting deltas are merged`);
    },
  },
  {
    name: "200 concurrent requests complete",
    alone: true,
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve();
      const paths = Object.keys(BODIES);
      const asked = Array.from({ length: 200 }, async (_, i) => {
        const path = paths[i % 3];
        const stream = i % 2 === 0;
        const response = await post(served, path, { ...BODIES[path], stream });
        if (response.status !== 200) return [response.status, await response.text()];
        return [
          response.status,
          textOf(
            stream ? framesOf(await response.text()) : [{ data: await response.json() }],
          ).includes("Yes, it is blue."),
        ];
      });
      const answers = await within(200_000, Promise.all(asked), "200 requests");
      equal(
        answers.filter(([, answered]) => answered !== true),
        [],
      );
      const calls = await t.session.calls();
      equal([calls.length, calls.filter(({ end }) => end !== "completed").length], [800, 0]);
    },
  },
  {
    name: "a stream's headers prevent caching, compression and buffering by proxies",
    async run(t) {
      await t.session.script(defaultScripts());
      const response = await post(await t.serve(), "chat/completions", {
        ...BODIES["chat/completions"],
        stream: true,
      });
      const header = (name) => response.headers.get(name);
      equal(
        [header("content-type"), header("cache-control"), header("x-accel-buffering")],
        ["text/event-stream; charset=utf-8", "no-cache, no-transform", "no"],
      );
      const [first] = framesOf(await response.text());
      equal(header("x-generation-id"), first.data.id);
    },
  },
];
