// Returns the request fields that a further run for a turn changes. Other fields stay unchanged.

/** Returns the distinct models of a turn, with names that a request accepts. */
export function modelsOf({ snapshot: { request } }) {
  const { analysis_models = [], analyst, writer, model } = request;
  const specs = [...analysis_models, analyst, writer, model];
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
  const { provider, fallbacks, max_completion_tokens: limit, ...rest } = spec;
  if (model !== modelFor(turn, role)) {
    return { [role]: { ...rest, ...(limit && { max_completion_tokens: limit }), model } };
  }
  // If the role's settings were equal, the core would reuse the stored reply. To make them
  // different, set the default token limit explicitly or remove an explicit limit.
  const max = request.max_completion_tokens ?? 16_000;
  return { [role]: { ...rest, ...(!limit && { max_completion_tokens: max }), model } };
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
