// Turns a Chat Completions request of the core into the options of `doStream()`. If a field has no
// option in the AI SDK, throws an error that names the field. If the field is optional, the core
// then repeats the call without the field.

import { BadRequest } from "./provider-errors.js";
import { toPrompt } from "./provider-prompt.js";
import { defined } from "./values.js";

/** @typedef {import("./index.js").AiSdkModel} AiSdkModel */

const KNOWN = [
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "top_k",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "stop",
  "tools",
  "tool_choice",
  "response_format",
  "reasoning_effort",
  "providerOptions",
];

/**
 * @param {Record<string, any>} body
 * @param {AiSdkModel} model
 * @param {AbortSignal} abortSignal
 */
export async function toCall(body, model, abortSignal) {
  const version = model.specificationVersion;
  const unknown = Object.keys(body).find((name) => !KNOWN.includes(name));
  if (unknown) throw unsupported(unknown);
  // Versions 2 and 3 of the specification have no common option for the reasoning effort.
  if (body.reasoning_effort !== undefined && version !== "v4")
    throw unsupported("reasoning_effort");
  return defined({
    prompt: await toPrompt(body.messages, model),
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
    seed: body.seed,
    stopSequences: typeof body.stop === "string" ? [body.stop] : body.stop,
    tools: body.tools?.map(toTool),
    toolChoice: toToolChoice(body.tool_choice),
    responseFormat: toFormat(body.response_format),
    reasoning: body.reasoning_effort,
    providerOptions: body.providerOptions,
    abortSignal,
  });
}

/** @param {string} param */
const unsupported = (param) =>
  new BadRequest(
    `Unsupported parameter: \`${param}\`: this model of the AI SDK has no option for it`,
    {
      code: "unsupported_parameter",
      param,
    },
  );

/** @param {any} tool */
function toTool({ type, function: named }) {
  if (type !== "function") throw unsupported("tools");
  const { name, description, parameters, strict } = named;
  const inputSchema = parameters ?? { type: "object", properties: {} };
  return defined({ type: "function", name, description, inputSchema, strict: strict ?? undefined });
}

/** @param {any} choice */
function toToolChoice(choice) {
  if (choice === undefined) return undefined;
  return typeof choice === "string"
    ? { type: choice }
    : { type: "tool", toolName: choice.function.name };
}

/** @param {any} format */
function toFormat(format) {
  if (format === undefined || format.type === "text") return undefined;
  const { schema, name, description } = format.json_schema ?? {};
  return defined({ type: "json", schema, name, description });
}
