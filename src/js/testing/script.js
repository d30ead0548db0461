// Checks scripts, and resolves a script to the answer of one call.

/** @type {Record<string, (value: any) => boolean>} */
const FIELDS = {
  text: isText,
  reasoning: isText,
  tools: Array.isArray,
  sources: Array.isArray,
  tool_calls: Array.isArray,
  analysis: isObject,
  finish_reason: isString,
  usage: (value) => value === null || isObject(value),
  model: isString,
  start_ms: isTime,
  delay_ms: (value) =>
    isTime(value) || (Array.isArray(value) && value.length === 2 && value.every(isTime)),
  status: (value) => Number.isInteger(value) && value >= 200 && value <= 599,
  headers: isObject,
  error: (value) => isString(value) || (isObject(value) && isString(value.message)),
  stall: isBoolean,
  cut: isBoolean,
};

/**
 * Checks a script and returns it. Throws if the script is invalid.
 * @param {any} script
 * @param {string} model
 * @returns {any}
 */
export function checkScript(script, model) {
  const where = `the script of ${model}`;
  if (typeof script === "function" || typeof script === "string") return script;
  if (Array.isArray(script)) {
    if (script.length === 0) throw new TypeError(`${where} is an empty list`);
    for (const item of script) checkScript(item, model);
    return script;
  }
  if (!isObject(script)) {
    throw new TypeError(`${where} must be text, an object, a function or a list of these`);
  }
  for (const [name, value] of Object.entries(script)) {
    const isValid = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (!isValid) {
      const known = Object.keys(FIELDS).join(", ");
      throw new TypeError(`${where} has an unknown field, \`${name}\`; there are ${known}`);
    }
    if (value !== undefined && !isValid(value)) {
      throw new TypeError(`\`${name}\` in ${where} is not what it must be`);
    }
  }
  return script;
}

/**
 * The answer of one call, with all defaults.
 * @typedef {object} Answer
 * @property {string} id
 * @property {string} model
 * @property {number} status
 * @property {number} start_ms
 * @property {Record<string, string>} headers
 * @property {boolean} stall
 * @property {boolean} cut
 * @property {boolean} isEmpty whether the answer has no content
 * @property {string[]} text
 * @property {string[]} reasoning
 * @property {any[]} tools
 * @property {{ url: string, title: string }[]} sources
 * @property {{ id: string, name: string, arguments: string }[]} tool_calls
 * @property {any} [analysis]
 * @property {any} error
 * @property {string} finish_reason
 * @property {any} usage
 * @property {() => number} delay returns the delay before the next piece, in milliseconds
 */

/**
 * @param {any} script
 * @param {import("./index.js").ScriptedCall} call
 * @returns {Answer}
 */
export function resolveAnswer(script, { model, nth, body }) {
  const given = typeof script === "string" ? { text: script } : script;
  const { tools = [], sources = [], tool_calls = [], delay_ms = 0, status = 200 } = given;
  const text = splitWords(given.text);
  const reasoning = splitWords(given.reasoning);
  const lists = [text, reasoning, tools, sources, tool_calls];
  return {
    start_ms: 0,
    headers: {},
    stall: false,
    cut: false,
    ...given,
    id: `scripted-${model}-${nth}`,
    model: given.model ?? model,
    status,
    isEmpty: lists.every(({ length }) => length === 0) && !given.analysis,
    text,
    reasoning,
    tools: tools.map(toTool(nth)),
    sources: sources.map(toSource),
    tool_calls: tool_calls.map(toToolCall(nth)),
    error: toError(given.error, status),
    finish_reason: given.finish_reason ?? (tool_calls.length > 0 ? "tool_calls" : "stop"),
    usage: given.usage === undefined ? guessUsage(body, reasoning, text) : given.usage,
    delay: () => (Array.isArray(delay_ms) ? between(delay_ms) : delay_ms),
  };
}

/** @param {number} nth @returns {(tool: any, i: number) => any} */
const toTool =
  (nth) =>
  ({ input = {}, failed = false, ...tool }, i) => ({
    ...tool,
    id: `tool_${nth}_${i}`,
    input,
    failed,
  });

/** @param {any} source */
const toSource = (source) =>
  isString(source) ? { url: source, title: "" } : { title: "", ...source };

/** @param {number} nth @returns {(call: any, i: number) => any} */
const toToolCall =
  (nth) =>
  ({ id, name, arguments: input = {} }, i) => ({
    id: id ?? `call_${nth}_${i}`,
    name,
    arguments: isString(input) ? input : JSON.stringify(input),
  });

/** @param {any} error @param {number} status */
function toError(error, status) {
  if (error === undefined && status < 400) return undefined;
  const data = error ?? `scriptedFetch answers with ${status}, as its script says`;
  return { ...(status >= 400 && { code: status }), ...(isString(data) ? { message: data } : data) };
}

/** @param {any} range */
const between = ([min, max]) => min + Math.random() * (max - min);

/**
 * Estimates the usage at four characters per token.
 * @param {any} body
 * @param {string[]} reasoning
 * @param {string[]} text
 */
function guessUsage(body, reasoning, text) {
  /** @param {string} value */
  const tokens = (value) => Math.ceil(value.length / 4);
  const reasoning_tokens = tokens(reasoning.join(""));
  return {
    prompt_tokens: tokens(JSON.stringify(body.messages ?? body.input)),
    completion_tokens: reasoning_tokens + tokens(text.join("")),
    reasoning_tokens,
    cost: 0,
  };
}

/**
 * Splits a text into the pieces of a stream.
 * @param {string | string[] | undefined} text
 * @returns {string[]}
 */
export const splitWords = (text) =>
  Array.isArray(text) ? text : (text?.match(/\s*\S+\s*|\s+/g) ?? []);

/** @param {unknown} value */
function isString(value) {
  return typeof value === "string";
}
/** @param {unknown} value */
function isBoolean(value) {
  return typeof value === "boolean";
}
/** @param {unknown} value */
function isText(value) {
  return isString(value) || (Array.isArray(value) && value.every(isString));
}
/** @param {unknown} value */
function isTime(value) {
  return typeof value === "number" && value >= 0;
}
/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
