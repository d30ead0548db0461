// Helpers that read a run and check the events of every run.

import { equal, ok, oneOf } from "./assert.mjs";
import { checkState } from "./state-check.mjs";

/** Reads a run to the end and checks the order of its events. Returns { events, error }. */
export async function readRun(run) {
  const events = [];
  let error;
  try {
    for await (const event of run) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  checkGrammar(events);
  checkState(events);
  equal(
    error !== undefined,
    events.at(-1).type === "run.failed",
    "the iterator throws exactly after run.failed",
  );
  return { events, error };
}

/** Returns the result and all events. Throws if the run fails. */
export async function complete(run) {
  const { events, error } = await readRun(run);
  if (error !== undefined) throw error;
  return { events, result: await run.result() };
}

export const eventsOf = (events, type, index) =>
  events.filter((event) => event.type === type && (index === undefined || event.index === index));

export const oneEvent = (events, type, index) => {
  const found = eventsOf(events, type, index);
  equal(
    found.length,
    1,
    `exactly one ${type}${index === undefined ? "" : ` of index ${index}`}, but there are ` +
      `${found.length}`,
  );
  return found[0];
};

export const joinedDeltas = (events, type, index) =>
  eventsOf(events, type, index)
    .map((event) => event.delta)
    .join("");

function checkGrammar(events) {
  const last = events.at(-1);
  ok(last, "a run has at least its last event");
  for (const [i, event] of events.entries())
    equal(event.seq, events[0].seq + i, `seq has a gap at ${event.type}`);
  equal(events[0].seq, 1, "seq starts at 1");
  events.reduce((before, { type, elapsed_ms }) => {
    ok(
      typeof elapsed_ms === "number" && elapsed_ms >= before,
      `elapsed_ms of ${type} is ${elapsed_ms} after ${before}`,
    );
    return elapsed_ms;
  }, 0);
  oneOf(last.type, ["run.completed", "run.failed"], "the last event");
  equal(
    events.filter(({ type }) => type === "run.completed" || type === "run.failed").length,
    1,
    "one terminal event",
  );
  const started = new Set(eventsOf(events, "panelist.started").map((event) => event.index));
  for (const index of started) {
    const ends =
      eventsOf(events, "panelist.completed", index).length +
      eventsOf(events, "panelist.failed", index).length;
    ok(
      ends === 1 || (ends === 0 && last.type === "run.failed"),
      `panelist ${index} ended ${ends} times`,
    );
  }
}

/** Reads server-sent events. Returns [{ id, event }]. */
export async function readServerSentEvents(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  return text
    .split("\n\n")
    .filter(Boolean)
    .flatMap((block) => {
      const lines = block.split("\n").filter((line) => !line.startsWith(":"));
      if (!lines.length) return [];
      const field = (name) =>
        lines
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join("\n");
      return [{ id: field("id"), event: JSON.parse(field("data")) }];
    });
}
