// Checks the example of docs/criteria.md.

import { equal, ok } from "../scenarios/assert.mjs";
import { ANALYST } from "../scenarios/fixtures.mjs";

/** Checks that only the analyst receives the criteria. */
export async function weighsCriteria({ module, calls }) {
  ok(module.analysis.consensus.length > 0);
  const readers = (await calls()).filter(({ body }) =>
    JSON.stringify(body).includes("names the line"),
  );
  equal(
    readers.map(({ model }) => model),
    [ANALYST],
  );
}
