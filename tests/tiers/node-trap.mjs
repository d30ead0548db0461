// Tests a trap in the core: the core's clock throws once. Every live run must fail and close its
// calls, later runs must work, and timers of the old instance must have no effect. node.mjs starts
// this file as a process.

import { fuse } from "llm-fuse";
import { equal, ok } from "./assert.mjs";

const stray = [];
// Print errors at once. Errors of the test itself arrive here, too. Without this line, they would
// not be printed.
for (const kind of ["uncaughtException", "unhandledRejection"])
  process.on(kind, (reason) => stray.push(kind) && console.error(kind, reason));

const stream = () =>
  new Response(
    'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    { headers: { "content-type": "text/event-stream" } },
  );
let [opened, closed] = [0, 0];
const silent = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    opened += 1;
    signal.addEventListener("abort", () => {
      closed += 1;
      reject(signal.reason);
    });
  });
const request = {
  prompt: "q",
  analysis_models: ["a"],
  model: "w",
  timeouts: { first_byte_ms: 2000, panelist_ms: 2100, run_ms: 2200 },
};
const options = { baseURL: "http://x.test/v1", fetch: silent };

const runs = [fuse(request, options), fuse(request, options)];
const failures = runs.map((run) => run.result().catch((error) => error));
while (opened < 2) await new Promise((resolve) => setTimeout(resolve, 10));
const { now } = performance;
performance.now = () => {
  throw new WebAssembly.RuntimeError("unreachable");
};
try {
  runs[0].cancel();
} finally {
  performance.now = now;
}
equal(
  (await Promise.all(failures)).map(({ code }) => code),
  ["unexpected_error", "unexpected_error"],
);
equal(closed, 2, "calls closed");
equal(
  (await fuse(request, { ...options, fetch: async () => stream() }).result()).answer,
  "hi",
  "a later run",
);
// Waits for every timer of the failed runs.
await new Promise((resolve) => setTimeout(resolve, 2500));
ok(stray.length === 0, stray.join("\n"));
console.log("contained");
