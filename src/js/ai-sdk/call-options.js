// Turns the options of one AI SDK call into a request. An option becomes a field of the request, or
// causes a warning, or causes an error. The fields apply to the writer, because it writes the
// answer.

import { invalidArgument } from "./errors.js";
import { addMaterial, PROVIDER } from "./metadata.js";
import { toMessages } from "./prompt.js";
import { defined, listOf, objectOf } from "./values.js";

/**
 * Options of the AI SDK that have no field in a request. The value of each option is the text of
 * the warning, which says what to use instead.
 */
const UNSUPPORTED = {
  topP: "`extra_body` of the writer has fields of its provider",
  topK: "`extra_body` of the writer has fields of its provider",
  presencePenalty: "`extra_body` of the writer has fields of its provider",
  frequencyPenalty: "`extra_body` of the writer has fields of its provider",
  seed: "the `seed` of a fusion orders the panel's answers, and is no seed for sampling",
};
/** Fields of a request that are set from the `prompt` of a call. */
const OF_THE_PROMPT = ["prompt", "messages"];

/**
 * Returns the request of a call, and the warnings about its options.
 * @param {Record<string, any>} fields the request of `fusion()`
 * @param {Record<string, any>} options the options of the call
 * @param {string[]} handled names of the tools with a handler
 * @returns {{ request: any, warnings: Record<string, string>[] }}
 */
export function toRequest(fields, options, handled) {
  /** @type {Record<string, string>[]} */
  const warnings = [];
  const warn = (/** @type {Record<string, string>} */ warning) => warnings.push(warning);
  const own = objectOf(objectOf(options.providerOptions)[PROVIDER]);
  const refused = OF_THE_PROMPT.find((name) => own[name] !== undefined);
  if (refused)
    throw invalidArgument(
      "providerOptions",
      `\`providerOptions["${PROVIDER}"].${refused}\`: the prompt has the conversation`,
    );
  warnAboutOptions(options, warn);
  const base = { ...fields, ...own };
  const messages = toMessages(options.prompt, warn);
  const continues = messages.at(-1)?.role === "tool";
  const writer = { ...writerOf(base), ...writerFields(options, handled, warn) };
  const request = {
    ...base,
    ...(Object.keys(writer).length > 0 && { writer }),
    messages: continues ? addMaterial(messages, options.prompt) : messages,
    ...(continues && { convene: false }),
  };
  return { request, warnings };
}

/** @param {Record<string, any>} request */
const writerOf = ({ writer }) => (typeof writer === "string" ? { model: writer } : writer);

/** @param {Record<string, any>} options @param {import("./prompt.js").Warn} warn */
function warnAboutOptions(options, warn) {
  for (const [feature, details] of Object.entries(UNSUPPORTED))
    if (options[feature] !== undefined) warn({ type: "unsupported", feature, details });
  const headers = Object.keys(objectOf(options.headers)).filter(
    (name) => name.toLowerCase() !== "user-agent",
  );
  if (headers.length > 0) {
    const details = "the headers of a provider are in `options.providers`";
    warn({ type: "unsupported", feature: "headers", details });
  }
}

/**
 * @param {Record<string, any>} options
 * @param {string[]} handled
 * @param {import("./prompt.js").Warn} warn
 */
function writerFields(options, handled, warn) {
  const { maxOutputTokens, temperature, stopSequences, reasoning } = options;
  const tools = functionsOf(options.tools, handled, warn);
  return defined({
    max_completion_tokens: maxOutputTokens,
    temperature,
    stop: listOf(stopSequences).length > 0 ? [...stopSequences] : undefined,
    reasoning: reasoning && reasoning !== "provider-default" ? { effort: reasoning } : undefined,
    response_format: responseFormat(options.responseFormat),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? toolChoice(options.toolChoice) : undefined,
  });
}

/** @param {any} tools @param {string[]} handled @param {import("./prompt.js").Warn} warn */
function functionsOf(tools, handled, warn) {
  return listOf(tools).flatMap((tool) => {
    if (tool.type !== "function") {
      warn({ type: "unsupported", feature: `the tool ${tool.id ?? tool.name} of a provider` });
      return [];
    }
    if (handled.includes(tool.name))
      throw invalidArgument(
        "tools",
        `the tool \`${tool.name}\` is in \`toolHandlers\`, too: give one of them another name`,
      );
    if (tool.inputExamples?.length > 0)
      warn({ type: "unsupported", feature: `\`inputExamples\` of the tool ${tool.name}` });
    const { name, description, inputSchema: parameters, strict } = tool;
    return [{ type: "function", function: defined({ name, description, parameters, strict }) }];
  });
}

/** @param {any} choice */
const toolChoice = (choice) =>
  choice?.type === "tool"
    ? { type: "function", function: { name: choice.toolName } }
    : choice?.type;

/** @param {any} format */
function responseFormat(format) {
  if (format?.type !== "json") return undefined;
  const { schema, name = "response", description } = format;
  if (!schema) return { type: "json_object" };
  return { type: "json_schema", json_schema: defined({ name, description, schema }) };
}
