// In: a script as it is written. Out: the same, checked; and for one call the answer with nothing left to decide.

const fields = {
  text: isText,
  reasoning: isText,
  tools: isList,
  sources: isList,
  tool_calls: isList,
  analysis: isObject,
  finish_reason: isString,
  usage: (value) => value === null || isObject(value),
  model: isString,
  start_ms: isTime,
  delay_ms: (value) => isTime(value) || (Array.isArray(value) && value.length === 2 && value.every(isTime)),
  status: (value) => Number.isInteger(value) && value >= 200 && value <= 599,
  headers: isObject,
  error: (value) => isString(value) || (isObject(value) && isString(value.message)),
  stall: isBoolean,
  cut: isBoolean,
};

/** A script that could never be played is refused where it is written, not in the middle of a run. */
export function checked(script, model) {
  const where = `the script of ${model}`;
  if (typeof script === "function" || typeof script === "string") return script;
  if (Array.isArray(script)) {
    if (script.length === 0) throw new TypeError(`${where} is an empty list`);
    for (const one of script) checked(one, model);
    return script;
  }
  if (!isObject(script)) throw new TypeError(`${where} must be text, an object, a function or a list of these`);
  for (const [name, value] of Object.entries(script)) {
    if (!Object.hasOwn(fields, name)) throw new TypeError(`${where} has an unknown field, \`${name}\`; there are ${Object.keys(fields).join(", ")}`);
    if (value !== undefined && !fields[name](value)) throw new TypeError(`\`${name}\` in ${where} is not what it must be`);
  }
  return script;
}

/** Everything a dialect needs to know of one answer. */
export function answerOf(script, { model, nth, body }) {
  const written = typeof script === "string" ? { text: script } : script;
  const { tools = [], sources = [], tool_calls = [], delay_ms = 0, error, status = 200, ...rest } = written;
  const text = words(written.text);
  const reasoning = words(written.reasoning);
  const isSilent = !(text.length || reasoning.length || tools.length || sources.length || tool_calls.length || written.analysis);
  return {
    start_ms: 0,
    headers: {},
    stall: false,
    cut: false,
    ...rest,
    id: `scripted-${model}-${nth}`,
    model: written.model ?? model,
    status,
    isSilent,
    text,
    reasoning,
    tools: tools.map(({ input = {}, failed = false, ...tool }, at) => ({ ...tool, id: `tool_${nth}_${at}`, input, failed })),
    sources: sources.map((source) => (isString(source) ? { url: source, title: "" } : { title: "", ...source })),
    tool_calls: tool_calls.map(({ id, name, arguments: given = {} }, at) => ({
      id: id ?? `call_${nth}_${at}`,
      name,
      arguments: isString(given) ? given : JSON.stringify(given),
    })),
    error: error === undefined && status < 400 ? undefined : failure(error ?? `scriptedFetch was told to answer with ${status}`, status),
    finish_reason: written.finish_reason ?? (tool_calls.length ? "tool_calls" : "stop"),
    usage: written.usage === undefined ? guess(body, reasoning, text) : written.usage,
    delay: () => (Array.isArray(delay_ms) ? delay_ms[0] + Math.random() * (delay_ms[1] - delay_ms[0]) : delay_ms),
  };
}

function failure(error, status) {
  return { ...(status >= 400 && { code: status }), ...(isString(error) ? { message: error } : error) };
}

/** Nothing was counted: the usual rule of thumb, four characters a token. */
function guess(body, reasoning, text) {
  const tokens = (value) => Math.ceil(value.length / 4);
  const thought = tokens(reasoning.join(""));
  return { prompt_tokens: tokens(JSON.stringify(body.messages ?? body.input)), completion_tokens: thought + tokens(text.join("")), reasoning_tokens: thought, cost: 0 };
}

export const words = (text) => (Array.isArray(text) ? text : (text?.match(/\s*\S+\s*|\s+/g) ?? []));

function isString(value) {
  return typeof value === "string";
}
function isBoolean(value) {
  return typeof value === "boolean";
}
function isList(value) {
  return Array.isArray(value);
}
function isText(value) {
  return isString(value) || (Array.isArray(value) && value.every(isString));
}
function isTime(value) {
  return typeof value === "number" && value >= 0;
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
