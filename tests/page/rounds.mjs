// Tests models that join on disagreement, and missing replies: in a turn, after a reload, in
// exports, and in turns of earlier versions.

import { readFile } from "node:fs/promises";
import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  agreed,
  escalating,
  FOUND,
  openComparison,
  PANEL,
  reply,
  SECOND,
  withLooks,
} from "./deliberation-steps.mjs";
import { callsOf, openHistory, waitForStored } from "./history.mjs";
import {
  ask,
  column,
  columns,
  expectNoErrors,
  expectNoOverflow,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

export const rounds = [
  ...withLooks("deliberation: further models join on disagreement, and the page says why", joins),
  { name: "deliberation: on agreement no further model has to join", run: settles },
  { name: "deliberation: a joined model is asked again, replaced and asked alone", run: changes },
  { name: "deliberation: a resumed run keeps the models that have joined", run: resumes },
  { name: "deliberation: a missing reply is told in plain words", run: degraded },
  ...withLooks("deliberation: exports and links keep rounds and checks", exports),
  { name: "deliberation: turns stored before open as before", run: olderTurns },
];

async function joins({ open, site, session }) {
  const page = await escalating(
    { open, session },
    {
      "blue/three": says("Three: all common ground.", { stall: "headers" }),
      "desk/analyst": {
        sequence: [analysis(["A", "B"]), analysis(["A", "B", "C"]), says("Blue.")],
      },
    },
  );
  await turn(page).locator(".panelist").nth(2).waitFor({ state: "attached" });
  const joined = turn(page).locator(".joined");
  const reason = "three joined, because the first 2 models disagreed on 1 point.";
  await page.waitForFunction(() =>
    document.querySelector(".joined")?.textContent.includes("The second one follows"),
  );
  includes(await joined.textContent(), `${reason} This is the first comparison.`);
  equal(await turn(page).locator(".check-tools button:visible").count(), 0);
  await violations(page, "joining");
  await session.script({ "blue/three": reply("Three") });
  await page.evaluate(() =>
    [...document.querySelectorAll('.panelist[data-index="2"] .tools button')]
      .find(({ textContent }) => textContent === "Stop")
      ?.click(),
  );
  await page.waitForFunction(() =>
    ["failed", "stopped", "done"].includes(
      document.querySelector('.panelist[data-index="2"]')?.dataset.phase,
    ),
  );
  await waitForEnd(page, "done");
  includes(await joined.textContent(), reason);
  await expectNoOverflow(page, "joined");
  await expectNoErrors(page, site, session.baseURL);
}

async function settles({ open, site, session }) {
  const page = await escalating(
    { open, session },
    { "desk/analyst": { sequence: [agreed(["A", "B"]), says("Blue.")] } },
  );
  await waitForEnd(page, "done");
  equal(
    await textOf(turn(page).locator(".joined")),
    "three did not have to join: the comparison found no disagreement.",
  );
  equal(await columns(page).count(), 2);
  equal((await callsOf(session))["blue/three"], undefined);
  await expectNoErrors(page, site, session.baseURL);
}

async function changes({ open, site, session }) {
  const three = { sequence: [reply("Three"), reply("Three, again")] };
  const page = await escalating({ open, session }, { ...SECOND, "blue/three": three });
  await waitForEnd(page, "done");
  includes(
    await textOf(turn(page).locator(".joined")),
    "three joined, because the first 2 models disagreed on 1 point. " +
      "This is the second comparison, of all replies.",
  );
  await turn(page).locator(".reply-chip").nth(2).click();
  includes(await textOf(column(page, 2).locator(".maker")), "joined");
  await column(page, 2).getByRole("button", { name: "Ask three again" }).click();
  await page.getByText("2 of 2", { exact: true }).waitFor();
  await waitForEnd(page, "done");
  equal(await callsOf(session), {
    "red/one": 1,
    "green/two": 1,
    "blue/three": 2,
    "desk/analyst": 5,
  });
  equal(await columns(page).count(), 3);
  includes(await turn(page).innerText(), "Bluer.");
  await session.script({ "grey/four": reply("Four") });
  await replaceMember(page, 2, "grey/four");
  await page.locator(".count").getByText("3 of 3", { exact: true }).waitFor();
  await waitForEnd(page, "done");
  equal([(await callsOf(session))["grey/four"], (await callsOf(session))["red/one"]], [1, 1]);
  await expectNoErrors(page, site, session.baseURL);
}

async function replaceMember(page, nth, model) {
  await turn(page).locator(".reply-chip").nth(nth).click();
  const card = column(page, nth);
  await card.getByRole("button", { name: /^More about/ }).click();
  await card.getByRole("button", { name: "Change model" }).click();
  const field = card.locator(".member-menu input");
  await field.fill(model);
  await page.keyboard.press("Enter");
}

async function resumes({ open, site, session }) {
  const page = await escalating(
    { open, session },
    { "blue/three": says("x", { stall: "headers" }), ...SECOND },
  );
  await session.until((calls) => calls.some(({ model }) => model === "blue/three"));
  await waitForStored(page, ([last]) => last?.panel.length === 3 && last.snapshot?.escalation);
  await page.reload();
  await waitForEnd(page, "interrupted");
  await session.script({
    "blue/three": reply("Three"),
  });
  await page.getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
  equal(await columns(page).count(), 3);
  includes(await textOf(turn(page).locator(".joined")), "This is the second comparison");
  equal((await callsOf(session))["red/one"], 1);
  await expectNoErrors(page, site, session.baseURL);
}

async function degraded({ open, site, session }) {
  await session.script({
    "red/one": reply("One"),
    "green/two": reply("Two"),
    "blue/three": failures[404],
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("Blue.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, [...PANEL, "blue/three"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const notice = turn(page).locator(".notice.warning");
  includes(await textOf(notice), "The answer uses 2 of 3 replies.");
  includes(await textOf(notice), "three is missing. This model does not exist here.");
  lacks(await textOf(notice), "panelists answered");
  await expectNoErrors(page, site, session.baseURL);
}

async function saved(page, button) {
  await page.click("#open-export");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  await page.click("#close-export");
  return readFile(await download.path(), "utf8");
}

async function openFile(page, text) {
  if (!(await page.locator("#history").evaluate((dialog) => dialog.open))) await openHistory(page);
  const buffer = Buffer.from(text);
  await page.setInputFiles("#import-file", {
    name: "saved.json",
    mimeType: "application/json",
    buffer,
  });
}

async function exports({ open, site, session }) {
  const page = await escalating({ open, session }, SECOND);
  await waitForEnd(page, "done");
  const conversation = JSON.parse(await saved(page, "#save-json"));
  const [stored] = conversation.turns;
  equal(stored.escalation.status, "escalated");
  const evidence = [true, false, null].map((verified) => {
    return { url: FOUND, quote: `Words ${verified}`, verified };
  });
  const { item } = stored.comparison.items.find(({ kind }) => kind === "contradictions");
  item.checked = {
    stances: item.stances.map((_, nth) => {
      return { verdict: nth === 0 ? "refuted" : "supported", evidence };
    }),
  };
  await openFile(page, JSON.stringify(conversation));
  await page.locator("#imported, #storage-note").first().waitFor({ state: "attached" });
  await page.waitForSelector(".check-verdict", { state: "attached" });
  await openComparison(page);
  const outcome = turn(page).locator(".outcome").first();
  includes(await textOf(outcome), "Refuted");
  includes(await textOf(outcome), "3 quotes from the web, 1 not found on the page");
  await outcome.locator("summary").click();
  for (const words of ["Quote found", "Quote not found", "Quote not compared"])
    includes(await textOf(outcome), words);
  includes(await textOf(turn(page).locator(".joined")), "three joined");
  await violations(page, "imported");
  await expectNoOverflow(page, "imported");

  const again = JSON.parse(await saved(page, "#save-json"));
  const checkedIn = ({ turns }) => turns[0].comparison.items.map(({ item }) => item.checked);
  equal(checkedIn(again), checkedIn(conversation));
  equal(again.turns[0].escalation, stored.escalation);
  const markdown = await saved(page, "#save-markdown");
  includes(markdown, "Checked on the web: refuted");
  includes(markdown, "quote not found on the page");
  includes(markdown, "three joined, because the first 2 models disagreed on 1 point.");
  const snapshot = await saved(page, "#save-snapshot");
  equal(JSON.parse(snapshot).version, 2);
  await openFile(page, snapshot);
  await page.waitForFunction(() => document.querySelectorAll(".reply-chip").length === 3);
  includes(await textOf(turn(page).locator(".joined")), "three joined");
  await expectNoErrors(page, site, session.baseURL);
}

/** A turn of an earlier version has none of the new fields. */
async function olderTurns({ open, site, session }) {
  await session.script({
    "red/one": reply("One"),
    "green/two": reply("Two"),
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("Blue.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await waitForStored(page, ([last]) => last?.state === "done");
  await page.evaluate(async () => {
    const settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const db = await settled(indexedDB.open("llm-fuse"));
    const store = db.transaction("turns", "readwrite").objectStore("turns");
    for (const key of await settled(store.getAllKeys())) {
      const record = await settled(store.get(key));
      for (const field of ["escalation", "kinship"]) delete record.turn[field];
      for (const field of ["checks", "round"]) delete record.turn.comparison[field];
      await settled(store.keyPath ? store.put(record) : store.put(record, key));
    }
    db.close();
  });
  await page.reload();
  await waitForEnd(page, "done");
  ok((await turn(page).locator(".item").count()) > 0);
  includes(await textOf(turn(page).locator(".answer .prose")), "Blue.");
  await expectNoErrors(page, site, session.baseURL);
}
