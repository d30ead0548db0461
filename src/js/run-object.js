// The base class of runs. Methods of a run work without `this`. Wrong uses of a run throw an error.

import { toResponse } from "./run-response.js";

/** Base class of the runs of `fuse()` and of `fromResponse()`. */
export class RunObject {
  constructor() {
    bindMethods(this, RunObject.prototype);
    bindMethods(this, new.target.prototype);
  }

  /** @param {import("./index.js").RunResponseOptions} [options] */
  toResponse(options) {
    return toResponse(/** @type {any} */ (this), options);
  }

  get [Symbol.toStringTag]() {
    return "FusionRun";
  }

  // A run does not have the fields of its result, such as `answer`. Without these getters, the code
  // `const { answer } = await fuse(...)` would set `answer` to `undefined` without an error. The
  // getters are on the prototype, so that logs, JSON, copies and developer tools do not call them.

  get answer() {
    return refuse("answer");
  }

  get analysis() {
    return refuse("analysis");
  }

  get usage() {
    return refuse("usage");
  }

  get responses() {
    return refuse("responses");
  }
}

/**
 * Gives a run its methods as own properties, bound to the run. So `const { result } = run` works. A
 * Proxy such as Vue's `ref(run)` works too, although it has no private fields. The properties are
 * not enumerable, because `structuredClone()` fails at an enumerable function.
 * @param {object} run
 * @param {any} prototype
 */
function bindMethods(run, prototype) {
  for (const name of Reflect.ownKeys(prototype)) {
    const { value } = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(prototype, name)
    );
    if (typeof value !== "function" || name === "constructor") continue;
    const bound = value.bind(run);
    Object.defineProperty(run, name, { value: bound, configurable: true, writable: true });
  }
}

/**
 * @param {string} field
 * @returns {never}
 */
function refuse(field) {
  throw new TypeError(`a run has no \`${field}\`: use \`await run.result()\``);
}
