// The lines of `serve` on stderr: requests, the calls that they cause, and errors.

import { AsyncLocalStorage } from "node:async_hooks";
import { seconds } from "./describe.js";
import { oneLine } from "./printable.js";

/**
 * @param {NodeJS.WriteStream} stderr
 * @param {boolean} isQuiet
 */
export function createLog(stderr, isQuiet) {
  /** Has the number of the current request while the handler makes its calls. */
  const requests = new AsyncLocalStorage();
  let count = 0;
  let open = 0;
  /** @param {string} text */
  const line = (text) => {
    if (!isQuiet) stderr.write(`${oneLine(text)}\n`);
  };
  return {
    line,
    open: () => open,
    /**
     * @param {import("node:http").IncomingMessage} req
     * @param {import("node:http").ServerResponse} res
     * @param {() => void} serve
     */
    request(req, res, serve) {
      const number = ++count;
      const started = performance.now();
      open += 1;
      line(`#${number} ${req.method} ${req.url?.split("?")[0]}`);
      res.on("close", () => {
        open -= 1;
        const end = res.writableFinished ? res.statusCode : "the client has left";
        line(`#${number} ${end} after ${seconds(performance.now() - started)}`);
      });
      requests.run(number, serve);
    },
    /**
     * @param {string} url
     * @param {RequestInit} [init]
     */
    async fetch(url, init) {
      const number = requests.getStore();
      const who = number === undefined ? "" : `#${number} `;
      const model = modelIn(init?.body);
      if (model) line(`${who}asks ${model}`);
      const response = await globalThis.fetch(url, init);
      if (!response.ok && model) line(`${who}${model}: status ${response.status}`);
      return response;
    },
    /**
     * @param {{ code: string, message: string }} error
     * @param {{ status: number }} info
     */
    error: ({ code, message }, { status }) => line(`${status} ${code}: ${message}`),
  };
}

/** @param {unknown} body */
function modelIn(body) {
  try {
    return typeof body === "string" ? JSON.parse(body).model : undefined;
  } catch {
    return undefined;
  }
}
