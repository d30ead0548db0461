// Keeps runs after the request that started them has ended. Only a few run at once, and each is
// kept for an hour.
import { fuse } from "llm-fuse";

const MAX_RUNNING = 3;
const MAX_KEPT = 50;
const KEPT_MS = 60 * 60_000;

/** Runs by id. An id is random, and a client that has the id can read and stop the run. */
export class Runs {
  #options;
  #runs = new Map();

  /** @param options the options of `fuse()` */
  constructor(options) {
    this.#options = options;
  }

  /** Returns the id of a new run. Throws if too many are running. */
  start(request) {
    this.#forget();
    const running = [...this.#runs.values()].filter(({ end }) => !end).length;
    if (running >= MAX_RUNNING)
      throw new Error(`${running} fusions are running: wait for one, or stop one`);
    const id = crypto.randomUUID();
    const run = fuse(request, this.#options);
    const kept = { run, began: Date.now(), end: undefined, ended: undefined };
    kept.ended = run.result().then(
      (result) => (kept.end = { result }),
      (error) => (kept.end = { error }),
    );
    this.#runs.set(id, kept);
    return id;
  }

  /**
   * Waits for the end of a run for at most `wait_ms` and returns its state. Returns `undefined` if
   * no run has the id.
   * @param {AbortSignal} signal ends the wait. The run continues.
   */
  async read(id, wait_ms, signal) {
    const kept = this.#runs.get(id);
    if (!kept) return undefined;
    if (!kept.end && wait_ms > 0) await Promise.race([kept.ended, sleep(wait_ms, signal)]);
    return kept.end ? toEnd(kept.end) : toProgress(kept.run.snapshot(), kept.began);
  }

  /** Stops a run. Returns `false` if no such run is active. */
  stop(id) {
    const kept = this.#runs.get(id);
    if (!kept || kept.end) return false;
    kept.run.cancel();
    return true;
  }

  /** Stops all runs, at the end of the server. */
  close() {
    for (const { run } of this.#runs.values()) run.cancel();
  }

  #forget() {
    const ended = [...this.#runs].filter(([, { end }]) => end);
    const surplus = this.#runs.size - MAX_KEPT;
    for (const [i, [id, { began }]] of ended.entries())
      if (i < surplus || Date.now() - began > KEPT_MS) this.#runs.delete(id);
  }
}

function toEnd({ result, error }) {
  if (error) return { status: "failed", code: error.code, message: error.message };
  const { answer, analysis, sources, usage, failed_models } = result;
  return {
    status: "completed",
    answer,
    contradictions: analysis?.contradictions.map(({ topic }) => topic) ?? [],
    sources: sources.map(({ url }) => url),
    failed_models: failed_models.map(({ model, code }) => `${model}: ${code}`),
    cost: usage.cost,
  };
}

/** Returns the finished parts of a run, from its snapshot. */
function toProgress({ responses, failed_models, analysis, partial }, began) {
  return {
    status: "running",
    seconds: Math.round((Date.now() - began) / 1000),
    answered: responses.map(({ model }) => model),
    failed: failed_models.map(({ model }) => model),
    analysed: analysis !== null,
    answer_so_far: partial.find(({ stage }) => stage === "answer")?.content ?? "",
  };
}

const sleep = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
