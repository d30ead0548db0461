// Builds a FusionRequest from the model, the plugin and the tool in a client's request.
// docs/endpoint.md says which model becomes the analyst and the writer.

import { ApiError, invalidField } from "./api-error.js";
import { clientFields, renameField } from "./field-names.js";
import { fitToPanel } from "./fit-defaults.js";
import { CLIENT_FIELDS, writerToolChoice } from "./fusion-params.js";
import { omit, omitNullish, requireString } from "./values.js";

/**
 * The data that an endpoint reads from a request.
 * @typedef {import("./fusion-params.js").CommonParams & {
 *   messages: any[],
 *   places?: (string | undefined)[],
 *   continues: boolean,
 *   writer: Record<string, any>,
 *   names: Record<string, string>,
 *   showReasoning?: boolean,
 *   compat?: import("./client-compat.js").ClientCompat,
 *   echo?: any,
 * }} Params `places` has the path of each message in the client's request. `continues` is true if
 *   the last message is a tool's result. `names` maps the core's field names to the client's names.
 *
 * @typedef {object} Server what the handler has configured
 * @property {any} [defaults]
 * @property {Record<string, any>} [presets]
 * @property {number | undefined} [max_cost]
 * @property {readonly string[] | undefined} [clientMay]
 * @property {boolean} isNested whether the request comes from another fusion
 */

/** Fields about the panel. If no panel runs, these fields have no effect. */
const PANEL_FIELDS = [
  "analysis_models",
  "analyst",
  "tools",
  "max_tool_calls",
  "temperature",
  "reasoning",
  "quorum",
  "escalate",
];

/** Fields of the core's request that contain names of models. */
const MODEL_FIELDS = [
  "model",
  "analysis_models",
  "escalate",
  "analyst.model",
  "analyst.provider",
  "analyst.fallbacks",
  "writer.model",
  "writer.provider",
  "writer.fallbacks",
];

/** Fields of `provider` that protect data. They apply to every model that reads the question. */
const PRIVACY = { zdr: true, data_collection: "deny", enforce_distillable_text: true };

/**
 * The core's default for `max_completion_tokens`. If the client's fusion tool has such a limit,
 * that limit applies only to the panel and the analyst, and the writer gets this default.
 */
const MAX_COMPLETION_TOKENS = 16_000;

/**
 * Returns the request and the model fields that the server has set. Also returns `rename`, which
 * replaces the core's field names in a message by the client's field names, and `isClients`, which
 * says whether the client's request sets a field of the core.
 * @param {Params} params
 * @param {Server} server
 */
export function buildRequest(params, server) {
  const { defaults = {}, presets = {}, max_cost } = server;
  const { plugin, fusion } = params;
  checkMembers(params);
  checkClientFields(params, server.clientMay);
  const alias = readAlias(params.model, presets);
  if (plugin?.preset != null) requireString(`${plugin.path}.preset`, plugin.preset);
  const preset = plugin?.preset ?? alias?.preset;
  const base = resolvePreset(preset, defaults, presets);
  const names = { ...params.names };
  const asked = { ...base.request, messages: params.messages };
  setPanelFields(asked, params, alias, base.isOwn, names);
  const isClients = clientFields(params, names, preset != null);
  const request = fitToPanel(asked, isClients);
  request.analyst = buildAnalyst(base.analyst, params, alias, names);
  request.writer = buildWriter(base.writer, params, alias, names);
  // The tool's token limit applies only to the panel and the analyst. Give the writer its own.
  if (fusion?.max_completion_tokens != null) {
    request.writer.max_completion_tokens ??=
      defaults.max_completion_tokens ?? MAX_COMPLETION_TOKENS;
  }
  // The server's cost limit always applies.
  if (max_cost !== undefined) request.max_cost = max_cost;
  if (convenes(params, alias, server.isNested)) {
    applyPrivacy(request, params.provider);
  } else {
    request.convene = false;
    for (const name of PANEL_FIELDS) delete request[name];
  }
  return {
    request,
    // The model fields that the server has set. In all other model fields, the core refuses
    // providers that are not allowed for clients.
    ownFields: MODEL_FIELDS.filter((field) => !Object.hasOwn(names, field)),
    isClients,
    /** @param {string} message */
    rename: (message) => renameField(message, names, params.places),
  };
}

/**
 * Returns whether the panel runs. The panel runs if the request asks for it, with two exceptions: a
 * later step of the same turn, and a call that another panel has made.
 * @param {Params} params
 * @param {object | undefined} alias
 * @param {boolean} isNested
 */
function convenes({ plugin, fusion, tool_choice, continues }, alias, isNested) {
  const isRequested = Boolean(alias || plugin || fusion);
  const isOff = plugin?.enabled === false || tool_choice === "none";
  return isRequested && !isOff && !continues && !isNested;
}

/**
 * A value that the client may have set, and its path in the client's request.
 * @typedef {[value: any, path: string]} Choice
 */

/**
 * Sets a field to the first choice whose value is present, and stores its path in `names`.
 * @param {Record<string, any>} object
 * @param {string} name
 * @param {Record<string, string>} names
 * @param {string} field the core's name
 * @param {Choice[]} choices
 */
