// The package around the core. An entry passes in how its runtime gets the compiled module; nothing happens before the first run.

import * as glue from "./core.js";
import { estimate } from "./estimate.js";
import { evacuate } from "./host.js";
import { fetchWithoutKeyElsewhere } from "./redirects.js";
import { FusionRun } from "./run.js";

/** `source()`: the core as whatever `WebAssembly.instantiate` or the glue takes. `fetch`: used where the caller brings none. */
export function make(source, fetch = fetchWithoutKeyElsewhere) {
  let ready;

  async function instantiate(from) {
    await glue.default({ module_or_path: await from });
    return glue;
  }

  const core = {
    fetch,

    /** Once for all runs; after a failure the next run tries again. */
    load() {
      ready ??= instantiate(source()).catch((reason) => {
        ready = undefined;
        throw reason;
      });
      return ready;
    },

    /** After a trap the instance's memory can't be trusted: every live run fails, and later runs get a new instance. */
    contain(cause) {
      const { runs, message } = evacuate();
      glue.__wbg_reset_state();
      for (const run of runs) run.abandon(message, cause);
    },
  };

  return {
    fuse: (request, options) => new FusionRun(core, request, options),
    estimate: (request, options) => estimate(core, request, options),
    init: async (from) => {
      if (from !== undefined) ready ??= instantiate(from);
      await core.load();
    },
  };
}
