// workersAI(): the AI binding of a Worker as a provider of a run. The provider answers in the
// `chat` dialect.

import { isObject, toCompletion, withText } from "./completion.js";
import { isFailure, toErrorResponse } from "./errors.js";
import { toChatStream } from "./stream.js";

/** @typedef {import("./index.js").WorkersAIBinding} WorkersAIBinding */

/**
 * A placeholder, because no request is sent to this address. The core uses a provider's hosted
 * tools only with the built-in base URL. With this address, it uses no hosted tools, even if the
 * caller names the provider `cloudflare`.
 */
const BASE_URL = "https://workers-ai.invalid/v1";
const OPTIONS = ["gateway"];

/** @type {typeof import("./index.js").workersAI} */
export function workersAI(binding, options = {}) {
  if (typeof (/** @type {any} */ (binding)?.run) !== "function")
    throw new TypeError("workersAI() takes the AI binding of a Worker, such as `env.AI`");
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw new TypeError(`unknown option \`${unknown}\``);
  const { gateway } = options;
  if (gateway !== undefined && (typeof gateway?.id !== "string" || gateway.id === ""))
    throw new TypeError("`gateway` must have an `id`");
  return {
    baseURL: BASE_URL,
    dialect: "chat",
    fetch: (_url, { body, signal }) => answer(binding, gateway && { gateway }, body, signal),
  };
}

/**
 * @param {WorkersAIBinding} binding
 * @param {object | undefined} options
 * @param {string | undefined} body
 * @param {AbortSignal} signal
 */
async function answer(binding, options, body, signal) {
  if (body === undefined)
    return Response.json({ error: { message: "not served" } }, { status: 404 });
  const { model, ...inputs } = JSON.parse(body);
  const limit = inputs.max_completion_tokens ?? inputs.max_tokens;
  try {
    const output = await run(
      () => binding.run(model, withText(inputs), { ...options, signal }),
      signal,
    );
    return await toResponse(output, limit, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return toErrorResponse(error);
  }
}

/**
 * Runs the model. If the signal aborts, rejects at once, because a binding may ignore the signal.
 * An output that arrives afterwards is cancelled.
 * @param {() => Promise<unknown>} start
 * @param {AbortSignal} signal
 */
async function run(start, signal) {
  signal.throwIfAborted();
  const output = Promise.resolve(start());
  /** @type {(() => void) | undefined} */
  let onAbort;
  /** @type {Promise<never>} */
  const aborted = new Promise((_, reject) => {
    onAbort = () => {
      reject(signal.reason);
      output.then(cancel).catch(() => {});
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([output, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener("abort", onAbort);
  }
}

/** @param {any} output */
const cancel = (output) => (output instanceof Response ? output.body : output)?.cancel?.();

/**
 * Returns the response for what `run()` returned: a stream, a `Response` or the model's output.
 * @param {unknown} output
 * @param {number | undefined} limit
 * @param {AbortSignal} signal
 */
async function toResponse(output, limit, signal) {
  const isResponse = output instanceof Response;
  if (isResponse && !output.ok) return await toErrorResponse(output);
  const body = isResponse ? output.body : output;
  if (typeof (/** @type {any} */ (body)?.getReader) !== "function") return whole(body, limit);
  const { isJson, stream } = await peek(/** @type {any} */ (body), signal);
  // A model that cannot stream answers with JSON, even if `stream` is true.
  if (isJson) return whole(await new Response(stream).json(), limit);
  return new Response(toChatStream(stream, limit, signal), {
    headers: { "content-type": "text/event-stream" },
  });
}

/**
 * Returns the response for an output that is not streamed.
 * @param {unknown} output
 * @param {number | undefined} limit
 */
async function whole(output, limit) {
  if (isObject(output) && isFailure(output)) return toErrorResponse(output);
  const completion = toCompletion(output, limit);
  if (isObject(completion) && Array.isArray(completion.choices)) return Response.json(completion);
  const form = isObject(output) ? `the fields ${Object.keys(output).join(", ")}` : String(output);
  return toErrorResponse(`the AI binding returned no answer, but ${form.slice(0, 200)}`);
}

/**
 * Returns whether a body begins as a JSON object. Also returns a new body with the same bytes.
 * @param {ReadableStream<Uint8Array>} body
 * @param {AbortSignal} signal
 */
async function peek(body, signal) {
  const reader = body.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  const onAbort = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  let first;
  while (first === undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    first = value.find((byte) => byte > 0x20);
  }
  signal.removeEventListener("abort", onAbort);
  signal.throwIfAborted();
  /** @type {ReadableStream<Uint8Array>} */
  const stream = new ReadableStream({
    async pull(controller) {
      const early = chunks.shift();
      const { done, value } = early ? { done: false, value: early } : await reader.read();
      if (done) controller.close();
      else controller.enqueue(/** @type {any} */ (value));
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { isJson: first === 0x7b, stream };
}
