// Tests actions on one member of the panel: its instructions, a change of its model, and a question
// that only this member gets.

import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { allDone, callsOf, waitForStored } from "./history.mjs";
import {
  ask,
  column,
  columns,
  expectNoErrors,
  expectNoOverflow,
  modelCalls,
  openReply,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const PANEL = ["desk/fast", "desk/slow"];
const scripts = (...answers) => ({
  "desk/fast": says("Fast: all common ground."),
  "desk/slow": says("Slow: all common ground."),
  "desk/third": says("Third: all common ground."),
  "desk/analyst": {
    sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
  },
});

export const members = [
  { name: "members: instructions for the panel and for one member are sent", run: instructions },
  { name: "members: the model of a card is changed", run: changed },
  { name: "members: a model is added and one is removed", run: addedAndRemoved },
  { name: "members: a follow-up goes to one member alone", run: alone },
  ...[
    ["light", {}],
    ["on a phone", { viewport: { width: 320, height: 640 } }],
  ].map(([look, wish]) => ({
    name: `members: no violation in any state, ${look}`,
    run: everyState,
    bypassCSP: true,
    reducedMotion: "reduce",
    ...wish,
  })),
];

async function started(open, session, ...answers) {
  await session.script(scripts(...answers));
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

async function askFirst(page) {
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
}

async function openMenu(page, nth) {
  if (!(await column(page, nth).isVisible())) await openReply(page, nth);
  await column(page, nth)
    .getByRole("button", { name: /^More about/ })
    .click();
}
const press = (page, name) => turn(page).getByRole("button", { name, exact: true }).click();
const models = (page) =>
  columns(page)
    .locator("h4")
    .evaluateAll((all) => all.map(({ textContent }) => textContent));

async function instructions({ open, site, session }) {
  const page = await started(open, session, "Blue.", "Again.");
  await page.click("#open-settings");
  await page.locator("#more-instructions summary").click();
  await page.getByLabel("For the whole panel").fill("Be short.");
  await page.getByLabel("Only for 2, slow").fill("Disagree.");
  includes(await textOf(page.locator("#more-instructions summary")), "2 texts set");
  await page.click("#close-settings");
  await page.reload();
  await askFirst(page);
  const systems = {};
  for (const { model, body } of modelCalls(await session.calls())) {
    if (PANEL.includes(model)) systems[model] = body.messages[0];
  }
  equal(systems, {
    "desk/fast": { role: "system", content: "Be short." },
    "desk/slow": { role: "system", content: "Be short.\n\nDisagree." },
  });
  await page.click("#open-settings");
  await page.getByRole("button", { name: "Remove fast, panelist 1" }).click();
  equal(await page.getByLabel("Only for 1, slow").inputValue(), "Disagree.", "it stays with slow");
  await expectNoErrors(page, site, session.baseURL);
}

async function changed({ open, site, session }) {
  const page = await started(open, session, "Blue.", "Other.");
  await askFirst(page);
  await openMenu(page, 0);
  await press(page, "Change model");
  await page.getByLabel("Change model").fill("desk/third");
  await press(page, "Ask this model");
  await page.getByText("Other.").waitFor();
  await waitForEnd(page, "done");
  equal(await models(page), ["third", "slow"]);
  includes(await textOf(column(page, 1)), "reused");
  includes(await textOf(turn(page).locator(".versions")), "2 of 2");
  equal(await callsOf(session), {
    "desk/fast": 1,
    "desk/slow": 1,
    "desk/analyst": 4,
    "desk/third": 1,
  });
  await expectNoErrors(page, site, session.baseURL);
}

async function addedAndRemoved({ open, session }) {
  const page = await started(open, session, "Blue.", "Other.", "Last.");
  await askFirst(page);
  await openMenu(page, 1);
  await press(page, "Add a model");
  await turn(page).getByLabel("Add a model").fill("desk/third");
  await page.keyboard.press("Enter");
  await page.getByText("Other.").waitFor();
  await waitForEnd(page, "done");
  equal(await models(page), ["fast", "slow", "third"]);
  equal((await callsOf(session))["desk/fast"], 1, "the other replies are reused");
  await openMenu(page, 0);
  await press(page, "Remove from this run");
  await page.getByText("Last.").waitFor();
  await waitForEnd(page, "done");
  equal(await models(page), ["slow", "third"]);
  includes(await textOf(column(page, 0)), "Slow: all common ground.");
  equal(await callsOf(session), {
    "desk/fast": 1,
    "desk/slow": 1,
    "desk/third": 1,
    "desk/analyst": 6,
  });
}

async function alone({ open, site, session }) {
  const page = await started(open, session, "Blue.", "Later.");
  await askFirst(page);
  await session.script({ ...scripts("Later."), "desk/slow": says("Because of scattering.") });
  await openMenu(page, 1);
  await press(page, "Ask only slow");
  includes(await textOf(page.locator("#target")), "Only to slow");
  equal(await page.evaluate(() => document.activeElement.id), "question");
  await ask(page, "Why?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  includes(await textOf(turn(page).locator(".answer")), "Because of scattering.");
  includes(await textOf(turn(page).locator(".turn-header")), "Only to slow");
  equal(await turn(page).locator(".panel").isVisible(), false, "there is no panel");
  const call = modelCalls(await session.calls()).at(-1);
  equal(
    [call.model, call.body.messages.slice(-3)],
    [
      "desk/slow",
      [
        { role: "user", content: "Is the sky blue?" },
        { role: "assistant", content: "Slow: all common ground." },
        { role: "user", content: "Why?" },
      ],
    ],
  );
  await page.reload();
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  includes(await textOf(page.locator("#target")), "Only to slow", "it stays for more questions");
  await page.getByRole("button", { name: "Ask the panel, not only slow" }).click();
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:nth-child(3)[data-state="done"]');
  await waitForStored(page, allDone(3));
  const again = modelCalls(await session.calls()).filter(({ model }) => model === "desk/fast");
  equal(again.at(-1).body.messages.slice(1), [
    { role: "assistant", content: "Blue." },
    { role: "user", content: "Why?" },
    { role: "assistant", content: "Because of scattering." },
    { role: "user", content: "And at night?" },
  ]);
  await expectNoErrors(page, site, session.baseURL);
}

async function everyState({ open, session }) {
  const page = await started(open, session, "Blue.");
  const check = async (when) => {
    await violations(page, when);
    await expectNoOverflow(page, when);
  };
  await page.click("#open-settings");
  await page.locator("#more-instructions summary").click();
  await check("instructions");
  await page.click("#close-settings");
  await askFirst(page);
  const tab = turn(page).getByRole("button", { name: /^Panel/ });
  if (await tab.isVisible()) await tab.click();
  await openMenu(page, 0);
  await check("the menu");
  await press(page, "Change model");
  await check("the form");
  await page.keyboard.press("Escape");
  ok(
    await column(page, 0)
      .getByRole("button", { name: /^More about/ })
      .isVisible(),
  );
  await openMenu(page, 0);
  await press(page, "Ask only fast");
  await check("to one member");
  await session.script({ ...scripts("Blue."), "desk/fast": failures[401] });
  await ask(page, "Why?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="failed"]');
  await check("failed alone");
  await session.script(scripts());
  await turn(page).getByRole("button", { name: "Try again" }).click();
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  includes(await textOf(turn(page).locator(".answer")), "Fast: all common ground.");
  await session.script({ ...scripts("Blue."), "desk/fast": says("x", { stall: "headers" }) });
  await ask(page, "Why?");
  await page.waitForSelector('#turns > .turn:nth-child(3)[data-state="running"]');
  await page.fill("#question", "A queued question that is so long that it does not fit in a line");
  await page.click("#send");
  await check("running and queued");
  await page.click("#stop");
  await page.waitForSelector('#turns > .turn:nth-child(3)[data-state="stopped"]');
  await check("not asked yet");
}
