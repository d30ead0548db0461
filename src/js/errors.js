// FusionError, the error of a failed run. Its fields are those of `ErrorData` in output.d.ts.

// All installed copies of the package use the same symbol. Therefore `isFusionError()` also accepts
// errors from another copy.
const marker = Symbol.for("llm-fuse.FusionError");

/** @typedef {import("./output.js").ErrorData} ErrorData */

/** @implements {ErrorData} */
export class FusionError extends Error {
  /**
   * @param {ErrorData} data
   * @param {import("./output.js").FusionSnapshot} snapshot
   * @param {unknown} [cause]
   */
  constructor(data, snapshot, cause) {
    const { message, code, status_code, cause_code, index, retry_after_ms } = data;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (status_code !== undefined) this.status_code = status_code;
    if (cause_code !== undefined) this.cause_code = cause_code;
    if (index !== undefined) this.index = index;
    if (retry_after_ms !== undefined) this.retry_after_ms = retry_after_ms;
    // Make `snapshot` a property that is not enumerable, so that logs and JSON do not contain it.
    Object.defineProperty(this, "snapshot", { value: snapshot });
  }

  /** @returns {"FusionError"} */
  get name() {
    return "FusionError";
  }

  get [marker]() {
    return true;
  }
}

/** @type {typeof import("./output.js").isFusionError} */
export function isFusionError(value) {
  return typeof value === "object" && value !== null && /** @type {any} */ (value)[marker] === true;
}

/**
 * Returns the message of any thrown value. Symbols and some objects cannot be converted to a
 * string, and a getter may throw.
 * @param {any} reason
 * @returns {string}
 */
export function messageOf(reason) {
  try {
    return String(reason?.message ?? reason);
  } catch {
    return `a value without a message (${typeof reason})`;
  }
}

/**
 * Returns whether the core's memory may be inconsistent. A panic ends with a trap, which is a
 * `RuntimeError`. An exhausted stack is a `RangeError`, or an `InternalError` in Firefox. Compares
 * names, because the class may belong to another realm.
 * @param {unknown} cause
 */
export const isTrap = (cause) =>
  ["RuntimeError", "RangeError", "InternalError"].includes(/** @type {any} */ (cause)?.name);

/** The beginning of the error message if the core cannot be loaded. */
export const NOT_LOADED = "the WebAssembly core could not be loaded";

/**
 * Returns the message for a run that ended because the core failed.
 * @param {string | undefined} message of the panic, if there was one
 * @param {unknown} cause
 */
export const coreFailureMessage = (message, cause) =>
  `the core of llm-fuse failed: ${message ?? messageOf(cause)}`;
