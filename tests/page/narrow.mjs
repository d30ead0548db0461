// A window of 320 px, the narrowest one that WCAG 1.4.10 asks for. In every main state, no text is
// cut, no word of a label breaks, no control overlaps another, and nothing overflows.

import { analysis, cites, failures, says } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { prices, redirectOpenRouter, startNearBudget, useOpenRouter } from "./cost.mjs";
import {
  ask,
  column,
  columns,
  example,
  expectNoOverflow,
  openSettings,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const NARROW = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };

export const narrow = [
  { name: "320 px: the empty page and its dialogs", run: dialogs, ...NARROW },
  { name: "320 px: a run in all its phases", run: phases, ...NARROW },
  { name: "320 px: runs that end early", run: ends, ...NARROW },
  { name: "320 px: the price before and after a run", run: money, ...NARROW },
];

/** Runs in the page. Returns what does not fit. */
function misfits() {
  const CONTROLS = "button, a[href], input, select, textarea, summary";
  /** Longer words are names of models, which may break. */
  const SHORT = 14;
  const root = document.querySelector("dialog:modal") ?? document.body;
  const styleOf = (element) => getComputedStyle(element);
  const nameOf = (element) =>
    `${element.localName}${element.id && `#${element.id}`}.${element.className} ` +
    `“${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 40)}”`;
  const ancestors = (element) => {
    const all = [];
    for (let at = element; at && at !== document.documentElement; at = at.parentElement)
      all.push(at);
    return all;
  };
  const isVisible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    // Text for screen readers only.
    ancestors(element).every((at) => !clips(at) || at.getBoundingClientRect().width > 2) &&
    !element.closest(".skip") &&
    !(element instanceof HTMLInputElement && styleOf(element).opacity === "0");
  const scrolls = (element) => /auto|scroll/.test(styleOf(element).overflowX);
  const clips = (element) => /hidden|clip/.test(styleOf(element).overflowX);
  const found = [];

  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const words = text.data.trim();
    if (!words || !isVisible(text.parentElement)) continue;
    const range = new Range();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 0);
    const chain = ancestors(text.parentElement);
    const inScroller = chain.findIndex(scrolls);
    const around = inScroller < 0 ? chain : chain.slice(0, inScroller);
    for (const { left, right } of boxes) {
      const frame = around.find((element) => {
        const box = element.getBoundingClientRect();
        return clips(element) && (left < box.left - 1 || right > box.right + 1);
      });
      if (frame) found.push(`cut: “${words.slice(0, 40)}” in ${nameOf(frame)}`);
      const isOutside = left < -1 || right > innerWidth + 1;
      if (isOutside && inScroller < 0) found.push(`outside: “${words.slice(0, 40)}”`);
    }
    const isLabel = text.parentElement.closest("button, summary, .stages");
    for (const { index, 0: word } of isLabel ? text.data.matchAll(/\S+/g) : []) {
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (word.length <= SHORT && lines.size > 1) found.push(`broken: “${word}”`);
    }
  }

  const layerOf = (element) =>
    ancestors(element).find((at) => /sticky|fixed/.test(styleOf(at).position)) ?? root;
  const shown = (element) => {
    let { left, right, top, bottom } = element.getBoundingClientRect();
    for (const at of ancestors(element.parentElement)) {
      if (!scrolls(at) && !clips(at)) continue;
      const box = at.getBoundingClientRect();
      [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return { element, left, right, top, bottom, layer: layerOf(element) };
  };
  const controls = [...root.querySelectorAll(CONTROLS)]
    .filter(isVisible)
    .map(shown)
    .filter(({ left, right, top, bottom }) => right - left > 1 && bottom - top > 1);
  for (const [nth, a] of controls.entries()) {
    for (const b of controls.slice(nth + 1)) {
      if (a.layer !== b.layer || a.element.contains(b.element)) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 1 && height > 1)
        found.push(`overlap: ${nameOf(a.element)} and ${nameOf(b.element)}`);
    }
  }
  return [...new Set(found)];
}

async function expectFit(page, when) {
  await textOf(page.locator("#status"));
  await page.waitForFunction(() =>
    document.getAnimations().every(({ effect }) => {
      return effect.getTiming().iterations === Number.POSITIVE_INFINITY || !effect.isConnected;
    }),
  );
  await expectNoOverflow(page, when);
  equal(await page.evaluate(misfits), [], when);
}

async function dialogs({ open }) {
  const page = await open();
  await expectFit(page, "empty");
  await openSettings(page);
  for (const provider of ["Sample panel", "OpenRouter", "Other provider"]) {
    await page.getByLabel(provider, { exact: true }).check();
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll("#settings details")) fold.open = true;
    });
    await expectFit(page, `settings, ${provider}`);
  }
  await page.getByLabel("Sample panel", { exact: true }).check();
  await page.click("#close-settings");
  await ask(page, "How do I fold a fitted sheet?");
  await page.locator("#settings").getByText("The demo cannot answer this").waitFor();
  await expectFit(page, "a question that the sample does not have");
  await page.click("#close-settings");
  await page.fill("#question", "");
  await example(page, 1).click();
  await waitForEnd(page, "done");
  await page.click("#open-export");
  await expectFit(page, "export");
  await page.click("#close-export");
  await page.click("#open-history");
  await page.locator("#entries .entry").first().waitFor();
  await expectFit(page, "history");
  await page.getByRole("button", { name: /^Rename/ }).click();
  await expectFit(page, "history, renaming");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Delete “/ }).click();
  await expectFit(page, "history, deleting");
}

