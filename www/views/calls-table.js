// What was really asked, who really served it and what it cost, for those who want to check.
import { h } from "../dom.js";
import { money, seconds } from "../text/format.js";

const HEAD = ["Stage", "Model", "Status", "Tokens", "Cost", "Time"];

export function callsTable(activity) {
  const rows = activity.map((call) => [
    call.stage + (call.index === undefined ? "" : ` ${call.index + 1}`) + (call.attempt > 1 ? `, attempt ${call.attempt}` : ""),
    call.model_served && call.model_served !== call.model ? `${call.model}, served by ${call.model_served}` : call.model,
    call.status,
    call.completion_tokens === null ? "unknown" : String((call.prompt_tokens ?? 0) + call.completion_tokens),
    money(call.cost),
    seconds(call.latency_ms),
  ]);
  return h(
    "div",
    { class: "table", tabindex: 0, role: "group", "aria-label": "Calls" },
    h("table", {}, h("thead", {}, h("tr", {}, HEAD.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))),
  );
}