function setFirst(object, name, names, field, choices) {
  const found = choices.find(([value]) => value != null);
  if (found) [object[name], names[field]] = found;
}

/** @param {any} part plugin or tool @param {string} name @returns {Choice} */
const fieldOf = (part, name) => [part?.[name], `${part?.path}.${name}`];

/**
 * @param {Record<string, any>} request
 * @param {Params} params
 * @param {{ preset?: string } | undefined} alias
 * @param {boolean} isOwnPreset whether the handler has expanded the preset
 * @param {Record<string, string>} names
 */
function setPanelFields(request, { plugin, fusion, cache_control }, alias, isOwnPreset, names) {
  /** @param {string} name @param {Choice[]} choices */
  const set = (name, ...choices) => setFirst(request, name, names, name, choices);
  if (!isOwnPreset) set("preset", fieldOf(plugin, "preset"), [alias?.preset, "model"]);
  for (const name of ["analysis_models", "tools", "max_tool_calls", "quorum", "escalate"]) {
    set(name, fieldOf(fusion, name), fieldOf(plugin, name));
  }
  for (const name of ["max_completion_tokens", "reasoning", "temperature"]) {
    set(name, fieldOf(fusion, name));
  }
  set("cache_control", fieldOf(fusion, "cache_control"), [cache_control, "cache_control"]);
}

/**
 * @param {Record<string, any>} base
 * @param {Params} params
 * @param {object | undefined} alias
 * @param {Record<string, string>} names
 */
function buildAnalyst(base, { model, plugin, fusion }, alias, names) {
  const analyst = { ...base };
  const isFallback = !alias && plugin?.preset == null;
  setFirst(analyst, "model", names, "analyst.model", [
    fieldOf(fusion, "model"),
    fieldOf(plugin, "model"),
    [isFallback ? model : undefined, "model"],
  ]);
  setFirst(analyst, "criteria", names, CLIENT_FIELDS.criteria, [
    fieldOf(fusion, "criteria"),
    fieldOf(plugin, "criteria"),
  ]);
  setFirst(analyst, "verify", names, CLIENT_FIELDS.verify, [
    fieldOf(fusion, "verify"),
    fieldOf(plugin, "verify"),
  ]);
  return analyst;
}

/**
 * @param {Record<string, any>} base
 * @param {Params} params
 * @param {object | undefined} alias
 * @param {Record<string, string>} names
 */
function buildWriter(base, params, alias, names) {
  const { model, models, plugin } = params;
  const tools = writerTools(params, names);
  // The tool choice of the server may name a tool of the server.
  const own = params.tools.length > 0 ? omit(base, ["tool_choice"]) : base;
  const spec = { ...own, ...params.writer, ...tools };
  const writer = { ...withExtraBody(spec, extraBody(params)) };
  setFirst(writer, "model", names, "writer.model", [
    alias ? fieldOf(plugin, "model") : [model, "model"],
  ]);
  setFirst(writer, "fallbacks", names, "writer.fallbacks", [
    [models?.length === 0 ? undefined : models, params.names["writer.fallbacks"] ?? "models"],
  ]);
  return writer;
}

/**
 * Refuses the client's fields that the server does not allow, because they could multiply the
 * server's cost.
 * @param {Params} params
 * @param {readonly string[]} [clientMay]
 */
function checkClientFields({ plugin, fusion }, clientMay = []) {
  for (const part of [plugin, fusion]) {
    for (const name of Object.keys(CLIENT_FIELDS)) {
      if (part?.[name] == null || clientMay.includes(name)) continue;
      throw invalidField(`${part.path}.${name}`, "is not open to clients of this server");
    }
  }
}

/**
 * Throws if a member of the client's panel has `extra_body`. This field could exceed the server's
 * limits, or start another panel inside the call.
 * @param {Params} params
 */
function checkMembers({ plugin, fusion }) {
  for (const part of [plugin, fusion]) {
    for (const [path, list] of [
      [part?.path, part],
      [`${part?.path}.escalate`, part?.escalate],
    ]) {
      if (!Array.isArray(list?.analysis_models)) continue;
      const at = list.analysis_models.findIndex(
        (/** @type {any} */ m) => m?.extra_body !== undefined,
      );
      if (at === -1) continue;
      throw invalidField(`${path}.analysis_models[${at}].extra_body`, "is the server's to set");
    }
  }
}

/**
 * Returns the configured request, analyst and writer. If the client's request names a preset, the
 * preset replaces the panel and the models of `defaults`. If only `defaults` names a preset, the
 * preset adds the fields that `defaults` does not set.
 * @param {string | null | undefined} preset
 * @param {any} defaults
 * @param {Record<string, any>} presets
 */
