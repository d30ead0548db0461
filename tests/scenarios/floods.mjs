// Tests streams whose next bytes are always ready, and callers that give a command at each event.
// Timers must still run, so that time limits work.

import { equal, failure, ok } from "./assert.mjs";

const bytes = (text) => new TextEncoder().encode(text);

/** Bodies that repeat the same bytes without end. Each read resolves in a microtask. */
const FLOODS = {
  "empty chunks": new Uint8Array(),
  "line feeds": bytes("\n"),
  comments: bytes(": x\n\n"),
  "unknown events": bytes("event: x\ndata: {}\n\n"),
  deltas: bytes(`data: ${JSON.stringify({ choices: [{ delta: { reasoning: "a" } }] })}\n\n`),
  "large chunks": bytes(`:${"x".repeat(200_000)}\n`),
};

const flood = (chunk, type = "text/event-stream") =>
  new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk.slice()) }), {
    headers: { "content-type": type },
  });

const asks = (fetch, timeouts) => [
  { prompt: "x", analysis_models: ["a:p"], model: "a:p", max_retries: 0, timeouts },
  { providers: { a: { fetch } } },
];

export default [
  ...Object.entries(FLOODS).map(([name, chunk]) => ({
    name: `an endless stream of ${name} ends at its time limit`,
    async run({ fuse }) {
      for (const type of ["text/event-stream", "application/json"]) {
        const limits = { first_byte_ms: 300, idle_ms: 300, panelist_ms: 300, run_ms: 600 };
        const run = fuse(...asks(async () => flood(chunk, type), limits));
        const { code } = await failure(run.result());
        // Another limit, such as the limit of text, may be reached before the timeout.
        ok(/^(timeout|provider_error|network_error|all_panels_failed)$/.test(code), code);
      }
    },
  })),
  {
    name: "a caller's signal ends a flood",
    async run({ fuse }) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 100);
      const [request, options] = asks(async () => flood(new Uint8Array()));
      const run = fuse(request, { ...options, signal: controller.signal });
      equal((await failure(run.result())).message, "enough");
    },
  },
  {
    name: "fromResponse() lets timers run during a flood",
    async run({ fromResponse }) {
      for (const chunk of [new Uint8Array(), bytes(": x\n\n"), bytes("\r")]) {
        const run = fromResponse(flood(chunk));
        setTimeout(() => run.cancel(), 100);
        equal((await failure(run.result())).code, "cancelled");
      }
    },
  },
  {
    name: "retryPanelist() at each event of a panelist lets timers run",
    async run({ fuse }) {
      const fetch = async (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      const run = fuse(...asks(fetch, { run_ms: 3_600_000, panelist_ms: 3_600_000 }));
      let events = 0;
      setTimeout(() => run.cancel(), 200);
      const error = await failure(
        (async () => {
          for await (const event of run) {
            if (!event.type.startsWith("panelist.")) continue;
            events += 1;
            run.retryPanelist(event.index);
          }
        })(),
      );
      equal(error.code, "cancelled");
      // The run delays each manual retry by 0 s, then 1 s, then 2 s and so on. Therefore few events
      // fit into 200 ms.
      ok(events < 20, `${events} events`);
    },
  },
];
