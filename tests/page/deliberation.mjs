// Tests four settings of the comparison: criteria, models that join on disagreement, required
// replies, and checks of disagreements on the web. Tests each of them in the settings, in a turn,
// in exports and after a reload.

import { readFile } from "node:fs/promises";
import { plan } from "../../www/setup/providers.js";
import { analysis, failures, says, uses } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { redirectOpenRouter, useOpenRouter } from "./cost.mjs";
import { callsOf, openHistory, waitForStored } from "./history.mjs";
import { modelList, serveModelList } from "./model-list.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  column,
  columns,
  expectNoErrors,
  expectNoOverflow,
  openSettings,
  setPanel,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const [OPUS, GPT, GEMINI] = [
  "~anthropic/claude-opus-latest",
  "~openai/gpt-sol-latest",
  "~google/gemini-pro-latest",
];
const PANEL = ["red/one", "green/two"];
const CRITERIA = "Weigh primary sources above news.";
const FOUND = "https://hosted.example/page";

const phone = { viewport: { width: 390, height: 844 }, colorScheme: "dark" };
const looks = [
  ["light", {}],
  ["on a phone, dark", phone],
];
const withLooks = (name, run) =>
  looks.map(([look, wish]) => ({
    name: `${name}, ${look}`,
    run,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  }));

export const deliberation = [
  ...withLooks("deliberation: criteria, further models and checks are in the request", inRequest),
  { name: "deliberation: checks need web search, and the limits fit the panel", run: refused },
  ...withLooks("deliberation: further models join on disagreement, and the page says why", joins),
  { name: "deliberation: on agreement no further model has to join", run: settles },
  { name: "deliberation: a joined model is asked again, replaced and asked alone", run: changes },
  { name: "deliberation: a resumed run keeps the models that have joined", run: resumes },
  { name: "deliberation: a missing reply is told in plain words", run: degraded },
  { name: "deliberation: models of one family are named before and after a run", run: kinship },
  ...withLooks(
    "deliberation: a disagreement is checked after the run, and the answer stands",
    checks,
  ),
  { name: "deliberation: a check asked for during a run waits for its end", run: waits },
  { name: "deliberation: a failed or stopped check leaves the turn as it was", run: failsAlone },
  { name: "deliberation: with the setting, a run checks its disagreements itself", run: automatic },
  ...withLooks("deliberation: exports and links keep rounds and checks", exports),
  { name: "deliberation: turns stored before open as before", run: olderTurns },
];

const reply = (name) => says(`${name}: all common ground.`);
const agreed = (labels) => {
  const { contradictions, ...rest } = JSON.parse(analysis(labels).text);
  return says(JSON.stringify({ ...rest, contradictions: [] }));
};

const verdicts = (...evidence) =>
  says(
    JSON.stringify({
      statements: ["supported", "refuted", "unresolved"].map((verdict, nth) => ({
        statement: nth + 1,
        verdict,
        evidence: verdict === "unresolved" ? [] : evidence,
      })),
    }),
    {
      reasoning_details: [
        uses("openrouter:web_fetch", { url: FOUND }, { url: FOUND, content: "Blue by day." }),
      ],
    },
  );
const checked = verdicts({ url: FOUND, quote: "Blue by day." });

const settingsOf = (page) =>
  page.evaluate(() => JSON.parse(localStorage.getItem("llm-fuse.settings")));

async function requestOf(page) {
  const question = { text: "Why?", images: [], files: [] };
  const messages = [{ role: "user", content: "Why?" }];
  // `plan()` reads the origin of the page. Node has no `location`, so set it.
  globalThis.location ??= { origin: new URL(page.url()).origin };
  return plan(await settingsOf(page), "sk-test", question, messages);
}

const comparison = (page) => turn(page).locator(".comparison");
const openComparison = async (page) => {
  const tab = turn(page).getByRole("button", { name: /^Comparison/ });
  if (await tab.isVisible()) await tab.click();
};

