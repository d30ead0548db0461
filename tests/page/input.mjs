// Tests the form for a question: keys, input methods, drafts, the queue and pasted text.

import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { waitForStored } from "./history.mjs";
import { ask, column, textOf, turn, useOwnServer, waitForEnd, waitForPhase } from "./steps.mjs";

const PANEL = ["desk/fast", "desk/slow"];
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const long = Array.from({ length: 40 }, (_, nth) => `Paragraph ${nth}: all common ground.`);
const reply = says(long.join("\n\n"));
const scripts = (...answers) => ({
  "desk/fast": reply,
  "desk/slow": reply,
  "desk/analyst": {
    sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
  },
});
const LONG_ANSWER = long.join("\n\n");
const stalled = says("Slow", { stall: "headers" });

export const input = [
  { name: "input: typing a follow-up does not scroll the page", run: typing },
  { name: "input: typing does not scroll the page on a phone", run: typing, ...PHONE },
  { name: "input: a follow-up opens in view on a phone", run: followUpInView, ...PHONE },
  { name: "input: a follow-up opens in view on a desktop", run: followUpInView },
  { name: "input: Escape in the field does not stop a run", run: escapeInField },
  { name: "input: keys of an input method are no commands", run: inputMethod },
  { name: "input: Enter sends, Shift+Enter breaks the line", run: enterSends },
  { name: "input: Enter breaks the line on a touch keyboard", run: touchEnter, ...PHONE },
  { name: "input: a draft survives a reload and stays with its conversation", run: drafts },
  { name: "input: a follow-up written during a run is queued", run: queued },
  { name: "input: a queued follow-up waits if the run fails", run: queueWaits },
  { name: "input: a follow-up can be queued on a phone", run: queuedOnPhone, ...PHONE },
  { name: "input: cells and formatted text are pasted as text", run: pastedText },
  { name: "input: an error has a button that leads to the key", run: setKey },
];

