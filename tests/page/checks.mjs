// Tests checks of disagreements on the web: after a run, during a run, and by the setting.

import { failures, says } from "../provider/scripts.mjs";
import { equal, includes } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  checked,
  FOUND,
  GEMINI,
  GPT,
  OPUS,
  online,
  openComparison,
  reload,
  withLooks,
} from "./deliberation-steps.mjs";
import { callsOf, waitForStored } from "./history.mjs";
import {
  ask,
  closeSettings,
  expectNoErrors,
  expectNoOverflow,
  openSettings,
  textOf,
  turn,
  waitForEnd,
} from "./steps.mjs";

export const checking = [
  ...withLooks(
    "deliberation: a disagreement is checked after the run, and the answer stands",
    checks,
  ),
  { name: "deliberation: a check asked for during a run waits for its end", run: waits },
  { name: "deliberation: a check that a reload interrupts is told and repeated", run: reloaded },
  {
    name: "deliberation: a check that waits for the answer waits after a reload, too",
    run: keepsWaiting,
  },
  { name: "deliberation: a failed or stopped check leaves the turn as it was", run: failsAlone },
  { name: "deliberation: with the setting, a run checks its disagreements itself", run: automatic },
];

/** Starts a check with the button of this name. */
async function begin(check, name) {
  await check.getByRole("button", { name }).click();
  await check.getByRole("button", { name: "Check now" }).click();
}

async function checks({ open, site, session }) {
  const page = await online({ open, session }, [says("The answer stands."), checked]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await openComparison(page);
  const check = turn(page).locator(".check");
  await check.getByRole("button", { name: "Check this" }).click();
  await check.getByText("Estimate: about").waitFor();
  includes(await textOf(check), "claude-opus-latest opens web pages, with up to 4 tool calls.");
  await violations(page, "offered");
  equal((await callsOf(session))[OPUS], 3, "nothing is spent before the second click");
  await check.getByRole("button", { name: "Cancel" }).click();
  await begin(check, "Check this");
  await check.getByText("Checked on the web.").waitFor();
  await page.waitForFunction(() => !document.body.hasAttribute("data-running"));

  const outcomes = turn(page).locator(".stances .outcome");
  // The core shuffles the stances.
  const found = await outcomes.locator(".check-verdict").allTextContents();
  equal(found.toSorted(), ["Refuted", "Supported", "Unresolved"]);
  const supported = outcomes.filter({ hasText: "Supported" });
  await supported.locator("summary").click();
  includes(await textOf(supported), "Quote not compared with the page");
  equal(await supported.locator("a").getAttribute("href"), FOUND);
  includes(await textOf(outcomes.filter({ hasText: "Unresolved" })), "No evidence.");
  equal(await check.getByRole("button").count(), 0);
  equal(await callsOf(session), { [OPUS]: 4, [GPT]: 1, [GEMINI]: 1 });
  includes(await turn(page).locator(".answer").textContent(), "The answer stands.");
  await violations(page, "checked");
  await expectNoOverflow(page, "checked");

  await page.reload();
  await waitForEnd(page, "done");
  await openComparison(page);
  await outcomes.locator(".check-verdict").nth(2).waitFor({ state: "attached" });
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}

async function waits({ open, site, session }) {
  const page = await online({ open, session }, [
    { deltas: ["A slow ", "answer."], delay: { between_ms: 2500 } },
    checked,
  ]);
  await ask(page, "Is the sky blue?");
  const check = turn(page).locator(".check");
  await check.getByRole("button", { name: "Check this" }).click();
  await check.getByText("Estimate: about").waitFor();
  await check.getByRole("button", { name: "Check after the answer" }).click();
  includes(await textOf(check), "Will be checked when the answer is complete.");
  equal((await callsOf(session))[OPUS], 3);
  await waitForEnd(page, "done");
  await check.getByText("Checked on the web.").waitFor();
  equal((await callsOf(session))[OPUS], 4);
  includes(await turn(page).locator(".answer").textContent(), "A slow answer.");
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}

async function reloaded({ open, site, session }) {
  const page = await online({ open, session }, [
    says("The answer stands."),
    says("x", { stall: "headers" }),
    checked,
  ]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const check = turn(page).locator(".check");
  await begin(check, "Check this");
  await check.getByText("Checking on the web.").waitFor();
  await waitForStored(page, ([last]) => last?.comparison.checks[0]?.status === "running");
  await reload(page, session);
  await waitForEnd(page, "done");
  await check.getByText("The page was closed during this check").waitFor();
  equal((await callsOf(session))[OPUS], 4, "nothing is spent without a click");
  await begin(check, "Check again");
  await check.getByText("Checked on the web.").waitFor();
  includes(await turn(page).locator(".answer").textContent(), "The answer stands.");
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}

async function keepsWaiting({ open, site, session }) {
  const page = await online({ open, session }, [
    says("A slow answer.", { stall: { after: 1 } }),
    says("The whole answer."),
    checked,
  ]);
  await ask(page, "Is the sky blue?");
  const check = turn(page).locator(".check");
  await check.getByRole("button", { name: "Check this" }).click();
  await check.getByRole("button", { name: "Check after the answer" }).click();
  await waitForStored(
    page,
    ([last]) => last?.waitingChecks.length === 1 && last.snapshot?.analysis,
  );
  await reload(page, session);
  await waitForEnd(page, "interrupted");
  await check.getByText("Will be checked when the answer is complete.").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await check.getByText("Checked on the web.").waitFor();
  includes(await turn(page).locator(".answer").textContent(), "The whole answer.");
  equal(await callsOf(session), { [OPUS]: 5, [GPT]: 1, [GEMINI]: 1 });
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}

async function failsAlone({ open, site, session }) {
  const page = await online({ open, session }, [
    says("The answer stands."),
    failures[402],
    says("x", { stall: "headers" }),
    checked,
  ]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const check = turn(page).locator(".check");
  await begin(check, "Check this");
  await check.getByText("The check failed. There is not enough credit.").waitFor();
  await page.waitForFunction(() => !document.body.hasAttribute("data-running"));
  equal(await turn(page).getAttribute("data-state"), "done");
  await begin(check, "Check again");
  await check.getByText("Checking on the web.").waitFor();
  equal(await turn(page).getAttribute("data-stage"), "answer", "the answer stays on the screen");
  await page.keyboard.press("Escape");
  await check.getByText("The check was stopped.").waitFor();
  equal(await turn(page).getAttribute("data-state"), "done");
  includes(await turn(page).locator(".answer").textContent(), "The answer stands.");
  await begin(check, "Check this");
  await check.getByText("Checked on the web.").waitFor();
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}

async function automatic({ open, site, session }) {
  const page = await online({ open, session }, [checked, says("The answer.")]);
  await openSettings(page);
  await page.locator("#more-comparison > summary").click();
  await page.check("#verify");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const check = turn(page).locator(".check");
  includes(await textOf(check), "Checked on the web.");
  equal(await turn(page).locator(".check-verdict").count(), 3);
  equal((await callsOf(session))[OPUS], 4);
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}
