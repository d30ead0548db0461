// Adds events with the text of the answer to a resumed run whose earlier run has finished the
// answer. Such a run itself emits only `answer.completed`, but the encoders need the text.

/**
 * The parts of a FusionRun that the encoders use.
 * @typedef {Pick<import("../index.js").FusionRun, "cancel"> & {
 *   [Symbol.asyncIterator](): AsyncIterator<import("../output.js").FusionEvent, undefined>,
 * }} Events
 */

/**
 * Returns the events of a run. Before the first event of the answer, adds the start, the text and
 * the sources of the restored answer.
 * @param {import("../index.js").FusionRun} run
 * @param {import("../output.js").FusionSnapshot["answer"] | undefined} answer of the snapshot that
 *   the run resumes
 * @returns {Events}
 */
export function withRestoredAnswer(run, answer) {
  if (!answer) return run;
  return {
    cancel: () => run.cancel(),
    [Symbol.asyncIterator]() {
      const iterator = run[Symbol.asyncIterator]();
      /** @type {any[]} */
      let waiting = [];
      let isReplayed = false;
      return {
        async next() {
          if (waiting.length > 0) return { done: false, value: waiting.shift() };
          const next = await iterator.next();
          if (next.done || isReplayed || !next.value.type.startsWith("answer.")) return next;
          isReplayed = true;
          const { seq, elapsed_ms } = next.value;
          const [first, ...others] = eventsOf(answer);
          waiting = [...others.map((event) => ({ seq, elapsed_ms, ...event })), next.value];
          return { done: false, value: /** @type {any} */ ({ seq, elapsed_ms, ...first }) };
        },
        return: () => iterator.return(),
      };
    },
  };
}

/** @param {NonNullable<import("../output.js").FusionSnapshot["answer"]>} answer */
const eventsOf = ({ model, content, sources }) => [
  { type: "answer.started", model, attempt: 1 },
  ...(content ? [{ type: "answer.delta", delta: content }] : []),
  ...sources.map((source) => ({ type: "answer.source", ...source })),
];
