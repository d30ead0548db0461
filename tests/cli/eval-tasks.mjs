// Twelve tasks with known winners, and the models that answer and judge them.

export const ALPHA = "alpha/a";
export const BETA = "beta/b";

/** Costs of a call, in USD. */
export const COSTS = { alpha: 0.001, beta: 0.002, analyst: 0.003, writer: 0.004, grader: 0.0005 };

/**
 * A model's text that contains HTML, a table border, a code fence and quotation marks. The report
 * must escape all of them.
 */
const HOSTILE = "<script>alert(1)</script> | ```` \"'&";

/**
 * Compares the first arm of each key with the second arm. Each letter is the outcome of one task,
 * from task 1 to task 12.
 *
 * - W, T, L: the first arm wins, ties or loses.
 * - F: the grader names another winner if the arms are swapped.
 * - U: the grader gives no verdict.
 * - S: both texts are the same.
 * - N: the second arm has no answer.
 * - -: the arms are not compared.
 */
const OUTCOMES = {
  "fusion alpha": "WWWWWWTFLLLW",
  "fusion beta": "WLNWWWWWWWWS",
  "alpha beta": "WWNWWWLLLLLL",
  "fusion self": "WW-WUTLWWLSW",
};

const numberIn = (prompt) => Number(/Task (\d+)/.exec(prompt)[1]);
const two = (number) => String(number).padStart(2, "0");

/**
 * Returns the text of an arm for a task. Two arms have the same text only if `OUTCOMES` has S for
 * the task.
 */
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

/**
 * Returns the arm and the task of a prompt. The arm is `fusion` if the prompt has answers of both
 * members, and `self` if it has only answers of one member.
 */
function armIn(prompt) {
  const number = numberIn(prompt);
  const isWhole = /alpha on/.test(prompt) && /beta on/.test(prompt);
  return `${isWhole || number === 3 ? "fusion" : "self"} ${two(number)}`;
}

/** Judges two texts by `OUTCOMES`. The verdict is the label of the better text, A or B. */
function judge(prompt) {
  const number = numberIn(prompt);
  const [first, second] = ["A", "B"].map(
    (label) => new RegExp(`RESPONSE ${label}\\]\\n(\\w+) on`).exec(prompt)[1],
  );
  // In task 12, the fusion's text is the same as the text of beta.
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
