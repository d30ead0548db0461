// Tests the layout of a run. Text that a person reads must not move. The page must stay small, and
// the keyboard must reach each part.

import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { EIGHT, eight, members } from "./eight-panelists.mjs";
import {
  ask,
  column,
  columns,
  example,
  expectNoErrors,
  expectNoOverflow,
  openReply,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export const layout = [
  { name: "layout: a sample run moves nothing", run: sampleShift },
  { name: "layout: a sample run moves nothing on a phone", run: sampleShift, ...PHONE },
  { name: "layout: eight panelists move nothing", run: eightShift },
  { name: "layout: eight panelists move nothing on a phone", run: eightShift, ...PHONE },
  { name: "layout: the notice of a failed run moves nothing", run: endNotice },
  { name: "layout: the notice of a failed run moves nothing on a phone", run: endNotice, ...PHONE },
  { name: "layout: disagreements come first, and the verdict links to them", run: verdict },
  { name: "layout: a reply opens beside the comparison, with tabs", run: drawer },
  { name: "layout: a failed panelist is a slim row", run: slim },
  { name: "layout: the last line of reasoning fills an empty card", run: lastThought },
  { name: "layout: the keyboard reaches the answer in few steps", run: shortcut },
  { name: "layout: on a phone failed cards stay in their order", run: failedOrder, ...PHONE },
  { name: "layout: on a phone an earlier turn unfolds and folds", run: foldAgain, ...PHONE },
  { name: "layout: on a phone the card ends above the form", run: aboveForm, ...PHONE },
  { name: "layout: on a phone a quote leads back to the comparison", run: backAgain, ...PHONE },
  { name: "layout: on a phone the form shrinks while the page scrolls", run: shrinks, ...PHONE },
];

/** Runs in the page. Records the layout shifts after the first frames of the turn. */
function watchShifts() {
  window.shifts = [];
  let countsFrom = Number.POSITIVE_INFINITY;
  new PerformanceObserver((list) => {
    for (const { startTime, value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput || startTime < countsFrom) continue;
      const names = sources.map(({ node, previousRect, currentRect }) => {
        const [from, to] = [previousRect.y, currentRect.y].map(Math.round);
        return `${node?.className || node?.nodeName} ${from} to ${to}`;
      });
      window.shifts.push({ startTime, value, names });
    }
  }).observe({ type: "layout-shift", buffered: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#turns > .turn")) return;
    observer.disconnect();
    // Ignore the first two frames. In them, the form moves to the bottom of the page.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        countsFrom = performance.now();
      }),
    );
  }).observe(document, { childList: true, subtree: true });
}

/** Returns the largest sum of shifts in a session window, see https://web.dev/articles/cls */
function largestSession(shifts) {
  let [most, sum, first, last] = [0, 0, 0, 0];
  for (const { startTime, value } of shifts) {
    const isSame = startTime - last < 1000 && startTime - first < 5000;
    if (!isSame) [sum, first] = [0, startTime];
    sum += value;
    last = startTime;
    most = Math.max(most, sum);
  }
  return most;
}

async function expectNoShift(page, log) {
  await page.waitForTimeout(300);
  const shifts = await page.evaluate(() => window.shifts);
  const largest = largestSession(shifts);
  const worst = shifts.toSorted((a, b) => b.value - a.value).slice(0, 3);
  const list = worst.map(({ value, names }) => `${value.toFixed(4)} (${names.join(", ")})`);
  log(`layout shift ${largest.toFixed(4)}; largest: ${list.join("; ")}`);
  ok(largest < 0.1, `layout shift ${largest}: ${list.join("; ")}`);
}

async function sampleShift({ open, log }) {
  const page = await open({ init: [watchShifts] });
  await example(page, 0).click();
  await waitForEnd(page, "done");
  await expectNoShift(page, log);
}

