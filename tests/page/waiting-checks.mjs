// Tests checks that wait for the end of a run: which of them start, and which do not.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes } from "../scenarios/assert.mjs";
import { KEY, redirectOpenRouter, useOpenRouter } from "./cost.mjs";
import { checked, GEMINI, GPT, MONEY, OPUS, reload, reply } from "./deliberation-steps.mjs";
import { callsOf, openHistory, waitForStored } from "./history.mjs";
import { ask, closeSettings, openSettings, textOf, turn, waitForEnd } from "./steps.mjs";

export const waitingChecks = [
  { name: "waiting checks: a check starts when the check before it has ended", run: inTurn },
  { name: "waiting checks: Escape drops the checks that wait", run: stopped },
  { name: "waiting checks: no check starts for a deleted conversation", run: deleted },
  { name: "waiting checks: no check starts if another tab deletes", run: deletedElsewhere },
  { name: "waiting checks: closing the page starts no check and keeps them", run: closed },
  { name: "waiting checks: a check that cannot start goes on waiting", run: refused },
];

const silent = says("x", { stall: "headers" });

function twoDisagreements() {
  const found = JSON.parse(analysis(["A", "B", "C"]).text);
  const [first] = found.contradictions;
  found.contradictions.push({ ...first, topic: "The other degree" });
  return says(JSON.stringify(found));
}

async function started({ open, session }, ...opus) {
  const page = await open();
  await redirectOpenRouter(page, session, MONEY, {
    [GPT]: reply("GPT"),
    [GEMINI]: reply("Gemini"),
    [OPUS]: { sequence: [reply("Opus"), twoDisagreements(), ...opus] },
  });
  await useOpenRouter(page);
  await openSettings(page);
  await page.fill("#analyst", OPUS);
  await page.keyboard.press("Tab");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  return page;
}

const check = (page, nth) => turn(page).locator(".check").nth(nth);

async function start(page, nth, button) {
  await check(page, nth).getByRole("button", { name: "Check this" }).click();
  await check(page, nth).getByRole("button", { name: button }).click();
}

/** Lets the first check run and the second one wait. */
async function oneWaits(test, first = silent) {
  const page = await started(test, says("The answer stands."), first, checked);
  await waitForEnd(page, "done");
  await start(page, 0, "Check now");
  await check(page, 0).getByText("Checking on the web.").waitFor();
  await start(page, 1, "Check after the answer");
  await check(page, 1).getByText("Will be checked after the check in progress.").waitFor();
  await test.session.until((calls) => calls.filter(({ end }) => end === "open").length === 1);
  await waitForStored(page, ([last]) => last?.waitingChecks.length === 1);
  return page;
}

/** Fails if a further check starts. A check starts within some frames. */
async function expectNoFurtherCheck(page, session) {
  await session.until((calls) => calls.every(({ end }) => end !== "open"));
  await page.waitForTimeout(400);
  equal((await callsOf(session))[OPUS], 4, "no further check starts");
}

async function inTurn(test) {
  const page = await oneWaits(test, { ...checked, hold: true });
  await test.session.release();
  for (const nth of [0, 1]) await check(page, nth).getByText("Checked on the web.").waitFor();
  equal((await callsOf(test.session))[OPUS], 5);
}

async function stopped(test) {
  const page = await oneWaits(test);
  await page.keyboard.press("Escape");
  await check(page, 0).getByText("The check was stopped.").waitFor();
  await check(page, 1).getByRole("button", { name: "Check this" }).waitFor();
  await expectNoFurtherCheck(page, test.session);
  await waitForStored(page, ([last]) => last.waitingChecks.length === 0);
}

async function deleted(test) {
  const page = await oneWaits(test);
  await page.click("#new");
  await openHistory(page);
  await page.getByRole("button", { name: "Delete “Is the sky blue?”" }).click();
  await page.locator(".entry .danger").click();
  await expectNoFurtherCheck(page, test.session);
}

async function deletedElsewhere(test) {
  const page = await oneWaits(test);
  const other = await test.open();
  await other.evaluate(
    (removed) => new BroadcastChannel("llm-fuse.history").postMessage({ removed }),
    [await page.evaluate(() => sessionStorage.getItem("llm-fuse.open"))],
  );
  await page.waitForFunction(() => document.querySelectorAll(".turn").length === 0);
  await expectNoFurtherCheck(page, test.session);
}

async function closed(test) {
  const page = await oneWaits(test);
  // The page stays, as a page in memory for the back button does.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide")));
  await check(page, 0).getByText("The page was closed during this check").waitFor();
  await check(page, 1).getByText("This check has not started.").waitFor();
  await expectNoFurtherCheck(page, test.session);
  await waitForStored(page, ([last]) => last.comparison.checks[0].status === "interrupted");
  await reload(page, test.session);
  await waitForEnd(page, "done");
  await check(page, 1).getByText("This check has not started.").waitFor();
  await expectNoFurtherCheck(page, test.session);
  await check(page, 1).getByRole("button", { name: "Check now" }).click();
  await check(page, 1).getByText("Checked on the web.").waitFor();
}

async function refused(test) {
  const { session } = test;
  const late = { deltas: ["A slow ", "answer."], delay: { between_ms: 4000 } };
  const page = await started(test, late, checked);
  await start(page, 0, "Check after the answer");
  await page.click("#new");
  await useKey(page, "");
  await page.waitForFunction(() =>
    document.querySelector("#status").textContent.includes("is complete."),
  );
  equal(await textOf(page.locator("#problem")), "", "another conversation is shown");
  await openHistory(page);
  await page.locator("#entries .entry .open").click();
  await waitForEnd(page, "done");
  await check(page, 0).getByText("This check has not started.").waitFor();
  await waitForStored(page, ([last]) => last.waitingChecks.length === 1);
  await check(page, 0).getByRole("button", { name: "Check now" }).click();
  await page.locator("#problem").getByText("key").first().waitFor();
  equal((await callsOf(session))[OPUS], 3);
  await useKey(page, KEY);
  await check(page, 0).getByRole("button", { name: "Check now" }).click();
  await check(page, 0).getByText("Checked on the web.").waitFor();
  includes(await turn(page).locator(".answer").textContent(), "A slow answer.");
  await waitForStored(page, ([last]) => last.waitingChecks.length === 0);
}

async function useKey(page, key) {
  await openSettings(page);
  await page.fill("#key", key);
  await page.locator("#key").blur();
  await closeSettings(page);
}
