// Shared by the parts of the bench: the scripted provider, the client processes and statistics.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "../tests/provider/client.mjs";
import { says } from "../tests/provider/scripts.mjs";

const deltas = [
  " Fasting",
  " can",
  " lower",
  " blood",
  " glucose",
  ",",
  " but",
  " people",
  " on",
  " insulin",
  " or",
  ' "sulfonylureas"',
  " need",
  " a",
  " plan",
  " –",
  " ask",
  " first",
  ".",
  "\n\n",
];
const lists = {
  consensus: [],
  contradictions: [],
  partial_coverage: [],
  unique_insights: [],
  blind_spots: [{ point: "Cost." }],
};

/** Returns the client of another checkout, if `--before` names one. */
export const before = () => (process.env.BENCH_BEFORE ? ["llm-fuse before"] : []);

/**
 * Returns a script of `events` deltas. `events` must be a multiple of 20. Each event has about 200
 * bytes, like OpenRouter's events.
 */
export const stream = (events, delay) =>
  says("", {
    served: "anthropic/claude-sonnet-4.5",
    deltas,
    repeat: events / deltas.length,
    delay,
  });
export const charactersOf = (events) => (events / deltas.length) * deltas.join("").length;

/** Starts the provider and the client processes. */
export async function startBench() {
  const provider = peer("provider.mjs");
  const [origins] = await once(provider.child, "message");
  const sessions = connect(origins);
  const processes = new Map();

  return {
    async session(name, scripts) {
      const session = sessions.session(name);
      await session.script({
        analyst: says("", { deltas: [JSON.stringify(lists)] }),
        writer: says("Yes."),
        ...scripts,
      });
      return session;
    },

    /** Returns the calls since the last request: `{ began_ms, first_byte_ms, ended_ms }`. */
    calls: () => provider.ask("calls"),

    /**
     * Measures one round of a client. Each client keeps its process. If `fresh`, the round gets a
     * new process.
     */
    async round(name, { baseURL }, models, { fresh = false, ...more } = {}) {
      const client = fresh ? peer("client.mjs") : (processes.get(name) ?? peer("client.mjs"));
      if (!fresh) processes.set(name, client);
      const measured = await client.ask({ name, baseURL, models, ...more });
      if (fresh) client.child.kill();
      return measured;
    },

    peer,
  };
}

const children = new Set();
process.once("exit", () => {
  for (const child of children) child.kill();
});

/** Starts a process of benches/ that answers each message with one message. */
function peer(file) {
  const child = fork(new URL(file, import.meta.url), { execArgv: ["--expose-gc"] });
  children.add(child);
  child.once("exit", (code, signal) => {
    children.delete(child);
    if (signal !== "SIGTERM") throw new Error(`${file} ended (${signal ?? code})`);
  });
  const ask = async (message) => {
    child.send(message);
    const [answer] = await once(child, "message");
    if (answer.failed) throw new Error(answer.failed);
    return answer;
  };
  return { child, ask };
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the smallest number that is not less than the given share of the numbers. */
export function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Returns the median, the minimum and the maximum, as text in milliseconds. */
export const spread = (samples) =>
  [median(samples), Math.min(...samples), Math.max(...samples)].map((sample) => sample.toFixed(1));
