// Creates the public API around the wasm core. An entry says how its runtime gets the compiled
// core. Nothing is compiled before the first run.

import * as glue from "./core.js";
import { estimate } from "./estimate.js";
import { fetchWithoutLeakingCredentials } from "./redirects.js";
import { takeAll } from "./registry.js";
import { FusionRun } from "./run.js";

/**
 * @typedef {object} Core
 * @property {import("./transport.js").Fetch} fetch used if the caller's options have no `fetch`
 * @property {(source?: unknown) => Promise<typeof glue>} load
 * @property {(cause: unknown) => void} handleTrap
 */

/**
 * Returns `fuse`, `estimate` and `init`.
 * @param {() => unknown} source returns what the glue can instantiate, or a promise of it
 * @param {import("./transport.js").Fetch} fetch
 */
export function createApi(source, fetch = fetchWithoutLeakingCredentials) {
  /** @type {Promise<typeof glue> | undefined} */
  let ready;
  /** Whether the instance has trapped and is not replaced yet. */
  let isPoisoned = false;

  async function instantiate(from = source()) {
    await glue.default({ module_or_path: await from });
    return glue;
  }

  function resetInstance() {
    glue.__wbg_reset_state();
    isPoisoned = false;
  }

  /** @type {Core} */
  const core = {
    fetch,

    /** Loads the core once for all runs. After a failure the next run tries again. */
    async load(from) {
      ready ??= instantiate(from).catch((reason) => {
        ready = undefined;
        throw reason;
      });
      await ready;
      if (isPoisoned) resetInstance();
      return glue;
    },

    /**
     * Fails every active run and replaces the instance. After a trap the memory of the instance
     * may be inconsistent.
     */
    handleTrap(cause) {
      const { runs, message } = takeAll();
      isPoisoned = true;
      try {
        resetInstance();
      } catch {
        // There may be no memory for a new instance now. The next run tries again.
      }
      for (const run of runs) {
        try {
          run.failAfterTrap(message, cause);
        } catch {
          // A listener of the caller threw. The other runs still have to fail.
        }
      }
    },
  };

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
