// Recognises a call that the AI SDK repeats after a failure, so that the panel is
// not paid twice.
//
// The AI SDK passes the same `headers`, `providerOptions` or `abortSignal` object each time it
// repeats a call. A WeakMap maps this object to the snapshot of the failed run.

import { isFusionError } from "../errors.js";
import { isObject } from "./values.js";

/** How long a failed run can be resumed, in milliseconds. */
const KEPT_MS = 10 * 60_000;

/** @typedef {{ request: string, snapshot: any, at: number }} Failed */

/** @param {Record<string, any>} options @returns {object | undefined} */
const keyOf = ({ headers, providerOptions, abortSignal, prompt }) =>
  [headers, providerOptions, abortSignal, prompt].find(isObject);

/**
 * The failed runs of one model. Other code may pass the options of a failed call to a second model
 * as a fallback. Therefore the two models must not share failed runs.
 */
export class FailedRuns {
  /** @type {WeakMap<object, Failed>} */
  #runs = new WeakMap();

  /**
   * Keeps the snapshot of a failed run, if a panelist has answered.
   * @param {Record<string, any>} options of the call
   * @param {any} request
   * @param {unknown} error
   */
  keep(options, request, error) {
    const key = keyOf(options);
    if (!key || !isFusionError(error) || error.code === "cancelled") return;
    const { snapshot } = error;
    if (snapshot.responses.length === 0) return;
    this.#runs.set(key, { request: JSON.stringify(request), snapshot, at: Date.now() });
  }

  /**
   * Returns a request that resumes the failed run of the same call. Returns `request` unchanged if
   * there is no failed run, or if any field of the request differs. Forgets the failed run, so that
   * it is resumed only once.
   * @param {Record<string, any>} options of the call
   * @param {any} request
   */
  resume(options, request) {
    const key = keyOf(options);
    const failed = key && this.#runs.get(key);
    if (!key || !failed) return request;
    this.#runs.delete(key);
    const isRecent = Date.now() - failed.at < KEPT_MS;
    if (!isRecent || request.resume || request.convene === false) return request;
    if (failed.request !== JSON.stringify(request)) return request;
    const { messages: _messages, ...fields } = request;
    return { ...fields, resume: failed.snapshot };
  }
}
