// fusion(): a fusion as a language model of the AI SDK, in its specification version 3.

import { AnswerReader } from "./answer.js";
import { toRequest } from "./call-options.js";
import { toApiCallError } from "./errors.js";
import { PROVIDER } from "./metadata.js";
import { Progress } from "./progress.js";
import { keepFailed, resumeFailed } from "./retries.js";
import { toStream } from "./stream.js";

/** @typedef {import("./index.js").FusionModelOptions} FusionModelOptions */

/** Fields of a request that a call decides. */
const OF_THE_CALL = ["prompt", "messages", "resume"];

/**
 * Returns `fusion` for the core of an entry.
 * @param {typeof import("../index.js").fuse} fuse
 * @returns {typeof import("./index.js").fusion}
 */
export function createFusion(fuse) {
  return (request = {}, options = {}) => {
    refuse(request, OF_THE_CALL, "a call of the model has the conversation");
    refuse(options, ["signal"], "use `abortSignal` of a call");
    return new FusionModel(fuse, { ...request }, options);
  };
}

/** @param {Record<string, any>} object @param {string[]} names @param {string} reason */
function refuse(object, names, reason) {
  const name = names.find((name) => object[name] !== undefined);
  if (name) throw new TypeError(`\`${name}\`: ${reason}`);
}

class FusionModel {
  specificationVersion = /** @type {const} */ ("v3");
  provider = PROVIDER;
  modelId;
  supportedUrls;
  #fuse;
  #request;
  #options;
  #panelProgress;

  /**
   * @param {typeof import("../index.js").fuse} fuse
   * @param {Record<string, any>} request
   * @param {FusionModelOptions} options
   */
  constructor(fuse, request, options) {
    const { modelId, panelProgress = false, supportedUrls = {}, ...rest } = options;
    this.modelId = modelId ?? request.preset ?? "fusion";
    this.supportedUrls = supportedUrls;
    this.#fuse = fuse;
    this.#request = request;
    this.#options = rest;
    this.#panelProgress = panelProgress;
  }

  /**
   * Creates the run of a call.
   * @param {Record<string, any>} call
   */
  #start(call) {
    const handled = Object.keys(this.#options.toolHandlers ?? {});
    const { request, warnings } = toRequest(this.#request, call, handled);
    const signal = call.abortSignal;
    const run = this.#fuse(resumeFailed(call, request), {
      ...this.#options,
      ...(signal && { signal }),
    });
    const onError = (/** @type {unknown} */ error) => keepFailed(call, request, error);
    return { run, request, warnings, onError };
  }

  /** @param {Record<string, any>} call */
  async doStream(call) {
    const { run, request, warnings, onError } = this.#start(call);
    const stream = await toStream(run, {
      modelId: this.modelId,
      panelProgress: this.#panelProgress,
      includeRaw: call.includeRawChunks === true,
      warnings,
      onError,
    });
    return { stream, request: { body: request } };
  }

  /** @param {Record<string, any>} call */
  async doGenerate(call) {
    const { run, request, warnings, onError } = this.#start(call);
    const reader = new AnswerReader();
    const progress = new Progress();
    let lines = "";
    let result;
    try {
      for await (const event of run) {
        reader.read(event);
        const line = this.#panelProgress && progress.line(event);
        if (line) lines += `${line}\n`;
      }
      result = await run.result();
    } catch (error) {
      onError(error);
      throw toApiCallError(error);
    }
    const { calls, sources, textMetadata, ...end } = reader.end(result);
    const { answer: text } = result;
    const reasoning = [lines, reader.reasoning].filter((text) => text !== "");
    return {
      content: [
        ...reasoning.map((text) => ({ type: "reasoning", text })),
        ...(text === "" ? [] : [{ type: "text", text, ...textMetadata }]),
        ...sources,
        ...calls,
      ],
      ...end,
      warnings: [
        ...warnings,
        ...reader.warnings.map(({ code, message }) => ({
          type: "other",
          message: `${code}: ${message}`,
        })),
      ],
      request: { body: request },
      response: { id: reader.runId, modelId: this.modelId, timestamp: new Date() },
    };
  }
}
