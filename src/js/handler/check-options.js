// Checks the options of createHandler() without the core. Rules that only the core knows are
// checked at the first request, because most runtimes load the core asynchronously.

import { suggestion } from "../did-you-mean.js";
import { buildRequest } from "./build-request.js";
import { fieldAt } from "./field-names.js";
import { panelSize } from "./fit-defaults.js";
import { FUSE_OPTIONS, HANDLER_OPTIONS, MAX_PANEL, PRESET_SIZES } from "./option-shapes.js";
import { isObject, omitNullish } from "./values.js";

/**
 * @typedef {import("../handler.js").HandlerOptions} HandlerOptions
 * @typedef {import("./option-shapes.js").Shape} Shape
 * @typedef {import("./option-shapes.js").ObjectShape} ObjectShape
 */

/**
 * Options that must not be `null`. Otherwise `null` would silently turn off a limit or a
 * protection.
 */
const NOT_NULL = ["max_cost", "maxBodyBytes", "bodyTimeoutMs", "onError", "defaults", "keepRuns"];

/**
 * Throws a TypeError that names the first wrong option.
 * @param {HandlerOptions} options
 */
export function checkOptions(options) {
  if (!isObject(options)) throw new TypeError("the handler's options must be an object");
  /** @type {Record<string, Shape>} */
  const fields = { ...HANDLER_OPTIONS, ...FUSE_OPTIONS };
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const rule = suggestion(unknown, Object.keys(fields));
    throw new TypeError(`the handler knows no option \`${unknown}\`${rule}`);
  }
  for (const [name, shape] of Object.entries(fields)) {
    const value = options[/** @type {keyof HandlerOptions} */ (name)];
    if (value === null && NOT_NULL.includes(name)) throw wrong(name, "must not be null");
    checkShape(name, value, shape);
  }
  checkPreset("defaults.preset", options);
  checkSizes(options);
}

/** A client's request without any field about the panel. */
const PLAIN = { messages: [{ role: "user", content: "?" }], writer: {}, tools: [], passed: {} };

/**
 * Returns the errors that the core finds in the options. To find them, plans a request with
 * `defaults`, and a request with each preset. Calls no model and no `apiKey` function.
 * @param {HandlerOptions} options
 * @param {any} fuseOptions
 * @param {typeof import("../index.js").estimate} estimate
 */
export async function problemsForCore({ defaults = {}, presets = {} }, fuseOptions, estimate) {
  const server = { defaults, presets, isNested: false };
  /** @type {[path: string, fields: any][]} */
  const owners = [["defaults", defaults]];
  const runs = [
    ...(Object.keys(defaults).length > 0 ? [{ model: "openrouter/fusion", owners }] : []),
    ...Object.entries(presets).map(([name, preset]) => ({
      model: `openrouter/fusion-${name}`,
      name,
      owners: [[`presets.${name}`, preset], ...owners],
    })),
  ];
  const offline = withoutNetwork(fuseOptions);
  /** @type {string[]} */
  const problems = [];
  for (const { model, name, owners } of /** @type {any[]} */ (runs)) {
    try {
      const params = /** @type {any} */ ({ ...PLAIN, model, names: {} });
      await estimate(/** @type {any} */ (buildRequest(params, server).request), offline);
    } catch (error) {
      const problem = toProblem(/** @type {any} */ (error), owners, name);
      if (problem !== undefined && !problems.includes(problem)) problems.push(problem);
    }
  }
  return problems;
}

/**
 * Returns the core's message with the field's place in the handler's options. If the options do not
 * set the field, names the preset. Without a preset, returns `undefined`, because a client may set
 * the field.
 * @param {{ code: string, message: string }} error
 * @param {[path: string, fields: any][]} owners
 * @param {string | undefined} preset
 */
function toProblem({ code, message }, owners, preset) {
  if (!["invalid_request", "invalid_model", "authentication"].includes(code)) return undefined;
  const [name = "", part = ""] = fieldAt(message)?.match(/[\w-]+/g) ?? [];
  if (Object.hasOwn(FUSE_OPTIONS, name)) return message;
  const owner =
    owners.find(([, fields]) => fields[name]?.[part] != null) ??
    owners.find(([, fields]) => fields[name] != null);
  if (owner) return message.replace("`", `\`${owner[0]}.`);
  return preset === undefined ? undefined : `with the preset \`${preset}\`: ${message}`;
}

