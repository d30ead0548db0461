// Runs one client in its own process, so its cost is the CPU time of the process. Receives a round
// over IPC. Replies with the CPU time and with times on the clock that all processes of the machine
// share.

import { clients } from "./clients.mjs";
import { watchArrivals } from "./latency.mjs";

const now_ms = () => Number(process.hrtime.bigint()) / 1e6;

/** The times at which `fetch` was called. */
let called_ms = [];
const { fetch } = globalThis;
globalThis.fetch = (...args) => {
  called_ms.push(now_ms());
  return fetch(...args);
};

async function measure({ name, latency = false, ...round }) {
  globalThis.gc?.();
  const first_text_ms = [];
  const arrivals = latency ? watchArrivals() : undefined;
  const onText = (i, length) => {
    first_text_ms[i] ??= now_ms();
    arrivals?.onText(i, length);
  };
  called_ms = [];
  const before = process.cpuUsage();
  const began_ms = now_ms();
  const read = await clients[name]({ ...round, onText });
  const wall_ms = now_ms() - began_ms;
  const { user, system } = process.cpuUsage(before);
  const latencies_ms = arrivals?.end();
  return { cpu_us: user + system, began_ms, wall_ms, called_ms, first_text_ms, latencies_ms, read };
}

process.on("message", (round) => {
  measure(round).then(
    (measured) => process.send(measured),
    (error) => process.send({ failed: `${round.name}: ${error?.stack ?? error}` }),
  );
});
