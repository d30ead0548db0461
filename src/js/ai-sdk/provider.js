// fromAiSdk(): turns an AI SDK provider into a provider for `fuse()`, in the `chat` dialect.

import { toCall } from "./provider-call.js";
import { BadRequest, toErrorResponse } from "./provider-errors.js";
import { toChatStream } from "./provider-stream.js";
import { isObject, refuseUnknown } from "./values.js";

/** @typedef {import("./index.js").AiSdkModel} AiSdkModel */

const VERSIONS = ["v2", "v3", "v4"];
/**
 * A base URL that is not OpenRouter's. No request is sent to it. At OpenRouter's URL, the core
 * would offer OpenRouter's hosted tools, which AI SDK models do not support.
 */
const BASE_URL = "https://ai-sdk.invalid/v1";

/** @type {typeof import("./index.js").fromAiSdk} */
export function fromAiSdk(provider, options = {}) {
  refuseUnknown(options, ["models"]);
  const { models = {} } = options;
  const isCallable = typeof provider === "function";
  if (!isCallable && !isModel(provider) && typeof provider?.languageModel !== "function")
    throw new TypeError("fromAiSdk() takes a provider, a function or a model of the AI SDK");
  /** @param {string} name @returns {unknown} */
  const modelOf = (name) => {
    if (Object.hasOwn(models, name)) return models[name];
    if (isModel(provider)) return provider;
    const { languageModel } = /** @type {any} */ (provider);
    if (typeof languageModel === "function") return languageModel.call(provider, name);
    return /** @type {any} */ (provider)(name);
  };
  return {
    baseURL: BASE_URL,
    dialect: "chat",
    fetch: (_url, { body, signal }) => answer(modelOf, body, signal),
  };
}

/** @param {unknown} value @returns {value is AiSdkModel} */
const isModel = (value) => isObject(value) && typeof value.doStream === "function";

/**
 * @param {(name: string) => unknown} modelOf
 * @param {string | undefined} body
 * @param {AbortSignal} signal
 */
async function answer(modelOf, body, signal) {
  if (body === undefined)
    return Response.json({ error: { message: "not served" } }, { status: 404 });
  const request = JSON.parse(body);
  try {
    const model = await modelOf(request.model);
    if (!isModel(model) || !VERSIONS.includes(model.specificationVersion))
      throw new BadRequest(`the provider has no model \`${request.model}\` of version 2, 3 or 4`, {
        code: "model_not_found",
        status: 404,
      });
    const call = await toCall(request, model, signal);
    const { stream } = await model.doStream(call);
    return new Response(toChatStream(stream, request.model, signal), {
      headers: { "content-type": "text/event-stream" },
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return toErrorResponse(error);
  }
}
