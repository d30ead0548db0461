// Removes values from a run's events that differ between runs, such as times, ids and hosts. Sorts
// events whose order may differ.

const PHASES = ["run.started", "panelist.", "analysis.", "answer.", "warning", "run."];
const DROPPED = new Set(["seq", "elapsed_ms", "latency_ms", "run_id", "generation_id"]);

export function normalise(events, { baseURL }) {
  const { host, hostname } = new URL(baseURL);
  const laned = events
    .filter((event) => event.type !== "usage")
    .map((event) => ({ event, phase: PHASES.findIndex((prefix) => event.type.startsWith(prefix)) }))
    .sort((a, b) => a.phase - b.phase || (a.phase === 1 ? a.event.index - b.event.index : 0))
    .map(({ event }) => event);
  return JSON.parse(
    JSON.stringify(coalesce(laned), (key, value) => {
      if (DROPPED.has(key)) return undefined;
      if (key === "provider") return [host, hostname].includes(value) ? "<host>" : value;
      if (key === "activity") return [...value].sort((a, b) => order(a) - order(b));
      if (key === "sources") return [...value].sort((a, b) => (a.url < b.url ? -1 : 1));
      return value;
    }),
  );
}

const order = ({ stage, index = 0, attempt }) =>
  ["panel", "analysis", "answer"].indexOf(stage) * 1000 + index * 10 + attempt;

function coalesce(events) {
  const out = [];
  for (const event of events) {
    const last = out.at(-1);
    if (event.delta !== undefined && last?.type === event.type && last.index === event.index)
      last.delta += event.delta;
    else out.push({ ...event });
  }
  return out;
}
