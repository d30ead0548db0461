// estimate(): estimates the cost of a run. The core plans the run and does not start it.

import { stopListening } from "./abort-listener.js";
import { toJson } from "./clone-json.js";
import { coreFailureMessage, FusionError, isTrap, messageOf, NOT_LOADED } from "./errors.js";
import { cloneRequest, inputError, keyOf, providerFetch, splitOptions } from "./options.js";
import { register, unregister } from "./registry.js";
import { emptySnapshot } from "./snapshot.js";
import { abortAll, send } from "./transport.js";

/**
 * @typedef {import("./output.js").Estimate} Estimate
 * @typedef {import("./options.js").SplitOptions} SplitOptions
 */

/**
 * @param {import("./api.js").Core} core
 * @param {unknown} request
 * @param {unknown} options
 * @returns {Promise<Estimate>}
 */
export async function estimate(core, request, options) {
  /** @type {{ request: any, options: SplitOptions }} */
  let input;
  try {
    input = { request: cloneRequest(request), options: splitOptions(options) };
  } catch (reason) {
    throw toFusionError(inputError(reason));
  }
  const { signal } = input.options;
  throwIfAborted(signal);
  const glue = await core.load().catch((/** @type {unknown} */ cause) => {
    const message = `${NOT_LOADED}: ${messageOf(cause)}`;
    throw toFusionError({ code: "unexpected_error", message }, cause);
  });
  throwIfAborted(signal);
  // Await the promise here. Otherwise workerd would report a rejection as unhandled, although the
  // caller handles it.
  return await new PendingEstimate(core, glue, input).result;
}

class PendingEstimate {
  #core;
  #options;
  #id;
  /** The estimate's handle in the core. `undefined` after it was freed. */
  #handle;
  /** @type {AbortController[]} */
  #controllers = [];
  /** @type {(estimate: Estimate) => void} */
  #resolve = () => {};
  /** @type {(reason: unknown) => void} */
  #reject = () => {};
  /** @type {Promise<Estimate>} */
  result = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  /**
   * @param {import("./api.js").Core} core
   * @param {typeof import("./core.js")} glue
   * @param {{ request: any, options: SplitOptions }} input
   */
  constructor(core, glue, { request, options }) {
    this.#core = core;
    this.#options = options;
    this.#id = register(this);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    const data = [toJson(request), toJson(options.data)];
    this.#handle = this.#callCore(
      () => new glue.EstimateTask(this.#id, data[0], data[1], this.#send, this.#keyOf),
    );
    this.#poll();
  }

  wake() {
    queueMicrotask(this.#poll);
  }

  /** @type {import("./registry.js").ActiveRun["failWithoutCore"]} */
  failWithoutCore(message, cause) {
    this.#handle = undefined;
    abortAll(this.#controllers);
    this.#unregister();
    const error = { code: "unexpected_error", message: coreFailureMessage(message, cause) };
    this.#reject(toFusionError(error, cause));
  }

  /** @type {(url: string, init: any, controller: AbortController, name?: string) => any} */
  #send = (url, init, controller, name) => {
    this.#controllers.push(controller);
    const fetch = providerFetch(this.#options, name) ?? this.#core.fetch;
    return send(fetch, url, init, () => this.wake());
  };

  /** @type {(field: string) => Promise<unknown>} */
  #keyOf = async (field) =>
    this.#options.signal?.aborted ? undefined : keyOf(this.#options, field);

  #poll = () => {
    const handle = this.#handle;
    const outcome = handle && this.#callCore(() => handle.poll());
    if (!outcome || !this.#handle) return;
    // Clear the field before the handle is freed. Freeing closes open calls, whose listeners may
    // abort the signal, and the abort handler uses this field.
    this.#handle = undefined;
    this.#callCore(() => handle.free());
    this.#unregister();
    if (outcome.error) this.#reject(toFusionError(outcome.error));
    else this.#resolve(/** @type {Estimate} */ (outcome.estimate));
  };

  #onAbort = () => {
    abortAll(this.#controllers);
    const handle = this.#handle;
    this.#handle = undefined;
    // Free the handle later, in a microtask. A caller's `fetch` may abort the signal during a poll,
    // and the handle must exist until the poll returns.
    queueMicrotask(() => this.#callCore(() => handle?.free()));
    this.#unregister();
    this.#reject(this.#options.signal?.reason);
  };

  #unregister() {
    unregister(this.#id);
    stopListening(this.#options.signal, this.#onAbort);
  }

  /**
   * Calls the core. If the call throws, fails this estimate and returns `undefined`. If the core
   * has failed with a trap, fails all runs of the wasm instance.
   * @template T
   * @param {() => T} call
   */
  #callCore(call) {
    try {
      return call();
    } catch (cause) {
      if (isTrap(cause)) this.#core.handleTrap(cause);
      else this.failWithoutCore(undefined, cause);
      return undefined;
    }
  }
}

/** @param {AbortSignal | undefined} signal */
function throwIfAborted(signal) {
  if (signal?.aborted) throw signal.reason;
}

/**
 * Returns an error in the form of a run's error. Its snapshot is empty, because no model was
 * called.
 * @param {import("./output.js").ErrorData} error
 * @param {unknown} [cause]
 */
function toFusionError(error, cause) {
  return new FusionError(error, emptySnapshot({}, "failed"), cause);
}
