// Decides when the core is polled for a run. A poll passes the received data of all calls to the
// core at once, so fewer polls cost less CPU time.

/** Default of the option `flush_ms`. benches/RESULTS.md has the measurements. */
const FLUSH_MS = 5;

/**
 * Runs a function after the network events that are ready now. If several streams have data, one
 * poll reads them all. If a runtime has no `setImmediate`, it delivers each chunk in a task of its
 * own, so a microtask is enough. In the edge runtime of Next.js, `setImmediate` exists and throws.
 * @param {() => void} run
 */
function atTurnEnd(run) {
  try {
    /** @type {any} */ (globalThis).setImmediate(run);
  } catch {
    queueMicrotask(run);
  }
}

export class PollSchedule {
  #poll;
  #flushMs;
  /** Whether a poll is queued for the current turn of the event loop. */
  #isQueued = false;
  #lastPollMs = -Infinity;
  /**
   * The timer for the next poll, while data waits for it.
   * @type {ReturnType<typeof setTimeout> | undefined}
   */
  #timer;

  /**
   * @param {() => void} poll
   * @param {number | undefined} flushMs
   */
  constructor(poll, flushMs = FLUSH_MS) {
    this.#poll = poll;
    this.#flushMs = flushMs;
  }

  /** Polls in a microtask. */
  soon() {
    this.#queue(queueMicrotask);
  }

  /**
   * Called when data has arrived. Polls in this turn of the event loop if `pollNow` is true, or if
   * at least half of `flush_ms` has passed since the last poll.
   *
   * Otherwise the data waits until more data arrives, but at most until `flush_ms` after the last
   * poll. A timer alone is not enough, because timers of a background page fire at most once a
   * second.
   * @param {boolean} pollNow
   */
  onData = (pollNow) => {
    if (this.#isQueued) return;
    const elapsedMs = performance.now() - this.#lastPollMs;
    if (pollNow || elapsedMs >= this.#flushMs / 2) this.#queue(atTurnEnd);
    else this.#timer ??= setTimeout(this.#run, this.#flushMs - elapsedMs);
  };

  /** Cancels the timer. A poll that is queued for this turn still runs. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {(run: () => void) => unknown} schedule */
  #queue(schedule) {
    if (this.#isQueued) return;
    this.#isQueued = true;
    schedule(this.#run);
  }

  #run = () => {
    this.#isQueued = false;
    this.stop();
    this.#lastPollMs = performance.now();
    this.#poll();
  };
}
