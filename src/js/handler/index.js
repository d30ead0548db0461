// createHandler(): checks the options, and serves each request as an Exchange.

import { createAuth } from "./auth.js";
import { checkOptions, problemsForCore } from "./check-options.js";
import { createCors } from "./cors.js";
import { Exchange } from "./exchange.js";
import { KeptRuns } from "./kept-runs.js";
import { FUSE_OPTIONS } from "./option-shapes.js";

/**
 * Returns `createHandler` for the core of an entry.
 * @param {Pick<typeof import("../index.js"), "fuse" | "estimate">} api
 * @returns {typeof import("../handler.js").createHandler}
 */
export function createHandlerFactory({ fuse, estimate }) {
  return function createHandler(options = {}) {
    checkOptions(options);
    /** @type {any} */
    const fuseOptions = Object.fromEntries(
      Object.entries(options).filter(([name]) => Object.hasOwn(FUSE_OPTIONS, name)),
    );
    /** @type {import("./exchange.js").Server} */
    const server = {
      fuse,
      findProblems: () => problemsForCore(options, fuseOptions, estimate),
      isChecked: false,
      logged: new Set(),
      options,
      fuseOptions,
      auth: createAuth(options),
      allowedProviders: Object.keys(options.providers ?? {}),
      cors: createCors(options.cors),
      keptRuns: options.keepRuns && new KeptRuns(options.keepRuns),
      maxBodyBytes: options.maxBodyBytes ?? 10_000_000,
      bodyTimeoutMs: options.bodyTimeoutMs ?? 60_000,
    };

    /** @param {any} input @param {any} [init] @param {any} [context] of a Worker's request */
    return async function handle(input, init, context) {
      // As a `fetch`, it is called with a URL and an `init`. As a Worker's handler, it is called
      // with a request and other values, which are not an `init`.
      const isFetch = typeof input === "string" || input instanceof URL;
      const request = isFetch ? new Request(input, init) : input;
      return await new Exchange(server, request, isFetch, context).respond();
    };
  };
}
