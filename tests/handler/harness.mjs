// In: a scenario and a world. Out: { name, ok, error?, golden }. A world is where the handler runs: in this process, as the `fetch` of a
// client, or in workerd behind real HTTP. A scenario is { name, run(t), not?, alone? }; `not` names worlds it cannot run in, with the reason,
// and one that is `alone` keeps the machine busy by itself.

import { connect } from "../provider/client.mjs";
import { within } from "../scenarios/assert.mjs";
import { ANALYST, PANEL, WRITER } from "../scenarios/fixtures.mjs";

// Far above what any scenario needs, so that it fires for a hang and not for a busy machine.
const LIMIT_MS = 240_000;

// A busy machine must not end a run.
const timeouts = Object.fromEntries(["first_byte_ms", "idle_ms", "panelist_ms", "run_ms"].map((name) => [name, 3_600_000]));

/** The usual set-up of a handler before the loopback provider. */
const usual = (session) => ({ baseURL: session.baseURL, defaults: { analysis_models: PANEL, analyst: ANALYST, writer: WRITER, seed: 7, max_retries: 0, timeouts } });

/** @param world { name, wire, control, createHandler, serve(options) -> { baseURL, fetch? } } */
export async function runScenario(scenario, world) {
  const session = connect(world).session(`${world.name}-${scenario.id}`);
  const golden = {};
  const t = {
    ...world,
    session,
    /** A handler: the base URL for clients, and a `fetch` where it is no server. */
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

/** A request without a client. */
export async function post({ baseURL, fetch = globalThis.fetch }, path, body, { headers, ...init } = {}) {
  const response = await fetch(`${baseURL}/${path}`, {
    method: "POST",
    // Compressed, events would wait in Miniflare for the end of the body.
    headers: { "content-type": "application/json", "accept-encoding": "identity", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
  return response;
}

/** A stream's frames: `{ event?, data }`, parsed but for [DONE], comments as `{ comment }`. */
export function framesOf(text) {
  return text
    .split("\n\n")
    .filter(Boolean)
    .map((block) => {
      if (block.startsWith(":")) return { comment: block.slice(1).trim() };
      const field = (name) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
      const data = field("data");
      return { ...(field("event") && { event: field("event") }), data: data === "[DONE]" ? data : JSON.parse(data) };
    });
}

/** All of an async iterable. */
export async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
