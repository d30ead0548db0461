// Finds out when the attempts, calls and tools of a run began and ended. Reads the run's events and
// its activity.

/**
 * @typedef {import("../output.js").ErrorData} ErrorData
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 * @typedef {import("../output.js").FusionResult} FusionResult
 * @typedef {import("../output.js").FusionSnapshot["activity"][number]} Activity
 * @typedef {"panel" | "analysis" | "verification" | "answer"} Stage
 */

/**
 * An attempt of a role. Times are in milliseconds since the run began.
 * @typedef {object} Attempt
 * @property {Stage} stage
 * @property {number} [index]
 * @property {number} attempt
 * @property {number} start
 * @property {number} [end]
 * @property {string | null} [finish_reason]
 * @property {string} [content]
 * @property {ErrorData} [error]
 */

/**
 * A call, with the times of its span in milliseconds since 1970.
 * @typedef {{ activity: Activity, attempt: Attempt, isLast: boolean, start: number, end: number
 *   }} Call
 */

/**
 * A tool. `start_ms` and `end_ms` are in milliseconds since the run began. `start` and `end` are
 * the times of the tool's span.
 * @typedef {object} Tool
 * @property {Stage} stage
 * @property {number} [index]
 * @property {string} name
 * @property {string} input
 * @property {"completed" | "failed"} [status]
 * @property {number} start_ms
 * @property {number} [end_ms]
 * @property {number} start
 * @property {number} [end]
 */

/** Maximum difference in milliseconds between two readings of the clock for the same moment. */
const TOLERANCE_MS = 5;

export class Timeline {
  /** The start of the run, in milliseconds since 1970. */
  began = 0;
  /** @type {FusionResult | undefined} */
  result;
  /** @type {ErrorData | undefined} */
  error;
  /** @type {Attempt[]} */
  #attempts = [];
  /** @type {Omit<Tool, "start" | "end">[]} */
  #tools = [];
  /**
   * The time at which the run's `elapsed_ms` was 0, in milliseconds since 1970. This is the best
   * estimate so far.
   */
  #zero = Infinity;
  #last_ms = 0;

  start() {
    this.began = Date.now();
  }

  /**
   * Reads an event. Each event gives an estimate of `#zero`. The smallest estimate is the best,
   * because events are read some time after they happened.
   * @param {FusionEvent} event
   */
  apply(event) {
    this.#zero = Math.min(this.#zero, Date.now() - event.elapsed_ms);
    this.#last_ms = Math.max(this.#last_ms, event.elapsed_ms);
    const [stage] = /** @type {[string]} */ (event.type.split("."));
    if (stage === "panelist") this.#panelist(/** @type {any} */ (event));
    else if (stage === "verification") this.#check(/** @type {any} */ (event));
    else if (stage === "analysis" || stage === "answer") this.#role(stage, event);
    else if (event.type === "run.completed") this.result = event.result;
    else if (event.type === "run.failed") this.#fail(event);
  }

