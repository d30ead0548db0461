// Tests a second run for the same question: which models it calls, with which key, and which
// replies it reuses.

import { readFile } from "node:fs/promises";
import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { callsOf, openHistory } from "./history.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  column,
  expectNoErrors,
  expectNoOverflow,
  modelCalls,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const KEY = "sk-of-this-origin-0815";
const PANEL = ["desk/one", "desk/two"];
const one = says("One: all common ground.");
const two = says("Two: all common ground.");
const stalled = says("Two", { stall: "headers" });
const found = (point) => {
  const { text } = analysis(["A", "B"]);
  return says(text.replace("All agree.", point));
};

export const rerun = [
  {
    name: "rerun: another analyst compares the same replies, and no panelist is called again",
    run: anotherAnalyst,
  },
  { name: "rerun: another writer uses the same comparison", run: anotherWriter },
  { name: "rerun: the same analyst and writer run once more", run: theSame },
  {
    name: "rerun: a run continues at its own endpoint with its own key",
    run: ownSetup,
  },
  {
    name: "rerun: an imported conversation is sent to its address only after consent",
    run: consent,
  },
  { name: "rerun: other providers that a file names need consent too", run: otherProviders },
  { name: "rerun: a missing key is reported at its field", run: missingKey },
  ...[
    ["light", {}],
    ["on a phone, dark", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ].map(([look, wish]) => ({
    name: `rerun: no violation, ${look}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
];

const replaceModel = async (page, button, model) => {
  await turn(page).getByRole("button", { name: button }).first().click();
  if (model)
    await turn(page)
      .locator(".replace-model")
      .getByRole("button", { name: model, exact: true })
      .click();
  await turn(page).locator(".replace-model .primary").click();
};
const version = async (page, nth, state = "done") => {
  await page.waitForFunction(
    (words) => document.querySelector("#turns > .turn:last-child .count")?.textContent === words,
    nth,
  );
  await waitForEnd(page, state);
};

async function finished({ open, session }, script) {
  await session.script(script);
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  return page;
}

async function anotherAnalyst({ open, site, session }) {
  const page = await finished(
    { open, session },
    {
      "desk/one": one,
      "desk/two": { sequence: [two, found("Found by two.")] },
      "desk/analyst": {
        sequence: [found("Found by the analyst."), says("First answer."), says("Second answer.")],
      },
    },
  );
  await replaceModel(page, "Compare again", "two");
  await version(page, "2 of 2");
  equal(
    await callsOf(session),
    { "desk/one": 1, "desk/two": 2, "desk/analyst": 3 },
    "one more analysis and one more answer",
  );
  includes(await textOf(turn(page).locator(".comparison")), "Found by two.");
  includes(await textOf(turn(page).locator(".blind-labels")), "two compared without names");
  includes(await textOf(turn(page).locator(".answer .prose")), "Second answer.");
  for (const nth of [0, 1]) includes(await textOf(column(page, nth).locator(".meter")), "reused");

  await page.getByRole("button", { name: "Previous version" }).click();
  includes(await textOf(turn(page).locator(".comparison")), "Found by the analyst.");
  includes(await textOf(turn(page).locator(".answer .prose")), "First answer.");
  equal(modelCalls(await session.calls()).length, 6, "showing a version makes no call");

  await turn(page).getByRole("button", { name: "Compare again" }).first().click();
  await page.fill(".replace-model input", "desk/typed");
  await session.script({
    "desk/typed": found("Found by the typed model."),
    "desk/analyst": says("Third answer."),
  });
  await page.keyboard.press("Enter");
  await version(page, "3 of 3");
  includes(await textOf(turn(page).locator(".comparison")), "Found by the typed model.");
  await expectNoErrors(page, site, session.baseURL);
}

async function anotherWriter({ open, site, session }) {
  const page = await finished(
    { open, session },
    {
      "desk/one": { sequence: [one, says("Written by one.")] },
      "desk/two": two,
      "desk/analyst": { sequence: [found("Found once."), says("Written by the first writer.")] },
    },
  );
  await replaceModel(page, "Write again", "one");
  await version(page, "2 of 2");
  equal(
    await callsOf(session),
    { "desk/one": 2, "desk/two": 1, "desk/analyst": 2 },
    "one more answer and no other call",
  );
  includes(await textOf(turn(page).locator(".answer")), "by one");
  includes(await textOf(turn(page).locator(".answer .prose")), "Written by one.");
  includes(await textOf(turn(page).locator(".comparison")), "Found once.");
  includes(
    await textOf(turn(page).locator(".blind-labels")),
    "analyst compared without names",
    "the analyst is still named",
  );
  await expectNoErrors(page, site, session.baseURL);
}

async function theSame({ open, session }) {
  const page = await finished(
    { open, session },
    {
      "desk/one": one,
      "desk/two": two,
      "desk/analyst": {
        sequence: [
          found("First look."),
          says("First answer."),
          found("Second look."),
          says("Second answer."),
          says("Third answer."),
          says("Fourth answer."),
        ],
      },
    },
  );
  await replaceModel(page, "Compare again");
  await version(page, "2 of 2");
  includes(await textOf(turn(page).locator(".comparison")), "Second look.");
  for (const [nth, words] of [
    ["3 of 3", "Third answer."],
    ["4 of 4", "Fourth answer."],
  ]) {
    await replaceModel(page, "Write again");
    await version(page, nth);
    includes(await textOf(turn(page).locator(".answer .prose")), words);
    includes(await textOf(turn(page).locator(".comparison")), "Second look.");
  }
  equal(await callsOf(session), { "desk/one": 1, "desk/two": 1, "desk/analyst": 6 });
}

/**
 * Returns the URL of the same server under another host name. For the page, this URL is another
 * origin, which has its own key.
 */
const elsewhere = (baseURL) => baseURL.replace("127.0.0.1", "localhost");

async function setKey(page, key) {
  await page.click("#open-settings");
  await page.fill("#key", key);
  await closeSettings(page);
}

async function stoppedHalfway({ open, session }) {
  await session.script({
    "desk/one": one,
    "desk/two": { sequence: [stalled, two] },
    "desk/analyst": {
      sequence: [found("All."), says("Blue."), found("Once more."), says("Azure.")],
    },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await setKey(page, KEY);
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await session.until((calls) => modelCalls(calls).length === 2);
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  return page;
}

async function ownSetup({ open, site, session }) {
  const page = await stoppedHalfway({ open, session });
  await useOwnServer(page, elsewhere(session.baseURL), ["desk/other"]);
  await setKey(page, "sk-of-another-origin");
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
  await chooseProvider(page, "Sample panel");
  await closeSettings(page);
  await replaceModel(page, "Compare again");
  await version(page, "2 of 2");
  includes(await textOf(turn(page).locator(".answer .prose")), "Azure.");
  equal(await turn(page).locator(".sample-label").count(), 0, "it is not a sample");
  const calls = modelCalls(await session.calls());
  equal(calls.length, 7);
  ok(
    calls.every(
      ({ headers }) =>
        headers.authorization === `Bearer ${KEY}` && headers.host.startsWith("127.0.0.1"),
    ),
    "every call went to the first endpoint, with its key",
  );
  await expectNoErrors(page, site, session.baseURL, elsewhere(session.baseURL));
}

async function taken(page) {
  await page.click("#open-export");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save-json")]);
  await page.click("#close-export");
  return readFile(await download.path(), "utf8");
}

async function opened(page, json) {
  await openHistory(page);
  await page.setInputFiles("#import-file", {
    name: "saved.json",
    mimeType: "application/json",
    buffer: Buffer.from(json),
  });
  await page.waitForFunction(() => !document.querySelector("#history").open);
}

const question = (page) => page.locator("dialog.consent");

/**
 * Opens a file whose turn names OpenRouter as its host but has another base URL. Then continues the
 * turn.
 */
export async function continueImported({ open, session }) {
  const page = await stoppedHalfway({ open, session });
  const file = JSON.parse(await taken(page));
  Object.assign(file.turns[0].setup, {
    baseURL: elsewhere(session.baseURL),
    host: "openrouter.ai",
  });
  await opened(page, JSON.stringify(file));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await question(page).waitFor();
  return page;
}

async function consent({ open, site, session }) {
  const page = await continueImported({ open, session });
  const { host } = new URL(elsewhere(session.baseURL));
  includes(
    await textOf(question(page)),
    `This conversation was made with ${host}. Continue there?`,
  );
  includes(await textOf(question(page)), "without a key");
  lacks(await textOf(question(page)), "openrouter", "the host that the file claims is not shown");
  await page.keyboard.press("Escape");
  await question(page).waitFor({ state: "detached" });
  equal(await turn(page).getAttribute("data-state"), "stopped");
  equal(modelCalls(await session.calls()).length, 2, "nothing was sent");

  await turn(page).getByRole("button", { name: "Continue" }).click();
  await question(page).getByRole("button", { name: "Continue there" }).click();
  await waitForEnd(page, "done");
  await replaceModel(page, "Write again");
  await version(page, "2 of 2");
  equal(await question(page).count(), 0, "consent is asked for once");
  const after = modelCalls(await session.calls()).slice(2);
  equal(after.length, 4);
  ok(
    after.every(({ headers }) => headers.host === host && headers.authorization === undefined),
    "no call has the key of the other origin",
  );
  await expectNoErrors(page, site, session.baseURL, elsewhere(session.baseURL));
}

async function otherProviders({ open, site, session }) {
  const page = await stoppedHalfway({ open, session });
  const file = JSON.parse(await taken(page));
  file.turns[0].snapshot.request.writer = "ollama:llama3.2";
  await opened(page, JSON.stringify(file));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await question(page).waitFor();
  includes(await textOf(question(page)), "made with ollama. Continue there?");
  await question(page).getByRole("button", { name: "Cancel" }).click();
  equal(modelCalls(await session.calls()).length, 2);
  await expectNoErrors(page, site, session.baseURL);
}

async function missingKey({ open, site, session }) {
  const page = await stoppedHalfway({ open, session });
  const file = JSON.parse(await taken(page));
  Object.assign(file.turns[0].setup, {
    provider: "openrouter",
    baseURL: "https://evil.example/v1",
  });
  await opened(page, JSON.stringify(file));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  includes(await textOf(page.locator("#problem")), "OpenRouter needs an API key");
  equal(await page.evaluate(() => document.activeElement.id), "key");
  includes(await textOf(page.locator("#key-where")), "openrouter.ai");
  await closeSettings(page);

  Object.assign(file.turns[0].setup, { provider: "custom", baseURL: "http://192.0.2.7/v1" });
  await opened(page, JSON.stringify(file));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  includes(await textOf(page.locator("#problem")), "192.0.2.7 needs https");
  await chooseProvider(page, "Other provider");
  equal(
    await page.inputValue("#base-url"),
    session.baseURL,
    "the file's address is not in the settings",
  );
  await expectNoErrors(page, site, session.baseURL, "https://openrouter.ai");
}

async function everyState({ open, session }) {
  const page = await stoppedHalfway({ open, session });
  const file = JSON.parse(await taken(page));
  file.turns[0].setup.baseURL = elsewhere(session.baseURL);
  await opened(page, JSON.stringify(file));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await question(page).waitFor();
  await violations(page, "asked for consent");
  await expectNoOverflow(page, "asked for consent");
  await question(page).getByRole("button", { name: "Continue there" }).click();
  await waitForEnd(page, "done");
  for (const [tab, button] of [
    ["Answer", "Write again"],
    ["Comparison", "Compare again"],
  ]) {
    await turn(page)
      .getByRole("button", { name: new RegExp(`^${tab}`) })
      .click();
    await turn(page).getByRole("button", { name: button }).first().click();
    await violations(page, button);
    await expectNoOverflow(page, button);
    await page.keyboard.press("Escape");
    equal(await turn(page).locator(".replace-model").count(), 0);
    equal(
      await page.evaluate(() => document.activeElement.innerText),
      button,
      "the focus is on the button again",
    );
  }
}
