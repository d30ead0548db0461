// Tests what the page keeps after a fault: a crash, a second tab, a clock that was set back, or a
// database that does not answer.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { allDone, askAndFinish, openHistory, waitForStored } from "./history.mjs";
import { ask, column, example, textOf, turn, useOwnServer, waitForEnd } from "./steps.mjs";

const PANEL = ["desk/fast", "desk/slow"];
const fast = says("Fast: all common ground.");
const stalled = says("Slow", { stall: "headers" });
const scripts = (...answers) => ({
  "desk/fast": fast,
  "desk/slow": says("Slow: all common ground."),
  "desk/analyst": {
    sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
  },
});

export const keeping = [
  { name: "keeping: the text on the screen survives a crash", run: crash },
  { name: "keeping: without Web Locks a run is not paid in two tabs", run: withoutLocks },
  { name: "keeping: without Web Locks a run of a closed tab can continue", run: closedTab },
  { name: "keeping: a database that never answers is reported", run: silentDatabase },
  { name: "keeping: after the clock was set back, newer conversations come first", run: clockBack },
  { name: "keeping: a link is copied although compressing it takes time", run: slowLink },
  { name: "history: each conversation has an address, Back returns to it", run: addresses },
  { name: "history: the title tells the end of a run in the background", run: titleTells },
  {
    name: "history: on a wide window the list stays beside the page",
    run: docked,
    viewport: { width: 1700, height: 900 },
    bypassCSP: true,
    reducedMotion: "reduce",
  },
];

async function started(open, session, script, init) {
  await session.script(script);
  const page = await open(init && { init: [init] });
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

async function crash({ open, session }) {
  const words = ["Slow", " words", " that", " are", " shown", " already", " and", " more"];
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/slow": { deltas: words, delay: { first_ms: 500 }, stall: { after: 6 } },
  });
  await ask(page, "Is the sky blue?");
  await column(page, 1).getByText("that are shown already").waitFor();
  const isStored = ([last]) => last?.panel[1]?.content.includes("shown already");
  await waitForStored(page, isStored);
  // In a crash, the page's listener for `pagehide` does not run. Imitate this.
  await page.evaluate(() =>
    addEventListener("pagehide", (e) => e.stopImmediatePropagation(), true),
  );
  await page.reload();
  await waitForEnd(page, "interrupted");
  includes(await textOf(column(page, 1)), "that are shown already");
}

function removeLocks() {
  Object.defineProperty(navigator, "locks", { value: undefined });
}

async function withoutLocks({ open, context, session }) {
  const script = { ...scripts("Blue."), "desk/slow": stalled };
  const one = await started(open, session, script, removeLocks);
  await ask(one, "Long run");
  const [{ id }] = await waitForStored(one, ([last]) => last?.snapshot);
  ok(id);
  const two = await open({ init: [removeLocks] });
  await openHistory(two);
  await two.locator("#entries").getByText("running in another tab").waitFor();
  await two.click("#close-history");
  // A duplicated tab has the same sessionStorage.
  const kept = await one.evaluate(() => ({ ...sessionStorage }));
  const three = await context.newPage();
  await three.addInitScript(removeLocks);
  await three.addInitScript((kept) => Object.assign(sessionStorage, kept), kept);
  await three.goto(one.url());
  await three.waitForTimeout(1500);
  equal(await three.locator(".turn").count(), 0, "the run is not shown as interrupted");
  await one.click("#stop");
  await waitForEnd(one, "stopped");
  await waitForEnd(three, "stopped");
}

async function closedTab({ open, session }) {
  const script = { ...scripts("Blue."), "desk/slow": stalled };
  const one = await started(open, session, script, removeLocks);
  await ask(one, "Long run");
  await waitForStored(one, ([last]) => last?.snapshot);
  const two = await open({ init: [removeLocks] });
  await one.close();
  await openHistory(two);
  await two.locator("#entries").getByText("Long run").click();
  await waitForEnd(two, "interrupted");
}

async function silentDatabase({ open, session }) {
  const page = await started(open, session, scripts("Blue."), () => {
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...name) {
      const request = open.apply(this, name);
      for (const event of ["success", "error", "upgradeneeded", "blocked"]) {
        request.addEventListener(event, (e) => window.silent && e.stopImmediatePropagation());
      }
      return request;
    };
    window.silent = true;
  });
  await askAndFinish(page, "Is the sky blue?");
  await page.locator("#storage-note").getByText("does not answer").waitFor();
  includes(await textOf(page.locator("#storage-note")), "not being kept");
  await openHistory(page);
  await page.getByText("Cannot load the history").waitFor();
}

async function clockBack({ open, session }) {
  const page = await started(open, session, scripts(..."abcd"), () => {
    const { now } = Date;
    Date.now = () => now() + Number(localStorage.clock ?? 0);
  });
  await page.evaluate(() => (localStorage.clock = 86_400_000));
  await askAndFinish(page, "Old");
  await page.click("#new");
  await waitForStored(page, allDone(1));
  await page.evaluate(() => (localStorage.clock = 0));
  await page.reload();
  await askAndFinish(page, "Newer");
  await page.click("#new");
  await askAndFinish(page, "Newest");
  await waitForStored(page, allDone(3));
  const titles = async () => {
    await openHistory(page);
    await page.waitForFunction(() => document.querySelectorAll("#entries .entry").length === 3);
    return page.locator("#entries .title").allInnerTexts();
  };
  equal(await titles(), ["Newest", "Newer", "Old"]);
  await page.locator("#entries").getByText("Old").click();
  await page.locator("#turns").getByText("Old").waitFor();
  await askAndFinish(page, "Again");
  await waitForStored(page, allDone(4));
  equal(await titles(), ["Old", "Newest", "Newer"], "a follow-up counts");
}

