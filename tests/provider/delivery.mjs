// Writes the bytes of a plan from answer.mjs to the socket, until the plan ends or the client
// disconnects.

import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

/**
 * The next turn for each period in milliseconds. All streams with the same period share the turn,
 * and continue together.
 * @type {Map<number, Promise<void>>}
 */
const sharedTurns = new Map();

/**
 * Waits for the next shared turn of this period, at most `ms`. All streams that wait for this turn
 * continue at the same time.
 */
function sharedTurn(ms) {
  const next = sharedTurns.get(ms);
  if (next) return next;
  const created = sleep(ms, null, { ref: false }).then(() => void sharedTurns.delete(ms));
  sharedTurns.set(ms, created);
  return created;
}

export async function deliver(plan, response, call) {
  const pause = (ms) =>
    ms === 0
      ? turn()
      : Promise.race([
          ms === Infinity ? call.closed : sleep(ms, null, { ref: false }),
          call.closed,
        ]);

  if (plan.hold) await Promise.race([call.released, call.closed]);
  if (plan.headersDelay) await pause(plan.headersDelay);
  if (!call.open) return;
  if (plan.status === null) return call.cut();
  response.writeHead(plan.status, plan.headers);
  response.flushHeaders();

  for (const step of plan.steps) {
    if (!call.open) return;
    if (step.bytes) await send(step);
    // Pause between writes. WebKit reads ahead without limit and would run out of memory.
    else if (step.endless) {
      while (call.open) if (await send({ bytes: step.endless, events: 1 })) await pause(2);
    } else if (step.stall) await pause(Infinity);
    else if (step.shared_ms) await Promise.race([sharedTurn(step.shared_ms), call.closed]);
    else if (step.pause !== undefined) await pause(step.pause);
    // Wait one turn of the event loop. The socket has not yet sent the bytes of this turn, and
    // destroying it would drop them.
    else if (step.cut) {
      await turn();
      call.cut();
      return;
    }
  }
  if (call.open) response.end();

  /** Writes bytes. Returns whether the socket's buffer was full. */
  async function send({ bytes, events }) {
    call.record.sent_bytes += bytes.length;
    call.record.sent_events += events;
    if (response.write(bytes)) return false;
    await Promise.race([new Promise((drained) => response.once("drain", drained)), call.closed]);
    return true;
  }
}
