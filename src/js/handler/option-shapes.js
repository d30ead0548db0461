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
const temperature = type(
  (value) => Number.isFinite(value) && value >= 0 && value <= 2,
  "a number from 0 to 2",
);
/** @param {number} least @param {number} [most] */
const integer = (least, most = Number.MAX_SAFE_INTEGER) =>
  type(
    (value) => Number.isInteger(value) && value >= least && value <= most,
    most === Number.MAX_SAFE_INTEGER
      ? `an integer from ${least}`
      : `an integer from ${least} to ${most}`,
  );
/** @param {any} value @param {number} most */
const isList = (value, most) => Array.isArray(value) && value.length <= most;
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

/** Maximum number of panelists, and of the fallbacks of a model. */
export const MAX_PANEL = 8;
const MAX_CHECKS = 8;
const MAX_CRITERIA = 4_000;
/** Maximum delay of a timer, in milliseconds. */
const MAX_WAIT_MS = 2 ** 31 - 1;

const isIndex = (/** @type {any} */ value) => Number.isInteger(value) && value >= 0;
const verify = type(
  (value) =>
    value === "contradictions" ||
    (isList(value, MAX_CHECKS) && value.length > 0 && value.every(isIndex)),
  `"contradictions", or an array of 1 to ${MAX_CHECKS} indexes`,
);
const criteria = type((value) => {
  const length = typeof value === "string" ? [...value.trim()].length : 0;
  return length > 0 && length <= MAX_CRITERIA;
}, `a text of 1 to ${MAX_CRITERIA} characters`);
const tokens = integer(1);
const tools = type((value) => isList(value, 8), "an array of at most 8 tools");
const EFFORTS = ["max", "xhigh", "high", "medium", "low", "minimal", "none"];
const reasoning = {
  fields: {
    effort: type((value) => EFFORTS.includes(value), `one of ${EFFORTS.join(", ")}`),
    max_tokens: tokens,
  },
};
const fallbacks = type(
  (value) => isList(value, MAX_PANEL) && value.every(text.test),
  `an array of at most ${MAX_PANEL} models' names`,
);

const ROLE = {
  model: text,
  provider: text,
  reasoning,
  max_completion_tokens: tokens,
  fallbacks,
  extra_body: object,
};
export const PANELIST = { ...ROLE, temperature, system: anyText, tools };
export const ANALYST = { ...ROLE, tools, passes: integer(1, 2), criteria, verify };
export const WRITER = {
  ...ROLE,
  temperature,
  system: anyText,
  tools: array,
  tool_choice: any,
  response_format: object,
  stop: any,
};

const analysis_models = {
  items: { role: { fields: PANELIST, required: ["model"] } },
  most: MAX_PANEL,
};
const analyst = { role: { fields: ANALYST } };
const writer = { role: { fields: WRITER } };

const escalate = {
  fields: {
    analysis_models: { ...analysis_models, most: MAX_PANEL - 1 },
    min_contradictions: integer(1),
  },
  required: ["analysis_models"],
};
const wait = integer(1, MAX_WAIT_MS);
const members = integer(1, MAX_PANEL);

export const PRESET = { analysis_models, model: text, analyst, writer, escalate };
export const DEFAULTS = {
  ...PRESET,
  preset: text,
  tools,
  max_tool_calls: integer(1, 16),
  max_completion_tokens: tokens,
  temperature,
  reasoning,
  cache_control: object,
  timeouts: {
    fields: { first_byte_ms: wait, idle_ms: wait, panelist_ms: wait, run_ms: wait },
  },
  quorum: {
    fields: {
      min_responses: members,
      grace_ms: integer(0, MAX_WAIT_MS),
      fail_below: members,
      accept_partial: boolean,
    },
  },
  max_retries: integer(0, 10),
  seed: integer(0),
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

/**
 * The presets of src/data/presets.json, with the number of their panelists.
 * @type {Record<string, number>}
 */
export const PRESET_SIZES = { "general-high": 3, "general-budget": 3, "general-fast": 2 };

/** @param {any} value */
function isPricing(value) {
  return isObject(value) && amount.test(value.prompt) && amount.test(value.completion);
}
