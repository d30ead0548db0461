// Tests that a long conversation keeps the page small.

import { says } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { finished } from "./layout.mjs";
import { ask, textOf, turn } from "./steps.mjs";

export const followUps = [{ name: "follow-ups: twenty of them keep the page small", run: twenty }];

async function twenty({ open, session, log }) {
  const page = await finished({ open, session }, { "desk/analyst": says("The answer.") });
  const client = await page.context().newCDPSession(page);
  const measure = async () => {
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize } = await client.send("Runtime.getHeapUsage");
    return { elements: await page.locator("*").count(), heap: Math.round(usedSize / 1000) };
  };
  const sizes = [];
  for (let nth = 2; nth <= 21; nth += 1) {
    await ask(page, `Follow-up ${nth}`);
    await page.locator(`#turns > .turn:nth-child(${nth})[data-state="done"]`).waitFor();
    await textOf(turn(page));
    sizes.push(await measure());
  }
  // The first turns compile the page's code.
  const [first, half, last] = [sizes[0], sizes[9], sizes.at(-1)];
  const grown = (name) => `${first[name]}, ${half[name]}, ${last[name]}`;
  log(`2, 11 and 21 turns: ${grown("elements")} elements, ${grown("heap")} kB`);
  equal(await page.locator(".panelist").count(), 2, "only the last turn has cards");
  const perTurn = (name) => (last[name] - half[name]) / 10;
  ok(perTurn("elements") <= 18, `each follow-up leaves ${perTurn("elements")} elements`);
  ok(perTurn("heap") < 30, `each follow-up leaves ${perTurn("heap")} kB`);
}
