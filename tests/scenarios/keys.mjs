// Tests `apiKey` as a function. The function is called for each request, and the returned key is
// used only for that request. The key is never exposed.

import { failures } from "../provider/scripts.mjs";
import { equal, failure, lacks, ok } from "./assert.mjs";
import { ALPHA, BETA, callsTo, defaultScripts, question, WRITER } from "./fixtures.mjs";
import { complete, readRun } from "./run-helpers.mjs";

/** Returns an `apiKey` function and the list of the keys that it has returned. */
function counted(prefix) {
  const keys = [];
  const apiKey = async () => {
    keys.push(`${prefix}-${keys.length + 1}-0123456789`);
    return keys.at(-1);
  };
  return { apiKey, keys };
}

const bearer = ({ headers }) => headers.authorization?.replace("Bearer ", "");
const exposed = (run, events, error) =>
  JSON.stringify([events, run.snapshot(), String(error), error?.stack, error?.cause ?? null]);

export default [
  {
    name: "a function as `apiKey` is called for each request of the default provider",
    async run(t) {
      await t.session.script(
        defaultScripts({ [ALPHA]: { sequence: [failures[503], defaultScripts()[ALPHA]] } }),
      );
      const { apiKey, keys } = counted("default");
      const run = t.start(question({ max_retries: 1 }), { apiKey });
      const { events } = await readRun(run);
      const calls = await t.session.calls();
      ok(calls.length >= 5, "the failed call is repeated");
      equal(calls.map(bearer).sort(), [...keys].sort());
      lacks(exposed(run, events), "0123456789");
    },
  },
  {
    name: "two roles and a fallback of one provider each get a key of their own",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[500] }));
      const mine = counted("mine");
      const spare = counted("spare");
      const { baseURL } = t.session;
      const { result } = await complete(
        t.start(
          question({
            analysis_models: [{ model: ALPHA, fallbacks: [`spare:${BETA}`] }, `mine:${BETA}`],
            writer: { model: WRITER, provider: "mine" },
            max_retries: 0,
          }),
          {
            providers: {
              mine: { baseURL, apiKey: mine.apiKey },
              spare: { baseURL, apiKey: spare.apiKey },
            },
          },
        ),
      );
      equal(result.failed_models, []);
      const sent = (await t.session.calls()).map(bearer);
      equal(mine.keys.length, 2);
      equal(spare.keys.length, 1);
      for (const key of [...mine.keys, ...spare.keys])
        equal(sent.filter((other) => other === key).length, 1, key);
    },
  },
  {
    name: "a server that echoes the key of a call exposes no key",
    async run(t) {
      const { apiKey, keys } = counted("echoed");
      const echo = (url, init) =>
        fetch(url, init).then(() =>
          Response.json(
            { error: { message: `Bad ${init.headers.get("authorization")}`, code: 401 } },
            { status: 401 },
          ),
        );
      await t.session.script(defaultScripts());
      const run = t.start(question(), { apiKey, fetch: echo });
      const { events, error } = await readRun(run);
      equal(error.code, "authentication");
      ok(keys.length > 0);
      lacks(exposed(run, events, error), "0123456789");
    },
  },
  {
    name: "a function that fails is an authentication error without its text",
    async run(t) {
      await t.session.script(defaultScripts());
      const fail = (value) => {
        throw value;
      };
      const broken = [
        () => fail(new Error("vault-secret")),
        () => fail("vault-secret"),
        () => Promise.reject(new Error("vault-secret")),
        async () => undefined,
        () => "",
        () => "two words",
        () => "line\nbreak",
        () => 12345678,
        () => ({ token: "vault-secret" }),
        () => ({
          // biome-ignore lint/suspicious/noThenProperty: a promise of the caller's may be broken
          get then() {
            return fail(new Error("vault-secret"));
          },
        }),
      ];
      for (const apiKey of broken) {
        const run = t.start(question({ max_retries: 0 }), { apiKey });
        const { events, error } = await readRun(run);
        equal(error.code, "authentication", String(apiKey));
        ok(error.message.includes("`apiKey`"), error.message);
        lacks(exposed(run, events, error), "vault-secret");
      }
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "a function that never settles is bounded by the call's timeout and by an abort",
    async run(t) {
      await t.session.script(defaultScripts());
      const apiKey = () => new Promise(() => {});
      const slow = question({ timeouts: { first_byte_ms: 1000 }, max_retries: 0 });
      equal((await failure(t.start(slow, { apiKey }).result())).code, "timeout");
      const controller = new AbortController();
      const run = t.start(question(), { apiKey, signal: controller.signal });
      const ended = failure(run.result());
      for (let turn = 0; turn < 20; turn++) await new Promise((wake) => setTimeout(wake));
      controller.abort(new Error("enough"));
      equal((await ended).message, "enough");
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "no function is called after a run was cancelled",
    async run(t) {
      await t.session.script(defaultScripts());
      const controller = new AbortController();
      let called = 0;
      const apiKey = () => {
        called += 1;
        controller.abort(new Error("enough"));
        return "key-0123456789";
      };
      const options = { apiKey, signal: controller.signal };
      const run = t.start(question(), options);
      equal((await failure(run.result())).message, "enough");
      equal(called, 1, "the other panelist's call needs no key");
      equal((await failure(t.start(question(), options).result())).message, "enough");
      equal(called, 1);
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "a function is called as a method, without arguments",
    async run(t) {
      await t.session.script(defaultScripts());
      const seen = [];
      const mine = {
        baseURL: t.session.baseURL,
        headers: { "x-openrouter-title": "token-0123456789" },
        apiKey(...args) {
          seen.push(args.length);
          return this.headers["x-openrouter-title"];
        },
      };
      await complete(
        t.start(question({ analysis_models: [`mine:${ALPHA}`, BETA] }), { providers: { mine } }),
      );
      equal(seen, [0]);
      equal(bearer(callsTo(await t.session.calls(), ALPHA)[0]), mine.headers["x-openrouter-title"]);
    },
  },
  {
    name: "an `apiKey` that is neither text nor a function is refused",
    async run(t) {
      for (const apiKey of [true, 1, {}, [], { function: true }]) {
        for (const [options, field] of [
          [{ apiKey }, "`apiKey`"],
          [{ providers: { openai: { apiKey } } }, "`providers.openai.apiKey`"],
        ]) {
          const error = await failure(t.start(question(), options).result());
          equal(error.code, "invalid_request");
          ok(error.message.startsWith(field), error.message);
        }
      }
    },
  },
  {
    name: "an estimate asks the function for a key, too",
    async run(t) {
      const { apiKey, keys } = counted("estimate");
      const seen = [];
      const fetch = async (_url, { headers }) => {
        seen.push(headers.get("authorization"));
        return Response.json({ data: [] });
      };
      const request = question({ analysis_models: ["a/b"], analyst: "a/b", writer: "a/b" });
      await t.estimate(request, { apiKey, fetch });
      equal(
        seen,
        keys.map((key) => `Bearer ${key}`),
      );
      const broken = () => Promise.reject(new Error("vault-secret"));
      const error = await failure(t.estimate(request, { apiKey: broken, fetch }));
      equal(error.code, "authentication");
      lacks(String(error), "vault-secret");
      equal(seen.length, 1);
    },
  },
];
