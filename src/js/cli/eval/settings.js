// The settings of an evaluation: the fusion's request, its members, the grader and the limits.

import { readFileSync } from "node:fs";
import presets from "../../../data/presets.json" with { type: "json" };
import { findProviders } from "../environment.js";
import { requestFields } from "../request.js";
import { toolOptions } from "../tools.js";
import { UsageError } from "../usage-error.js";

/**
 * @typedef {object} Settings
 * @property {any} request the fields that all runs of the fusion have
 * @property {any} options the options of `fuse()`
 * @property {any[]} members the panel: names or specifications
 * @property {string[]} labels the names of the members, each different
 * @property {{ model: string, max_completion_tokens: number }} grader
 * @property {boolean} hasSelf whether the evaluation has a self-fusion that differs from the fusion
 * @property {number | undefined} maxCost
 * @property {number} parallel
 */

const GRADER_TOKENS = 8000;
const PARALLEL = 4;
/** Fields that the file of `--request` must not have. Tasks or other options set these fields. */
const NOT_IN_FILE = ["prompt", "messages", "resume", "max_cost", "convene"];

/**
 * Returns the settings. Refuses options that contradict each other.
 * @param {any} values
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<Settings>}
 */
export async function readSettings(values, env) {
  if (!values.grader) throw new UsageError("--grader MODEL is missing: the model that judges");
  const file = values.request ? readObject("--request", values.request) : {};
  const odd = NOT_IN_FILE.find((name) => name in file);
  if (odd) throw new UsageError(`--request ${values.request}: \`${odd}\` is not allowed here`);
  const named = values.models ?? file.analysis_models?.map(modelOf);
  const { options, panel } = await findProviders(
    { ...values, models: named, preset: values.preset ?? file.preset },
    env,
  );
  const request = merge(file, requestFields(values, panel));
  const members = request.analysis_models ?? presetPanel(request.preset);
  return {
    request,
    options: {
      ...options,
      ...toolOptions(env),
      ...(values.prices && { prices: readObject("--prices", values.prices) }),
      fetch: withOnePriceList(),
    },
    members,
    labels: labelsOf(members),
    grader: {
      model: values.grader,
      max_completion_tokens: values["grader-max-tokens"] ?? GRADER_TOKENS,
    },
    hasSelf: new Set(members.map((/** @type {any} */ spec) => JSON.stringify(spec))).size > 1,
    maxCost: values["max-cost"],
    parallel: values.parallel ?? PARALLEL,
  };
}

/** @param {string | { model: string }} spec */
export const modelOf = (spec) => (typeof spec === "string" ? spec : spec.model);

/**
 * @param {string} option
 * @param {string} path
 * @returns {any}
 */
function readObject(option, path) {
  let data;
  try {
    data = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${/** @type {Error} */ (error).message}`);
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw new UsageError(`${option} ${path}: is no JSON object`);
  return data;
}

/**
 * Returns the fields of `file`, overridden by `fields`. If a role is an object in `file` and only a
 * model's name in `fields`, the name replaces only the model in the object.
 * @param {any} file
 * @param {any} fields
 */
function merge(file, fields) {
  const merged = { ...file, ...fields };
  for (const role of ["analyst", "writer"])
    if (typeof file[role] === "object" && typeof fields[role] === "string")
      merged[role] = { ...file[role], model: fields[role] };
  return merged;
}

/** @param {string} [name] */
function presetPanel(name) {
  const preset = name === undefined ? presets[0] : presets.find((known) => known.name === name);
  if (!preset)
    throw new UsageError(`preset ${name}: known are ${presets.map(({ name }) => name).join(", ")}`);
  return preset.panel;
}

/**
 * Returns the members' names. A name that occurs twice gets a number.
 * @param {any[]} members
 */
function labelsOf(members) {
  const names = members.map((spec) => {
    const prefix = spec.provider ? `${spec.provider}:` : "";
    return `${prefix}${modelOf(spec)}`;
  });
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length;
    return names.filter((other) => other === name).length > 1 ? `${name} #${before + 1}` : name;
  });
}

/**
 * Returns a `fetch` that keeps the price list after the first request. Otherwise each estimate, and
 * each run with a cost limit, would request the list again.
 * @returns {typeof fetch}
 */
function withOnePriceList() {
  /** @type {Map<string, Promise<Response>>} */
  const lists = new Map();
  return async (url, init) => {
    const address = String(url);
    if (init?.method !== "GET" || !address.endsWith("/models")) return fetch(url, init);
    // Several runs share this request, so do not pass the signal of one run.
    const list = lists.get(address) ?? fetch(url, { ...init, signal: null });
    lists.set(address, list);
    try {
      const response = await list;
      if (!response.ok) lists.delete(address);
      return response.clone();
    } catch (error) {
      lists.delete(address);
      throw error;
    }
  };
}
