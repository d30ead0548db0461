// Processes that were busy or stopped for longer than `idle_ms`. Such a process first reads the
// bytes that wait in the socket. Only then may a timeout end the call.
import { answer, block, DIALECTS, says, stop } from "../wire.mjs";

const FROM = ["https://github.com/anomalyco/opencode/pull/16366"];
const timeouts = { idle_ms: 100, first_byte_ms: 5_000 };

export default [
  ...DIALECTS.map((dialect) => ({
    name: `${dialect}: a process that is busy for longer than idle_ms`,
    from: FROM,
    dialect,
    request: { timeouts },
    reply: (say) => {
      const [first, ...rest] = answer[dialect](say);
      return [first, block(250), ...rest];
    },
    expect: {},
  })),
  {
    name: "a process that is busy between two texts",
    from: FROM,
    request: { timeouts },
    reply: (say) => [says(say[0]), block(250), says(say[1]), block(250), says(say[2]), stop()],
    expect: {},
  },
  {
    name: "silence for longer than idle_ms is a timeout",
    from: ["https://github.com/octos-org/octos/issues/29"],
    request: { timeouts },
    reply: (say) => [says(say[0]), 500, stop()],
    expect: { error: { code: "timeout" } },
  },
];
