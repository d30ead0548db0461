// The table of all calls of a run: model, provider's model, tokens, cost and time.
import { h } from "../dom.js";
import { money, seconds } from "../text/format.js";

const COLUMNS = ["Stage", "Model", "Status", "Tokens", "Cost", "Time"];

export function callsTable(activity) {
  const head = h(
    "tr",
    {},
    COLUMNS.map((name) => h("th", { scope: "col" }, name)),
  );
  const rows = activity.map((call) =>
    h(
      "tr",
      {},
      cellsOf(call).map((text) => h("td", {}, text)),
    ),
  );
  const table = h("table", {}, h("thead", {}, head), h("tbody", {}, rows));
  // The table can get the focus, so that the keyboard can scroll it.
  return h("div", { class: "table", tabindex: 0, role: "group", "aria-label": "Calls" }, table);
}

function cellsOf(call) {
  const { stage, index, attempt, model, model_served, prompt_tokens, completion_tokens } = call;
  const number = index === undefined ? "" : ` ${index + 1}`;
  const nth = attempt > 1 ? `, attempt ${attempt}` : "";
  const isServedByOther = model_served && model_served !== model;
  return [
    `${stage}${number}${nth}`,
    isServedByOther ? `${model}, served by ${model_served}` : model,
    call.status,
    completion_tokens === null ? "unknown" : String((prompt_tokens ?? 0) + completion_tokens),
    money(call.cost),
    seconds(call.latency_ms),
  ];
}
