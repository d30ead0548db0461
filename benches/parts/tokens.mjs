// CPU per streamed token, by pace of the streams and by number of concurrent streams.

import { before, charactersOf, median, stream } from "../bench.mjs";

/**
 * Fast clients run in every round. Slow clients take most of the time, so they run in two rounds
 * only.
 */
const fast = ["drain", "loop", "llm-fuse", ...before(), "openai"];
const slow = ["@openrouter/sdk", "@langchain/openai", "ai"];

/** Without a pause the provider's writes merge into 16 kB. With a pause of 0 ms they do not
 *  merge. */
const paces = [
  {
    title: "the provider writes each event separately",
    events: { 1: 5000, 8: 3000, 64: 400 },
    between_ms: { 1: 0, 8: 0, 64: 0 },
    rounds: 15,
  },
  {
    title: "the provider writes bursts of up to 16 kB",
    events: { 1: 5000, 8: 2000, 64: 400 },
    between_ms: {},
    rounds: 15,
  },
  {
    title: "the provider sends one event",
    events: { 1: 300, 8: 300, 64: 60 },
    between_ms: { 1: 2, 8: 2, 64: 20 },
    rounds: 7,
  },
  {
    title:
      "token-paced, all streams in the same turns, as one provider behind one proxy sends them",
    events: { 8: 300, 64: 60 },
    between_ms: { 8: 2, 64: 20 },
    is_shared: true,
    rounds: 7,
  },
];

export default async function* tokens(bench, { rounds: mostRounds = Infinity } = {}) {
  for (const [i, { title, events, between_ms, is_shared, rounds: usual }] of paces.entries()) {
    const rounds = Math.min(usual, mostRounds);
    for (const streams of [8, 1, 64].filter((streams) => streams in events)) {
      const session = await bench.session(`tokens-${i}-${streams}`, {
        speaker: stream(events[streams], { between_ms: between_ms[streams], is_shared }),
      });
      const pace = between_ms[streams]
        ? `${title} in each stream every ${between_ms[streams]} ms`
        : title;
      yield measure(bench, session, { pace, streams, events: events[streams], rounds });
    }
  }
}

/** Runs all clients in each round, so other load affects them alike. The first round warms up. */
async function measure(bench, session, { pace, streams, events, rounds }) {
  const tokens = streams * events;
  const rows = [];
  let reads;
  for (let i = 0; i <= rounds; i++) {
    const row = {};
    for (const name of i <= 2 ? [...fast, ...slow] : fast) {
      const { cpu_us, read } = await bench.round(name, session, Array(streams).fill("speaker"));
      row[name] = cpu_us / tokens;
      if (name === "drain") reads = read;
      else if (read !== streams * charactersOf(events))
        throw new Error(`${name} read ${read} characters of ${streams * charactersOf(events)}`);
    }
    if (i > 0) rows.push(row);
  }
  // Takes each ratio within a round, then the median over the rounds.
  const of = (name, value) => rows.filter((row) => name in row).map(value);
  const over = (name, value) => median(of(name, value));
  /** The median ratio, and the least and the greatest of the rounds. */
  const ratio = (name, other) => {
    const ratios = of(name, (row) => row[name] / row[other]);
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    return `${median(ratios).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
  };
  return {
    title:
      `CPU time per token, streams: ${streams}, events in each: ${events}; ${pace} ` +
      `(a read gets ${(tokens / reads).toFixed(1)} events on average)`,
    head: ["", "µs", "x drain", "x loop", "x openai", "above drain, x openai"],
    rows: [...fast, ...slow].map((name) => [
      name,
      over(name, (row) => row[name]).toFixed(1),
      ...["drain", "loop", "openai"].map((other) => ratio(name, other)),
      over(name, (row) => (row[name] - row.drain) / (row.openai - row.drain)).toFixed(2),
    ]),
  };
}
