// Runs jobs in parallel. Limits the number of open jobs and the cost of all jobs.

/** The error if the cost limit of the evaluation leaves no budget for a further call. */
export class LimitReached extends Error {}

/**
 * Runs jobs in order, at most `width` at a time. If a job fails, no further job starts. The open
 * jobs end first, because they are paid for. Then fails with the first error.
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
  // Sums of binary fractions are inexact.
  const free = () => Math.round((limit - used - reserved) * 1e12) / 1e12;
  return {
    isLimited: Number.isFinite(limit),
    /**
     * Reserves `high` USD, or the whole free amount if less than `high` is free. Resolves to the
     * reserved amount. If less than `expected` is free, first waits until open jobs end. If there
     * are no open jobs, fails.
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