async function started(open, session, script) {
  await session.script(script);
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

async function typing({ open, session }) {
  const page = await started(open, session, scripts(LONG_ANSWER));
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.evaluate(() => scrollTo({ top: 300, behavior: "instant" }));
  await page.locator("#question").focus();
  await page.waitForTimeout(300);
  const before = await page.evaluate(() => scrollY);
  await page.keyboard.type("How far", { delay: 60 });
  await page.waitForTimeout(300);
  equal(await page.evaluate(() => scrollY), before, "the page stays where it is");
}

async function followUpInView({ open, session }) {
  const page = await started(open, session, {
    ...scripts(LONG_ANSWER, LONG_ANSWER),
    "desk/fast": { sequence: [reply, reply] },
    "desk/slow": { sequence: [reply, stalled] },
  });
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.evaluate(() => scrollTo({ top: 1e6, behavior: "instant" }));
  await ask(page, "And at night?");
  await waitForPhase(page, 0, "done");
  // Wait for the end of smooth scrolling.
  await page.waitForTimeout(1200);
  const { top, height } = await turn(page)
    .locator("h2")
    .evaluate((heading) => ({
      top: heading.getBoundingClientRect().top,
      height: innerHeight,
    }));
  ok(top >= 0 && top < height / 4, `the question is at ${top} px of ${height} px`);
}

async function escapeInField({ open, session }) {
  const page = await started(open, session, { ...scripts("Blue."), "desk/slow": stalled });
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await page.focus("#question");
  await page.keyboard.type("And at");
  await page.keyboard.press("Escape");
  await page.waitForTimeout(300);
  equal(await turn(page).getAttribute("data-state"), "running", "the run goes on");
  equal(await page.inputValue("#question"), "And at", "the text stays");
  equal(await page.evaluate(() => document.activeElement.id), "stop", "Stop has the focus");
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
}

/** Presses a key as an input method does while it composes or ends a composition. */
const compose = (page, selector, key, more = {}) =>
  page.evaluate(
    ([selector, key, more]) => {
      const target = document.querySelector(selector);
      for (const how of [{ isComposing: true }, { keyCode: 229 }]) {
        const init = { key, bubbles: true, cancelable: true, ...how, ...more };
        target.dispatchEvent(new KeyboardEvent("keydown", init));
      }
    },
    [selector, key, more],
  );

async function inputMethod({ open, session }) {
  const page = await started(open, session, { ...scripts("Blue."), "desk/slow": stalled });
  await page.fill("#question", "空");
  await compose(page, "#question", "Enter");
  await compose(page, "#question", "Enter", { ctrlKey: true });
  await page.waitForTimeout(200);
  equal(await page.locator(".turn").count(), 0, "nothing is sent");
  await page.click("#open-settings");
  await page.fill("#add-model", "desk/third");
  await page.locator("#add-model").press("Escape");
  await compose(page, "#add-model", "Enter");
  equal(await page.locator("#panel-list li").count(), 2, "no model is added");
  await page.fill("#add-model", "");
  await page.click("#close-settings");
  await page.click("#send");
  await waitForPhase(page, 0, "done");
  await compose(page, "body", "Escape");
  await page.waitForTimeout(200);
  equal(await turn(page).getAttribute("data-state"), "running", "the run goes on");
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await page.getByRole("button", { name: "Edit and ask again" }).click();
  await compose(page, ".edit textarea", "Escape");
  await compose(page, ".edit textarea", "Enter", { ctrlKey: true });
  await page.waitForTimeout(200);
  ok(await page.locator(".edit textarea").isVisible(), "the edit stays open");
  equal(await page.locator(".versions:not([hidden])").count(), 0, "the edit is not sent");
  await page.keyboard.press("Escape");
}

async function enterSends({ open, session }) {
  const page = await started(open, session, scripts("Blue.", "Grey."));
  await page.focus("#question");
  await page.keyboard.type("Is the sky");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("blue?");
  equal(await page.inputValue("#question"), "Is the sky\nblue?");
  await page.keyboard.press("Enter");
  await waitForEnd(page, "done");
  equal(await page.inputValue("#question"), "");
  await page.getByRole("button", { name: "Edit and ask again" }).click();
  await page.getByLabel("Edit the question").fill("Is the sea");
  await page.keyboard.press("Shift+Enter");
  equal(await page.getByLabel("Edit the question").inputValue(), "Is the sea\n");
  await page.keyboard.press("Enter");
  await page.locator(".turn h2").getByText("Is the sea").waitFor();
  await page.getByText("Grey.").waitFor();
}

async function touchEnter({ open, session }) {
  const page = await started(open, session, scripts("Blue."));
  await page.focus("#question");
  await page.keyboard.type("Is the sky");
  await page.keyboard.press("Enter");
  await page.keyboard.type("blue?");
  equal(await page.inputValue("#question"), "Is the sky\nblue?");
  await page.keyboard.press("Control+Enter");
  await waitForEnd(page, "done");
}

async function drafts({ open, session }) {
  const page = await started(open, session, scripts("Blue."));
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.fill("#question", "And at night");
  await waitForStored(page, ([last]) => last?.state === "done");
  await page.reload();
  await waitForEnd(page, "done");
  equal(await page.inputValue("#question"), "And at night");
  await page.click("#new");
  equal(await page.inputValue("#question"), "", "a new conversation has its own draft");
  await page.fill("#question", "Something else");
  await page.reload();
  equal(await page.inputValue("#question"), "Something else");
  await page.click("#open-history");
  await page.locator("#entries .open").first().click();
  await waitForEnd(page, "done");
  equal(await page.inputValue("#question"), "And at night");
}

const queue = (page) => page.locator("#queue li");

async function queued({ open, session }) {
  const page = await started(open, session, {
    "desk/fast": reply,
    "desk/slow": { sequence: [stalled, reply] },
    "desk/analyst": {
      sequence: [analysis(["A"]), says("First."), analysis(["A", "B"]), says("Second.")],
    },
  });
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await page.fill("#question", "Never asked");
  await page.click("#send");
  await page.fill("#question", "And at night?");
  await page.focus("#question");
  await page.keyboard.press("Enter");
  equal(await page.inputValue("#question"), "");
  equal(await queue(page).count(), 2);
  includes(await textOf(queue(page).first()), "Never asked");
  await page.getByRole("button", { name: "Remove “Never asked”" }).click();
  equal(await queue(page).count(), 1);
  equal(await page.locator(".turn").count(), 1, "not asked yet");
  await page.getByRole("button", { name: "Skip the rest" }).click();
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  equal(await queue(page).count(), 0);
  equal(await page.locator(".turn h2").allInnerTexts(), ["Is the sky blue?", "And at night?"]);
  const calls = (await session.calls()).filter(({ model }) => model === "desk/fast");
  equal(calls[1].body.messages.at(-2), { role: "assistant", content: "First." });
}

async function queueWaits({ open, session }) {
  const page = await started(open, session, {
    ...scripts("First.", "Second."),
    "desk/slow": stalled,
  });
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await page.fill("#question", "And at night?");
  await page.click("#send");
  equal(await queue(page).count(), 1);
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  await page.waitForTimeout(300);
  equal(await page.locator(".turn").count(), 1, "not asked by itself");
  await waitForStored(page, ([last]) => last?.state === "stopped");
  await page.reload();
  await waitForEnd(page, "stopped");
  includes(await textOf(queue(page).first()), "And at night?", "it survives a reload");
  await session.script(scripts("Second."));
  await page.getByRole("button", { name: "Ask now" }).click();
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  equal(await queue(page).count(), 0);
}

async function queuedOnPhone({ open, session }) {
  const page = await started(open, session, { ...scripts("First."), "desk/slow": stalled });
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await page.fill("#question", "And at night?");
  await page.click("#send");
  equal(await queue(page).count(), 1);
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  ok(content <= window, "no overflow");
  await page.click("#stop");
}

/** Pastes text and a picture of the text, as spreadsheets and word processors do. */
const paste = (page, text, { html = "", file = "image.png" } = {}) =>
  page.evaluate(
    async ([text, html, file]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 30, height: 20 });
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      const data = new DataTransfer();
      data.items.add(new File([blob], file, { type: "image/png" }));
      if (text) data.setData("text/plain", text);
      if (html) data.setData("text/html", html);
      const init = { clipboardData: data, bubbles: true, cancelable: true };
      const event = new ClipboardEvent("paste", init);
      const isText = document.querySelector("#question").dispatchEvent(event);
      await new Promise((done) => setTimeout(done, 200));
      return isText;
    },
    [text, html, file],
  );

