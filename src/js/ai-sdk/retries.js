// Recognises a call that is repeated after a failure, so that the panel is not paid again.
//
// For each try of a call, the AI SDK passes the same `headers` object (or `providerOptions`, or
// `abortSignal`) and an equal prompt. A WeakMap with this object as the key has the failed run's
// snapshot.

import { isFusionError } from "../errors.js";

/** After this time, a call with the same object and the same prompt is a new question. */
const KEPT_MS = 10 * 60_000;

/** @typedef {{ prompt: string, snapshot: any, at: number }} Failed */

/** @type {WeakMap<object, Failed>} */
const failedRuns = new WeakMap();

/** @param {Record<string, any>} options @returns {object | undefined} */
const keyOf = ({ headers, providerOptions, abortSignal, prompt }) =>
  [headers, providerOptions, abortSignal, prompt].find((value) => typeof value === "object");

/** @param {any} request */
const promptOf = ({ messages }) => JSON.stringify(messages);

/**
 * Keeps the snapshot of a failed run, if a panelist has answered.
 * @param {Record<string, any>} options of the call
 * @param {any} request
 * @param {unknown} error
 */
export function keepFailed(options, request, error) {
  const key = keyOf(options);
  if (!key || !isFusionError(error) || error.code === "cancelled") return;
  if (error.snapshot.responses.length === 0) return;
  failedRuns.set(key, { prompt: promptOf(request), snapshot: error.snapshot, at: Date.now() });
}

/**
 * Returns a request that resumes the failed run of the same call, or `request` if there is none.
 * @param {Record<string, any>} options of the call
 * @param {any} request
 */
export function resumeFailed(options, request) {
  const key = keyOf(options);
  const failed = key && failedRuns.get(key);
  if (!key || !failed) return request;
  failedRuns.delete(key);
  const isSame = failed.prompt === promptOf(request) && Date.now() - failed.at < KEPT_MS;
  if (!isSame || request.resume || request.convene === false) return request;
  const { messages: _messages, ...fields } = request;
  return { ...fields, resume: failed.snapshot };
}