async function inRequest({ open, site }) {
  const page = await open();
  await serveModelList(page, { json: modelList() });
  await chooseProvider(page, "OpenRouter");
  await setPanel(page, [GPT, GEMINI]);
  await page.locator("#more-comparison > summary").click();
  await page.fill("#criteria", ` ${CRITERIA} `);
  await page.fill("#add-further", `${OPUS}, deepseek/deepseek-v4-pro`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.fill("#disputes", "2");
  await page.check("#verify");
  await page.locator("#more > summary").click();
  await page.fill("#required", "2");
  const { request, setup } = await requestOf(page);
  equal(request.analyst, { criteria: CRITERIA, verify: "contradictions", model: OPUS });
  equal(request.escalate, {
    analysis_models: [OPUS, "deepseek/deepseek-v4-pro"],
    min_contradictions: 2,
  });
  equal(request.quorum, { fail_below: 2 });
  equal(setup.provider, "openrouter");
  includes(await textOf(page.locator("#comparison-summary")), "3 set");
  await violations(page, "settings");
  await expectNoOverflow(page, "settings");

  await page.reload();
  await openSettings(page);
  equal((await requestOf(page)).request.escalate, request.escalate, "all is kept");
  equal(await page.inputValue("#criteria"), ` ${CRITERIA} `);
  equal(await page.isChecked("#verify"), true);
  await page.locator("#more-comparison > summary").click();
  await page.getByRole("button", { name: /^Remove .*, panelist 3$/ }).click();
  equal((await requestOf(page)).request.escalate.analysis_models, ["deepseek/deepseek-v4-pro"]);
  equal(await page.locator("#criteria").getAttribute("maxlength"), "4000");
  await expectNoErrors(page, site, "https://openrouter.ai");
}

async function refused({ open, session }) {
  const page = await open();
  await serveModelList(page, { json: modelList() });
  await chooseProvider(page, "OpenRouter");
  await page.locator("#more-comparison > summary").click();
  await page.check("#verify");
  await page.uncheck("#tools");
  equal(await page.isDisabled("#verify"), true);
  includes(await textOf(page.locator("#verify-about")), "Needs web search");
  equal((await requestOf(page)).request.analyst, undefined);
  await page.check("#tools");
  equal(await page.isChecked("#verify"), true, "the choice comes back");

  await useOwnServer(page, session.baseURL, PANEL);
  await openSettings(page);
  equal(await page.isVisible("#verify"), false, "this server has no web search");
  await page.locator("#more > summary").click();
  await page.fill("#required", "3");
  await page.locator("#required").blur();
  includes(await textOf(page.locator("#required-problem")), "at most the models of the panel: 2");
  await page.fill("#required", "");
  await page.fill("#add-further", Array.from({ length: 7 }, (_, n) => `m/${n}`).join(","));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  includes(await textOf(page.locator("#add-further-problem")), "at most 8 together");
  equal((await requestOf(page)).request.escalate.analysis_models.length, 6);
}

/** Starts a run with a panel of two, and a third model that joins on disagreement. */
async function escalating({ open, session }, script, question = "Is the sky blue?") {
  await session.script({
    "red/one": reply("One"),
    "green/two": reply("Two"),
    "blue/three": reply("Three"),
    ...script,
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await openSettings(page);
  await page.locator("#more-comparison").evaluate((fold) => {
    fold.open = true;
  });
  await page.fill("#add-further", "blue/three");
  await closeSettings(page);
  await ask(page, question);
  return page;
}

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

const AGAIN = [1, 2].flatMap(() => [analysis(["A", "B", "C"]), says("Bluer.")]);
const SECOND = {
  "desk/analyst": {
    sequence: [analysis(["A", "B"]), analysis(["A", "B", "C"]), says("Blue."), ...AGAIN],
  },
};

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

async function kinship({ open, site, session }) {
  const script = { sequence: [agreed(["A", "B"]), says("Blue.")] };
  await session.script({ "red/one": reply("1"), "red/two": reply("2"), "desk/analyst": script });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["red/one", "red/two"], "desk/analyst");
  await openSettings(page);
  const note = page.locator("#kinship-note");
  await note.getByText("All models are of one family.").waitFor();
  await setPanel(page, ["red/one", "red/two", "blue/three"]);
  await note.getByText("one and two are of one family.").waitFor();
  await setPanel(page, ["red/one", "blue/three"]);
  await note.waitFor({ state: "hidden" });
  await setPanel(page, ["red/one", "red/two"]);
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  includes(await textOf(comparison(page)), "All models are of one family.");
  await expectNoErrors(page, site, session.baseURL);
}

const MONEY = Object.fromEntries(
  [OPUS, GPT, GEMINI].map((model) => [model, { prompt: "0.000001", completion: "0.00001" }]),
);

/**
 * Opens the page with OpenRouter's preset panel.
 * @param opus scripts of the analyst's model for the calls after the analysis
 */
async function online({ open, session }, opus, more = {}) {
  const page = await open();
  await redirectOpenRouter(page, session, MONEY, {
    [GPT]: reply("GPT"),
    [GEMINI]: reply("Gemini"),
    [OPUS]: { sequence: [reply("Opus"), analysis(["A", "B", "C"]), ...opus] },
    ...more,
  });
  await useOpenRouter(page);
  await openSettings(page);
  // If a default model fails, a member of the panel replaces it.
  await page.fill("#analyst", OPUS);
  await page.keyboard.press("Tab");
  await closeSettings(page);
  return page;
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
  await check.getByRole("button", { name: "Check this" }).click();
  await check.getByRole("button", { name: "Check now" }).click();
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
  await check.getByRole("button", { name: "Check this" }).click();
  await check.getByRole("button", { name: "Check now" }).click();
  await check.getByText("The check failed. There is not enough credit.").waitFor();
  await page.waitForFunction(() => !document.body.hasAttribute("data-running"));
  equal(await turn(page).getAttribute("data-state"), "done");
  await check.getByRole("button", { name: "Check again" }).click();
  await check.getByRole("button", { name: "Check now" }).click();
  await check.getByText("Checking on the web.").waitFor();
  equal(await turn(page).getAttribute("data-stage"), "answer", "the answer stays on the screen");
  await page.keyboard.press("Escape");
  await check.getByText("The check was stopped.").waitFor();
  equal(await turn(page).getAttribute("data-state"), "done");
  includes(await turn(page).locator(".answer").textContent(), "The answer stands.");
  await check.getByRole("button", { name: "Check this" }).click();
  await check.getByRole("button", { name: "Check now" }).click();
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

/**
 * Tests a turn that an earlier version of the page has stored. Such a turn has no fields for
 * escalation, kinship and checks.
 */
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
