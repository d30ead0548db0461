// Time from a provider's first byte to the reader's first text, on the clock of both processes.

import { spread, stream } from "../bench.mjs";

const names = ["drain", "loop", "llm-fuse", "openai"];

export default async function* firstToken(bench, { rounds = 15 } = {}) {
  const session = await bench.session("first-token", {
    speaker: stream(20, { headers_ms: 20, first_ms: 20, between_ms: 10 }),
  });
  for (const streams of [1, 8]) {
    const samples = Object.fromEntries(names.map((name) => [name, []]));
    for (let i = 0; i <= rounds; i++) {
      for (const name of names) {
        await bench.calls();
        const { first_text_ms } = await bench.round(name, session, Array(streams).fill("speaker"));
        const first_byte_ms = (await bench.calls())
          .slice(0, streams)
          .map((call) => call.first_byte_ms);
        // The provider does not know which stream a call belongs to. All calls start at the same
        // time, so sorted times match.
        const sorted = [first_byte_ms, first_text_ms].map((moments) =>
          moments.toSorted((a, b) => a - b),
        );
        if (i > 0) samples[name].push(...sorted[1].map((text_ms, at) => text_ms - sorted[0][at]));
      }
    }
    yield {
      title:
        "Time from the first byte of a stream at the provider to its first text at the reader, " +
        `in ms. Concurrent streams: ${streams}; rounds: ${rounds}`,
      head: ["", "median", "minimum", "maximum"],
      rows: names.map((name) => [name, ...spread(samples[name])]),
    };
  }
}