  /**
   * Ends the writer's last attempt with the run's error. The errors of its earlier attempts are not
   * in any event.
   */
  #fail(/** @type {import("../output.js").EventOf<"run.failed">} */ event) {
    this.error = event.error;
    this.#end(this.#current("answer"), event);
  }

  get ended() {
    return Math.max(this.began, this.#at(this.#last_ms));
  }

  /** @returns {Tool[]} */
  get tools() {
    return this.#tools.map((tool) => ({
      ...tool,
      start: this.#at(tool.start_ms),
      ...(tool.end_ms !== undefined && { end: this.#at(tool.end_ms) }),
    }));
  }

  /**
   * Returns the calls of this run. Leaves out the calls of an earlier run that this run resumes.
   * @param {Activity[]} activity
   * @returns {Call[]}
   */
  calls(activity) {
    return [...this.#callsByAttempt(activity)].flatMap(([attempt, calls]) =>
      this.#timesOf(attempt, calls),
    );
  }

  /**
   * Returns the errors of the failed calls. The last call of an attempt gets the error of the
   * attempt.
   * @param {Activity[]} activity
   */
  failuresOf(activity) {
    /** @type {Map<Activity, { code: string, message?: string }>} */
    const failures = new Map();
    for (const [{ error }, calls] of this.#callsByAttempt(activity)) {
      for (const call of calls)
        if (call.status === "failed")
          failures.set(call, (call === calls.at(-1) && error) || { code: "_OTHER" });
    }
    return failures;
  }

  /** @param {Activity[]} activity */
  #callsByAttempt(activity) {
    /** @type {Map<Attempt, Activity[]>} */
    const byAttempt = new Map();
    for (const call of activity) {
      const same = this.#attempts.filter(
        ({ stage, index, attempt }) =>
          stage === call.stage && index === call.index && attempt === call.attempt,
      );
      // The analyst's two passes have the same attempt number, but each pass is an attempt of its
      // own with one call.
      const earlier = same.find((attempt) => !byAttempt.has(attempt));
      const attempt = call.stage === "panel" ? same.at(-1) : (earlier ?? same.at(-1));
      if (attempt) byAttempt.set(attempt, [...(byAttempt.get(attempt) ?? []), call]);
    }
    return byAttempt;
  }

  /** @param {any} event */
  #panelist(event) {
    const { index, type, elapsed_ms, error } = event;
    if (type === "panelist.started") this.#begin("panel", event);
    else if (type === "panelist.tool") this.#tool("panel", event);
    else if (/completed|failed|retrying$/.test(type))
      this.#end(this.#current("panel", index), { ...event, elapsed_ms, error });
  }

  /** @param {any} event */
  #check(event) {
    const { index, type } = event;
    if (type === "verification.started") this.#begin("verification", event);
    else if (type === "verification.tool") this.#tool("verification", event);
    else if (/completed|failed$/.test(type)) this.#end(this.#current("verification", index), event);
  }

  /** @param {Stage} stage @param {any} event */
  #role(stage, event) {
    if (event.type.endsWith(".started")) this.#begin(stage, event);
    else if (event.type === "analysis.tool") this.#tool(stage, event);
    else if (/completed|failed$/.test(event.type)) this.#end(this.#current(stage), event);
  }

  /** @param {Stage} stage @param {any} event */
  #begin(stage, { index, attempt, elapsed_ms }) {
    const current = this.#current(stage, index);
    // The same attempt is announced a second time if its text turns out to be thinking. Ignore
    // this.
    if (current?.attempt === attempt && current?.end === undefined && stage !== "analysis") return;
    this.#end(current, { elapsed_ms });
    this.#attempts.push({ stage, index, attempt, start: elapsed_ms });
  }

  /** @param {Attempt | undefined} attempt @param {any} event */
  #end(attempt, { elapsed_ms, finish_reason, content, error }) {
    if (!attempt || attempt.end !== undefined) return;
    Object.assign(attempt, { end: elapsed_ms, finish_reason, content, error });
  }

  /** @param {Stage} stage @param {number} [index] */
  #current(stage, index) {
    return this.#attempts.findLast((one) => one.stage === stage && one.index === index);
  }

  /**
   * Records the start or the end of a tool. The events have no id, so an end is matched to a start
   * by the tool's name and input.
   * @param {Stage} stage
   * @param {any} event
   */
  #tool(stage, { index, tool: name, status, input, elapsed_ms }) {
    if (status === "started")
      return void this.#tools.push({ stage, index, name, input, start_ms: elapsed_ms });
    const open = this.#tools.filter(
      (tool) =>
        tool.stage === stage &&
        tool.index === index &&
        tool.name === name &&
        tool.end_ms === undefined,
    );
    const begun = open.find((tool) => tool.input === input) ?? open[0];
    if (begun) Object.assign(begun, { status, end_ms: elapsed_ms });
  }

  /**
   * Returns the times of an attempt's calls. The first call begins with the attempt. Each other
   * call begins after the tools that the previous call has requested.
   * @param {Attempt} attempt
   * @param {Activity[]} calls
   * @returns {Call[]}
   */
  #timesOf(attempt, calls) {
    const attemptEnd = attempt.end ?? this.#last_ms;
    const tools = this.#tools.filter(
      ({ stage, index, start_ms }) =>
        stage === attempt.stage &&
        index === attempt.index &&
        start_ms >= attempt.start &&
        start_ms <= attemptEnd,
    );
    let from = attempt.start;
    return calls.map((activity, i) => {
      const isLast = i === calls.length - 1;
      // A call that is still running has no `latency_ms` yet, so its span ends with the attempt.
      const isOpen = activity.status === "running";
      const until = isOpen ? attemptEnd : Math.min(from + activity.latency_ms, attemptEnd);
      const [start, end] = [this.#at(from), this.#at(Math.max(from, until))];
      const next = calls[i + 1]?.latency_ms ?? 0;
      from = Math.min(afterTools(tools, until, next), attemptEnd);
      return { activity, attempt, isLast, start, end };
    });
  }

  /** @param {number} elapsed_ms */
  #at(elapsed_ms) {
    const zero = Number.isFinite(this.#zero) ? Math.max(this.#zero, this.began) : this.began;
    return zero + elapsed_ms;
  }
}

/**
 * Returns the time at which the tools of a call had ended. Leaves out the tools of the next call.
 * They begin later, because the next call itself takes `next_ms` milliseconds.
 * @param {{ start_ms: number, end_ms?: number }[]} tools in the order of their starts
 * @param {number} from
 * @param {number} next_ms
 */
function afterTools(tools, from, next_ms) {
  let until = from;
  for (const { start_ms, end_ms = start_ms } of tools) {
    if (start_ms < from - TOLERANCE_MS) continue;
    if (until > from && start_ms > until + Math.max(TOLERANCE_MS, next_ms / 2)) break;
    until = Math.max(until, end_ms);
  }
  return until;
}
