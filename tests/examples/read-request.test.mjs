import assert from "node:assert/strict";
import { test } from "node:test";
import { readRequest } from "../../examples/worker/src/read-request.js";

const URL = "https://worker.example/runs";
const read = (asked, env = { MAX_COST: "0.5" }) =>
  readRequest(new Request(URL, { method: "POST", body: JSON.stringify(asked) }), env);
const models = { analysis_models: ["desk/a", "desk/b:free"], model: "~desk/c-latest" };

test("a request for the server's provider is read, and its cost is limited", async () => {
  const { asked } = await read({ prompt: "Why?", ...models });
  assert.deepEqual(asked, { prompt: "Why?", ...models, max_cost: 0.5 });
  assert.equal((await read({ prompt: "Why?", max_cost: 0.1 })).asked.max_cost, 0.1);
  assert.equal((await read({ prompt: "Why?", max_cost: 100 })).asked.max_cost, 0.5);
  assert.equal((await read({ prompt: "Why?" }, {})).asked.max_cost, undefined);
});

test("other providers, extra_body, snapshots and bad limits are refused", async () => {
  for (const more of [
    { analysis_models: ["ollama:x"] },
    { analysis_models: ["\u0085ollama:x"] },
    { analysis_models: [{ model: "desk/a", provider: "ollama" }] },
    { analysis_models: [{ model: "desk/a", fallbacks: ["lmstudio:x"] }] },
    { model: " openai:x" },
    { model: "ollama:a/b:c" },
    { analyst: { model: "llamacpp:x" } },
    { analyst: { extra_body: {} } },
    { writer: "ollama:\nx" },
    { writer: { model: "desk/a", extra_body: { models: ["desk/b"] } } },
    { resume: {} },
    { max_cost: -1 },
    { max_cost: "1" },
  ]) {
    const { refusal } = await read({ prompt: "Why?", ...more });
    assert.equal(refusal?.status, 400, JSON.stringify(more));
  }
});

test("bytes are counted as they arrive, and an endless body ends", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(32)),
    cancel() {
      cancelled = true;
    },
  });
  const request = new Request(URL, { method: "POST", body, duplex: "half" });
  assert.equal((await readRequest(request, {})).refusal.status, 413);
  assert.ok(cancelled);
});
