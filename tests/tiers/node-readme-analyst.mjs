// Checks the examples of the documentation that set fields of the analyst.

import { equal, ok } from "../scenarios/assert.mjs";
import { ANALYST } from "../scenarios/fixtures.mjs";

/** The criteria reach the analyst and no other model. */
export async function usesCriteria({ module, calls }) {
  ok(module.analysis.consensus.length > 0);
  const asked = (await calls()).filter(({ body }) =>
    JSON.stringify(body).includes("names the line"),
  );
  equal(
    asked.map(({ model }) => model),
    [ANALYST],
  );
}

/** One call checks the only contradiction. The example prints a line for each of its stances. */
export async function checksContradictions({ calls, said }) {
  const checks = (await calls()).filter(({ body }) =>
    JSON.stringify(body).includes("You check statements that contradict each other"),
  );
  equal(checks.length, 1);
  ok(said().includes("The degree Stance of A"), said());
}
