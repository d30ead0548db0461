// The items in the `output` of a response.

/**
 * @typedef {import("../run-view.js").RunView} RunView
 * @typedef {"fusion" | "progress" | "reasoning" | "sealed" | "message" | "call"} Kind
 */

/**
 * An item of the output.
 * @typedef {object} Item
 * @property {Kind} kind
 * @property {string} id
 * @property {number} index
 * @property {"in_progress" | "completed" | "incomplete"} status
 * @property {string} text
 * @property {object[]} [annotations]
 * @property {string} [call_id]
 * @property {string} [name]
 */

/** @param {Item} item */
export const summaryRef = ({ id, index }) => ({
  item_id: id,
  output_index: index,
  summary_index: 0,
});

/** @param {Item} item */
export const partRef = ({ id, index }) => ({ item_id: id, output_index: index, content_index: 0 });

/** @param {Item} item */
export function toPart({ kind, text, annotations = [] }) {
  if (kind === "reasoning") return { type: "reasoning_text", text };
  return { type: "output_text", text, annotations, logprobs: [] };
}

/**
 * Returns an item as the client sees it now.
 * @param {Item} item
 * @param {RunView} view
 */
export function toOutputItem(item, view) {
  const { kind, id, status, text, call_id, name } = item;
  const isOver = status !== "in_progress";
  const content = isOver && kind !== "sealed" ? [toPart(item)] : [];
  switch (kind) {
    case "fusion": {
      const result = isOver && { ...view.findings, ...analysisFailure(view, status) };
      return { type: "openrouter:fusion", id, status, ...result };
    }
    case "progress": {
      const summary = isOver ? [{ type: "summary_text", text }] : [];
      return { type: "reasoning", id, status, summary };
    }
    case "reasoning":
      return { type: "reasoning", id, status, summary: [], content };
    case "sealed":
      return { type: "reasoning", id, status, summary: [], encrypted_content: text };
    case "message":
      return { type: "message", id, role: "assistant", status, content };
    default:
      return { type: "function_call", id, call_id, name, arguments: text, status };
  }
}

/**
 * Returns why there is no analysis. OpenRouter calls the analyst a "judge", and has names for three
 * of its failures.
 * @param {RunView} view
 * @param {Item["status"]} status
 */
function analysisFailure({ analysis, analysisError, error }, status) {
  if (status === "incomplete") return { error: error?.message, failure_reason: error?.code };
  if (analysis || !analysisError) return {};
  const { code, message, status_code } = analysisError;
  return { error: message, failure_reason: judgeFailure(code, status_code) };
}

/** @param {string} code @param {number | undefined} status_code */
function judgeFailure(code, status_code) {
  if (code === "cancelled") return code;
  if (code === "empty_response") return "judge_empty_completion";
  const isBadJson = code === "provider_error" && status_code === undefined;
  return isBadJson ? "judge_not_valid_json" : "judge_upstream_error";
}
