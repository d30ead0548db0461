// A store for frameworks. Reads the events of a run and publishes the state at most once per frame.

import { messageOf } from "../errors.js";
import { initialState, reduce } from "./reduce.js";

/**
 * @typedef {import("./index.js").FusionState} FusionState
 * @typedef {import("../index.js").FusionRun} FusionRun
 * @typedef {import("../output.js").FusionSnapshot} FusionSnapshot
 */

/** Maximum delay of a notification, in milliseconds. A hidden page gets no animation frames. */
const MAX_FRAME_MS = 100;

const CANCELLED = { code: "cancelled", message: "the run was cancelled" };

/**
 * One call of `start()` or `retry()`. `run` is missing while the promise of the run is pending, and
 * after the promise has rejected. `resumed` is the snapshot that this session resumes.
 * @typedef {{
 *   args: any[],
 *   run?: FusionRun,
 *   resumed?: FusionSnapshot | undefined,
 * }} Session
 */

/**
 * This function is long because its inner functions share the state and the session.
 * @type {typeof import("./index.js").createFusionStore<any[]>}
 */
export function createFusionStore(begin, options = {}) {
  if (typeof begin !== "function") {
    throw new TypeError("`createFusionStore()` takes a function that returns a run");
  }
  let state = initialState();
  let published = state;
  /** @type {Session | undefined} */
  let session;
  /** @type {(() => void) | undefined} */
  let cancelFrame;
  /** @type {Set<(state: FusionState) => void>} */
  const listeners = new Set();

  function publish() {
    cancelFrame?.();
    cancelFrame = undefined;
    if (published === state) return;
    published = state;
    for (const listener of [...listeners]) notify(listener, state);
  }

  /** @param {any} event */
  function push(event) {
    state = reduce(state, event);
    if (state !== published) cancelFrame ??= onFrame(publish);
  }

  /** @param {unknown} [reason] */
  function stop(reason) {
    if (!session || state.status !== "running") return;
    // If there is a run, the last event of this run changes the state.
    if (session.run) session.run.cancel(reason);
    else push({ type: "run.failed", error: CANCELLED });
  }

  /**
   * @param {Session} mine
   * @param {FusionState} from
   * @param {() => FusionRun | PromiseLike<FusionRun>} open
   */
  function follow(mine, from, open) {
    stop();
    session = mine;
    state = { ...from, status: "running", error: null };
    publish();
    void read(mine, open, (event) => session === mine && push(event), isOver(mine));
  }

  /** @param {Session} mine @returns {() => boolean} */
  const isOver = (mine) => () => session !== mine || state.status !== "running";

  return {
    getState: () => published,
    getRun: () => session?.run,
    subscribe(listener) {
      // Wrap the listener, because the same function may be added twice.
      /** @param {FusionState} shown */
      const own = (shown) => listener(shown);
      listeners.add(own);
      notify(own, published);
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        // React's StrictMode removes a listener and adds it again in the same task. So check for
        // listeners after that.
        queueMicrotask(() => listeners.size > 0 || stop());
      };
    },
    start: (...args) => follow({ args }, initialState(), () => begin(...args)),
    stop: () => stop(),
    retry() {
      if (!session) return;
      const { args, run, resumed } = session;
      const { resume } = options;
      stop();
      // If the session has no run yet, resume from the snapshot with which the session began.
      const snapshot = run?.snapshot() ?? resumed;
      if (!resume || !snapshot || state.result)
        return follow({ args }, initialState(), () => begin(...args));
      follow({ args, resumed: snapshot }, state, () => resume(snapshot, ...args));
    },
  };
}

/**
 * Reads a run to its end. If the run fails without the event `run.failed`, adds this event.
 * @param {Session} session
 * @param {() => FusionRun | PromiseLike<FusionRun>} open
 * @param {(event: any) => void} push
 * @param {() => boolean} isOver
 */
async function read(session, open, push, isOver) {
  try {
    const run = await open();
    if (!isRun(run)) throw new TypeError("the function must return a run, as `fuse()` does");
    session.run = run;
    if (isOver()) return run.cancel();
    for await (const event of run) push(event);
  } catch (reason) {
    if (isOver()) return;
    const { code = "unexpected_error" } = /** @type {any} */ (reason ?? {});
    push({ type: "run.failed", error: { code, message: messageOf(reason) } });
  }
}

/** @param {any} value */
const isRun = (value) =>
  typeof value?.cancel === "function" && typeof value[Symbol.asyncIterator] === "function";

/**
 * Calls a listener. If the listener throws, reports the exception. The other listeners and the run
 * continue.
 * @param {(state: FusionState) => void} listener
 * @param {FusionState} state
 */
function notify(listener, state) {
  try {
    listener(state);
  } catch (error) {
    // Node has no `reportError()`.
    (globalThis.reportError ?? console.error)(error);
  }
}

/**
 * Calls a function once, in the next frame. Returns a function that prevents the call.
 * @param {() => void} call
 */
function onFrame(call) {
  const { requestAnimationFrame: request, cancelAnimationFrame: cancel } = globalThis;
  const timer = setTimeout(call, MAX_FRAME_MS);
  const frame = request?.(call);
  return () => {
    clearTimeout(timer);
    if (frame !== undefined) cancel?.(frame);
  };
}
