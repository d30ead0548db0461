// Runs a scenario in one of two environments, which the code calls worlds. In one world, the
// handler runs in this process as a client's `fetch`. In the other world, the handler runs in
// workerd behind real HTTP. Returns { name, ok, error?, golden }.
//
// A scenario is { name, run(t), not?, alone? }. If the scenario cannot run in a world, `not` maps
// the name of the world to the reason. An `alone` scenario uses all cores, so no other scenario
// runs beside it.

import { connect } from "../provider/client.mjs";
import { within } from "../scenarios/assert.mjs";
import { ANALYST, PANEL, WRITER } from "../scenarios/fixtures.mjs";

// Time limit that only ends a scenario that hangs. A busy machine does not reach the limit.
const LIMIT_MS = 240_000;

// Timeouts of a run, so long that a busy machine does not reach them.
const timeouts = Object.fromEntries(
  ["first_byte_ms", "idle_ms", "panelist_ms", "run_ms"].map((name) => [name, 3_600_000]),
);

/** Returns the usual options of a handler that calls the loopback provider. */
const usual = (session) => ({
  baseURL: session.baseURL,
  defaults: {
    analysis_models: PANEL,
    analyst: ANALYST,
    writer: WRITER,
    seed: 7,
    max_retries: 0,
    timeouts,
  },
});

/** @param world { name, wire, control, createHandler, serve(options) -> { baseURL, fetch? } } */
export async function runScenario(scenario, world) {
  const session = connect(world).session(`${world.name}-${scenario.id}`);
  const golden = {};
  const t = {
    ...world,
    session,
    /**
     * Starts a handler. Returns `{ baseURL, fetch? }`. `fetch` is present only if the handler runs
     * in this process, because such a handler has no server.
     */
    serve: (options) => world.serve({ ...usual(session), ...options }),
    golden: (name, value) => (golden[name] = value),
  };
  try {
    await within(LIMIT_MS, scenario.run(t), "the scenario");
    return { name: scenario.name, ok: true, golden };
  } catch (error) {
    return { name: scenario.name, ok: false, error: error?.stack ?? String(error), golden };
  } finally {
    await session.reset().catch(() => {});
  }
}

/** Sends a request directly, without a client library. */
export async function post(
  { baseURL, fetch = globalThis.fetch },
  path,
  body,
  { headers, ...init } = {},
) {
  const response = await fetch(`${baseURL}/${path}`, {
    method: "POST",
    // Ask for an uncompressed body, because Miniflare buffers a compressed body until its end.
    headers: { "content-type": "application/json", "accept-encoding": "identity", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
  return response;
}

/**
 * Returns a stream's frames, `{ event?, data }` or `{ comment }`. Parses all data except [DONE].
 */
export function framesOf(text) {
  return text
    .split("\n\n")
    .filter(Boolean)
    .map((block) => {
      if (block.startsWith(":")) return { comment: block.slice(1).trim() };
      const field = (name) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
      const data = field("data");
      return {
        ...(field("event") && { event: field("event") }),
        data: data === "[DONE]" ? data : JSON.parse(data),
      };
    });
}

/** Returns all items of an async iterable. */
export async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
