// Runs a scenario with the package under test and a provider. Returns { name, ok, error?, golden }.

import { connect } from "../provider/client.mjs";
import { within } from "./assert.mjs";

export const KEY = "sk-or-v1-c0ffee-never-to-be-seen";

// Time limit that only ends a scenario that hangs. A busy machine does not reach the limit.
export const LIMIT_MS = 180_000;

/** @param world { api: the package's exports, wire, control, runtime, unhandled: () => rejections
 *  } */
export async function runScenario(scenario, world) {
  const session = connect(world).session(`${world.runtime}-${scenario.id}`);
  const golden = {};
  const cells = [];
  const t = {
    ...world.api,
    runtime: world.runtime,
    isBrowser: "document" in globalThis,
    session,
    unhandled: world.unhandled,
    start: (request, options) =>
      world.api.fuse(request, { baseURL: session.baseURL, apiKey: KEY, ...options }),
    /** Adds an entry to the table that the tier prints. */
    cell: (row, column, observed) => cells.push({ row, column, observed }),
    golden: (name, value) => (golden[name] = value),
  };
  try {
    await within(LIMIT_MS, scenario.run(t), "the scenario");
    return { name: scenario.name, ok: true, golden, cells };
  } catch (error) {
    return { name: scenario.name, ok: false, error: describe(error), golden, cells };
  } finally {
    // A failed scenario may leave calls that stall. They would use connections that other scenarios
    // need.
    await session.reset().catch(() => {});
  }
}

/** Runs scenarios, at most `width` at a time. Returns the results in the order of the scenarios. */
export async function runAll(scenarios, width, run) {
  const results = new Array(scenarios.length);
  let next = 0;
  const worker = async () => {
    while (next < scenarios.length) {
      const mine = next++;
      results[mine] = await run(scenarios[mine]);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

function describe(error) {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const code = error.code ? ` [${error.code}]` : "";
  const own = (error.stack ?? "")
    .split("\n")
    .filter((line) => /scenarios|llm-fuse/.test(line))
    .slice(0, 4);
  return [`${error.name}${code}: ${error.message}`, ...own].join("\n");
}
