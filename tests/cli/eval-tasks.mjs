// Twelve tasks with known winners, and the models that answer and judge them.

export const ALPHA = "alpha/a";
export const BETA = "beta/b";

/** Costs of a call, in USD. */
export const COSTS = { alpha: 0.001, beta: 0.002, analyst: 0.003, writer: 0.004, grader: 0.0005 };

/** A text of a model that would be a script, a table and a fence if it were not escaped. */
const HOSTILE = "<script>alert(1)</script> | ```` \"'&";

/**
 * The outcomes of the first name, by task from 1. W, T, L: win, tie, loss. F: the verdict flips. U:
 * no verdict. S: both texts are the same. N: the second one has no answer. -: no comparison.
 */
const OUTCOMES = {
  "fusion alpha": "WWWWWWTFLLLW",
  "fusion beta": "WLNWWWWWWWWS",
  "alpha beta": "WWNWWWLLLLLL",
  "fusion self": "WW-WUTLWWLSW",
};

const numberIn = (prompt) => Number(/Task (\d+)/.exec(prompt)[1]);
const two = (number) => String(number).padStart(2, "0");

/** The text of an arm. Equal texts are those of the outcomes with S. */
function textOf(arm, number) {
  const hostile = number === 9 ? ` ${HOSTILE}` : "";
  if (arm === "fusion" && number === 12) return `beta on 12${hostile}`;
  if (arm === "self" && number === 11) return "fusion on 11";
  return `${arm} on ${two(number)}${hostile}`;
}

export const tasks = [...Array(12).keys()].map((index) => ({
  id: `t${two(index + 1)}`,
  prompt: `Task ${two(index + 1)}: answer.`,
  ...(index === 0 && { reference: "The reference of task 1." }),
  ...(index === 1 && { rubric: ["The first criterion.", "The second criterion."] }),
}));

export const answers = {
  [ALPHA]: (prompt) => ({
    name: two(numberIn(prompt)),
    text: textOf("alpha", numberIn(prompt)),
    cost: COSTS.alpha,
  }),
  [BETA]: (prompt) => ({
    name: two(numberIn(prompt)),
    ...(numberIn(prompt) === 3
      ? { status: 400 }
      : { text: textOf("beta", numberIn(prompt)), cost: COSTS.beta }),
  }),
  "desk/analyst": (prompt) => ({
    name: armIn(prompt),
    text: JSON.stringify({
      consensus: [],
      contradictions: numberIn(prompt) % 2 === 0 ? [contradiction] : [],
      partial_coverage: [],
      unique_insights: [],
      blind_spots: [],
    }),
    cost: COSTS.analyst,
  }),
  "desk/writer": (prompt) => ({
    name: armIn(prompt),
    text: textOf(armIn(prompt).split(" ")[0], numberIn(prompt)),
    cost: COSTS.writer,
  }),
  "judge/grader": judge,
};

const contradiction = {
  topic: "A topic",
  stances: ["A", "B"].map((response) => ({ response, stance: `Stance ${response}`, quote: "" })),
};

/** Returns whether a prompt has the answers of the whole panel, or of one member twice. */
function armIn(prompt) {
  const number = numberIn(prompt);
  const isWhole = /alpha on/.test(prompt) && /beta on/.test(prompt);
  return `${isWhole || number === 3 ? "fusion" : "self"} ${two(number)}`;
}

/** Judges by the table. The verdict names the place of the better text. */
function judge(prompt) {
  const number = numberIn(prompt);
  const [first, second] = ["A", "B"].map(
    (label) => new RegExp(`RESPONSE ${label}\\]\\n(\\w+) on`).exec(prompt)[1],
  );
  // In task 12, the fusion's text is beta's.
  const named = (name) => (number === 12 && name === "beta" ? "fusion" : name);
  const key = [first, second].join(" ") in OUTCOMES || [second, first].join(" ") in OUTCOMES;
  const names = key ? [first, second] : [named(first), named(second)];
  const isForward = names.join(" ") in OUTCOMES;
  const row = OUTCOMES[isForward ? names.join(" ") : [...names].reverse().join(" ")];
  const better = { W: isForward ? "A" : "B", L: isForward ? "B" : "A", T: "tie", F: "A" };
  const verdict = better[row[number - 1]];
  return {
    name: `${two(number)} ${names.join(" ")}`,
    text: verdict ? `Because of the table.\nVerdict: ${verdict}` : "I cannot decide.",
    cost: COSTS.grader,
  };
}
