// FusionError: what a run fails with. The fields are those of `ErrorData` in index.d.ts.

// Shared by every copy of the package in a process, so that isFusionError works across them.
const marker = Symbol.for("llm-fuse.FusionError");

export class FusionError extends Error {
  constructor({ message, code, status_code, index, retry_after_ms }, snapshot, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (status_code !== undefined) this.status_code = status_code;
    if (index !== undefined) this.index = index;
    if (retry_after_ms !== undefined) this.retry_after_ms = retry_after_ms;
    // A getter would do, but an own property that is not enumerable stays out of logs and of JSON: a snapshot can be long.
    Object.defineProperty(this, "snapshot", { value: snapshot });
  }

  get name() {
    return "FusionError";
  }

  get [marker]() {
    return true;
  }
}

export function isFusionError(value) {
  return typeof value === "object" && value !== null && value[marker] === true;
}
