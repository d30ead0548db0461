// Makes a run usable as a plain JavaScript value: in variables, in a Proxy, and after a habit.

import { toResponse } from "./run-response.js";

/** Base class of both kinds of runs. */
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

  // A run is not the result. Each getter names the way to the result, because
  // `const { answer } = await fuse(...)` would otherwise be `undefined`, without an error. The
  // getters are on the prototype: logs, JSON, copies and developer tools do not read them.

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
 * Gives a run its methods as own properties that need no `this`. They work if they are taken off
 * the run, and through a Proxy such as Vue's `ref(run)`, which has no private fields. They are not
 * enumerable: `structuredClone()` fails at an enumerable function.
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
