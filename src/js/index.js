// The package around the core. An entry passes in how its runtime gets the compiled module; nothing happens before the first run.

import * as glue from "./core.js";
import { estimate } from "./estimate.js";
import { evacuate } from "./host.js";
import { fetchWithoutKeyElsewhere } from "./redirects.js";
import { FusionRun } from "./run.js";

/** `source()`: the core as whatever `WebAssembly.instantiate` or the glue takes. `fetch`: used where the caller brings none. */
export function make(source, fetch = fetchWithoutKeyElsewhere) {
  let ready;
  /** The instance has trapped, and there is no other yet. */
  let isSpent = false;

  async function instantiate(from = source()) {
    await glue.default({ module_or_path: await from });
    return glue;
  }

  const core = {
    fetch,

    /** Once for all runs; after a failure the next run tries again. */
    async load(from) {
      ready ??= instantiate(from).catch((reason) => {
        ready = undefined;
        throw reason;
      });
      await ready;
      if (isSpent) renew();
      return glue;
    },

    /** After a trap the instance's memory can't be trusted: every live run fails, and later runs get a new instance. */
    contain(cause) {
      const { runs, message } = evacuate();
      isSpent = true;
      try {
        renew();
      } catch {
        // No memory for one now; the next run tries again.
      }
      for (const run of runs) {
        try {
          run.abandon(message, cause);
        } catch {
          // Whatever a caller's listener throws, the others have to hear of it too.
        }
      }
    },
  };

  function renew() {
    glue.__wbg_reset_state();
    isSpent = false;
  }

  return {
    fuse: (request, options) => new FusionRun(core, request, options),
    estimate: (request, options) => estimate(core, request, options),
    init: async (from) => {
      await core.load(from);
    },
  };
}
