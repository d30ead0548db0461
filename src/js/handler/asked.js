// What the endpoints' requests have in common, above all where they speak of the fusion itself: the plugin, and the server tool.
// <https://openrouter.ai/docs/guides/features/plugins/fusion>, <https://openrouter.ai/docs/guides/features/server-tools/fusion>

import { refuse } from "./failure.js";
import { passedOn } from "./fields.js";

const TOOL = "openrouter:fusion";
const PLUGIN_FIELDS = ["id", "enabled", "preset", "analysis_models", "model", "max_tool_calls", "tools"];
const PARAMETERS = ["analysis_models", "model", "max_tool_calls", "max_completion_tokens", "reasoning", "temperature", "tools", "cache_control"];

/** @param toChat one of the caller's own tools in Chat Completions' format. */
export function common(endpoint, body, toChat) {
  const passed = passedOn(endpoint, body);
  const { plugin, others: plugins } = pluginsOf(body.plugins);
  const tools = toolsOf(body.tools, toChat, endpoint === "chat" ? ".function" : "");
  const models = body.models ?? undefined;
  // The first of a list leads, where nothing else does.
  const [model, others] = body.model == null && Array.isArray(models) ? [models[0], models.slice(1)] : [body.model, models];
  return {
    model,
    models: others,
    stream: body.stream === true,
    plugin,
    fusion: tools.fusion,
    tools: tools.others,
    tool_choice: body.tool_choice ?? undefined,
    cache_control: body.cache_control ?? undefined,
    provider: body.provider ?? undefined,
    // Other plugins are the writer's.
    passed: { ...passed, ...(plugins.length > 0 && { plugins }) },
  };
}

/** The fusion among `plugins`, with its path, and the others. */
function pluginsOf(plugins) {
  const list = arrayOf("plugins", plugins);
  const at = only("plugins", list, ({ id }) => id === "fusion");
  if (at < 0) return { others: list };
  const path = `plugins[${at}]`;
  const plugin = known(path, list[at], PLUGIN_FIELDS);
  if (plugin.enabled != null && typeof plugin.enabled !== "boolean") throw refuse(`${path}.enabled`, "must be true or false");
  return { plugin: { ...plugin, path }, others: list.filter((_, i) => i !== at) };
}

/** The fusion among `tools`, with its path, and the others: for the writer, in Chat Completions' format, each with the place it came from, and
 *  that of what is inside its `function`. */
function toolsOf(tools, toChat, inside) {
  const list = arrayOf("tools", tools);
  const at = only("tools", list, ({ type }) => type === TOOL);
  const others = list.flatMap((tool, i) => (i === at ? [] : [{ tool: toChat(tool, `tools[${i}]`), path: `tools[${i}]`, inside: `tools[${i}]${inside}` }]));
  if (at < 0) return { others };
  const path = `tools[${at}].parameters`;
  const parameters = list[at].parameters ?? {};
  if (!isObject(parameters)) throw refuse(path, "must be an object");
  return { fusion: { ...known(path, parameters, PARAMETERS), path }, others };
}

/** What the writer is told to choose. The fusion itself has then run, which is what `required` asks for where the fusion is in the list. */
export function choiceForWriter({ tool_choice: choice, fusion, tools }) {
  if (choice === undefined || choice.type === TOOL || tools.length === 0) return undefined;
  if (choice === "required") return fusion ? undefined : choice;
  if (choice === "auto" || choice === "none" || choice.type === "function") return choice;
  throw refuse("tool_choice", "must be auto, none, required, one function, or openrouter:fusion");
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is put together with other text; a value of JSON may be none that JavaScript can make a text of. */
export function textOf(path, value) {
  if (typeof value !== "string") throw refuse(path, "must be a string");
  return value;
}

export function arrayOf(path, value) {
  if (value == null) return [];
  if (!Array.isArray(value)) throw refuse(path, "must be an array");
  const odd = value.findIndex((entry) => !isObject(entry));
  if (odd >= 0) throw refuse(`${path}[${odd}]`, "must be an object");
  return value;
}

function only(path, list, fits) {
  const at = list.findIndex(fits);
  const again = list.findLastIndex(fits);
  if (again !== at) throw refuse(`${path}[${again}]`, "asks for a second fusion; there is one in a turn");
  return at;
}

function known(path, object, names) {
  const odd = Object.keys(object).find((name) => !names.includes(name));
  if (odd) throw refuse(`${path}.${odd}`, `is unknown here; known are ${names.join(", ")}`);
  return object;
}
