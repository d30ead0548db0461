// Checks the responses and the events of a remote run.

import { codeForStatus } from "./http-status.js";

/**
 * @typedef {import("./output.js").ErrorData} ErrorData
 * @typedef {import("./output.js").FusionEvent} FusionEvent
 */

const MAX_MESSAGE_CHARS = 500;

/** An error after which another attempt to connect would fail too. */
export class PermanentError extends Error {
  /** @param {ErrorData} error @param {unknown} [cause] */
  constructor(error, cause) {
    super(error.message, { cause });
    this.error = error;
  }
}

/** An error after which a further attempt may succeed. */
class TransientError extends Error {
  /** @param {ErrorData} error */
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Returns the body of a response if it is an event stream. Otherwise throws.
 * @param {any} response
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
export async function bodyOf(response) {
  if (typeof response?.status !== "number") {
    throw new PermanentError({ code: "network_error", message: "the value given is no Response" });
  }
  const { status, body } = response;
  const type = response.headers?.get("content-type") ?? "";
  if (status === 200 && body && /^text\/event-stream\b/i.test(type)) return body;
  if (status < 400) {
    // Cancel the body, because an unread body would keep its connection open.
    body?.cancel().catch(() => {});
    throw new PermanentError({
      code: "network_error",
      message:
        status === 204
          ? "the server cannot continue the run: it answered 204 with nothing"
          : `the server answered ${status} with ${type || "nothing"}, not with an event stream`,
      status_code: status,
    });
  }
  const message = `HTTP ${status}: ${messageOf(await response.text().catch(() => ""))}`;
  // With status 404, the server does not have the path. This is not an unknown model.
  const code = status === 404 ? "invalid_request" : codeForStatus(status);
  const error = { code, message, status_code: status };
  const isTransient = status >= 500 || status === 408 || status === 429;
  throw isTransient ? new TransientError(error) : new PermanentError(error);
}

/**
 * Returns the message of an error response: the `message` field of a JSON error, or the text unless
 * it is HTML.
 * @param {string} text
 */
function messageOf(text) {
  let message = text;
  try {
    const { error } = JSON.parse(text);
    message = error?.message ?? error ?? text;
  } catch {
    // The response is not JSON.
  }
  message = String(typeof message === "string" ? message : JSON.stringify(message)).trim();
  const isText = message && !message.startsWith("<");
  return isText ? message.slice(0, MAX_MESSAGE_CHARS) : "no explanation was given";
}

/**
 * @param {string} data
 * @returns {FusionEvent}
 */
export function parseEvent(data) {
  const message = "the stream holds something that is no event of a run";
  let event;
  try {
    event = JSON.parse(data);
  } catch (cause) {
    throw new PermanentError({ code: "network_error", message }, cause);
  }
  if (!isEvent(event)) throw new PermanentError({ code: "network_error", message });
  return event;
}

/**
 * Returns whether an event is valid. An event needs a number and a type. The last event also needs
 * an error or a result.
 * @param {any} event
 */
function isEvent(event) {
  if (!Number.isInteger(event?.seq) || typeof event.type !== "string" || isDeep(event)) {
    return false;
  }
  if (event.type === "run.failed") {
    return isObject(event.error) && typeof (event.error.message ?? "") === "string";
  }
  return event.type !== "run.completed" || isObject(event.result);
}

/**
 * Returns whether a value is nested too deeply to be cloned or written as JSON. Real events have
 * less than 20 levels.
 * @param {unknown} value
 * @returns {boolean}
 */
const isDeep = (value, levels = 100) =>
  isObject(value) &&
  (levels === 0 || Object.values(value).some((item) => isDeep(item, levels - 1)));

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === "object" && value !== null;
