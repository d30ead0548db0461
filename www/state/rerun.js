// What a further run on a turn asks for beside what the turn has: everything else stands, and is not paid for again.

/** The models that a turn was asked with, each once, by names that can be asked for again. */
export function modelsOf({ snapshot: { request } }) {
  return [...new Set([...(request.analysis_models ?? []), request.analyst, request.writer, request.model].map(nameOf).filter(Boolean))];
}

/** @param role analyst or writer
 *  @returns the model that has it */
export function modelFor({ snapshot: { request }, comparison, answer }, role) {
  return nameOf(request[role]) || request.model || (role === "analyst" ? comparison : answer).model || "";
}

/** The field that gives a role to this model, and keeps what else was wanted of whoever had it. */
export function replaceRole(turn, role, model) {
  const { request } = turn.snapshot;
  const { provider, fallbacks, max_completion_tokens: limit, ...wanted } = typeof request[role] === "string" ? {} : (request[role] ?? {});
  if (model !== modelFor(turn, role)) return { [role]: { ...wanted, ...(limit && { max_completion_tokens: limit }), model } };
  // Once more by the same: what an equal one has said would stand, so the limit that holds anyway is spelled out, or no more.
  return { [role]: { ...wanted, ...(!limit && { max_completion_tokens: request.max_completion_tokens ?? 16_000 }), model } };
}

const nameOf = (spec) => (typeof spec === "string" ? spec : spec?.provider ? `${spec.provider}:${spec.model}` : spec?.model);

/** What the turn may spend, in USD, or null. */
export const budgetOf = ({ setup, snapshot }) => setup.budget ?? snapshot?.request?.max_cost ?? null;

/** Whether the limit ended the turn. */
export const isBudgetExceeded = ({ error }) => error?.code === "budget_exceeded";

/** The snapshot to go on from, without a limit if it had one. */
export function withoutBudget({ request: { max_cost, ...request }, ...snapshot }) {
  return { ...snapshot, request };
}
