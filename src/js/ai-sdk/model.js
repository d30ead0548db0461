// fusion(): makes a language model of the AI SDK's specification version 3. Each call is a run.

import { Progress } from "../progress.js";
import { AnswerReader, isPaid } from "./answer.js";
import { toRequest } from "./call-options.js";
import { toApiCallError } from "./errors.js";
import { PROVIDER } from "./metadata.js";
import { FailedRuns } from "./retries.js";
import { toStream } from "./stream.js";
import { isObject } from "./values.js";

/**
 * @typedef {import("./index.js").FusionModelOptions} FusionModelOptions
 * @typedef {import("../index.js").FusionRun} FusionRun
 *
 * @typedef {object} Call
 * @property {FusionRun} run
 * @property {any} request
 * @property {Record<string, string>[]} warnings about the options of the call
 * @property {(error: unknown) => void} onError called with the error of the run
 */

/** Fields of a request that each call of the model sets. */
const OF_THE_CALL = ["prompt", "messages", "resume"];

/**
 * Returns the function `fusion()` for an entry of the package, such as the entry for Workers.
 * `fuse` is the function of the same entry.
 * @param {typeof import("../index.js").fuse} fuse
 * @returns {typeof import("./index.js").fusion}
 */
export function createFusion(fuse) {
  return (fields = {}, options = {}) => {
    if (!isRecord(fields)) throw new TypeError("fusion() takes a request, which is an object");
    if (!isRecord(options)) throw new TypeError("the options of fusion() are an object");
    refuse(fields, OF_THE_CALL, "a call of the model has the conversation");
    refuse(options, ["signal"], "use `abortSignal` of a call");
    const { modelId = fields.preset ?? "fusion", panelProgress = false, ...others } = options;
    const { supportedUrls = {}, ...fuseOptions } = others;
    const handled = Object.keys(fuseOptions.toolHandlers ?? {});
    const request = { ...fields };
    const failedRuns = new FailedRuns();

    /** @param {Record<string, any>} call @returns {Call} */
    const start = (call) => {
      const { request: wanted, warnings } = toRequest(request, call, handled);
      const { abortSignal: signal } = call;
      const resumed = failedRuns.resume(call, wanted);
      const run = fuse(resumed, { ...fuseOptions, ...(signal && { signal }) });
      return { run, request: wanted, warnings, onError: (e) => failedRuns.keep(call, wanted, e) };
    };
    // The model is a plain object, not a class. The AI SDK and its users wrap models and copy them
    // with `...`.
    return {
      specificationVersion: "v3",
      provider: PROVIDER,
      modelId,
      supportedUrls: ofImages(supportedUrls),
      doGenerate: async (call) => generate(start(call), { modelId, panelProgress }),
      doStream: async (call) => {
        const { run, request, ...rest } = start(call);
        const includeRaw = call.includeRawChunks === true;
        const stream = await toStream(run, { modelId, panelProgress, includeRaw, ...rest });
        return { stream, request: { body: request } };
      },
    };
  };
}

/** @param {unknown} value */
const isRecord = (value) => isObject(value) && !Array.isArray(value);

/**
 * Returns those of `supportedUrls` that are for images, because a chat message can contain only
 * images as URLs. The AI SDK downloads files whose URLs match no pattern.
 * @param {Record<string, RegExp[]>} supportedUrls
 */
const ofImages = (supportedUrls) =>
  Object.fromEntries(
    Object.entries(supportedUrls).flatMap(([type, patterns]) => {
      if (/^\*(?:\/\*)?$/.test(type)) return [["image/*", patterns]];
      return type.startsWith("image/") ? [[type, patterns]] : [];
    }),
  );

/** @param {Record<string, any>} object @param {string[]} names @param {string} reason */
function refuse(object, names, reason) {
  const name = names.find((name) => object[name] !== undefined);
  if (name) throw new TypeError(`\`${name}\`: ${reason}`);
}

/**
 * Waits for the end of a run and returns its answer, for `doGenerate()`.
 * @param {Call} call
 * @param {{ modelId: string, panelProgress: boolean }} options
 */
async function generate({ run, request, warnings, onError }, { modelId, panelProgress }) {
  const reader = new AnswerReader();
  const progress = new Progress();
  let lines = "";
  let hasAnswered = false;
  let result;
  try {
    for await (const event of run) {
      reader.read(event);
      hasAnswered ||= isPaid(event);
      const line = panelProgress && progress.line(event);
      if (line) lines += `${line}\n`;
    }
    result = await run.result();
  } catch (error) {
    onError(error);
    throw toApiCallError(error, hasAnswered);
  }
  const { calls, sources, textMetadata, ...end } = reader.end(result);
  const { answer: text } = result;
  const reasoning = [lines, reader.reasoning].filter((text) => text !== "");
  const ofTheRun = reader.warnings.map(({ code, message }) => ({
    type: "other",
    message: `${code}: ${message}`,
  }));
  return {
    content: [
      ...reasoning.map((text) => ({ type: "reasoning", text })),
      ...(text === "" ? [] : [{ type: "text", text, ...textMetadata }]),
      ...sources,
      ...calls,
    ],
    ...end,
    warnings: [...warnings, ...ofTheRun],
    request: { body: request },
    response: { id: reader.runId, modelId, timestamp: new Date() },
  };
}
