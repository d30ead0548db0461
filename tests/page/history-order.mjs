// Tests the history if the browser's answers come late: a person acts before they arrive.

import { analysis, says } from "../provider/scripts.mjs";
import { equal } from "../scenarios/assert.mjs";
import { allDone, askAndFinish, callsOf, openHistory, waitForStored } from "./history.mjs";
import { ask, expectNoErrors, turn, useOwnServer } from "./steps.mjs";

const stalled = says("Slow", { stall: { after: 1 } });

export const historyOrder = [
  { name: "history order: a change that begins before a redraw keeps the focus", run: focused },
  { name: "history order: a conversation that runs is not loaded a second time", run: loadedOnce },
];

async function finished({ open, session }, question, init) {
  await session.script({
    "desk/a": says("A: all common ground."),
    "desk/b": { sequence: [says("B: all common ground."), stalled] },
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("Blue.")] },
  });
  const page = await open({ init: init && [init] });
  await useOwnServer(page, session.baseURL, ["desk/a", "desk/b"], "desk/analyst");
  await askAndFinish(page, question);
  await waitForStored(page, allDone(1));
  await openHistory(page);
  return page;
}

/** Runs in the page. While `window.held` is a list, queries about locks wait in it. */
const holdQueries = () => {
  const query = LockManager.prototype.query;
  LockManager.prototype.query = async function held() {
    if (window.held) await new Promise((release) => window.held.push(release));
    return query.call(this);
  };
};

/** Answers the oldest query that waits. */
const releaseOne = (page) => page.evaluate(() => window.held.shift()());

async function focused({ open, session, site }) {
  const page = await finished({ open, session }, "First", holdQueries);
  await page.click("#close-history");
  await page.click("#new");
  await ask(page, "Second");
  await turn(page).getByText("Slow").waitFor();
  await page.click("#stop");
  await waitForStored(page, (turns) => turns.length === 2);
  await openHistory(page);
  await page.getByRole("button", { name: "Rename “First”" }).click();
  await page.evaluate(() => {
    window.held = [];
  });
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => window.held.length === 1);
  await page.getByRole("button", { name: "Delete “Second”" }).click();
  await releaseOne(page);
  await page.waitForFunction(() => !document.querySelector("#entries").ariaBusy);
  // The focus would move in a microtask after the list is no longer busy.
  await page.evaluate(() => new Promise((done) => setTimeout(done)));
  equal(await page.evaluate(() => document.activeElement.closest(".confirm") !== null), true);
  await page.evaluate(() => {
    window.held = undefined;
  });
  await page.keyboard.press("Escape");
  equal(await page.locator("#history").evaluate((dialog) => dialog.open), true);
  await expectNoErrors(page, site, session.baseURL);
}

async function loadedOnce({ open, session, site }) {
  const page = await finished({ open, session }, "First", holdQueries);
  await page.click("#close-history");
  await page.click("#new");
  await openHistory(page);
  const entry = page.locator("#entries .entry .open");
  await entry.waitFor();
  await page.evaluate(() => {
    window.held = [];
    const link = document.querySelector("#entries .entry .open");
    link.click();
    link.click();
  });
  await page.waitForFunction(() => window.held.length === 2);
  await releaseOne(page);
  await turn(page).getByText("Blue.").waitFor();
  await page.evaluate(() => document.querySelector("dialog[open]")?.close());
  await ask(page, "And at night?");
  await turn(page).getByText("Slow").waitFor();
  await page.evaluate(() => {
    for (const release of window.held.splice(0)) release();
    window.held = undefined;
  });
  // The second load has ended when the history is loaded once more.
  await openHistory(page);
  await entry.waitFor();
  await page.evaluate(() => document.querySelector("dialog[open]")?.close());
  equal(await page.locator("#stop").isVisible(), true, "the run is still shown");
  equal(await turn(page).getAttribute("data-state"), "running");
  equal(await callsOf(session), { "desk/a": 2, "desk/b": 2, "desk/analyst": 2 });
  await expectNoErrors(page, site, session.baseURL);
}
