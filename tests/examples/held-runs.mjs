// Tests that a held run continues after its connection, its readers and its Durable Object have
// ended.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { equal, includes, ok, within } from "../scenarios/assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  question,
  stalled,
  WRITER,
} from "../scenarios/fixtures.mjs";
import { client, cutAfter, eventsIn, seededRandom } from "./held-run-client.mjs";

const RUNS = 3;
const CUTS = 8;
const LIVES = 5;
const ANSWER = "It is blue, I say. ".repeat(20);
const talking = { delay: { between_ms: 15 } };
const LIMIT_MS = 60_000;

export default [
  {
    name: "runs: a reader that is cut at 24 random places and reconnects gets each event once",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: says("Alpha has all common ground. ".repeat(12), talking),
          [WRITER]: says(ANSWER, talking),
        }),
      );
      const { address } = await t.start();
      const reader = client(() => address);
      const connections = [];
      await Promise.all(
        Array.from({ length: RUNS }, async (_, seed) => {
          const id = await reader.begin(question());
          const roll = seededRandom(seed + 1);
          let cuts = 0;
          const arrived = [];
          const open = async (lastEventId) => {
            const response = await reader.open(id, lastEventId);
            const parts = [];
            arrived.push(parts);
            const whole = ++cuts > CUTS;
            const body = cutAfter(whole ? Infinity : roll(700), response, parts);
            return new Response(atOnce(body), { headers: response.headers });
          };
          const run = t.api.fromResponse(open(), { reconnect: open });
          const [events, beside] = await Promise.all([t.read(run), reader.whole(id)]);
          equal(arrived.length, CUTS + 1, "connections");
          const onTheWire = arrived.flatMap((parts) => eventsIn(Buffer.concat(parts).toString()));
          const uncut = await reader.whole(id);
          equal(
            uncut.map(({ seq }) => seq),
            uncut.map((_, i) => i + 1),
            "seq has no gap",
          );
          equal(uncut.at(-1).type, "run.completed");
          equal(events, uncut, "the events of fromResponse()");
          equal(onTheWire, uncut, "the bytes of all connections");
          equal(beside, uncut, "the events of a second reader");
          equal((await run.result()).answer, ANSWER);
          connections.push(...arrived);
        }),
      );
      equal(connections.length, RUNS * (CUTS + 1));
      equal(
        (await t.session.calls()).filter(({ method }) => method === "POST").length,
        RUNS * 4,
        "readers make no calls",
      );
    },
  },
  {
    name: "runs: an object that is evicted twice resumes and repeats no finished call",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: {
            sequence: [
              says("Beta begins and stalls.", { stall: { after: 2 } }),
              says("Beta finds all common ground in azure."),
            ],
          },
          [WRITER]: {
            sequence: [
              says("Yes, it was blue.", { stall: { after: 2 } }),
              says("Yes, it is blue."),
            ],
          },
        }),
      );
      await inFolder(async (durableObjectsPersist) => {
        let worker = t.start({}, { durableObjectsPersist });
        const reader = client(async () => (await worker).address);
        const evict = async () => {
          const gone = await worker;
          worker = gone.dispose().then(() => t.start({}, { durableObjectsPersist }));
          await worker;
        };
        const id = await reader.begin(question());
        const run = t.api.fromResponse(reader.open(id), {
          reconnect: (lastEventId) => reader.open(id, lastEventId),
        });
        const evicted = [];
        const events = await t.read(run, async (event) => {
          const moment = { "panelist.completed": "panel", "answer.delta": "answer" }[event.type];
          if (!moment || evicted.includes(moment)) return;
          evicted.push(moment);
          await evict();
        });
        equal(evicted, ["panel", "answer"]);
        equal(events.at(-1).type, "run.completed");
        equal(
          events.map(({ seq }) => seq),
          events.map((_, i) => i + 1),
          "seq has no gap",
        );
        equal(await reader.whole(id), events, "the events of a reader after the end");
        equal(
          new Set(events.filter(({ type }) => type === "run.started").map(({ run_id }) => run_id))
            .size,
          1,
          "one run",
        );
        equal((await run.result()).answer, "Yes, it is blue.");
        equal(
          run.snapshot().responses.map(({ index }) => index),
          [0, 1],
        );
        const calls = await t.session.calls();
        equal(
          [ALPHA, BETA, ANALYST, WRITER].map((model) =>
            callsTo(calls, model).map(({ end }) => end),
          ),
          [
            ["completed"],
            ["client_closed", "completed"],
            ["completed"],
            ["client_closed", "completed"],
          ],
        );
      });
    },
  },
  {
    name: "runs: without a reader, the alarm restarts an evicted object",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: {
            sequence: [
              says("Beta begins and stalls.", { stall: { after: 2 } }),
              says("Beta finds all common ground in azure."),
            ],
          },
        }),
      );
      await inFolder(async (durableObjectsPersist) => {
        const first = await t.start({}, { durableObjectsPersist });
        const reader = client(() => first.address);
        const id = await reader.begin(question());
        for await (const { type } of t.api.fromResponse(reader.open(id)))
          if (type === "panelist.completed") break;
        await first.dispose();
        const second = await t.start({}, { durableObjectsPersist });
        const calls = await t.session.until(
          (calls) => callsTo(calls, WRITER).some(({ end }) => end === "completed"),
          LIMIT_MS,
        );
        equal(
          [ALPHA, BETA, ANALYST, WRITER].map((model) => callsTo(calls, model).length),
          [1, 2, 1, 1],
        );
        const events = await client(() => second.address).whole(id);
        equal(events.at(-1).result.answer, "Yes, it is blue.");
      });
    },
  },
  {
    name: "runs: a run whose object is evicted too often ends or can be cancelled",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      await inFolder(async (durableObjectsPersist) => {
        let worker = await t.start({}, { durableObjectsPersist });
        const reader = client(() => worker.address);
        const ids = [await reader.begin(question()), await reader.begin(question())];
        for (let life = 1; life <= LIVES; life++) {
          await t.session.until(
            (calls) =>
              callsTo(calls, ALPHA).filter(({ sent_events }) => sent_events > 0).length ===
              ids.length * life,
            LIMIT_MS,
          );
          await worker.dispose();
          worker = await t.start({}, { durableObjectsPersist });
          if (life < LIVES) for (const id of ids) await (await reader.open(id)).body.cancel();
        }
        const [lost, cancelled] = ids;
        equal((await reader.ask(`/runs/${cancelled}`, { method: "DELETE" })).status, 204);
        equal(
          (await within(LIMIT_MS, reader.whole(cancelled), "the end")).at(-1).error.code,
          "cancelled",
        );
        const events = await within(LIMIT_MS, reader.whole(lost), "the end");
        equal(events.at(-1).error.code, "unexpected_error");
        includes(events.at(-1).error.message, `${LIVES} times`);
        equal(await reader.whole(lost), events, "the events of a later reader");
        equal(callsTo(await t.session.until(noneOpen), ALPHA).length, ids.length * LIVES);
      });
    },
  },
  {
    name: "runs: an ended run is deleted after KEPT_MINUTES",
    async run(t) {
      await t.session.script(defaultScripts());
      const { address } = await t.start({ KEPT_MINUTES: "0.05" });
      const reader = client(() => address);
      const id = await reader.begin(question());
      equal((await reader.whole(id)).at(-1).type, "run.completed");
      const isGone = async () => {
        const { status, body } = await reader.open(id);
        await body?.cancel();
        return status === 404;
      };
      const gone = (async () => {
        while (!(await isGone())) await new Promise((wake) => setTimeout(wake, 100));
      })();
      await within(LIMIT_MS, gone, "the deletion");
      equal((await reader.ask(`/runs/${id}`, { method: "DELETE" })).status, 404);
    },
  },
  {
    name: "runs: DELETE cancels the run and its calls and ends its streams, also after an eviction",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      await inFolder(async (durableObjectsPersist) => {
        let { address, dispose } = await t.start({}, { durableObjectsPersist });
        const reader = client(() => address);
        const [cancelled, evicted] = [
          await reader.begin(question()),
          await reader.begin(question()),
        ];
        await t.session.until(
          (calls) =>
            calls.filter(({ method }) => method === "POST").length === 4 &&
            callsTo(calls, ALPHA).every(({ sent_events }) => sent_events > 0),
        );
        const [events, { status }] = await within(
          LIMIT_MS,
          Promise.all([
            reader.whole(cancelled),
            reader.ask(`/runs/${cancelled}`, { method: "DELETE" }),
          ]),
          "the end",
        );
        equal([events.at(-1).error.code, status], ["cancelled", 204]);
        const calls = await t.session.until(
          (calls) => calls.filter(({ end }) => end === "client_closed").length === 2,
        );
        equal(
          calls
            .filter(({ end }) => end === "client_closed")
            .map(({ model }) => model)
            .sort(),
          [ALPHA, BETA],
        );
        equal((await reader.ask(`/runs/${cancelled}`, { method: "DELETE" })).status, 204);

        await dispose();
        ({ address, dispose } = await t.start({}, { durableObjectsPersist }));
        equal((await reader.ask(`/runs/${evicted}`, { method: "DELETE" })).status, 204);
        equal(
          (await within(LIMIT_MS, reader.whole(evicted), "the end")).at(-1).error.code,
          "cancelled",
        );
        equal(
          (await reader.whole(cancelled)).filter(({ type }) => type === "run.failed").length,
          1,
        );
        ok(
          (await t.session.until(noneOpen)).filter(({ method }) => method === "POST").length === 4,
          "a cancelled run makes no calls",
        );
      });
    },
  },
  {
    name: "runs: a failed run and a refused request report the error in their last event",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [WRITER]: { status: 402, error: { code: 402, message: "Insufficient credits" } },
        }),
      );
      const { address } = await t.start();
      const reader = client(() => address);
      const failed = await reader.whole(await reader.begin(question()));
      equal([failed.at(-1).type, failed.at(-1).error.code], ["run.failed", "writer_failed"]);
      const odd = await reader.whole(await reader.begin(question({ colour: "blue" })));
      equal([odd.length, odd[0].error.code], [1, "invalid_request"]);
      includes(odd[0].error.message, "colour");
    },
  },
  {
    name: "runs: unknown runs, invalid or large requests and requests without a key are refused",
    async run(t) {
      const { address } = await t.start();
      const reader = client(() => address);
      const status = async (path, init) => (await reader.ask(path, init)).status;
      const post = (body) => status("/runs", { method: "POST", body });
      equal(await Promise.all(["{", "[]", "null", '"x"'].map(post)), [400, 400, 400, 400]);
      const large = JSON.stringify({ prompt: "x".repeat(600_000) });
      equal(await post(large), 413);
      const chunked = { method: "POST", body: new Blob([large]).stream(), duplex: "half" };
      equal(await status("/runs", chunked), 413, "a body without a content-length");
      equal(await post(JSON.stringify(question({ analysis_models: ["\u0085ollama:x"] }))), 400);
      const unknown = `/runs/${"0123456789abcdef".repeat(4)}`;
      equal(
        [
          await status(unknown),
          await status(unknown, { method: "DELETE" }),
          await status("/runs"),
          await status("/runs/x"),
          await status("/other"),
        ],
        [404, 404, 404, 404, 404],
      );
      const stranger = client(() => address, "guess");
      equal(
        [
          (await stranger.ask("/runs", { method: "POST", body: "{}" })).status,
          (await stranger.open(unknown.slice(6))).status,
        ],
        [401, 401],
      );
      equal(await t.session.calls(), []);
    },
  },
];

/** Returns the body with `retry: 0` in front, so readers reconnect without a delay. */
function atOnce(body) {
  const reader = body.getReader();
  let greeted = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (!greeted) {
          greeted = true;
          controller.enqueue(new TextEncoder().encode("retry: 0\n\n"));
          return;
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

export async function inFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-runs-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