async function slowLink({ open }) {
  const page = await open({
    init: [
      () => {
        // WebKit allows the clipboard only in the task of the click.
        let isClicking = false;
        const begin = () => {
          isClicking = true;
          setTimeout(() => {
            isClicking = false;
          });
        };
        addEventListener("click", begin, true);
        const check = () => {
          if (!isClicking) throw new DOMException("denied", "NotAllowedError");
        };
        Clipboard.prototype.writeText = async (text) => {
          check();
          window.copied = text;
        };
        Clipboard.prototype.write = async ([item]) => {
          check();
          window.copied = await (await item.getType("text/plain")).text();
        };
      },
    ],
  });
  await example(page, 1).click();
  await waitForEnd(page, "done");
  await page.click("#open-export");
  await page.click("#copy-link");
  await page.waitForFunction(() => document.querySelector("#export-status").textContent);
  includes(await textOf(page.locator("#export-status")), "Link copied");
  includes(await page.evaluate(() => window.copied), "#conversation=");
  equal(await turn(page).count(), 1);
}

const shown = (page, text) => page.locator("#turns h2").getByText(text).waitFor();
const hashOf = (page) => new URL(page.url()).hash;

async function addresses({ open, site, session }) {
  const page = await started(open, session, scripts(..."abc"));
  await askAndFinish(page, "First");
  const first = hashOf(page);
  includes(first, "#c=");
  equal(await page.title(), "First - llm-fuse");
  await page.click("#new");
  equal([hashOf(page), await page.locator(".turn").count()], ["", 0]);
  await askAndFinish(page, "Second");
  const second = hashOf(page);
  ok(first !== second);
  await waitForStored(page, allDone(2));
  await page.focus(".skip");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(300);
  await shown(page, "Second");
  equal(hashOf(page), "#question", "a link inside the page leaves the conversation open");
  await page.goBack();
  equal(hashOf(page), second);
  await shown(page, "Second");
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".turn").length === 0);
  await page.goBack();
  await shown(page, "First");
  equal(hashOf(page), first);
  await page.goForward();
  await page.goForward();
  await shown(page, "Second");
  await page.goto(site.url + first);
  await page.reload();
  await shown(page, "First");
  await openHistory(page);
  equal(
    await page.locator("#entries a").first().getAttribute("href"),
    second,
    "an entry can be opened in another tab",
  );
  await page.getByRole("button", { name: "Rename “First”" }).click();
  await page.keyboard.type("Birds");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.title === "Birds - llm-fuse");
  await page.click("#close-history");

  await session.script({ ...scripts("d"), "desk/slow": stalled });
  await page.click("#new");
  await ask(page, "Long run");
  await turn(page).locator('.panelist[data-phase="done"]').waitFor();
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".turn").length === 0);
  await page.goForward();
  await shown(page, "Long run");
  // Back does not end a run.
  await waitForEnd(page, "running");
  await page.click("#stop");
  await waitForEnd(page, "stopped");

  await page.evaluate(() => {
    location.hash = "#c=0123456789";
  });
  await page.locator("#storage-note").getByText("not in this browser").waitFor();
  equal([hashOf(page), await page.locator(".turn").count()], ["", 0]);
  const other = await open();
  await other.evaluate(() => {
    location.hash = "#c=0123456789";
    location.reload();
  });
  await other.locator("#storage-note").getByText("not in this browser").waitFor();
  equal(hashOf(other), "");
}

async function titleTells({ open, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/slow": says("Slow: all common ground.", { hold: true }),
  });
  const setHidden = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await ask(page, "Is the sky blue?");
  await setHidden(true);
  await session.until((calls) => calls.some(({ model }) => model === "desk/slow"));
  await session.release();
  await page.waitForFunction(() => document.title === "Done: Is the sky blue? - llm-fuse");
  await setHidden(false);
  equal(await page.title(), "Is the sky blue? - llm-fuse");
}

async function docked({ open, session }) {
  const page = await started(open, session, scripts(..."ab"));
  await askAndFinish(page, "First");
  await page.click("#open-history");
  await page.locator("#entries").getByText("First").waitFor();
  const turnBox = await page.locator("#turns").boundingBox();
  const listBox = await page.locator("#history").boundingBox();
  ok(turnBox.x >= listBox.x + listBox.width, "the list covers nothing");
  await page.click("#new");
  await askAndFinish(page, "Second");
  await page.locator("#entries [aria-current]").getByText("Second").waitFor();
  await violations(page, "with the sidebar");
  await page.locator("#entries").getByText("First").click();
  await shown(page, "First");
  await page.locator("#entries [aria-current]").getByText("First").waitFor();
  await page.reload();
  await shown(page, "First");
  await page.locator("#entries").getByText("Second").waitFor();
  await page.setViewportSize({ width: 1200, height: 900 });
  await page.waitForFunction(() => !document.querySelector("#history").open);
  await page.setViewportSize({ width: 1700, height: 900 });
  await page.click("#open-history");
  await page.click("#open-history");
  equal(await page.locator("#history").evaluate(({ open }) => open), false);
}
