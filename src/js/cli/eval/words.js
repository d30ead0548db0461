// The sentences and the table cells of the Markdown report and of the HTML report.

/**
 * @typedef {ReturnType<typeof import("./build-report.js").buildReport>
 *   & { created_at: string }} Report
 */

/** @param {number} rate */
export const percent = (rate) => `${(rate * 100).toFixed(1)} %`;

/** @param {import("./statistics.js").Rate | null} rate */
const rateWords = (rate) =>
  rate === null ? "-" : `${percent(rate.rate)} (${percent(rate.low)} to ${percent(rate.high)})`;

/** @param {number | null} cost */
const dollars = (cost) => (cost === null ? "unknown" : `$${Number(cost.toPrecision(4))}`);

/** @param {number | null} ms */
const time = (ms) => (ms === null ? "-" : `${(ms / 1000).toFixed(1)} s`);

/** @param {{ wins: number, ties: number, losses: number }} counts */
const countWords = ({ wins, ties, losses }) => `${wins} / ${ties} / ${losses}`;

/**
 * Returns what a comparison shows, in one sentence.
 * @param {Report["comparisons"][number]} comparison
 */
export function conclusion({ label, shows, decided, tasks_needed, compared, wins, losses }) {
  if (compared === 0) return `Against ${label}: no task is compared.`;
  if (!decided) return `Against ${label}: every task is a tie.`;
  const range = `${percent(decided.low)} to ${percent(decided.high)} of the decided tasks`;
  if (shows === "better") return `Against ${label}: the fusion wins more often (${range}).`;
  if (shows === "worse") return `Against ${label}: the fusion loses more often (${range}).`;
  const more =
    tasks_needed === null
      ? `Wins and losses are equal (${wins} each), so no number of tasks would decide.`
      : "If the rates of these tasks are the true rates, a claim needs about " +
        `${tasks_needed} tasks. These are ${compared}.`;
  return (
    `Against ${label}: these tasks show nothing. The fusion won ${wins} and lost ${losses}; ` +
    `the true share of wins may be ${range}. ${more}`
  );
}

/** @param {Report} report */
export const comparisonTable = ({ comparisons }) => ({
  head: [
    "the fusion against",
    "tasks",
    "win / tie / loss",
    "wins",
    "ties",
    "losses",
    "a claim needs",
  ],
  rows: comparisons.map((found) => [
    found.label,
    `${found.compared}${found.not_compared > 0 ? ` (${found.not_compared} not compared)` : ""}`,
    countWords(found),
    rateWords(found.win),
    rateWords(found.tie),
    rateWords(found.loss),
    found.tasks_needed === null ? "-" : `${found.tasks_needed} tasks`,
  ]),
});

/** @param {Report} report */
export const graderTable = ({ comparisons }) => ({
  head: ["the fusion against", "verdict flipped", "verdict unreadable", "same text", "no answer"],
  rows: comparisons.map(({ label, flipped, unreadable, same_text, no_answer }) => [
    label,
    ...[flipped, unreadable, same_text, no_answer].map(String),
  ]),
});

/**
 * Returns the extra cost of the fusion for each task that the fusion wins. The extra cost is the
 * fusion's total cost minus the arm's total cost.
 * @param {Report["comparisons"][number]} comparison
 */
function winCost({ wins, extra_cost, cost_per_win }) {
  if (wins === 0) return "no win";
  return extra_cost !== null && extra_cost <= 0
    ? "nothing: the fusion is no dearer"
    : dollars(cost_per_win);
}

/** @param {Report} report */
export const armTable = ({ arms, comparisons }) => ({
  head: [
    "arm",
    "answered",
    "cost",
    "cost per task",
    "median time",
    "longest",
    "a win of the fusion costs",
  ],
  rows: arms.map(({ name, label, answered, of, cost, cost_per_task, latency_ms }) => {
    const found = comparisons.find((comparison) => comparison.name === name);
    return [
      label,
      `${answered} of ${of}`,
      dollars(cost),
      answered === 0 ? "-" : dollars(cost_per_task),
      time(latency_ms.median),
      time(latency_ms.max),
      found ? winCost(found) : "-",
    ];
  }),
});

