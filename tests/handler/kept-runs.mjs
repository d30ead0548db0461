// Tests `keepRuns`: a repeated request resumes the run of the first request.

import { failures, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok, throws } from "../scenarios/assert.mjs";
import { callsTo, defaultScripts, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const messages = [{ role: "user", content: "Is the sky blue?" }];
const CHAT = { model: "openrouter/fusion", messages };
const BODIES = {
  "chat/completions": CHAT,
  responses: { model: "openrouter/fusion", input: "Is the sky blue?" },
  messages: { ...CHAT, max_tokens: 100 },
};
const KEYS = { apiKey: "sk-server", clientKeys: ["sk-one", "sk-two"] };
const IN_MEMORY = { ...KEYS, keepRuns: "memory" };
const bearer = (key = "sk-one") => ({ authorization: `Bearer ${key}` });
const retry = (count) => ({ ...bearer(), "x-stainless-retry-count": String(count) });
const idempotent = (key, client) => ({ ...bearer(client), "idempotency-key": key });

const ask = (served, headers, body = CHAT, path = "chat/completions", init = {}) =>
  post(served, path, body, { headers, ...init });

/** Returns the number of calls to the panel and to the writer. */
async function counts(session) {
  const calls = await session.calls();
  const panel = PANEL.reduce((sum, model) => sum + callsTo(calls, model).length, 0);
  return [panel, callsTo(calls, WRITER).length];
}

const inProcessOnly = { workerd: "the store is a function, which cannot be sent to the Worker" };

export default [
  ...Object.entries(BODIES).map(([path, body]) => ({
    name: `${path}: a repeat of a finished run gets the kept answer, and nobody is paid`,
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve(IN_MEMORY);
      const text = async (more) => {
        const response = await ask(served, idempotent("one"), { ...body, ...more }, path);
        return [response.status, await response.text()];
      };
      const [first, second] = [await text(), await text()];
      equal([first[0], second[0]], [200, 200]);
      for (const answer of [first[1], second[1]]) includes(answer, "Yes, it is blue.");
      equal(JSON.parse(second[1]).usage, JSON.parse(first[1]).usage, "the usage of the run");
      equal(await counts(t.session), [2, 1]);
    },
  })),
  ...Object.entries(BODIES).map(([path, body]) => ({
    name: `${path}: a repeated stream has the kept answer`,
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve(IN_MEMORY);
      const streamed = { ...body, stream: true };
      const texts = [];
      for (let i = 0; i < 2; i++) {
        const response = await ask(served, idempotent("one"), streamed, path);
        texts.push(textOf(framesOf(await response.text())));
      }
      equal(texts, ["Yes, it is blue.", "Yes, it is blue."]);
      equal(await counts(t.session), [2, 1]);
    },
  })),
  {
    name: "a repeat after the writer failed pays the writer alone",
    async run(t) {
      await t.session.script(
        defaultScripts({ [WRITER]: { sequence: [failures[503], says("Yes, it is blue.")] } }),
      );
      const served = await t.serve(IN_MEMORY);
      equal((await ask(served, retry(0))).status, 406);
      const second = await ask(served, retry(1));
      includes(await second.text(), "Yes, it is blue.");
      equal(await counts(t.session), [2, 2]);
    },
  },
  {
    name: "a tool call of a kept run comes again",
    async run(t) {
      const tools = [{ type: "function", function: { name: "weather", parameters: {} } }];
      const tool_calls = [{ id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' }];
      await t.session.script(defaultScripts({ [WRITER]: { tool_calls } }));
      const served = await t.serve(IN_MEMORY);
      const calls = [];
      for (let i = 0; i < 2; i++) {
        const body = await (await ask(served, idempotent("tools"), { ...CHAT, tools })).json();
        calls.push(body.choices?.[0].message.tool_calls ?? body);
      }
      equal(calls[1], calls[0]);
      equal([calls[0][0].function.name, await counts(t.session)], ["weather", [2, 1]]);
      const streams = [];
      for (let i = 0; i < 2; i++) {
        const body = { ...CHAT, tools, stream: true };
        const response = await ask(served, idempotent("stream"), body);
        const frames = framesOf(await response.text());
        streams.push(frames.map(({ data }) => data.choices?.[0]?.delta.tool_calls).filter(Boolean));
      }
      equal(streams[1], streams[0]);
      equal([streams[0].length, await counts(t.session)], [1, [4, 2]]);
    },
  },
  {
    name: "two equal first requests are two runs, and a retry gets the later one",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve(IN_MEMORY);
      for (const headers of [retry(0), retry(0), retry(1)])
        equal((await ask(served, headers)).status, 200);
      equal(await counts(t.session), [4, 2]);
    },
  },
  {
    name: "a key of another client, another endpoint or no key of a client shares nothing",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve(IN_MEMORY);
      equal((await ask(served, idempotent("same"))).status, 200);
      equal((await ask(served, idempotent("same", "sk-two"))).status, 200);
      equal((await ask(served, idempotent("same"), BODIES.messages, "messages")).status, 200);
      equal(await counts(t.session), [6, 3]);
      equal((await ask(served, idempotent("same"))).status, 200);
      equal(await counts(t.session), [6, 3]);
    },
  },
  {
    name: "the same key with another body is a 422",
    async run(t) {
      await t.session.script(defaultScripts());
      const served = await t.serve(IN_MEMORY);
      equal((await ask(served, idempotent('"quoted"'))).status, 200);
      equal((await ask(served, idempotent("quoted"), { ...CHAT, seed: 1 })).status, 422);
      equal(await counts(t.session), [2, 1]);
    },
  },
  {
    name: "without `keepRuns`, and without a marked request, every request is a run",
    async run(t) {
      await t.session.script(defaultScripts());
      const off = await t.serve(KEYS);
      for (let i = 0; i < 2; i++) equal((await ask(off, idempotent("one"))).status, 200);
      const on = await t.serve(IN_MEMORY);
      for (let i = 0; i < 2; i++) equal((await ask(on, bearer())).status, 200);
      equal(await counts(t.session), [8, 4]);
    },
  },
  {
    name: "a repeat while the first request runs is a 409 with a delay, and then gets its answer",
    async run(t) {
      await t.session.script(
        defaultScripts({ [WRITER]: says("Yes, it is blue.", { delay: { headers_ms: 1500 } }) }),
      );
      const served = await t.serve(IN_MEMORY);
      const first = ask(served, idempotent("live"));
      await writerCalled(t.session);
      const second = await ask(served, idempotent("live"));
      equal([second.status, second.headers.get("retry-after")], [409, "5"]);
      equal((await ask(served, idempotent("live"), { ...CHAT, seed: 1 })).status, 422);
      equal((await first).status, 200);
      equal((await ask(served, idempotent("live"))).status, 200);
      equal(await counts(t.session), [2, 1]);
    },
  },
  {
    name: "a client that leaves while the writer works finds the panel's answers paid",
    not: { workerd: "Node's client and workerd do not agree on when a connection has ended" },
    async run(t) {
      const slow = says("Not yet", { stall: { after: 1 } });
      await t.session.script(
        defaultScripts({ [WRITER]: { sequence: [slow, says("Yes, it is blue.")] } }),
      );
      const served = await t.serve(IN_MEMORY);
      const gone = new AbortController();
      const init = { signal: gone.signal };
      const first = ask(served, retry(0), CHAT, "chat/completions", init).catch(() => {});
      await writerCalled(t.session);
      gone.abort();
      await first;
      const second = await eventually(() => ask(served, retry(1)));
      includes(await second.text(), "Yes, it is blue.");
      equal(await counts(t.session), [2, 2]);
    },
  },
  {
    name: "a store that fails does not fail a request, and is reported once",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      for (const name of ["get", "put", "delete"]) {
        const logged = [];
        const fail = () => {
          throw new Error(`no ${name} today`);
        };
        const store = { ...t.api.createMemoryStore(), [name]: fail };
        const served = await t.serve({
          ...KEYS,
          keepRuns: { store },
          onError: (error) => logged.push(error.message),
        });
        for (let i = 0; i < 2; i++) equal((await ask(served, idempotent(name))).status, 200);
        equal(logged, name === "delete" ? [] : Array(2).fill(`\`keepRuns\`: no ${name} today`));
      }
    },
  },
  {
    name: "a store that hangs holds a request for 5 s at most",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      const logged = [];
      const store = { ...t.api.createMemoryStore(), get: () => new Promise(() => {}) };
      const onError = (error) => logged.push(error.message);
      const served = await t.serve({ ...KEYS, keepRuns: { store }, onError });
      equal((await ask(served, idempotent("one"))).status, 200);
      equal(logged, ["`keepRuns`: the store did not answer within 5000 ms"]);
      // The first request with a key does not wait for the store. Here `put` answers only after the
      // fifth call of a model, so waiting would never end.
      const called = async () => {
        while ((await t.session.calls()).length < 5) await new Promise((wake) => setTimeout(wake));
      };
      const slow = { ...t.api.createMemoryStore(), put: called };
      const first = await t.serve({ ...KEYS, keepRuns: { store: slow }, onError });
      equal((await ask(first, retry(0))).status, 200);
      equal(logged.length, 1, logged.join());
    },
  },
  {
    name: "a run of a server that has died is resumed after its lease, and before that it is a 409",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      const kept = new Map();
      let refuses = false;
      const store = {
        get: (key) => kept.get(key),
        put: (key, value, { previous }) => {
          if (refuses && previous !== undefined) return false;
          return kept.set(key, value);
        },
        delete: (key) => kept.delete(key),
      };
      const served = await t.serve({ ...KEYS, keepRuns: { store } });
      equal((await ask(served, idempotent("one"))).status, 200);
      const [[key, text]] = kept;
      const { snapshot, ...ended } = JSON.parse(text);
      equal([ended.version, ended.until], [1, 0]);
      const live = { ...snapshot, status: "running", answer: null };
      const leave = (until) => kept.set(key, JSON.stringify({ ...ended, until, snapshot: live }));
      leave(Date.now() + 60_000);
      equal((await ask(served, idempotent("one"))).status, 409);
      equal(await counts(t.session), [2, 1]);
      leave(Date.now() - 1);
      equal((await ask(served, idempotent("one"))).status, 200);
      equal(await counts(t.session), [2, 2], "the writer alone");
      // The store refuses the key, as if another process had claimed it.
      refuses = true;
      equal((await ask(served, idempotent("one"))).status, 409);
    },
  },
  {
    name: "a run is forgotten after its time",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      const keepRuns = { store: t.api.createMemoryStore(), ttlMs: 1 };
      const served = await t.serve({ ...KEYS, keepRuns });
      for (let i = 0; i < 2; i++) {
        equal((await ask(served, idempotent("one"))).status, 200);
        await new Promise((wake) => setTimeout(wake, 20));
      }
      equal(await counts(t.session), [4, 2]);
    },
  },
  {
    name: "what a store has damaged or forgotten is run again",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      const kept = new Map();
      const store = {
        get: (key) => kept.get(key),
        put: (key, value) => kept.set(key, value),
        delete: (key) => kept.delete(key),
      };
      const logged = [];
      const onError = (error) => logged.push(error.message);
      const served = await t.serve({ ...KEYS, keepRuns: { store }, onError });
      equal((await ask(served, idempotent("one"))).status, 200);
      const [[key, good]] = kept;
      const { snapshot, ...rest } = JSON.parse(good);
      const damaged = [
        "{",
        "null",
        '{"version":1}',
        JSON.stringify({ ...rest, snapshot: { ...snapshot, version: 9 } }),
        JSON.stringify({ ...rest, snapshot: { ...snapshot, responses: "none" } }),
        JSON.stringify({ ...rest, snapshot: { ...snapshot, request: {} } }),
      ];
      for (const [i, text] of damaged.entries()) {
        kept.set(key, text);
        equal((await ask(served, idempotent("one"))).status, 200, text);
        equal(logged.length, i + 1, logged.join());
      }
      kept.clear();
      equal((await ask(served, idempotent("one"))).status, 200);
      equal(await counts(t.session), [2 * 8, 8]);
    },
  },
  {
    name: "a store has no key of a client or of the server",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      const seen = [];
      const memory = t.api.createMemoryStore();
      const put = (...args) => {
        seen.push(JSON.stringify(args));
        return memory.put(...args);
      };
      const served = await t.serve({ ...KEYS, keepRuns: { store: { ...memory, put } } });
      await ask(served, idempotent("my-idempotency-key"));
      ok(seen.length > 2, "the run and its stages are stored");
      for (const text of seen)
        for (const secret of ["sk-", "my-idempotency-key", "Bearer"]) lacks(text, secret);
    },
  },
  {
    name: "the id of `authorize` names the client, and a key that nobody checked does not",
    not: inProcessOnly,
    async run(t) {
      await t.session.script(defaultScripts());
      const store = t.api.createMemoryStore();
      const byId = await t.serve({
        apiKey: "sk-server",
        authorize: ({ headers }) => ({ id: headers.get("x-user") }),
        keepRuns: { store },
      });
      const by = (user) => ({ ...idempotent("one"), "x-user": user });
      for (const user of ["ann", "bob", "ann"]) equal((await ask(byId, by(user))).status, 200);
      equal(await counts(t.session), [4, 2]);
      equal((await ask(byId, by(""))).status, 401);
      const unchecked = await t.serve({
        apiKey: "sk-server",
        authorize: () => true,
        keepRuns: { store },
      });
      for (let i = 0; i < 2; i++) equal((await ask(unchecked, idempotent("two"))).status, 200);
      equal(await counts(t.session), [8, 4]);
    },
  },
  {
    name: "a memory store drops the oldest values, and those whose time is over",
    not: inProcessOnly,
    async run({ api: { createMemoryStore } }) {
      const later = { expires: Date.now() + 60_000 };
      const few = createMemoryStore({ maxEntries: 2 });
      for (const key of ["a", "b", "c"]) few.put(key, key, later);
      equal(["a", "b", "c"].map(few.get), [undefined, "b", "c"]);
      const small = createMemoryStore({ maxBytes: 100 });
      small.put("a", "x".repeat(30), later);
      small.put("b", "x".repeat(30), later);
      equal([small.get("a"), small.get("b")?.length], [undefined, 30]);
      throws(() => small.put("c", "x".repeat(60), later), RangeError);
      equal([small.get("c"), small.get("b")?.length], [undefined, 30]);
      const short = createMemoryStore();
      short.put("a", "x", { expires: Date.now() - 1 });
      equal(short.get("a"), undefined);
      equal(short.put("a", "x", { ...later, previous: "y" }), false);
      equal([short.put("a", "x", { ...later, previous: null }), short.get("a")], [undefined, "x"]);
      short.delete("a");
      equal(short.get("a"), undefined);
      for (const options of [{ maxEntries: 0 }, { maxBytes: 1.5 }])
        throws(() => createMemoryStore(options), TypeError);
    },
  },
];

/** Returns the text of a stream, for any endpoint. */
const textOf = (frames) =>
  frames
    .map(({ data }) => {
      if (data?.type === "response.output_text.delta") return data.delta;
      if (data?.type === "content_block_delta") return data.delta.text ?? "";
      return data?.choices?.[0]?.delta.content ?? "";
    })
    .join("");

async function writerCalled(session) {
  while (callsTo(await session.calls(), WRITER).length === 0)
    await new Promise((wake) => setTimeout(wake, 20));
}

/** Repeats a request until the first request has ended. */
async function eventually(request) {
  for (;;) {
    const response = await request();
    if (response.status !== 409) return response;
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
