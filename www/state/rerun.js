// Helpers for a further run of a turn. They return the fields of the request that change. The other
// fields come from the turn's snapshot.

/** Returns the distinct models of a turn, with names that a request accepts. */
export function modelsOf({ snapshot: { request } }) {
  const { analyst, writer, model } = request;
  const specs = [...specsOf(request), analyst, writer, model];
  return [...new Set(specs.map(nameOf).filter(Boolean))];
}

/**
 * Returns the model of a role.
 * @param role "analyst" or "writer"
 */
export function modelFor({ snapshot: { request }, comparison, answer }, role) {
  const used = role === "analyst" ? comparison.model : answer.model;
  return nameOf(request[role]) || request.model || used || "";
}

/**
 * Returns the request field that gives this model to the role. The role keeps its other settings.
 */
export function replaceRole(turn, role, model) {
  const { request } = turn.snapshot;
  const spec = typeof request[role] === "string" ? {} : (request[role] ?? {});
  const { provider, fallbacks, max_completion_tokens: limit, ...kept } = spec;
  const rest = withoutListedChecks(kept);
  if (model !== modelFor(turn, role)) {
    return { [role]: { ...rest, ...(limit && { max_completion_tokens: limit }), model } };
  }
  // If the role's settings were equal, the core would reuse the stored reply. To make them
  // different, set the default token limit explicitly or remove an explicit limit.
  const max = request.max_completion_tokens ?? 16_000;
  return { [role]: { ...rest, ...(!limit && { max_completion_tokens: max }), model } };
}

/**
 * Returns `{ analysis_models, panel }` after a change of a turn's panel. `analysis_models` is for
 * the request. `panel` has the turn's panelists without a removed panelist.
 * @param change `{ replace: index, model }`, `{ add: model }` or `{ remove: index }`
 * @param toName converts a typed name to a name that a request accepts
 */
export function changedPanel({ snapshot, panel }, change, toName) {
  const specs = snapshot.request.analysis_models ?? [];
  if (change.add) return { analysis_models: [...specs, toName(change.add)], panel };
  const at = change.replace ?? change.remove;
  const instead = change.replace === undefined ? [] : [withModel(specs[at], toName(change.model))];
  const kept = panel.filter(({ index }) => change.remove !== index);
  return {
    analysis_models: specs.flatMap((spec, index) => (index === at ? instead : [spec])),
    panel: kept.map((panelist, index) => ({ ...panelist, index })),
  };
}

/**
 * Returns the settings of a member with another model. Keeps the instructions and the limits. Drops
 * the provider, the fallbacks and `extra_body`, because they belong to the old model.
 */
function withModel(spec, model) {
  if (typeof spec === "string") return model;
  const { provider, fallbacks, extra_body, ...rest } = spec;
  return { ...rest, model };
}

/** Returns the fields of a request that asks one member of the panel alone. */
export function memberRequest({ snapshot: { request }, setup }, index) {
  const spec = specsOf(request)[index];
  const { tools, ...writer } = typeof spec === "string" ? { model: spec } : spec;
  const { reasoning, max_completion_tokens: limit, timeouts } = request;
  return {
    convene: false,
    writer: { ...(reasoning && { reasoning }), ...writer },
    ...(limit && { max_completion_tokens: limit }),
    ...(timeouts && { timeouts }),
    ...(setup.budget && { max_cost: setup.budget }),
  };
}

/** Returns the panelists of a request, and after them those that join on disagreement. */
const specsOf = ({ analysis_models = [], escalate }) => [
  ...analysis_models,
  ...(escalate?.analysis_models ?? []),
];

/**
 * Returns an analyst without a list of disagreements to check. The indexes in such a list belong to
 * one comparison.
 */
function withoutListedChecks({ verify, ...analyst }) {
  return verify && !Array.isArray(verify) ? { ...analyst, verify } : analyst;
}

/**
 * Returns a snapshot for a further run. If the request lists disagreements to check, removes the
 * list, because the further run may find other disagreements.
 */
export function withoutChecks(snapshot) {
  const { analyst, ...request } = snapshot.request;
  if (!Array.isArray(analyst?.verify)) return snapshot;
  const kept = withoutListedChecks(analyst);
  const hasOther = Object.keys(kept).length > 0;
  return { ...snapshot, request: hasOther ? { ...request, analyst: kept } : request };
}

/**
 * Returns a snapshot whose panel can be changed. If models have joined on disagreement, the
 * snapshot's request lists them as members of the panel.
 */
export function withWholePanel({ escalation, ...snapshot }) {
  const { escalate, ...request } = snapshot.request;
  if (!escalation?.first_analysis) return { ...snapshot, ...(escalation && { escalation }) };
  return { ...snapshot, request: { ...request, analysis_models: specsOf(snapshot.request) } };
}

/**
 * Returns the analyst of the request with a list of disagreements to check. All other settings of
 * the analyst stay the same.
 */
export function checkingAnalyst({ snapshot: { request } }, indexes) {
  const { analyst } = request;
  const spec = typeof analyst === "string" ? { model: analyst } : analyst;
  return { ...spec, verify: indexes };
}

function nameOf(spec) {
  if (typeof spec === "string") return spec;
  return spec?.provider ? `${spec.provider}:${spec.model}` : spec?.model;
}

/** Returns the turn's budget in USD, or null. */
export const budgetOf = ({ setup, snapshot }) =>
  setup.budget ?? snapshot?.request?.max_cost ?? null;

/** Returns whether the turn ended because its budget was spent. */
export const isBudgetExceeded = ({ error }) => error?.code === "budget_exceeded";

/** Returns a copy of the snapshot without a budget. A run can resume from it. */
export function withoutBudget({ request: { max_cost, ...request }, ...snapshot }) {
  return { ...snapshot, request };
}
