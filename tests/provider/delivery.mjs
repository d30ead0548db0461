// In: a plan from answer.mjs. Out: its bytes on the socket, at its pace, until it is done or the client hangs up.

import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

export async function deliver(plan, response, call) {
  const pause = (ms) => (ms === 0 ? turn() : Promise.race([ms === Infinity ? call.closed : sleep(ms, null, { ref: false }), call.closed]));

  if (plan.headersDelay) await pause(plan.headersDelay);
  if (!call.open) return;
  if (plan.status === null) return call.cut();
  response.writeHead(plan.status, plan.headers);
  response.flushHeaders();

  for (const step of plan.steps) {
    if (!call.open) return;
    if (step.bytes) await send(step);
    // At full speed it would fill the memory of whoever reads ahead, as WebKit does, faster than that one hears of the hang-up.
    else if (step.endless) {
      while (call.open) if (await send({ bytes: step.endless, events: 1 })) await pause(2);
    } else if (step.stall) await pause(Infinity);
    else if (step.pause !== undefined) await pause(step.pause);
    // What was written this turn is still corked: destroying now would lose it.
    else if (step.cut) return void (await turn(), call.cut());
  }
  if (call.open) response.end();

  /** `true`: it had to wait. */
  async function send({ bytes, events }) {
    call.record.sent_bytes += bytes.length;
    call.record.sent_events += events;
    if (response.write(bytes)) return false;
    await Promise.race([new Promise((drained) => response.once("drain", drained)), call.closed]);
    return true;
  }
}
