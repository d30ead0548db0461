// Time from the arrival of text at the process to its hand-out by the client.

import { before, quantile, stream } from "../bench.mjs";

const clients = {
  loop: { name: "loop" },
  "llm-fuse": { name: "llm-fuse" },
  "llm-fuse, flush_ms: 0": { name: "llm-fuse", flush_ms: 0 },
  "llm-fuse, flush_ms: 16": { name: "llm-fuse", flush_ms: 16 },
  ...Object.fromEntries(before().map((name) => [name, { name }])),
  openai: { name: "openai" },
};

const cases = [
  { streams: 8, events: 300, delay: { between_ms: 2, is_shared: true } },
  { streams: 8, events: 300, delay: { between_ms: 2 } },
  { streams: 1, events: 300, delay: { between_ms: 2 } },
  { streams: 8, events: 60, delay: { between_ms: 20 } },
];

export default async function* latency(bench, { rounds = 4 } = {}) {
  for (const [i, { streams, events, delay }] of cases.entries()) {
    const session = await bench.session(`latency-${i}`, { speaker: stream(events, delay) });
    const samples = Object.fromEntries(Object.keys(clients).map((label) => [label, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [label, { name, flush_ms }] of Object.entries(clients)) {
        const models = Array(streams).fill("speaker");
        const options = { latency: true, flush_ms };
        const { latencies_ms } = await bench.round(name, session, models, options);
        if (round > 0) samples[label].push(...latencies_ms);
      }
    }
    const together = delay.is_shared ? ", all streams in the same turns" : "";
    yield {
      title:
        `From the arrival of text to its hand-out, ms: ${streams} x ${events} events, an event ` +
        `every ${delay.between_ms} ms${together} (${rounds} rounds)`,
      head: ["", "median", "95 %", "maximum"],
      rows: Object.keys(clients).map((label) => [
        label,
        ...[0.5, 0.95, 1].map((share) => quantile(samples[label], share).toFixed(2)),
      ]),
    };
  }
}
