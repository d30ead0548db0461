// Tests `keepRuns` with stores that fail, and with runs that share a key.

import { failures, says } from "../provider/scripts.mjs";
import { equal, throws } from "../scenarios/assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  WRITER,
} from "../scenarios/fixtures.mjs";
import { post } from "./harness.mjs";

const CHAT = {
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
};
const KEYS = { apiKey: "sk-server", clientKeys: ["sk-one"] };
const key = { "idempotency-key": "one" };
const retry = (count) => ({ "x-stainless-retry-count": String(count) });
const not = { workerd: "the store is a function, which cannot be sent to the Worker" };

const ask = (served, headers) =>
  post(served, "chat/completions", CHAT, {
    headers: { authorization: "Bearer sk-one", ...headers },
  });

/** Repeats a request until the earlier request has ended. */
async function repeat(served, headers) {
  for (let tries = 0; tries < 100; tries++) {
    const response = await ask(served, headers);
    if (response.status !== 409) return response;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error("the earlier request never ends");
}

/**
 * Serves with a store. At the end of a run, the first `fails` attempts to store the run throw an
 * error.
 */
async function serveWith(t, { store, fails = 0 }) {
  const logged = [];
  let left = fails;
  const put = (name, value, info) => {
    if (JSON.parse(value).until === 0 && left-- > 0) throw new Error("no put today");
    return store.put(name, value, info);
  };
  const keepRuns = { store: { ...store, put } };
  const onError = (error) => logged.push(error.message);
  return [await t.serve({ ...KEYS, keepRuns, onError }), logged];
}

const writerCalls = async (t) => callsTo(await t.session.calls(), WRITER).length;

export default [
  {
    name: "the last value of a run is stored at the second attempt",
    not,
    async run(t) {
      await t.session.script(defaultScripts());
      const store = t.api.createMemoryStore();
      const [served, logged] = await serveWith(t, { store, fails: 1 });
      for (let i = 0; i < 2; i++) equal((await repeat(served, key)).status, 200);
      equal([logged, await writerCalls(t)], [["`keepRuns`: no put today"], 1]);
    },
  },
  {
    name: "a run whose end cannot be stored is not live any more",
    not,
    async run(t) {
      await t.session.script(defaultScripts());
      const store = t.api.createMemoryStore();
      const [served, logged] = await serveWith(t, { store, fails: 2 });
      for (let i = 0; i < 3; i++) equal((await repeat(served, key)).status, 200);
      const calls = await t.session.calls();
      const panel = calls.filter(({ model }) => PANEL.includes(model));
      equal([logged.length, panel.length, await writerCalls(t)], [1, 2, 2]);
    },
  },
  {
    name: "an earlier failure of the store does not keep the end of a run from it",
    not,
    async run(t) {
      await t.session.script(defaultScripts());
      const store = t.api.createMemoryStore();
      let puts = 0;
      const put = (...args) => {
        if (++puts === 2) throw new Error("no put today");
        return store.put(...args);
      };
      const served = await t.serve({
        ...KEYS,
        keepRuns: { store: { ...store, put } },
        onError() {},
      });
      for (let i = 0; i < 2; i++) equal((await repeat(served, key)).status, 200);
      equal(await writerCalls(t), 1);
    },
  },
  {
    name: "a failure without a payment does not delete another run with its key",
    not,
    async run(t) {
      const slow = { ...failures[503], delay: { headers_ms: 1000 } };
      const sequence = (text) => ({ sequence: [slow, says(text)] });
      await t.session.script(
        defaultScripts({ [ALPHA]: sequence("Alpha."), [BETA]: sequence("Beta.") }),
      );
      const served = await t.serve({ ...KEYS, keepRuns: { store: t.api.createMemoryStore() } });
      const first = ask(served, retry(0));
      await t.session.until((calls) => calls.length === 2);
      equal((await ask(served, retry(0))).status, 200);
      equal((await first).status, 503);
      equal((await repeat(served, retry(1))).status, 200);
      equal(await writerCalls(t), 1);
    },
  },
  {
    name: "the repeat of a finished run needs no price list, and `ttlMs` may be null",
    not,
    async run(t) {
      await t.session.script(defaultScripts());
      const price = { prompt: "0.000001", completion: "0.000001" };
      const models = [ALPHA, BETA, ANALYST, WRITER];
      const prices = Object.fromEntries(models.map((model) => [model, price]));
      const keepRuns = { store: t.api.createMemoryStore(), ttlMs: null };
      const options = { ...KEYS, max_cost: 1, keepRuns };
      equal((await ask(await t.serve({ ...options, prices }), key)).status, 200);
      // Without prices, the handler cannot check `max_cost` and refuses every run that needs a
      // call. The repeated request succeeds, because its run needs no call.
      const repeated = await t.serve({ ...options, onError() {} });
      equal((await repeat(repeated, { "idempotency-key": "two" })).status, 400);
      equal((await repeat(repeated, key)).status, 200);
      equal(await writerCalls(t), 1);
    },
  },
  {
    name: "a run larger than a memory store is reported, and the store keeps its earlier value",
    not,
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says("Blue. ".repeat(5000)) }));
      const store = t.api.createMemoryStore({ maxBytes: 20_000 });
      const [served, logged] = await serveWith(t, { store });
      for (let i = 1; i <= 2; i++) {
        equal((await repeat(served, key)).status, 200);
        equal([logged.length, await writerCalls(t)], [i, i]);
      }
      const panel = (await t.session.calls()).filter(({ model }) => PANEL.includes(model));
      equal(panel.length, 2);
      throws(() => t.api.createMemoryStore({ maxByte: 5 }), TypeError);
    },
  },
];
