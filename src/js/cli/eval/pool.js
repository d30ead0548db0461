// Runs jobs in parallel. Limits the number of jobs that run at the same time, and the cost of all
// jobs.

/** Thrown if the cost limit of the evaluation leaves no budget for the next call. */
export class LimitReached extends Error {}

/**
 * Runs jobs in order, at most `width` at a time. If a job fails, starts no further job, and waits
 * for the running jobs, because their calls are paid for. Then throws the first error.
 * @param {(() => Promise<void>)[]} jobs
 * @param {number} width
 * @param {() => boolean} isStopped
 */
export async function runJobs(jobs, width, isStopped) {
  const waiting = [...jobs];
  /** @type {unknown[]} */
  const errors = [];
  const work = async () => {
    for (;;) {
      const job = errors.length === 0 && !isStopped() ? waiting.shift() : undefined;
      if (!job) return;
      await job().catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  if (errors.length > 0) throw errors[0];
}

/**
 * Returns the budget of an evaluation. A job reserves an amount before it starts, so that the open
 * jobs together cannot exceed the limit.
 * @param {number | undefined} limit in USD
 * @param {number} spent in USD
 */
export function createBudget(limit = Number.POSITIVE_INFINITY, spent = 0) {
  let used = spent;
  let reserved = 0;
  /** @type {(() => void)[]} */
  let waiting = [];
  // Round the difference, because floating-point sums of costs are inexact.
  const free = () => Math.round((limit - used - reserved) * 1e12) / 1e12;
  return {
    isLimited: Number.isFinite(limit),
    /**
     * Reserves `high` USD, or the rest of the budget if the rest is smaller. Resolves to the
     * reserved amount. If the rest is smaller than `expected`, first waits for running jobs to
     * release budget. If no job runs, throws {@link LimitReached}.
     * @param {number} expected
     * @param {number} high
     */
    async reserve(expected, high) {
      while (free() < expected && reserved > 0)
        await new Promise((wake) => waiting.push(() => wake(undefined)));
      if (free() < expected || free() <= 0) throw new LimitReached();
      const amount = Math.min(high, free());
      reserved += amount;
      return amount;
    },
    /**
     * Ends a reservation.
     * @param {number} amount the reserved amount
     * @param {number} cost what the job cost
     */
    release(amount, cost) {
      reserved -= amount;
      if (reserved < 1e-12) reserved = 0;
      used += cost;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}