/** Runs in the page. Replies with an analysis that quotes each panelist. */
function analyse() {
  window.analysisOf = () => {
    const labels = [..."ABCDEFG"];
    const quote = "in a sentence that goes on for a while";
    const quotes = labels.map((response) => ({ response, quote }));
    const many = (entry) => Array.from({ length: 3 }, (_, n) => entry(n));
    return JSON.stringify({
      consensus: many((n) => ({ point: `Agreement ${n}.`, responses: labels, quotes })),
      contradictions: many((n) => ({
        topic: `Topic ${n}`,
        stances: labels.map((response) => ({ response, stance: `A stance on ${n}.`, quote })),
      })),
      partial_coverage: many((n) => ({ point: `Part ${n}.`, responses: ["A", "B"], quotes: [] })),
      unique_insights: many((n) => ({ response: "C", insight: `Only ${n}.`, quote })),
      blind_spots: many((n) => ({ point: `Nobody said ${n}.` })),
    });
  };
}

async function eightShift({ open, log }) {
  const page = await open({ init: [watchShifts] });
  await page.addInitScript(analyse);
  await page.addInitScript(eight, { words: 10, every_ms: 8, fail: [6] });
  await page.reload();
  await useOwnServer(page, EIGHT, members, "maker/analyst");
  await ask(page, "Which advice is best?");
  await waitForEnd(page, "done");
  await expectNoShift(page, log);
}

async function endNotice({ open, session, log }) {
  const words = Array.from({ length: 200 }, (_, nth) => `word ${nth} `);
  const long = says(words.join(""), { deltas: words });
  await session.script({
    "*": long,
    "desk/analyst": { sequence: [analysis(["A", "B"]), failures[401]] },
  });
  const page = await open({ init: [watchShifts] });
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await column(page, 0).and(page.locator('[data-phase="done"]')).waitFor({ state: "attached" });
  const before = await page.locator(".turn .progress + *").boundingBox();
  await waitForEnd(page, "failed");
  const notice = turn(page).locator(".notice.error");
  const after = await page.locator(".turn .layout").boundingBox();
  equal(after.y, before.y, "the cards stay where they are");
  const { y, height } = await notice.boundingBox();
  const form = await page.locator("#composer").boundingBox();
  ok(y > after.y && y + height <= form.y, "the notice is in view, above the form");
  await expectNoShift(page, log);
}

const texts = {
  "desk/one": says("One. all common ground"),
  "desk/two": says("Two. all common ground"),
  "desk/analyst": { sequence: [analysis(["A", "B"]), says("The writer's words.")] },
};