function resolvePreset(preset, defaults, presets) {
  const name = preset ?? defaults.preset;
  const own = name != null && Object.hasOwn(presets, name) ? presets[name] : undefined;
  const isOwn = own !== undefined;
  /** @param {(base: any, preset: any) => any} merge */
  const roles = (merge) => ({
    analyst: merge(toSpec(defaults.analyst), toSpec(own?.analyst)),
    writer: merge(toSpec(defaults.writer), toSpec(own?.writer)),
  });
  if (preset == null) {
    const request = isOwn ? { ...own, ...omitNullish(omit(defaults, ["preset"])) } : defaults;
    return { request, ...roles((base, preset) => mergeSpecs(preset, base)), isOwn };
  }
  return {
    request: { ...omit(defaults, ["analysis_models", "model", "preset"]), ...own },
    ...roles((base, preset) => ({ ...omit(base, MODEL_OF_ROLE), ...preset })),
    isOwn,
  };
}

/** Fields of the analyst or the writer that must change together with the model. */
const MODEL_OF_ROLE = ["model", "provider", "fallbacks"];

/**
 * Merges two specifications of the analyst or of the writer. Fields of `other` have precedence. If
 * `other` has a model, the model fields of `spec` are dropped.
 * @param {Record<string, any>} spec
 * @param {Record<string, any>} other
 */
const mergeSpecs = (spec, other) => ({
  ...(other.model == null ? spec : omit(spec, MODEL_OF_ROLE)),
  ...omitNullish(other),
});

/**
 * Returns the caller's tools and the writer's tool choice.
 * @param {Params} params
 * @param {Record<string, string>} names
 */
function writerTools(params, names) {
  if (params.tools.length === 0) return {};
  for (const [i, { path, functionPath }] of params.tools.entries()) {
    names[`writer.tools[${i}]`] = path;
    names[`writer.tools[${i}].function`] = functionPath;
  }
  const tool_choice = writerToolChoice(params);
  const tools = params.tools.map(({ tool }) => tool);
  return { tools, ...(tool_choice !== undefined && { tool_choice }) };
}

/**
 * Returns the fields that are passed to the writer's provider unchanged.
 * @param {Params} params
 */
function extraBody({ passed: { parallel_tool_calls, ...passed }, tools, provider }) {
  const hasParallel = tools.length > 0 && parallel_tool_calls !== undefined;
  return { ...passed, ...(hasParallel && { parallel_tool_calls }), ...(provider && { provider }) };
}

/**
 * Applies the client's privacy preferences to the panel and the analyst. Throws if a preset names
 * the panel, because the request then has no panelists to which they could be added.
 * @param {Record<string, any>} request
 * @param {any} provider
 */
function applyPrivacy(request, provider) {
  const kept = Object.entries(PRIVACY).filter(([name, value]) => provider?.[name] === value);
  const [first] = kept;
  if (first === undefined) return;
  if (!Array.isArray(request.analysis_models)) {
    throw invalidField(
      `provider.${first[0]}`,
      "can't be kept for a panel that a preset names; name the panel in `analysis_models`",
    );
  }
  const preferences = { provider: Object.fromEntries(kept) };
  const keeps = (/** @type {any} */ member) => withExtraBody(toSpec(member), preferences);
  request.analysis_models = request.analysis_models.map(keeps);
  if (Array.isArray(request.escalate?.analysis_models)) {
    const further = request.escalate.analysis_models.map(keeps);
    request.escalate = { ...request.escalate, analysis_models: further };
  }
  request.analyst = withExtraBody(request.analyst, preferences);
}

/**
 * Returns the preset that the model's name stands for. The name is `openrouter/fusion`,
 * `openrouter/fusion-flash`, or `openrouter/fusion-` with the name of a preset of the handler. A
 * variant such as `:free` has no effect. Returns `undefined` for any other model.
 * @param {unknown} model
 * @param {Record<string, any>} presets
 * @returns {{ preset?: string } | undefined}
 */
function readAlias(model, presets) {
  if (model == null) {
    throw invalidField("model", "is missing; for a fusion it is `openrouter/fusion`");
  }
  if (typeof model !== "string") throw invalidField("model", "must be a model's name");
  if (!/^~?openrouter\/fusion/i.test(model)) return undefined;
  const name = model.match(/^openrouter\/fusion(?:-([^:]+))?(?::[\w.-]+)?$/)?.[1];
  if (name === undefined && /^openrouter\/fusion(?::|$)/.test(model)) return {};
  if (name !== undefined && Object.hasOwn(presets, name)) return { preset: name };
  if (name === "flash") return { preset: "general-fast" };
  const names = new Set(["flash", ...Object.keys(presets)]);
  const known = ["openrouter/fusion", ...[...names].map((name) => `openrouter/fusion-${name}`)];
  throw new ApiError(
    "invalid_model",
    `\`${model}\` is not a valid model ID; there are ${known.join(", ")}`,
  );
}

/** @param {any} role @returns {Record<string, any>} */
const toSpec = (role) => (typeof role === "string" ? { model: role } : { ...role });

/** @param {Record<string, any>} spec @param {object} extra @returns {Record<string, any>} */
function withExtraBody(spec, extra) {
  if (Object.keys(extra).length === 0) return spec;
  return { ...spec, extra_body: { ...spec.extra_body, ...extra } };
}