/** @param {any} options */
function withoutNetwork({ apiKey = "none", providers = {}, ...options }) {
  const fetch = async () => Response.json({ data: [] });
  const key = (/** @type {unknown} */ own) => (typeof own === "function" ? () => "none" : own);
  const entries = Object.entries(providers).map(([name, provider]) => {
    const { apiKey, ...rest } = /** @type {any} */ (provider);
    return [name, { ...rest, apiKey: key(apiKey), ...(rest.fetch && { fetch }) }];
  });
  return { ...options, apiKey: key(apiKey), providers: Object.fromEntries(entries), fetch };
}

/** @param {string} path @param {HandlerOptions} options */
function checkPreset(path, { defaults, presets }) {
  const { preset } = defaults ?? {};
  const known = [...Object.keys(PRESET_SIZES), ...Object.keys(presets ?? {})];
  if (preset == null || known.includes(preset)) return;
  throw wrong(path, `is \`${preset}\`; there are ${known.join(", ")}`);
}

/**
 * Checks the sizes of the panels: of the defaults, and of each preset with its own `escalate`. For
 * the panel of a client or a preset, the handler lowers or drops the defaults.
 * @param {HandlerOptions} options
 */
function checkSizes({ defaults, presets }) {
  const { quorum, preset } = defaults ?? {};
  const { fail_below, min_responses } = quorum ?? {};
  if (fail_below != null && min_responses != null && fail_below > min_responses) {
    const rule = `is ${fail_below}, and \`min_responses\` is ${min_responses}`;
    throw wrong("defaults.quorum.fail_below", `${rule}; it must not be larger`);
  }
  /** @type {any} */
  const own = preset == null ? undefined : presets?.[preset];
  const panel = panelSize({ ...own, ...omitNullish(defaults ?? {}) });
  if (fail_below != null && panel !== undefined && fail_below > panel) {
    const rule = `is ${fail_below}, and the panel has ${panel}; it must not be larger`;
    throw wrong("defaults.quorum.fail_below", rule);
  }
  checkFurther("defaults", defaults?.escalate ? { ...own, ...omitNullish(defaults) } : {});
  for (const [name, preset] of Object.entries(presets ?? {})) {
    checkFurther(`presets.${name}`, preset);
  }
}

/** @param {string} path @param {any} request */
function checkFurther(path, request) {
  const further = request.escalate?.analysis_models.length ?? 0;
  const panel = panelSize(request) ?? 0;
  if (further === 0 || panel + further <= MAX_PANEL) return;
  const rule = `has ${further} models and the panel has ${panel}; together they must be at most`;
  throw wrong(`${path}.escalate.analysis_models`, `${rule} ${MAX_PANEL}`);
}

/** @param {string} path @param {string} rule */
const wrong = (path, rule) => new TypeError(`\`${path}\` ${rule}`);

/**
 * Throws a TypeError if a value does not match its shape. `null` and `undefined` count as absent.
 * @param {string} path
 * @param {any} value
 * @param {Shape} shape
 */
function checkShape(path, value, shape) {
  if (value == null) return;
  if ("test" in shape) {
    if (!shape.test(value)) throw wrong(path, `must be ${shape.rule}`);
  } else if ("items" in shape) {
    checkItems(path, value, shape);
  } else if ("role" in shape) {
    if (typeof value !== "string") return checkObject(path, value, shape.role);
    if (value.trim() === "") throw wrong(path, "must be a model's name");
  } else {
    checkObject(path, value, shape);
  }
}

/**
 * @param {string} path
 * @param {any} value
 * @param {import("./option-shapes.js").ArrayShape} shape
 */
function checkItems(path, value, { items, most }) {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) {
    throw wrong(path, `must be an array of 1 to ${most} models`);
  }
  for (const [i, item] of value.entries()) {
    if (item == null) throw wrong(`${path}[${i}]`, "must be a model's name or an object");
    checkShape(`${path}[${i}]`, item, items);
  }
}

/** @param {string} path @param {any} value @param {ObjectShape} shape */
function checkObject(path, value, { fields, each, required = [] }) {
  if (!isObject(value)) throw wrong(path, "must be an object");
  // Refuse a Map, because `Object.entries()` does not return its entries.
  if (Symbol.iterator in value) throw wrong(path, "must be a plain object");
  const missing = required.find((name) => value[name] == null);
  if (missing !== undefined) throw wrong(`${path}.${missing}`, "is missing");
  for (const [name, item] of Object.entries(value)) {
    const shape = each ?? (fields && Object.hasOwn(fields, name) ? fields[name] : undefined);
    if (!shape) {
      throw wrong(`${path}.${name}`, `is unknown${suggestion(name, Object.keys(fields ?? {}))}`);
    }
    if (each && item == null) throw wrong(`${path}.${name}`, `must not be ${item}`);
    checkShape(`${path}.${name}`, item, shape);
  }
}