async function pastedText({ open }) {
  const page = await open();
  const table = "<table><tr><td>1</td><td>2</td></tr></table>";
  equal(await paste(page, "1\t2\n3\t4", { html: table }), true, "the browser pastes the cells");
  equal(await page.locator("#images li").count(), 0, "without their picture");
  equal(await paste(page, "Words", { html: "<p>Words</p>" }), true);
  equal(await paste(page, "", { html: "<img src='a.png'>" }), false, "a copied picture");
  equal(await paste(page, "sky.png", { file: "sky.png" }), false, "a copied file");
  equal(await page.locator("#images li").count(), 2);
}

async function setKey({ open, session }) {
  const refused = failures[401];
  const page = await started(open, session, { "desk/fast": refused, "desk/slow": refused });
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "failed");
  await column(page, 0).getByRole("button", { name: "Set key" }).click();
  ok(await page.locator("#settings").evaluate(({ open }) => open));
  equal(await page.evaluate(() => document.activeElement.id), "key");
  await page.click("#close-settings");
  await session.script({ "desk/fast": failures[404], "desk/slow": failures[404] });
  await ask(page, "And now?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="failed"]');
  await column(page, 1).getByRole("button", { name: "Choose models" }).click();
  equal(await page.evaluate(() => document.activeElement.id), "add-model");
}
