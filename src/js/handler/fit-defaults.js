// Fits the server's defaults to a client's request. If a client's field contradicts a default, the
// default is lowered or dropped, because the client has not sent the default and cannot change it.

import { fieldAt } from "./field-names.js";
import { MAX_PANEL, PRESET_SIZES } from "./option-shapes.js";
import { omit } from "./values.js";

/**
 * The defaults that depend on the provider or the tools of a model. If the core refuses `field`,
 * and the client's request has one of `causes`, the default at `drop` is dropped. The core does not
 * say which role has the refused `reasoning`, so its rules apply one after the other.
 */
const DROPPED = [
  {
    field: "analyst.verify",
    causes: ["tools", "analyst.model", "preset"],
    drop: "analyst.verify",
  },
  {
    field: "reasoning.max_tokens",
    causes: ["writer.model", "writer.fallbacks", "preset"],
    drop: "writer.reasoning.max_tokens",
  },
  {
    field: "reasoning.max_tokens",
    causes: ["analyst.model", "preset"],
    drop: "analyst.reasoning.max_tokens",
  },
  {
    field: "reasoning.max_tokens",
    causes: ["analysis_models", "escalate", "analyst.model", "preset"],
    drop: "reasoning.max_tokens",
  },
  {
    field: "writer.stop",
    causes: ["writer.model", "writer.fallbacks", "preset"],
    drop: "writer.stop",
  },
];

/** The end of the core's message about a tool that the provider of a role does not host. */
const OTHER_TOOLS = /^`(?:.+\.)?tools\[\d+\]` is not hosted by .* other `tools` to `([^`]+)`$/;

/**
 * Returns the number of panelists of a request. Returns `undefined` if only the core knows it.
 * @param {Record<string, any>} request
 * @returns {number | undefined}
 */
export function panelSize({ analysis_models, preset }) {
  if (Array.isArray(analysis_models)) return analysis_models.length;
  return Object.hasOwn(PRESET_SIZES, preset ?? "") ? PRESET_SIZES[preset] : undefined;
}

/**
 * Returns the defaults that fit to the request's panel: a smaller `quorum.fail_below`, and no
 * `escalate` without room for its panelists. Keeps the fields that the client has sent.
 * @param {Record<string, any>} request
 * @param {(path: string) => boolean} isClients
 */
export function fitToPanel(request, isClients) {
  const { quorum, escalate } = request;
  const size = panelSize(request);
  if (size === undefined) return request;
  const fitted = { ...request };
  if (quorum?.fail_below > size && !isClients("quorum")) {
    fitted.quorum = { ...quorum, fail_below: size };
  }
  const further = escalate?.analysis_models?.length ?? 0;
  if (size + further > MAX_PANEL && !isClients("escalate")) delete fitted.escalate;
  return fitted;
}

/**
 * Returns the request without the default that the core has refused. Returns `undefined` if the
 * client has sent the refused field, or if no field of the client is the cause.
 * @param {Record<string, any>} request
 * @param {string} message of the core
 * @param {(path: string) => boolean} isClients
 */
export function withoutRefused(request, message, isClients) {
  const role = OTHER_TOOLS.exec(message)?.[1];
  if (role !== undefined) return withoutTools(request, role, fieldAt(message) ?? "", isClients);
  const refused = fieldAt(message);
  const rule = DROPPED.find(
    ({ field, causes, drop }) =>
      field === refused &&
      causes.some(isClients) &&
      valueAt(request, drop) != null &&
      !isClients(drop.replace(/\.max_tokens$/, "")),
  );
  return rule && dropAt(request, rule.drop.split("."));
}

/**
 * Returns the request without tools for a role whose model the client has chosen.
 * @param {Record<string, any>} request
 * @param {string} role such as `analyst` or `analysis_models[1]`
 * @param {string} field the refused field
 * @param {(path: string) => boolean} isClients
 */
function withoutTools(request, role, field, isClients) {
  const isChosen = isClients(role === "analyst" ? "analyst.model" : role) || isClients("preset");
  if (!isChosen || isClients(field)) return undefined;
  /** @param {any} spec */
  const toolless = (spec) => ({
    ...(typeof spec === "string" ? { model: spec } : spec),
    tools: [],
  });
  if (role === "analyst") return { ...request, analyst: toolless(request.analyst) };
  const [, path = "", position] = /^(.*)\[(\d+)\]$/.exec(role) ?? [];
  const owner = path.startsWith("escalate.") ? request.escalate : request;
  const models = owner?.analysis_models;
  if (!Array.isArray(models)) return undefined;
  const analysis_models = models.map((model, i) =>
    i === Number(position) ? toolless(model) : model,
  );
  return owner === request
    ? { ...request, analysis_models }
    : { ...request, escalate: { ...owner, analysis_models } };
}

/** @param {any} object @param {string} path */
const valueAt = (object, path) => path.split(".").reduce((value, name) => value?.[name], object);

/** @param {any} object @param {string[]} path @returns {any} */
function dropAt(object, [name = "", ...rest]) {
  if (rest.length === 0) return omit(object, [name]);
  const part = dropAt(object[name], rest);
  return Object.keys(part).length > 0 ? { ...object, [name]: part } : omit(object, [name]);
}
