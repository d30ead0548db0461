// Checks the example of docs/request.md that checks contradictions.

import { equal, ok } from "../scenarios/assert.mjs";

/**
 * Checks that one call checks the only contradiction, and that the example prints the stances of
 * this contradiction.
 */
export async function checksContradictions({ calls, said }) {
  const checks = (await calls()).filter(({ body }) =>
    JSON.stringify(body).includes("You check statements that contradict each other"),
  );
  equal(checks.length, 1);
  ok(said().includes("The degree Stance of A"), said());
}
