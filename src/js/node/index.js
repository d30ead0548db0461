// llm-fuse/node: serves handlers and runs from Node servers that use (req, res).

import { EVENT_STREAM_HEADERS } from "../sse-writer.js";
import { toRequest } from "./request.js";
import {
  isClosed,
  isHead,
  onLeave,
  sendResponse,
  toServerResponse,
  writeBody,
} from "./response.js";

/** @type {typeof import("./index.js").toNodeHandler} */
export function toNodeHandler(handler) {
  if (typeof handler !== "function") {
    throw new TypeError("`toNodeHandler()` takes a function of a Request");
  }
  /** @type {import("./index.js").NodeHandler} */
  return async function nodeHandler(req, res, next) {
    const raw = "raw" in res ? res.raw : res;
    // The client may have disconnected while an earlier middleware was running. In that case, the
    // event `close` has already been emitted.
    if (isClosed(raw)) return void toServerResponse(res);
    const controller = new AbortController();
    const forget = onLeave(raw, () => {
      controller.abort(new DOMException("the client has left", "AbortError"));
    });
    try {
      const request = toRequest(req, controller.signal);
      const response = request instanceof Response ? request : await handler(request);
      await sendResponse(response, toServerResponse(res));
    } catch (error) {
      if (controller.signal.aborted) return void toServerResponse(res);
      if (typeof next === "function") return next(error);
      // Fastify handles the error.
      if (raw !== res) throw error;
      failResponse(raw);
    } finally {
      forget();
    }
  };
}

/** @param {import("./index.js").NodeServerResponse} res */
function failResponse(res) {
  if (res.headersSent) return void res.destroy();
  res.statusCode = 500;
  res.end("Internal Server Error");
}

/** @type {typeof import("./index.js").pipeRun} */
export async function pipeRun(run, res, { onClose = "stop" } = {}) {
  if (onClose !== "stop" && onClose !== "continue") {
    throw new TypeError('`onClose` must be "stop" or "continue"');
  }
  const raw = "raw" in res ? res.raw : res;
  if (isHead(raw)) {
    // Cancel the run before it starts, so that nothing is paid.
    run.cancel();
    await sendResponse(
      new Response(null, { headers: EVENT_STREAM_HEADERS }),
      toServerResponse(res),
    );
    return false;
  }
  // Call this before anything is written to the response, because it throws if the run already has
  // a reader.
  const body = run.toReadableStream();
  const response = toServerResponse(res);
  // Without a reader, a run continues only if `result()` was called.
  if (onClose === "continue") run.result().catch(() => {});
  const leave = () => onClose === "stop" && run.cancel();
  if (isClosed(response)) {
    leave();
    await body.cancel();
    return false;
  }
  const forget = onLeave(response, leave);
  try {
    if (!response.headersSent) {
      response.statusCode = 200;
      for (const [name, value] of Object.entries(EVENT_STREAM_HEADERS))
        response.setHeader(name, value);
      response.flushHeaders?.();
    }
    return await writeBody(body, response);
  } finally {
    forget();
  }
}
