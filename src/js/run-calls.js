// Does the work that the core requests from JavaScript during a run. Sends HTTP requests, and calls
// the caller's tool handlers, `apiKey` functions and `shouldEscalate`.

import { callTool } from "./call-tool.js";
import { keyOf, providerFetch } from "./options.js";
import { abortAll, send } from "./transport.js";

export class RunCalls {
  #fetch;
  #options;
  #onData;
  #isCancelled = false;
  /** Identifies this run to tool handlers, which may serve several runs. */
  #toolKey = Object.freeze({});
  /** One controller per call, to abort calls if the core cannot do so. @type {AbortController[]} */
  #controllers = [];

  /**
   * @param {import("./transport.js").Fetch} fetch used if the options have no `fetch`
   * @param {import("./options.js").SplitOptions | undefined} options
   * @param {(pollNow: boolean) => void} onData called when a response has data for the core
   */
  constructor(fetch, options, onData) {
    this.#fetch = fetch;
    this.#options = options;
    this.#onData = onData;
  }

  /** Prevents further calls of the caller's `apiKey` functions. */
  cancel() {
    this.#isCancelled = true;
  }

  abort() {
    abortAll(this.#controllers);
    this.#controllers = [];
  }

  /** @type {(url: string, init: any, controller: AbortController, provider?: string) => any} */
  send = (url, init, controller, provider) => {
    this.#controllers.push(controller);
    const own = this.#options && providerFetch(this.#options, provider);
    return send(own ?? this.#fetch, url, init, this.#onData);
  };

  /** @type {(name: string, args: string, controller: AbortController, index?: number) => any} */
  callTool = (name, args, controller, index) => {
    this.#controllers.push(controller);
    const handler = /** @type {any} */ (this.#options?.toolHandlers[name]);
    return callTool(handler, args, { signal: controller.signal, index, run: this.#toolKey });
  };

  /**
   * Calls the caller's `shouldEscalate`, which decides whether the request's further panelists are
   * asked. The core calls this function only if the caller has set `shouldEscalate`.
   * @type {(analysis: string, responses: string) => Promise<unknown>}
   */
  shouldEscalate = async (analysis, responses) =>
    this.#options?.shouldEscalate?.(JSON.parse(analysis), JSON.parse(responses));

  /** @type {(field: string) => Promise<unknown>} */
  keyOf = async (field) => (this.#isCancelled ? undefined : keyOf(this.#options, field));
}
