// Reads the fields that the requests of all endpoints share. The most important of them configure
// the panel: the plugin `fusion` and the server tool `openrouter:fusion`.
// <https://openrouter.ai/docs/guides/features/plugins/fusion>
// <https://openrouter.ai/docs/guides/features/server-tools/fusion>

import { unknownRule } from "../did-you-mean.js";
import { invalidField } from "./api-error.js";
import { passedFields } from "./fields.js";
import { isObject, requireObjects } from "./values.js";

const TOOL = "openrouter:fusion";
const PLUGIN_FIELDS = [
  "id",
  "enabled",
  "preset",
  "analysis_models",
  "model",
  "max_tool_calls",
  "tools",
];
/**
 * Fields that this handler adds to OpenRouter's plugin and tool. Maps each field to the name of the
 * core's field. A client may use only the fields that the server's option `clientMay` lists.
 * `build-request.js` refuses the other fields.
 * @type {Record<string, string>}
 */
export const CLIENT_FIELDS = {
  criteria: "analyst.criteria",
  quorum: "quorum",
  escalate: "escalate",
  verify: "analyst.verify",
};
const TOOL_PARAMETERS = [
  "analysis_models",
  "model",
  "max_tool_calls",
  "max_completion_tokens",
  "reasoning",
  "temperature",
  "tools",
  "cache_control",
];

/**
 * A tool of the client for the writer, in Chat Completions' format. `path` is the path of the tool
 * in the request. `functionPath` is the path of the fields of its `function`.
 * @typedef {{ tool: any, path: string, functionPath: string }} CallerTool
 */

/**
 * The fields that the requests of all endpoints share. `plugin` and `fusion` also contain their
 * path in the request.
 * @typedef {object} CommonParams
 * @property {any} model
 * @property {any} models
 * @property {boolean} stream
 * @property {any} plugin
 * @property {any} fusion the parameters of the server tool
 * @property {CallerTool[]} tools
 * @property {any} tool_choice
 * @property {any} cache_control
 * @property {any} provider
 * @property {Record<string, unknown>} passed for the writer's provider, unchanged
 */

/**
 * @param {import("./fields.js").Endpoint} endpoint
 * @param {any} body
 * @param {(tool: any, path: string) => any} toChatTool converts a tool of the caller
 * @returns {CommonParams}
 */
export function readCommon(endpoint, body, toChatTool) {
  const passed = passedFields(endpoint, body);
  const { plugin, others: plugins } = readPlugins(body.plugins);
  const tools = readTools(body.tools, toChatTool, endpoint === "chat" ? ".function" : "");
  const models = body.models ?? undefined;
  // If `model` is missing, the first item of `models` is the model, and the other items are its
  // fallbacks.
  const takesFirst = body.model == null && Array.isArray(models);
  return {
    model: takesFirst ? models[0] : body.model,
    models: takesFirst ? models.slice(1) : models,
    stream: body.stream === true,
    plugin,
    fusion: tools.fusion,
    tools: tools.others,
    tool_choice: body.tool_choice ?? undefined,
    cache_control: body.cache_control ?? undefined,
    provider: body.provider ?? undefined,
    // Pass other plugins on to the writer.
    passed: { ...passed, ...(plugins.length > 0 && { plugins }) },
  };
}

/**
 * Separates the fusion plugin from other plugins.
 * @param {unknown} plugins
 */
function readPlugins(plugins) {
  const list = requireObjects("plugins", plugins);
  const at = findOnly("plugins", list, ({ id }) => id === "fusion");
  if (at < 0) return { plugin: undefined, others: list };
  const path = `plugins[${at}]`;
  const plugin = checkNames(path, list[at], PLUGIN_FIELDS);
  if (plugin.enabled != null && typeof plugin.enabled !== "boolean") {
    throw invalidField(`${path}.enabled`, "must be true or false");
  }
  return { plugin: { ...plugin, path }, others: list.filter((_, i) => i !== at) };
}

/**
 * Separates the fusion tool from the caller's tools.
 * @param {unknown} tools
 * @param {(tool: any, path: string) => any} toChatTool
 * @param {string} functionField path in a tool to the fields of its function
 * @returns {{ fusion: any, others: CallerTool[] }}
 */
function readTools(tools, toChatTool, functionField) {
  const list = requireObjects("tools", tools);
  const at = findOnly("tools", list, ({ type }) => type === TOOL);
  const others = list.flatMap((tool, i) => {
    const path = `tools[${i}]`;
    if (i === at) return [];
    return [{ tool: toChatTool(tool, path), path, functionPath: `${path}${functionField}` }];
  });
  if (at < 0) return { fusion: undefined, others };
  const path = `tools[${at}].parameters`;
  const parameters = list[at].parameters ?? {};
  if (!isObject(parameters)) throw invalidField(path, "must be an object");
  return { fusion: { ...checkNames(path, parameters, TOOL_PARAMETERS), path }, others };
}

/**
 * Returns the writer's tool choice. If the client's tools include the fusion tool, the panel is the
 * call that `required` asks for, so the writer need not call a tool.
 * @param {CommonParams} params
 */
export function writerToolChoice({ tool_choice: choice, fusion, tools }) {
  if (choice === undefined || choice.type === TOOL || tools.length === 0) return undefined;
  if (choice === "required") return fusion ? undefined : choice;
  if (choice === "auto" || choice === "none" || choice.type === "function") return choice;
  throw invalidField(
    "tool_choice",
    "must be auto, none, required, one function, or openrouter:fusion",
  );
}

/**
 * Returns the index of the item that matches. If no item matches, returns -1. Throws if several
 * items match.
 * @param {string} path
 * @param {any[]} list
 * @param {(item: any) => boolean} matches
 */
function findOnly(path, list, matches) {
  const first = list.findIndex(matches);
  const last = list.findLastIndex(matches);
  if (first === last) return first;
  throw invalidField(`${path}[${last}]`, "asks for a second fusion; there is one in a turn");
}

/**
 * @param {string} path
 * @param {Record<string, any>} object
 * @param {string[]} names
 */
function checkNames(path, object, names) {
  const isKnown = (/** @type {string} */ name) =>
    names.includes(name) || Object.hasOwn(CLIENT_FIELDS, name);
  const unknown = Object.keys(object).find((name) => !isKnown(name));
  if (unknown === undefined) return object;
  throw invalidField(`${path}.${unknown}`, unknownRule(unknown, names));
}
