// Tests the sample panel, which works without a key.

import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import {
  chooseProvider,
  closeSettings,
  column,
  columns,
  example,
  expectNoErrors,
  expectNoOverflow,
  textOf,
  turn,
  waitForEnd,
} from "./steps.mjs";

export const sample = [
  { name: "sample: a whole run", run: wholeRun },
  { name: "sample: a panelist that fails", run: oneFails },
  {
    name: "sample: no sideways scrolling at 320 px",
    run: narrow,
    viewport: { width: 320, height: 640 },
  },
  { name: "sample: Stop ends a run", run: stopped },
  { name: "sample: Ctrl+Enter asks, Escape stops", run: byKeyboard },
  { name: "sample: the built page has nothing inline", run: nothingInline },
];

async function wholeRun({ open, site }) {
  const page = await open();
  await example(page, 0).click();
  await page.waitForSelector('.panelist[data-phase="writing"]');
  ok(
    await page.locator(".sample-label").getByText("not from a model").isVisible(),
    "the label is shown during the run",
  );
  equal(await columns(page).count(), 3, "columns");

  await waitForEnd(page, "done");
  ok(
    await page.locator(".sample-label").getByText("not from a model").isVisible(),
    "the label stays",
  );
  for (let nth = 0; nth < 3; nth += 1) {
    equal(await column(page, nth).getAttribute("data-phase"), "done");
    ok(
      (await column(page, nth).locator(".prose").textContent()).length > 300,
      "a column holds its reply",
    );
    includes(await textOf(column(page, nth).locator(".meter")), "$0");
  }
  ok((await column(page, 0).locator(".tool").count()) >= 1, "tool chips");
  ok((await column(page, 0).locator(".sources a").count()) >= 1, "source chips");
  equal(
    await column(page, 0).locator(".thinking").getAttribute("open"),
    null,
    "reasoning is folded",
  );
  lacks(await turn(page).innerText(), "one family", "the sample has no models");
  equal(await page.locator(".group h4").allInnerTexts(), [
    "Disagreed",
    "Agreed",
    "Partly covered",
    "Only one model",
    "Missed by all",
  ]);

  for (const fold of await page.locator(".quotes summary").all()) await fold.click();
  const look = (selector) =>
    page
      .locator(selector)
      .first()
      .evaluate((quote) => getComputedStyle(quote).borderLeftStyle);
  equal(
    [await look(".quotes .verified"), await look(".quote.unverified")],
    ["solid", "dotted"],
    "verified and unverified quotes look different",
  );
  equal(
    await page.locator(".quote.unverified").count(),
    1,
    "only the quote that is meant to fail is unverified",
  );

  includes(
    await textOf(page.locator(".answer .prose")),
    "In most old houses a heat pump keeps you warm",
  );
  for (const link of await page.locator(".answer .prose a, .answer .source-list a").all()) {
    equal(
      [await link.getAttribute("target"), await link.getAttribute("rel")],
      ["_blank", "noopener noreferrer nofollow"],
    );
  }
  includes(await textOf(page.locator(".totals")), "$0");
  await page.getByText("Call log").click();
  equal(await page.locator(".calls tbody tr").count(), 5, "three panelists, analyst, writer");
  await expectNoErrors(page, site);
}

async function oneFails({ open, site }) {
  const page = await open();
  await example(page, 2).click();
  await page.waitForSelector('.panelist[data-phase="failed"]');
  includes(await textOf(column(page, 2)), "Declined by the provider's content rules");
  includes(await textOf(column(page, 2)), "does not answer medical questions");
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".stages")), "1 failed");
  ok((await page.locator(".group").count()) >= 4, "the other two are compared");
  equal(await page.locator(".quote.unverified").count(), 0);
  await expectNoErrors(page, site);
}

async function narrow({ open }) {
  const page = await open();
  await expectNoOverflow(page, "empty");
  await example(page, 1).click();
  await page.waitForSelector('.panelist[data-phase="writing"]');
  await page.waitForTimeout(3000);
  await expectNoOverflow(page, "running");
  await waitForEnd(page, "done");
  await expectNoOverflow(page, "finished");
  await page.getByRole("button", { name: /^Comparison/ }).click();
  await expectNoOverflow(page, "comparing");
  await page.getByRole("button", { name: /^Panel/ }).click();
  await expectNoOverflow(page, "back at the panel");
  const { columnsWide, columnsSeen } = await page
    .locator(".cards")
    .evaluate((all) => ({ columnsWide: all.scrollWidth, columnsSeen: all.clientWidth }));
  ok(columnsWide > columnsSeen, "the columns can be swiped");
  await chooseProvider(page, "Other provider");
  await expectNoOverflow(page, "with settings open");
  await closeSettings(page);
}

async function stopped({ open, site }) {
  const page = await open();
  await example(page, 0).click();
  await page.waitForSelector('.panelist[data-phase="writing"]');
  await page.waitForTimeout(500);
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  const phases = await columns(page).evaluateAll((all) => all.map((one) => one.dataset.phase));
  ok(
    phases.includes("stopped") && phases.every((phase) => ["stopped", "done"].includes(phase)),
    String(phases),
  );
  const before = await page.locator(".panel").innerText();
  await page.waitForTimeout(1000);
  equal(await textOf(page.locator(".panel")), before, "nothing changes after Stop");
  ok(await page.locator("#send").isVisible(), "the Ask button is back");
  ok(await page.getByRole("button", { name: "Continue" }).isVisible(), "and so is Continue");
  equal(await page.locator(".notice.error").count(), 0, "stopping is not an error");
  await expectNoErrors(page, site);
}

async function byKeyboard({ open }) {
  const page = await open();
  await page.fill(
    "#question",
    "Should a new Postgres table use UUIDv7 or bigint for its primary key?",
  );
  await page.press("#question", "Control+Enter");
  await page.waitForSelector('.panelist[data-phase="writing"]');
  // The first Escape only moves the focus out of the text field. The second Escape stops the run.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
  await page.fill("#question", "   ");
  await page.press("#question", "Control+Enter");
  includes(await textOf(page.locator("#problem")), "Write a question first");
}

async function nothingInline({ site: { html } }) {
  ok(!/<style|\sstyle=|\son\w+=/i.test(html), "no inline styles, no handlers");
  ok(
    [...html.matchAll(/<script\b[^>]*>/g)].every(([tag]) => /\ssrc=/.test(tag)),
    "no inline scripts",
  );
  ok(
    [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].every(([, url]) =>
      /^(\.\/|#|data:image\/svg)/.test(url),
    ),
    "every URL is relative, so the page works in any folder",
  );
}
