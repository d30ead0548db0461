// Tests a run as a JavaScript value. Code may store the run's methods in variables, wrap the run in
// a Proxy, or log it. If code reads a field of the result from the run, an error names `result()`.

import { equal, includes, ok, throws } from "./assert.mjs";
import { defaultScripts, question } from "./fixtures.mjs";

/** Returns a Proxy of a run, as Vue's `ref()` does. Every property is read through the Proxy. */
const reactive = (run) =>
  new Proxy(run, { get: (target, key, receiver) => Reflect.get(target, key, receiver) });

const served = (run) =>
  new Response(run.toReadableStream(), { headers: { "content-type": "text/event-stream" } });

const kinds = {
  "a run": (t) => t.start(question()),
  "a remote run": (t) => t.fromResponse(served(t.start(question()))),
};

const of = (kind, name, run) => ({
  name: `${kind} ${name}`,
  run: async (t) => {
    await t.session.script(defaultScripts());
    await run(t, kinds[kind](t), kind);
  },
});

const both = (name, run) => Object.keys(kinds).map((kind) => of(kind, name, run));

export default [
  ...both("works by methods that were taken off it", async (_, run) => {
    const { result, snapshot, cancelPanelist, [Symbol.asyncIterator]: iterate } = run;
    const types = [];
    for await (const { type } of iterate()) types.push(type);
    equal([types[0], types.at(-1)], ["run.started", "run.completed"]);
    equal((await result()).answer, "Yes, it is blue.");
    equal([snapshot().status, cancelPanelist(0)], ["completed", false]);
  }),
  ...both("is cancelled by a method that was taken off it", async (_, run) => {
    const { cancel, result } = run;
    const failed = result().catch(({ code }) => code);
    cancel();
    equal(await failed, "cancelled");
  }),
  ...both("works behind a Proxy", async (_, run) => {
    const proxy = reactive(run);
    const types = [];
    for await (const { type } of proxy) types.push(type);
    equal([types[0], types.at(-1)], ["run.started", "run.completed"]);
    equal((await proxy.result()).answer, "Yes, it is blue.");
    equal(proxy.snapshot().status, "completed");
    if (Symbol.asyncDispose) await proxy[Symbol.asyncDispose]();
  }),
  ...both("streams behind a Proxy", async (t, run) => {
    const copy = t.fromResponse(served(reactive(run)));
    equal((await copy.result()).answer, "Yes, it is blue.");
  }),
  ...both("that is taken for its result names `result()`", async (t, run, kind) => {
    const awaited = await run;
    ok(awaited === run, "a run must not be thenable");
    for (const field of ["answer", "analysis", "usage", "responses"]) {
      const error = thrownBy(() => awaited[field]);
      ok(error instanceof TypeError, `${field}: ${error}`);
      includes(error.message, "await run.result()");
      throws(() => reactive(run)[field], TypeError);
    }
    // Check this only for a local run, because the server of a remote run has already made calls.
    if (kind === "a run") equal(await t.session.calls(), []);
    run.cancel();
  }),
  ...both("can be logged, copied and inspected", async (_, run) => {
    equal([Object.keys(run), JSON.stringify({ run }), { ...run }], [[], '{"run":{}}', {}]);
    equal([String(run), structuredClone(run)], ["[object FusionRun]", {}]);
    const visible = [];
    for (const key in run) visible.push(key);
    equal(visible, []);
    run.cancel();
  }),
  ...both("can have its methods replaced, as test doubles do", async (_, run) => {
    run.result = async () => "double";
    equal(await run.result(), "double");
    run.cancel();
  }),
];

function thrownBy(act) {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
