// Tests the storage of conversations: reloads, several tabs, and the deletion of conversations.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  ask,
  closeSettings,
  column,
  expectNoErrors,
  expectNoOverflow,
  modelCalls,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const KEY = "sk-never-kept-4711";
const PANEL = ["desk/fast", "desk/slow"];
const fast = says("Fast: all common ground.");
const slow = says("Slow: all common ground.");
const stalled = says("Slow", { stall: "headers" });
const analystScript = (...answers) => ({
  sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
});
const scripts = (...answers) => ({
  "desk/fast": fast,
  "desk/slow": slow,
  "desk/analyst": analystScript(...answers),
});

export const history = [
  { name: "history: after a reload a run continues and reuses finished replies", run: reloaded },
  {
    name: "history: after a reload a run without a finished reply continues too",
    run: nothingFinished,
  },
  { name: "history: a reload changes nothing that is shown", run: wholeAfterReload },
  { name: "history: two tabs add turns to the same conversation", run: twoTabs },
  {
    name: "history: a conversation that runs in another tab cannot be opened or deleted",
    run: runningElsewhere,
  },
  { name: "history: deleting one or all conversations needs confirmation", run: deleting },
  { name: "history: deleting a running conversation stops the run", run: deletingRunning },
  { name: "history: without storage the page works and says so", run: withoutStorage },
  { name: "history: a full disk is reported, and saving resumes once there is space", run: full },
  { name: "history: no key is stored", run: noKey },
  { name: "history: conversations are renamed and searched", run: renamed },
  { name: "history: works with the keyboard alone", run: byKeyboard },
  ...[
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 320, height: 640 } }],
  ].map(([look, wish]) => ({
    name: `history: no violation in any state, ${look}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
];

/** Returns all records of the database. */
export const readDatabase = (page) =>
  page.evaluate(async () => {
    const settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const db = await settled(indexedDB.open("llm-fuse"));
    const all = {};
    for (const name of db.objectStoreNames)
      all[name] = await settled(db.transaction(name).objectStore(name).getAll());
    db.close();
    return all;
  });

/** Waits until the stored turns satisfy `wanted`, then returns the turns. */
export async function waitForStored(page, wanted) {
  for (let tries = 0; tries < 400; tries += 1) {
    const { turns = [] } = await readDatabase(page);
    const found = turns.map((record) => record.turn).sort((a, b) => a.began - b.began);
    if (wanted(found)) return found;
    await page.waitForTimeout(25);
  }
  throw new Error(`never stored: ${wanted}`);
}
export const allDone = (count) => (turns) =>
  turns.length === count && turns.every(({ state }) => state === "done");

const entries = (page) => page.locator("#entries .entry");
export const openHistory = async (page) => {
  await page.click("#open-history");
  await page.waitForSelector("#history[open] #entries:not([aria-busy])", { state: "attached" });
};

async function started(open, session, script) {
  await session.script(script);
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

export async function askAndFinish(page, question) {
  await ask(page, question);
  await page.waitForFunction(
    (question) =>
      [...document.querySelectorAll('.turn[data-state="done"] h2')].some(
        (title) => title.textContent === question,
      ),
    question,
  );
}

export const callsOf = async (session) => {
  const count = {};
  for (const { model } of modelCalls(await session.calls())) count[model] = (count[model] ?? 0) + 1;
  return count;
};

async function reloaded({ open, site, session }) {
  const page = await started(open, session, { ...scripts("Blue."), "desk/slow": stalled });
  await ask(page, "Is the sky blue?");
  await page.waitForSelector('.panelist[data-phase="done"]');
  await session.until((calls) => modelCalls(calls).length === 2);
  await waitForStored(page, ([last]) => last?.snapshot?.responses.length === 1);
  await page.reload();
  await waitForEnd(page, "interrupted");
  includes(await textOf(turn(page).locator(".notice")), "1 reply is kept");
  equal(await callsOf(session), { "desk/fast": 1, "desk/slow": 1 });
  await session.script(scripts("Blue."));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
  equal(
    await callsOf(session),
    { "desk/fast": 1, "desk/slow": 2, "desk/analyst": 2 },
    "a finished panelist is not called again",
  );
  includes(await textOf(column(page, 0)), "reused");
  includes(await textOf(turn(page).locator(".answer .prose")), "Blue.");
  await waitForStored(page, allDone(1));
  await page.reload();
  await waitForEnd(page, "done");
  equal(
    await callsOf(session),
    { "desk/fast": 1, "desk/slow": 2, "desk/analyst": 2 },
    "showing makes no call",
  );
  await expectNoErrors(page, site, session.baseURL);
}

async function nothingFinished({ open, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/fast": stalled,
    "desk/slow": stalled,
  });
  await ask(page, "Is the sky blue?");
  await waitForStored(page, ([last]) => last?.snapshot);
  await page.reload();
  await waitForEnd(page, "interrupted");
  await session.script(scripts("Blue."));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
}

async function wholeAfterReload({ open, site, session }) {
  const page = await started(open, session, scripts("First.", "Second.", "Other."));
  await askAndFinish(page, "Is the sky blue?");
  await askAndFinish(page, "And at night?");
  await page.getByRole("button", { name: "Edit and ask again" }).last().click();
  await page.getByLabel("Edit the question").fill("And on Mars?");
  await page.getByLabel("Edit the question").press("Control+Enter");
  await page.getByText("Other.").waitFor();
  await waitForStored(page, allDone(3));
  const seen = () =>
    page.locator("#turns").evaluate((turns) => turns.innerText.replace(/\s+/g, " "));
  await page.waitForFunction(
    () => document.querySelectorAll('.turn[data-state="done"]').length === 2,
  );
  const before = await seen();
  await page.reload();
  await page.getByText("Other.").waitFor();
  await page.waitForFunction(
    (before) => document.querySelector("#turns").innerText.replace(/\s+/g, " ") === before,
    before,
  );
  includes(before, "2 of 2");
  await expectNoErrors(page, site, session.baseURL);
}

async function twoTabs({ open, session }) {
  const one = await started(open, session, {
    ...scripts("Blue."),
    "desk/analyst": analystScript(..."abcdefgh"),
  });
  const two = await open();
  await askAndFinish(one, "Asked in one");
  await askAndFinish(two, "Asked in two");
  await waitForStored(one, allDone(2));
  await openHistory(two);
  await entries(two).getByText("Asked in one").click();
  await two.locator("#turns").getByText("Asked in one").waitFor();
  await askAndFinish(one, "Follow-up in one");
  await askAndFinish(two, "Follow-up in two");
  await waitForStored(one, allDone(4));
  for (const page of [one, two]) {
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll(".turn").length === 2);
    equal(await textOf(turn(page).locator(".count")), "2 of 2");
    await openHistory(page);
    equal(await entries(page).locator(".title").allInnerTexts(), ["Asked in one", "Asked in two"]);
    includes(await textOf(entries(page).first()), "3 questions");
    await page.click("#close-history");
  }
}

async function runningElsewhere({ open, session }) {
  const one = await started(open, session, { ...scripts("Blue."), "desk/slow": stalled });
  await ask(one, "Long run");
  await waitForStored(one, ([last]) => last?.snapshot);
  const two = await open();
  await openHistory(two);
  await entries(two).getByText("running in another tab").waitFor();
  for (const button of [/^Long run/, /^Delete/])
    ok(await entries(two).getByRole("button", { name: button }).isDisabled(), String(button));
  await one.click("#stop");
  await waitForEnd(one, "stopped");
  await entries(two).getByText("stopped").waitFor();
  await entries(two).getByText("Long run").click();
  await waitForEnd(two, "stopped");
}

async function deleting({ open, site, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/analyst": analystScript(..."abcd"),
  });
  const titles = ["First", "Second", "Third"];
  for (const title of titles) {
    await askAndFinish(page, title);
    await page.click("#new");
  }
  await waitForStored(page, allDone(3));
  await openHistory(page);
  await page.getByRole("button", { name: "Delete “Second”" }).click();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  equal(await entries(page).count(), 3, "not deleted");
  await page.getByRole("button", { name: "Delete “Second”" }).click();
  await page.locator(".entry .danger").click();
  await page.waitForFunction(() => document.querySelectorAll(".entry").length === 2);
  equal(await entries(page).locator(".title").allInnerTexts(), ["Third", "First"]);
  lacks(JSON.stringify(await readDatabase(page)), "Second", "no record is left");

  await entries(page).getByText("First").click();
  await page.locator("#turns").getByText("First").waitFor();
  const other = await open();
  await openHistory(other);
  await entries(other).getByText("Third").click();
  await other.locator("#turns").getByText("Third").waitFor();
  await openHistory(page);
  await page.click("#delete-all");
  await page.click("#cancel-delete-all");
  equal(await entries(page).count(), 2, "not deleted");
  await page.click("#delete-all");
  await page.click("#delete-all-confirmed");
  await page.getByText("No conversations yet").waitFor();
  equal(await readDatabase(page), { conversations: [], turns: [] });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => document.querySelectorAll(".turn").length === 0);
    await tab.reload();
    equal(await tab.locator(".turn").count(), 0);
  }
  await expectNoErrors(page, site, session.baseURL);
}

async function deletingRunning({ open, session }) {
  const page = await started(open, session, { ...scripts("Blue."), "desk/slow": stalled });
  await ask(page, "Gone");
  await session.until((calls) => modelCalls(calls).length === 2);
  await waitForStored(page, ([last]) => last?.snapshot);
  await openHistory(page);
  await page.getByRole("button", { name: "Delete “Gone”" }).click();
  await page.locator(".entry .danger").click();
  await session.until((calls) => calls.every(({ end }) => end !== "open"));
  await page.click("#close-history");
  await session.script(scripts("Blue."));
  await askAndFinish(page, "Afterwards");
  const turns = await waitForStored(page, allDone(1));
  equal(turns[0].question.text, "Afterwards");
}

async function withoutStorage({ open, site, session }) {
  await session.script(scripts("Blue.", "Dark."));
  const page = await open({
    init: [
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException("denied", "SecurityError");
        };
      },
    ],
  });
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await askAndFinish(page, "Is the sky blue?");
  includes(await textOf(page.locator("#storage-note")), "blocks storage");
  await askAndFinish(page, "And at night?");
  equal(await page.locator(".turn").count(), 2);
  await openHistory(page);
  await page.getByText("Cannot load the history").waitFor();
  await expectNoErrors(page, site, session.baseURL);
}

async function full({ open, site, session }) {
  await session.script(scripts("Blue.", "Dark."));
  const page = await open({
    init: [
      () => {
        const put = IDBObjectStore.prototype.put;
        window.full = true;
        IDBObjectStore.prototype.put = function (value) {
          if (window.full) throw new DOMException("", "QuotaExceededError");
          return put.call(this, value);
        };
      },
    ],
  });
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await askAndFinish(page, "Is the sky blue?");
  includes(await textOf(page.locator("#storage-note")), "storage is full");
  includes(await textOf(turn(page).locator(".answer .prose")), "Blue.");
  await page.evaluate(() => (window.full = false));
  await askAndFinish(page, "And at night?");
  await waitForStored(page, allDone(2));
  await page.waitForFunction(() => document.querySelector("#storage-note").textContent === "");
  await expectNoErrors(page, site, session.baseURL);
}

async function noKey({ open, site, session }) {
  const page = await started(open, session, { ...scripts("Blue.", "Dark."), "desk/slow": stalled });
  await page.click("#open-settings");
  await page.fill("#key", KEY);
  await page.check("#keep");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await page.waitForSelector('.panelist[data-phase="done"]');
  await waitForStored(page, ([last]) => last?.snapshot?.responses.length === 1);
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  const refused = { status: 401, body: { error: { message: `The key ${KEY} is not known.` } } };
  await session.script({ "desk/fast": refused, "desk/slow": refused });
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:last-child[data-state="failed"]');
  const turns = await waitForStored(
    page,
    (turns) => turns.length === 2 && turns[1].state === "failed",
  );
  ok(
    modelCalls(await session.calls()).every(
      ({ headers }) => headers.authorization === `Bearer ${KEY}`,
    ),
    "the key was used",
  );
  equal(turns.length, 2);
  lacks(JSON.stringify(await readDatabase(page)), KEY);
  await expectNoErrors(page, site, session.baseURL);
}

async function renamed({ open, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/analyst": analystScript("The heron is grey.", "The kingfisher is blue.", "Again."),
  });
  await askAndFinish(page, "Which bird is tall?");
  await page.click("#new");
  await askAndFinish(page, "Which bird dives?");
  await waitForStored(page, allDone(2));
  await openHistory(page);
  await page.fill("#history-search", "HERON grey");
  equal(
    await entries(page).locator(".title").allInnerTexts(),
    ["Which bird is tall?"],
    "an answer is found",
  );
  equal(await textOf(page.locator("#history-count")), "1 of 2 conversations");
  await page.fill("#history-search", "");
  await page.getByRole("button", { name: "Rename “Which bird dives?”" }).click();
  await page.keyboard.type("<b>Fisher</b>");
  await page.keyboard.press("Enter");
  await entries(page).getByText("<b>Fisher</b>", { exact: true }).waitFor();
  await page.click("#close-history");
  await askAndFinish(page, "And where?");
  await waitForStored(page, allDone(3));
  await page.reload();
  await openHistory(page);
  equal(
    await entries(page).locator(".title").allInnerTexts(),
    ["<b>Fisher</b>", "Which bird is tall?"],
    "a further turn keeps the name",
  );
}

async function byKeyboard({ open, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/analyst": analystScript("One.", "Two."),
  });
  await askAndFinish(page, "First");
  await page.click("#new");
  await askAndFinish(page, "Second");
  await waitForStored(page, allDone(2));
  await page.focus("#open-history");
  await page.keyboard.press("Enter");
  await entries(page).nth(1).waitFor();
  const focused = () =>
    page.evaluate(
      () =>
        document.activeElement.getAttribute("aria-label") ||
        document.activeElement.innerText.split("\n")[0],
    );
  await page.focus("#history-search");
  const reached = [];
  for (let press = 0; press < 6; press += 1) {
    await page.keyboard.press("Tab");
    reached.push(await focused());
  }
  equal(reached, [
    "Second",
    "Rename “Second”",
    "Delete “Second”",
    "First",
    "Rename “First”",
    "Delete “First”",
  ]);
  await page.keyboard.press("Enter");
  equal(await focused(), "Cancel", "the safe button has the focus");
  await page.keyboard.press("Escape");
  ok(
    await page.locator("#history").evaluate(({ open }) => open),
    "Escape closes the confirmation only",
  );
  await page.waitForFunction(
    () =>
      document.activeElement.innerText.split("\n")[0] === "First" &&
      document.activeElement.closest("#entries"),
  );
  await page.keyboard.press("Enter");
  await page.locator("#turns").getByText("First").waitFor();
  equal(await page.locator("#history").evaluate(({ open }) => open), false);
}

async function everyState({ open, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/analyst": analystScript("One.", "Two."),
  });
  await openHistory(page);
  await violations(page, "empty");
  await page.click("#close-history");
  await askAndFinish(page, "First");
  await page.click("#new");
  await askAndFinish(
    page,
    "Second, with a name that is so long that it needs more than two lines on a phone",
  );
  await waitForStored(page, allDone(2));
  await expectNoOverflow(page, "the header");
  await openHistory(page);
  await entries(page).first().waitFor();
  await violations(page, "two entries");
  await expectNoOverflow(page, "two entries");
  await page
    .getByRole("button", { name: /^Rename/ })
    .first()
    .click();
  await violations(page, "renaming");
  await expectNoOverflow(page, "renaming");
  await page.keyboard.press("Escape");
  await page
    .getByRole("button", { name: /^Delete “/ })
    .first()
    .click();
  await violations(page, "confirmation for one");
  await page.keyboard.press("Escape");
  await page.click("#delete-all");
  await violations(page, "confirmation for all");
  await expectNoOverflow(page, "confirmation for all");
}
