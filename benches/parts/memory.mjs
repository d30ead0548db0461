// Memory of one instance after 10, 100 and 1,000 runs, half of which fail.

import { noneOpen } from "../../tests/provider/client.mjs";
import { failures } from "../../tests/provider/scripts.mjs";
import { stream } from "../bench.mjs";

export default async function* memory(bench, { marks: at = [10, 100, 1000] } = {}) {
  const session = await bench.session("memory", {
    speaker: stream(100),
    slow: stream(2000, { between_ms: 1 }),
    broken: failures[500],
  });
  const runner = bench.peer("memory-growth.mjs");
  const { marks, ways } = await runner.ask({ baseURL: session.baseURL, at });
  const calls = await session.until(noneOpen, 20_000);
  runner.child.kill();
  const ends = Object.groupBy ? Object.groupBy(calls, ({ end }) => end) : grouped(calls);
  const count = (end) => (ends[end]?.length ?? 0).toLocaleString("en");
  yield* [
    {
      title: `Memory of one instance over ${marks.at(-1).runs.toLocaleString("en")} runs, of which up to eight work at the same time (${Object.entries(
        ways,
      )
        .map(([way, times]) => `${way}: ${times}`)
        .join(", ")})`,
      head: ["after", "wasm memory, bytes", "JavaScript heap, kB"],
      rows: marks.map(({ runs, wasm_bytes, heap_bytes }) => [
        `${runs} runs`,
        wasm_bytes.toLocaleString("en"),
        Math.round(heap_bytes / 1024).toLocaleString("en"),
      ]),
    },
    {
      title: "How the calls of these runs ended at the provider",
      head: ["", "calls"],
      rows: [
        ["completed", count("completed")],
        ["closed by the run", count("client_closed")],
        ["still open", count("open")],
      ],
    },
  ];
}

function grouped(calls) {
  const groups = {};
  for (const call of calls) {
    groups[call.end] ??= [];
    groups[call.end].push(call);
  }
  return groups;
}
