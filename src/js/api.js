// Creates the public API around the wasm core. Each entry file passes a function that loads the
// core in its runtime. The core is loaded and compiled at the first run, or by `init()`.

import * as glue from "./core.js";
import { estimate } from "./estimate.js";
import { fetchWithoutLeakingCredentials } from "./redirects.js";
import { takeRunsAfterTrap } from "./registry.js";
import { FusionRun } from "./run.js";
import { checkRuntime } from "./runtime.js";

/**
 * Returns `fuse`, `estimate` and `init`.
 * @param {() => unknown} source returns the wasm of the core, or a promise of the wasm, in a form
 *   that the generated core.js accepts
 * @param {import("./transport.js").Fetch} fetch used if the caller's options have no `fetch`
 */
export function createApi(source, fetch = fetchWithoutLeakingCredentials) {
  const core = new Core(source, fetch);
  return {
    /** @type {typeof import("./index.js").fuse} */
    fuse: (request, options) => /** @type {any} */ (new FusionRun(core, request, options)),
    /** @type {typeof import("./index.js").estimate} */
    estimate: (request, options) => estimate(core, request, options),
    /** @type {typeof import("./index.js").init} */
    init: async (from) => {
      await core.load(from);
    },
  };
}

/** The instance of the core that all runs share. */
export class Core {
  fetch;
  #source;
  /** @type {Promise<typeof glue> | undefined} */
  #ready;
  /** Whether the wasm instance has failed with a trap, and has not been replaced yet. */
  #isPoisoned = false;

  /**
   * @param {() => unknown} source
   * @param {import("./transport.js").Fetch} fetch
   */
  constructor(source, fetch) {
    this.#source = source;
    this.fetch = fetch;
  }

  /**
   * Loads the core once for all runs. If loading fails, the next run tries again.
   * @param {unknown} [from] the wasm that the caller of `init()` has passed
   */
  async load(from) {
    this.#ready ??= this.#instantiate(from).catch((reason) => {
      this.#ready = undefined;
      throw reason;
    });
    await this.#ready;
    if (this.#isPoisoned) this.#resetInstance();
    return glue;
  }

  /**
   * Fails every active run and replaces the instance, because its memory may be inconsistent after
   * a trap.
   * @param {unknown} cause
   */
  handleTrap(cause) {
    const { runs, message } = takeRunsAfterTrap();
    this.#isPoisoned = true;
    try {
      this.#resetInstance();
    } catch {
      // The memory may be too small for a new instance now. The next run tries to make one.
    }
    for (const run of runs) {
      try {
        run.failWithoutCore(message, cause);
      } catch {
        // A caller may have replaced `removeEventListener` of a signal by a function that throws.
        // The other runs must still fail.
      }
    }
  }

  /** @param {unknown} [from] */
  async #instantiate(from) {
    checkRuntime();
    const source = from === undefined ? this.#source() : from;
    // Use a global of `fetch`, because Node then loads its `fetch`, which takes 25 ms. Meanwhile,
    // other threads compile the core.
    globalThis.Headers;
    await glue.default({ module_or_path: await source });
    return glue;
  }

  #resetInstance() {
    glue.__wbg_reset_state();
    this.#isPoisoned = false;
  }
}
