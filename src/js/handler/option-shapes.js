// The shapes of the handler's options: the names of fields and the types of values. The package's
// types contain the same names, and tests/handler/options.mjs compares them. Other rules are
// checked by the core.

import { CLIENT_FIELDS } from "./fusion-params.js";
import { PROGRESS_FIELDS } from "./show-progress.js";
import { isObject } from "./values.js";

/**
 * The shape of a value is one of these:
 *
 * - `Type`: `test` checks the value, and `rule` completes the sentence "`field` must be ...".
 * - `ObjectShape`: an object. `fields` has the shape of each known field. If field names are free,
 *   `each` is the shape of every field.
 * - `ArrayShape`: an array of at most `most` items. `items` is the shape of every item.
 * - `RoleShape`: a panelist, the analyst or the writer. The value is a model's name, or an object
 *   with the shape in `role`.
 *
 * @typedef {{ test: (value: any) => boolean, rule: string }} Type
 * @typedef {{ fields?: Record<string, Shape>, each?: Shape, required?: string[] }} ObjectShape
 * @typedef {{ items: Shape, most: number }} ArrayShape
 * @typedef {{ role: ObjectShape }} RoleShape
 * @typedef {Type | ObjectShape | ArrayShape | RoleShape} Shape
 */

/** @param {(value: any) => boolean} test @param {string} rule @returns {Type} */
const type = (test, rule) => ({ test, rule });

const any = type(() => true, "");
const array = type(Array.isArray, "an array");
const object = type(isObject, "an object");
const callback = type((value) => typeof value === "function", "a function");
const text = type((value) => typeof value === "string" && value.trim() !== "", "a string");
const anyText = type((value) => typeof value === "string", "a string");
const boolean = type((value) => typeof value === "boolean", "true or false");
const number = type(Number.isFinite, "a number");
const count = type((value) => Number.isInteger(value) && value >= 0, "an integer from 0");
const amount = type(
  (value) => Number.isFinite(value) || (typeof value === "string" && value.trim() !== ""),
  "a number, or a string with one",
);
const bytes = type((value) => Number.isInteger(value) && value > 0, "an integer above 0");
// Does not accept NaN, because NaN would turn off a limit.
const positive = type((value) => Number.isFinite(value) && value > 0, "a finite number above 0");
const url = type(
  (value) =>
    typeof value === "string" && /^\s*https?:\/\/[^/?#\s]/i.test(value) && URL.canParse(value),
  "an absolute http: or https: URL",
);
const key = type(
  (value) => typeof value === "function" || text.test(value),
  "a string that is not empty, or a function",
);

const ROLE = {
  model: text,
  provider: text,
  reasoning: object,
  max_completion_tokens: count,
  fallbacks: array,
  extra_body: object,
};
export const PANELIST = { ...ROLE, temperature: number, system: any, tools: array };
export const ANALYST = { ...ROLE, tools: array, passes: count, criteria: anyText, verify: any };
export const WRITER = {
  ...ROLE,
  temperature: number,
  system: any,
  tools: array,
  tool_choice: any,
  response_format: object,
  stop: any,
};

/** Maximum number of panelists. */
const MAX_PANEL = 8;
const analysis_models = {
  items: { role: { fields: PANELIST, required: ["model"] } },
  most: MAX_PANEL,
};
const analyst = { role: { fields: ANALYST } };
const writer = { role: { fields: WRITER } };

export const PRESET = { analysis_models, model: text, analyst, writer };
export const DEFAULTS = {
  ...PRESET,
  preset: text,
  tools: array,
  max_tool_calls: count,
  max_completion_tokens: count,
  temperature: number,
  reasoning: object,
  cache_control: object,
  timeouts: {
    fields: {
      first_byte_ms: positive,
      idle_ms: positive,
      panelist_ms: positive,
      run_ms: positive,
    },
  },
  quorum: {
    fields: { min_responses: count, grace_ms: number, fail_below: count, accept_partial: boolean },
  },
  escalate: {
    fields: { analysis_models, min_contradictions: count },
    required: ["analysis_models"],
  },
  max_retries: count,
  seed: count,
};
const PRICING = { ...object, test: isPricing, rule: "an object with `prompt` and `completion`" };
export const PROVIDER = {
  baseURL: url,
  apiKey: key,
  dialect: text,
  headers: object,
  fetch: callback,
  max_concurrency: positive,
};
const RUN_STORE = type(
  (value) => ["get", "put", "delete"].every((name) => typeof value?.[name] === "function"),
  "an object with the methods `get`, `put` and `delete`",
);

/** Options of `fuse()`. @type {Record<string, Shape>} */
export const FUSE_OPTIONS = {
  apiKey: key,
  baseURL: url,
  providers: { each: { fields: PROVIDER } },
  fetch: callback,
  flush_ms: type(
    (value) => typeof value === "number" && value >= 0 && value <= 1000,
    "a number from 0 to 1000",
  ),
  toolHandlers: { each: callback },
  shouldEscalate: callback,
  app: { fields: { title: anyText, url: anyText, categories: array } },
  prices: { each: PRICING },
  presets: { each: { fields: PRESET, required: ["analysis_models"] } },
  limits: { fields: { line_bytes: positive, body_bytes: positive } },
};

/**
 * Options of the handler that `fuse()` does not have. auth.js checks `authorize` and `clientKeys`,
 * and cors.js checks `cors`.
 * @type {Record<string, Shape>}
 */
export const HANDLER_OPTIONS = {
  authorize: any,
  clientKeys: any,
  cors: any,
  defaults: { fields: DEFAULTS },
  keepRuns: { fields: { store: RUN_STORE, ttlMs: positive }, required: ["store"] },
  maxBodyBytes: bytes,
  bodyTimeoutMs: positive,
  clientMay: type(
    (value) => Array.isArray(value) && value.every((name) => Object.hasOwn(CLIENT_FIELDS, name)),
    `an array with any of ${Object.keys(CLIENT_FIELDS).join(", ")}`,
  ),
  max_cost: positive,
  onError: callback,
  passThrough: any,
  progress: type(
    (value) => typeof value === "boolean" || PROGRESS_FIELDS.includes(value),
    "a boolean, `reasoning` or `reasoning_content`",
  ),
};

/** The presets of src/data/presets.json. */
export const BUILT_IN_PRESETS = ["general-high", "general-budget", "general-fast"];

/** @param {any} value */
function isPricing(value) {
  return isObject(value) && amount.test(value.prompt) && amount.test(value.completion);
}