export async function finished({ open, session }, more = {}, panel = ["desk/one", "desk/two"]) {
  await session.script({ ...texts, ...more });
  const page = await open();
  await useOwnServer(page, session.baseURL, panel, "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  return page;
}

async function verdict({ open, site, session }) {
  const page = await finished({ open, session });
  const line = turn(page).locator(".verdict");
  equal(
    (await textOf(line)).replace(/\s+/g, " ").trim(),
    "2 models · 1 agreement · 1 disagreement · 1 single finding",
  );
  const step = turn(page).getByRole("button", { name: /^Comparison/ });
  includes(await textOf(step), "5 findings", "the count has a unit");
  const [first] = await turn(page).locator(".group h4").allInnerTexts();
  equal(first, "Disagreed");
  const answer = await turn(page).locator(".answer").boundingBox();
  const pane = await turn(page).locator(".comparison").boundingBox();
  ok(pane.x > answer.x + answer.width, "the comparison is beside the answer");
  await line.getByRole("button", { name: "1 disagreement" }).click();
  const focused = () => page.evaluate(() => document.activeElement.closest(".group")?.dataset.kind);
  equal(await focused(), "contradictions");
  await line.getByRole("button", { name: "2 models" }).click();
  await page.getByRole("dialog", { name: "Reply of one" }).waitFor();
  await expectNoErrors(page, site, session.baseURL);
}

async function drawer({ open, site, session }) {
  const page = await finished({ open, session });
  ok(!(await column(page, 0).isVisible()), "the panel is a row of chips");
  await openReply(page, 1);
  const dialog = page.getByRole("dialog", { name: "Reply of two" });
  await dialog.getByText("Two. all common ground").waitFor();
  ok(!(await column(page, 0).isVisible()), "one reply at a time");
  ok((await column(page, 1).boundingBox()).width > 600, "a reply has a reading width");
  await dialog.getByRole("button", { name: "Reply 1, one" }).click();
  await page.getByRole("dialog", { name: "Reply of one" }).waitFor();
  await page.keyboard.press("Escape");
  equal(await page.getByRole("dialog").count(), 0);
  ok(
    await page.evaluate(() => document.activeElement.matches(".reply-chip")),
    "the focus is on the chip again",
  );
  const quote = turn(page).locator('[data-kind="contradictions"] .dot').first();
  await quote.click();
  await page.waitForSelector('.panelist[data-highlight="found"]');
  equal(await page.evaluate(() => [...CSS.highlights.get("quote")].map(String)), [
    "all common ground",
  ]);
  ok(await quote.isVisible(), "the comparison stays beside the reply");
  await page.getByRole("button", { name: "Close the replies" }).click();
  ok(await turn(page).getByText("The writer's words.").isVisible());
  await expectNoErrors(page, site, session.baseURL);
}

async function slim({ open, session }) {
  await session.script({
    "desk/one": says("One", { stall: { after: 1 } }),
    "desk/bad": failures[400],
    "desk/two": says("Two", { stall: { after: 1 } }),
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/bad", "desk/two"]);
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 1, "failed");
  await column(page, 0).getByText("One", { exact: true }).waitFor();
  const [whole, failed] = [
    await column(page, 0).boundingBox(),
    await column(page, 1).boundingBox(),
  ];
  ok(failed.height < whole.height / 1.6, `${failed.height} px of ${whole.height} px`);
}

async function failedOrder({ open, session }) {
  const models = ["desk/one", "desk/bad", "desk/two", "desk/worse"];
  const failing = { "desk/bad": failures[400], "desk/worse": failures[400] };
  const page = await finished({ open, session }, failing, models);
  await turn(page)
    .getByRole("button", { name: /^Panel/ })
    .click();
  const boxes = await columns(page).evaluateAll((all) =>
    all.map((card) => card.getBoundingClientRect().toJSON()),
  );
  for (const [nth, { x, y }] of boxes.slice(1).entries())
    ok(x > boxes[nth].x && y === boxes[nth].y, `card ${nth + 2} is beside card ${nth + 1}`);
}

async function foldAgain(test) {
  const page = await finished(test);
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  const fold = page.getByRole("button", { name: "Show replies and comparison" });
  await fold.click();
  await page.locator("#turns > .turn").first().locator(".item").first().waitFor();
  equal(await fold.getAttribute("aria-expanded"), "true");
  await fold.click();
  equal(await fold.getAttribute("aria-expanded"), "false");
}

async function lastThought({ open, session }) {
  await session.script({
    "desk/thinks": says("x", {
      reasoning: "First I look at the sky.\nThen I think about scattering.",
      stall: { after: 11 },
    }),
    "desk/one": says("One", { stall: { after: 1 } }),
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/thinks", "desk/one"]);
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "thinking");
  const line = column(page, 0).locator(".last-thought");
  await line.filter({ hasText: "scattering" }).waitFor();
  equal((await textOf(line)).includes("look at the sky"), false, "only the last line");
}

async function shortcut({ open, session }) {
  const page = await finished({ open, session });
  await page.evaluate(() => document.querySelector(".skip").focus());
  const isInAnswer = () => page.evaluate(() => document.activeElement.matches(".answer"));
  await page.keyboard.press("Tab");
  includes(await page.evaluate(() => document.activeElement.textContent), "answer");
  await page.keyboard.press("Enter");
  ok(await isInAnswer(), "the skip link leads to the answer");
  await page.focus("#question");
  await page.keyboard.press("Alt+Shift+A");
  ok(await isInAnswer(), "Alt+Shift+A leads to the answer");
  const stops = await page.evaluate(
    () =>
      [
        ...document.querySelectorAll(
          "a[href], button, input, select, textarea, summary, [tabindex='0']",
        ),
      ].filter((element) => element.checkVisibility() && !element.disabled).length,
  );
  ok(stops < 45, `${stops} tab stops`);
}

async function aboveForm({ open, session }) {
  const long = Array.from({ length: 80 }, (_, n) => `Paragraph ${n} with some words.\n\n`);
  const held = says(undefined, { deltas: long, delay: { between_ms: 2 }, stall: { after: 70 } });
  await session.script({ "*": { sequence: [says("First. all common ground")] } });
  await session.script({
    "desk/one": { sequence: [says("First. all common ground"), held] },
    "desk/analyst": says("The answer. ".repeat(200)),
  });
  const page = await open();
  const expectAbove = async (when) => {
    await column(page, 0).getByText("Paragraph 69").waitFor({ state: "attached" });
    await textOf(turn(page));
    await page.waitForTimeout(600);
    const boxOf = (selector) => turn(page).locator(selector).first().boundingBox();
    const [header, card] = [await boxOf("h2"), await boxOf(".panelist")];
    const form = await page.locator("#composer").boundingBox();
    ok(card.y + card.height <= form.y + 1, `${when}: ${card.y + card.height} > ${form.y}`);
    ok(header.y >= 0 && header.y < 300, `${when}: the question is at ${header.y}`);
    ok(card.height > 250, `${when}: the card has ${card.height} px`);
  };
  await useOwnServer(page, session.baseURL, ["desk/one"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await ask(page, "And at night?");
  await expectAbove("a follow-up");
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await page.click("#new");
  await ask(page, "Is the sea blue?");
  await expectAbove("the first question");
}

async function backAgain({ open, session }) {
  const long = JSON.parse(analysis(["A", "B"]).text);
  long.blind_spots = Array.from({ length: 12 }, (_, n) => ({ point: `Nobody said ${n}.` }));
  const analyst = { sequence: [says(JSON.stringify(long)), says("The writer's words.")] };
  const page = await finished({ open, session }, { "desk/analyst": analyst });
  const tab = () => turn(page).getAttribute("data-tab");
  equal(await tab(), "answer");
  const verdictBox = await turn(page).locator(".verdict").boundingBox();
  ok(verdictBox.y < (await turn(page).locator(".answer").boundingBox()).y, "the verdict is first");
  await turn(page).locator(".verdict").getByRole("button", { name: "1 disagreement" }).click();
  equal(await tab(), "comparison");
  await page.evaluate(() => scrollTo(0, 9999));
  await turn(page)
    .locator('[data-kind="contradictions"] .dot')
    .first()
    .evaluate((dot) => dot.click());
  equal(await tab(), "panel");
  const back = turn(page).getByRole("button", { name: "Back to comparison" });
  // The button must be below the progress bar, and the card must end above the form.
  await page.waitForFunction(() => {
    const [steps, back, card, form] = [".progress", ".go-back", ".panelist", "#composer"].map(
      (selector) => document.querySelector(selector).getBoundingClientRect(),
    );
    return back.top >= steps.bottom && card.bottom <= form.top;
  });
  await back.click();
  equal(await tab(), "comparison");
  ok(await turn(page).locator('.group[data-kind="contradictions"]').isVisible());
  ok(!(await turn(page).getByRole("button", { name: "Back to comparison" }).isVisible()));
  await expectNoOverflow(page, "back");
}

async function shrinks({ open, session }) {
  const page = await finished(
    { open, session },
    { "desk/analyst": { sequence: [analysis(["A", "B"]), says("Some words.\n\n".repeat(90))] } },
  );
  const height = async () => (await page.locator("#composer").boundingBox()).height;
  await page.waitForTimeout(300);
  const before = await height();
  await page.mouse.wheel(0, 600);
  await page.waitForFunction(() => document.querySelector("#composer[data-compact]"));
  ok((await height()) < before - 25, `${await height()} px of ${before} px`);
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => !document.querySelector("#composer[data-compact]"));
  equal(await height(), before);
}