/** @param {Report} report */
export const featureTable = ({ features }) => ({
  head: ["feature", "on", "acted", "what it did", "cost", "win / tie / loss there", "elsewhere"],
  rows: features.map((feature) => [
    feature.label,
    `${feature.on} tasks`,
    `${feature.acted} tasks`,
    feature.did,
    feature.name === "second_pass" ? "in the analysis" : dollars(feature.cost),
    countWords(feature.where_acted),
    countWords(feature.elsewhere),
  ]),
});

/** @param {Report} report */
export const taskTable = ({ per_task, comparisons }) => ({
  head: ["task", ...comparisons.map(({ label }) => label), "best member on the other tasks"],
  rows: per_task.map(({ id, outcomes, best_on_others }) => [
    id,
    ...comparisons.map(({ name }) => outcomes[name] ?? "-"),
    best_on_others ?? "-",
  ]),
});

/** @param {Report} report */
export function costWords({ costs }) {
  const { panel, analysis, verification, answer, self_fusion, grading, total, shared } = costs;
  const checks = verification === 0 ? "" : `, checks ${dollars(verification)}`;
  return [
    `Paid in all: ${dollars(total)}. Panel ${dollars(panel)}, analysis ${dollars(analysis)}` +
      `${checks}, answers ${dollars(answer)}, self-fusion ${dollars(self_fusion)}, grading ` +
      `${dollars(grading)}.`,
    "Each member's answer alone is its answer in the panel, and is paid once. So is the first " +
      `seat of the self-fusion (${dollars(shared)}). The cost of an arm is what it costs without ` +
      "the others.",
    ...(costs.interrupted > 0
      ? [
          `${costs.interrupted} runs or gradings were open at a stop. The cost of their open ` +
            "calls is unknown, and is in no figure.",
        ]
      : []),
  ];
}

/** The explanation of the report's numbers. */
export const METHOD = [
  "An arm wins a task only if the grader prefers it in both orders. A verdict that flips with " +
    "the order is a tie, and so is an unreadable one. An arm without an answer loses.",
  "A tie is neither win nor loss. The three rates are shares of all compared tasks. In " +
    "parentheses: Wilson's 95 % interval, without a correction for continuity.",
  "The tasks that a claim needs: a two-sided test at 5 % with a power of 80 % that wins and " +
    "losses differ, by the normal formula for one proportion, plus the share of ties.",
  "What a win costs: what the fusion costs more than the arm on all compared tasks, divided by " +
    "the wins.",
  "The time of an arm is that of its calls: the slowest panelist, then the analysis, then the " +
    "answer.",
  "The best member is chosen for each task by the gradings of the members on the other tasks, " +
    "so the choice does not flatter.",
  "The figures hold for tasks like these and for this grader. With many comparisons, one of " +
    "twenty shows a difference by chance.",
];

/** What the table of features means. */
export const FEATURES =
  "Outcomes are those against the best member. They are observations: tasks in which a feature " +
  "acts may be harder. To measure a feature, run two evaluations, with and without it.";

/** @param {Report["losses"][number]} loss */
export const lossTitle = ({ id, label, member }) =>
  `${id}: lost to ${label}${label.startsWith(String(member)) ? "" : ` (${member})`}`;

/**
 * Returns the texts of a task that the fusion lost, each with its name.
 * @param {Report["losses"][number]} loss
 */
export function lossTexts({ question, reference, rubric, fusion, other, reasons }) {
  /** @type {[string, string | null][]} */
  const texts = [
    ["Question", question],
    ["Reference", reference],
    ["Rubric", rubric],
    ["The fusion", fusion ?? "(no answer)"],
    ["The other", other ?? "(no answer)"],
  ];
  const graders = reasons.map((text, index) => ({ name: `Grader, order ${index + 1}`, text }));
  return [...texts.flatMap(([name, text]) => (text === null ? [] : [{ name, text }])), ...graders];
}