const LONG = "provider-with-a-long-name/a-model-with-a-rather-long-name-2026-11-30";

/** This function is long because one page goes through all phases. */
async function phases({ open, session }) {
  const source = cites("https://example.org/a-long-path/to-a-source", "The title of a source");
  const said =
    "Blue. all common ground, see [the source](https://example.org/a-long-path/to-a-source).";
  const text = analysis(["A", "B"]).text;
  await session.script({
    [LONG]: says(said, { annotations: [source] }),
    "desk/two": says("Some words that stall", { stall: { after: 3 } }),
    "desk/bad": failures[429],
    "desk/analyst": { deltas: [text.slice(0, 500), text.slice(500)], stall: { after: 1 } },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, [LONG, "desk/two", "desk/bad"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await page.fill("#question", "A question that is asked later");
  await expectFit(page, "running");
  await page.click("#send");
  await expectFit(page, "running, with a queued question");
  await page.getByRole("button", { name: /^Remove “A question/ }).click();
  for (const nth of [1, 2]) {
    await column(page, nth).scrollIntoViewIfNeeded();
    await expectFit(page, `running, card ${nth + 1}`);
  }
  await page.getByRole("button", { name: "Skip the rest" }).click();
  await turn(page).locator(".item").first().waitFor({ state: "attached" });
  await expectFit(page, "comparing");
  await session.script({ "desk/analyst": says(said, { annotations: [source] }) });
  await page.getByRole("button", { name: "Skip comparison" }).click();
  await waitForEnd(page, "done");
  await session.script({ "desk/analyst": { sequence: [analysis(["A"]), says(said)] } });
  await turn(page)
    .getByRole("button", { name: /^Comparison/ })
    .click();
  await turn(page).getByRole("button", { name: "Compare again" }).click();
  await expectFit(page, "choosing another analyst");
  await turn(page).locator(".replace-model .primary").click();
  await page.getByText("2 of 2", { exact: true }).waitFor();
  await waitForEnd(page, "done");
  for (const tab of ["Answer", "Comparison", "Panel"]) {
    await turn(page)
      .getByRole("button", { name: new RegExp(`^${tab}`) })
      .click();
    await expectFit(page, `finished, ${tab}`);
  }
  await column(page, 0)
    .getByRole("button", { name: /^More about/ })
    .click();
  await expectFit(page, "the menu of a member");
  await page.keyboard.press("Escape");
  await turn(page).locator(".calls summary").click();
  await expectFit(page, "the call log");
  await page.getByRole("button", { name: "Edit and ask again" }).click();
  await expectFit(page, "editing the question");
  await page.keyboard.press("Escape");
  await session.script({ "desk/analyst": { sequence: [analysis(["A"]), says(said)] } });
  await ask(page, "And at night, when there is no sun and hardly a moon?");
  await page.locator('#turns > .turn:nth-child(2)[data-state="running"]').waitFor();
  await expectFit(page, "a follow-up");
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await page.getByRole("button", { name: "Show replies and comparison" }).click();
  await expectFit(page, "an earlier turn, opened");
}

async function ends({ open, session }) {
  await session.script({ "*": failures[401] });
  const page = await open();
  await useOwnServer(page, session.baseURL, [LONG, "desk/two"]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "failed");
  await expectFit(page, "all failed");
  await page.click("#new");
  await session.script({ "*": says("Some words", { stall: { after: 2 } }) });
  await ask(page, "Is the sea blue?");
  await column(page, 0).getByText("Some").waitFor();
  await page.waitForTimeout(2500);
  // On a slow phone, the cards come some frames after the tabs.
  const client = await page.context().newCDPSession(page);
  await client.send("Emulation.setCPUThrottlingRate", { rate: 20 });
  await page.reload();
  await waitForEnd(page, "interrupted");
  await client.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await expectFit(page, "interrupted");
  equal(await turn(page).locator(".card-tabs [data-open]").count(), 1, "the card in view");
  await page.getByRole("button", { name: "Continue" }).click();
  await column(page, 0).getByText("Some").waitFor();
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await expectFit(page, "stopped");
  ok((await columns(page).count()) === 2);
}

async function money({ open, session }) {
  const page = await open();
  await redirectOpenRouter(page, session, prices("0.00001"));
  await useOpenRouter(page);
  await page.fill("#question", "Is intermittent fasting safe for somebody with type 2 diabetes?");
  await page.getByText("Estimate:").waitFor();
  await expectFit(page, "the estimate");
  const next = await open();
  const go = await startNearBudget(next, session);
  await expectFit(next, "near the budget");
  await go();
  await waitForEnd(next, "failed");
  await expectFit(next, "stopped at the budget");
}
