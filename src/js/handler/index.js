// createHandler(): checks the options, and serves each request as an Exchange.

import { createAuth } from "./auth.js";
import { checkOptions, problemsForCore } from "./check-options.js";
import { createCors } from "./cors.js";
import { Exchange } from "./exchange.js";
import { KeptRuns } from "./kept-runs.js";
import { FUSE_OPTIONS } from "./option-shapes.js";
import { omitNullish } from "./values.js";

/**
 * Returns the function `createHandler` for one of the package's entries. `fuse` and `estimate` are
 * the functions of that entry.
 * @param {Pick<typeof import("../index.js"), "fuse" | "estimate">} api
 * @returns {typeof import("../handler.js").createHandler}
 */
export function createHandlerFactory({ fuse, estimate }) {
  return function createHandler(options = {}) {
    checkOptions(options);
    const auth = createAuth(options);
    const cors = createCors(options.cors);
    /** @type {import("../handler.js").HandlerOptions} */
    const given = omitNullish(options);
    /** @type {any} */
    const fuseOptions = Object.fromEntries(
      Object.entries(given).filter(([name]) => Object.hasOwn(FUSE_OPTIONS, name)),
    );
    /** @type {import("./exchange.js").Server} */
    const server = {
      fuse,
      findProblems: () => problemsForCore(given, fuseOptions, estimate),
      isChecked: false,
      logged: new Set(),
      options: given,
      fuseOptions,
      auth,
      allowedProviders: Object.keys(given.providers ?? {}),
      cors,
      keptRuns: given.keepRuns && new KeptRuns(given.keepRuns),
      maxBodyBytes: given.maxBodyBytes ?? 10_000_000,
      bodyTimeoutMs: given.bodyTimeoutMs ?? 60_000,
    };

    /** @param {any} input @param {any} [init] @param {any} [context] of a Worker's request */
    return async function handle(input, init, context) {
      // If the handler is the `fetch` of an SDK, it gets a URL and an `init`. If it is a Worker's
      // handler, it gets a request, and its second argument is not an `init`.
      const isFetch = typeof input === "string" || input instanceof URL;
      const request = isFetch ? new Request(input, init) : input;
      return await new Exchange(server, request, isFetch, context).respond();
    };
  };
}
