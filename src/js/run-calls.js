// What the core asks of JavaScript during a run: requests, tools and keys of the caller.

import { callTool } from "./call-tool.js";
import { keyOf, providerFetch } from "./options.js";
import { abortAll, send } from "./transport.js";

export class RunCalls {
  #fetch;
  #options;
  #onData;
  #isCancelled = false;
  /** Tells the calls of this run from those of others, in tool handlers. */
  #toolKey = Object.freeze({});
  /** One for each call, to abort the calls if the core cannot. @type {AbortController[]} */
  #controllers = [];

  /**
   * @param {import("./transport.js").Fetch} fetch if the options have none
   * @param {import("./options.js").SplitOptions | undefined} options
   * @param {(pollNow: boolean) => void} onData called when a response has data for the core
   */
  constructor(fetch, options, onData) {
    this.#fetch = fetch;
    this.#options = options;
    this.#onData = onData;
  }

  /** No key is asked for any more. */
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

  /** @type {(field: string) => Promise<unknown>} */
  keyOf = async (field) => (this.#isCancelled ? undefined : keyOf(this.#options, field));
}
