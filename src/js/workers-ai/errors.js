// Converts errors of the AI binding to error responses. The core maps these responses to its own
// error codes. <https://developers.cloudflare.com/workers-ai/platform/errors/>

import { isObject } from "./completion.js";

/**
 * The HTTP statuses of Cloudflare's documented codes.
 * @type {Record<string, number>}
 */
const STATUSES = {
  3003: 400,
  3006: 413,
  3007: 408,
  3008: 408,
  3023: 403,
  3036: 429,
  3039: 400,
  3040: 429,
  3041: 403,
  3042: 404,
  5004: 400,
  5005: 405,
  5007: 400,
  5016: 403,
  5018: 403,
  5019: 405,
};
/** A code at the start of a message, perhaps after the name of the error. */
const CODE = /^\s*(?:\w*Error:\s*)?(\d{4})\b/;
const WAIT_HEADERS = ["retry-after"];

/** @param {Record<string, any>} output an output or a chunk */
export const isFailure = ({ error, errors, success }) =>
  Boolean(error) || success === false || (Array.isArray(errors) && errors.length > 0);

/**
 * Returns the response for an error that the binding threw, or for a failed `Response` that the
 * binding returned.
 * @param {any} failure
 */
export async function toErrorResponse(failure) {
  if (!(failure instanceof Response)) {
    const { message, code } = describe(failure);
    return Response.json({ error: { message, code } }, { status: STATUSES[code ?? ""] ?? 502 });
  }
  const { message, code } = describe(parse(await failure.text()));
  const headers = WAIT_HEADERS.flatMap((name) => {
    const value = failure.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return Response.json(
    { error: { message, code } },
    { status: STATUSES[code ?? ""] ?? failure.status, headers: Object.fromEntries(headers) },
  );
}

/**
 * Returns the error object for a chunk of a stream. Returns `undefined` for an error without a
 * documented code. Such an error means that the connection failed.
 * @param {unknown} error
 */
export function streamError(error) {
  const { message, code } = describe(error);
  const status = STATUSES[code ?? ""];
  return status && { message, code: status };
}

/**
 * Returns the message and the code of an error. The error may be an `Error`, a text, OpenAI's form,
 * or Cloudflare's forms `{ internalCode, description }` and `{ errors: [{ code, message }] }`.
 * @param {any} given
 * @returns {{ message: string, code: string | undefined }}
 */
export function describe(given) {
  const error = given?.error ?? given?.errors?.[0] ?? given;
  const fields = isObject(error) ? error : { message: error };
  const said = [fields.message, fields.description].find((text) => typeof text === "string");
  const message = said || "the AI binding failed without a message";
  const numbers = [fields.internalCode, fields.code].map(String);
  const code = numbers.find((code) => Object.hasOwn(STATUSES, code)) ?? CODE.exec(message)?.[1];
  return { message, code };
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
