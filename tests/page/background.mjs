// Tests runs that go on while another conversation is shown.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { callsOf, openHistory, waitForStored } from "./history.mjs";
import { ask, column, expectNoErrors, textOf, turn, useOwnServer, waitForEnd } from "./steps.mjs";

const PANEL = ["desk/fast", "desk/slow"];
const stalled = says("Slow", { stall: { after: 1 } });
const scripts = (slow, ...answers) => ({
  "desk/fast": says("Fast: all common ground."),
  "desk/slow": slow,
  "desk/analyst": {
    sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
  },
});

/** Runs in the page. A page over plain http has no Web Locks. */
const removeLocks = () => {
  Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
};

export const background = [
  { name: "background: a run goes on while another conversation is shown", run: goesOn },
  { name: "background: a conversation that runs is shown again as it runs", run: shownAgain },
  { name: "background: a reload interrupts every run, and each can continue", run: reloaded },
  { name: "background: a deleted conversation ends its run", run: deleted },
  { name: "background: other tabs know every run", run: (test) => otherTabs(test) },
  {
    name: "background: other tabs know every run without Web Locks",
    run: (test) => otherTabs(test, removeLocks),
  },
];

async function started({ open, session }, script, init) {
  await session.script(script);
  const page = await open({ init: init && [init] });
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

const entry = (page, title) => page.locator("#entries .entry").filter({ hasText: title });
const opener = (page) => page.locator("#open-history");

async function goesOn({ open, session, site }) {
  const late = says("Slow: all common ground.", { hold: true });
  const answers = ["First answer.", "Second answer."];
  const page = await started({ open, session }, scripts(late, ...answers));
  await ask(page, "First");
  await turn(page).locator('.panelist[data-phase="done"]').waitFor();
  await page.click("#new");
  equal(await page.locator(".turn").count(), 0);
  equal(await page.locator("#stop").isVisible(), false);
  includes(await opener(page).textContent(), "1 running");
  await page.fill("#question", "A draft");
  await openHistory(page);
  includes(await textOf(entry(page, "First")), "running");
  await violations(page, "an entry that runs");
  await session.until((calls) => calls.some(({ model }) => model === "desk/slow"));
  await session.release();
  await page.waitForFunction(() => !document.querySelector(".entry [data-running]"));
  lacks(await textOf(entry(page, "First")), "interrupted");
  lacks(await opener(page).textContent(), "running");
  await page.waitForFunction(() =>
    document.querySelector("#status").textContent.includes("“First” is complete."),
  );
  await entry(page, "First").locator(".open").click();
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".answer")), "First answer.");
  equal(await callsOf(session), { "desk/fast": 1, "desk/slow": 1, "desk/analyst": 2 });
  await page.click("#new");
  equal(await page.inputValue("#question"), "A draft");
  await expectNoErrors(page, site, session.baseURL);
}

async function shownAgain({ open, session, site }) {
  const page = await started({ open, session }, scripts(stalled, "The answer."));
  await ask(page, "Long run");
  await column(page, 1).getByText("Slow", { exact: true }).waitFor();
  await page.click("#new");
  await openHistory(page);
  await entry(page, "Long run").locator(".open").click();
  await waitForEnd(page, "running");
  ok(await column(page, 1).getByText("Slow", { exact: true }).isVisible());
  await page.getByRole("button", { name: "Skip the rest" }).click();
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".answer")), "The answer.");
  equal((await callsOf(session))["desk/fast"], 1);
  await expectNoErrors(page, site, session.baseURL);
}

async function twoRuns(test, init) {
  const page = await started(test, scripts(stalled, "The answer.", "The answer."), init);
  for (const title of ["One run", "Other run"]) {
    await ask(page, title);
    await turn(page).locator('.panelist[data-phase="done"]').waitFor();
    await column(page, 1).getByText("Slow", { exact: true }).waitFor();
    if (title === "One run") await page.click("#new");
  }
  return page;
}

async function reloaded({ open, session }) {
  const page = await twoRuns({ open, session });
  await waitForStored(page, (turns) => turns.filter(({ snapshot }) => snapshot).length === 2);
  await page.reload();
  await waitForEnd(page, "interrupted");
  await session.script({ "desk/slow": says("Slow: all common ground.") });
  for (const title of ["Other run", "One run"]) {
    await openHistory(page);
    await entry(page, title).locator(".open").click();
    await waitForEnd(page, "interrupted");
    await page.getByRole("button", { name: "Continue" }).click();
    await waitForEnd(page, "done");
  }
  equal(await callsOf(session), { "desk/fast": 2, "desk/slow": 4, "desk/analyst": 4 });
}

async function deleted({ open, session }) {
  const page = await twoRuns({ open, session });
  await openHistory(page);
  await page.getByRole("button", { name: "Delete “One run”" }).click();
  includes(await textOf(entry(page, "One run")), "Its run stops.");
  await page.locator(".entry .danger").click();
  await session.until((calls) => calls.filter(({ end }) => end === "open").length === 1);
  await page.click("#close-history");
  equal(await turn(page).getAttribute("data-state"), "running", "the other run goes on");
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await waitForStored(page, (turns) => turns.length === 1 && turns[0].state === "stopped");
}

async function otherTabs({ open, session }, init) {
  const page = await twoRuns({ open, session }, init);
  const other = await open({ init: init && [init] });
  await openHistory(other);
  for (const title of ["One run", "Other run"])
    await entry(other, title).getByText("running in another tab").waitFor();
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await entry(other, "Other run").getByText("stopped").waitFor();
  includes(await textOf(entry(other, "One run")), "running in another tab");
}
