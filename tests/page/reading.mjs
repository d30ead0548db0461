// Tests how a person reads a run. The page scrolls with long replies, names a model that is silent,
// and shows readable text on the screen and on paper.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import {
  ask,
  column,
  example,
  expectNoErrors,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

export const reading = [
  { name: "reading: a long reply is followed until the person scrolls", run: follows },
  { name: "reading: a model without new text for 8 s is named, with Skip and Retry", run: silent },
  {
    name: "reading: a card that still grows is enlarged, and Escape does not end the run",
    run: enlarge,
  },
  { name: "reading: headings in a card have the page's margins", run: headings },
  { name: "reading: wide tables and code show that they continue", run: wideContent },
  { name: "reading: a person's stop is not an error, and a stopped sample is free", run: stopped },
  { name: "reading: in a short window nothing is sticky", run: shortWindow },
  { name: "reading: paper gets the texts and no controls", run: onPaper },
];

/** Blocks of many heights, because a browser estimates the height of blocks outside the view. */
const blocks = Array.from({ length: 60 }, (_, n) =>
  n % 3 === 0
    ? `\`\`\`\n${"line\n".repeat(14)}\`\`\`\n\n`
    : `Paragraph ${n}. ${"Many words in one long paragraph. ".repeat(n % 3 === 1 ? 1 : 30)}\n\n`,
);

const distanceToEnd = (page, nth) =>
  column(page, nth)
    .locator(".scroller")
    .evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

async function follows({ open, session }) {
  const slowly = { delay: { between_ms: 20 } };
  const go = says(undefined, { deltas: blocks, ...slowly });
  await session.script({
    "desk/held": { ...go, stall: { after: 50 } },
    "desk/whole": go,
    "desk/read": { ...go, delay: { between_ms: 60 } },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/held", "desk/whole", "desk/read"]);
  await ask(page, "Is the sky blue?");
  const read = column(page, 2).locator(".scroller");
  await read.getByText("Paragraph 7.").waitFor();
  await read.hover();
  await page.mouse.wheel(0, -300);
  await waitForPhase(page, 1, "done");
  await waitForPhase(page, 2, "done");
  await column(page, 0).getByText("Paragraph 49.").waitFor({ state: "attached" });
  await textOf(column(page, 0));
  const distance = await distanceToEnd(page, 0);
  ok(distance < 40, `the newest text is ${distance} px below the card's view`);
  equal(
    await column(page, 1)
      .locator(".scroller")
      .evaluate((box) => box.scrollTop),
    0,
    "a finished card goes to its top",
  );
  ok((await distanceToEnd(page, 2)) > 1000, "a person who scrolls up stays there");
}

async function silent({ open, session }) {
  const held = says("Some words and no more", { stall: { after: 3 } });
  await session.script({
    "desk/held": { sequence: [held, says("Now it works. all common ground")] },
    "desk/skipped": held,
    "desk/third": says("Third. all common ground"),
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("Blue.")] },
  });
  const page = await open();
  await page.clock.install();
  const panel = ["desk/held", "desk/skipped", "desk/third"];
  await useOwnServer(page, session.baseURL, panel, "desk/analyst");
  await ask(page, "Is the sky blue?");
  for (const nth of [0, 1]) await column(page, nth).getByText("Some words").waitFor();
  equal(await page.getByText("No new text for").count(), 0);
  await page.clock.fastForward(9000);
  for (const nth of [0, 1]) await column(page, nth).getByText("No new text for").waitFor();
  lacks(await textOf(column(page, 0).locator(".state")), "Writing");
  await column(page, 1).getByRole("button", { name: "Skip", exact: true }).click();
  await waitForPhase(page, 1, "stopped");
  await column(page, 0).getByRole("button", { name: "Retry", exact: true }).click();
  await waitForEnd(page, "done");
  equal(await column(page, 0).getAttribute("data-phase"), "done");
  equal(await page.locator(".silence:visible").count(), 0);
}

async function enlarge({ open, site, session }) {
  await session.script({
    "desk/slow": says("Never ends", { stall: { after: 1 } }),
    "desk/free": says("x", { stall: "headers" }),
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/slow", "desk/free"]);
  await ask(page, "Is the sky blue?");
  await column(page, 0).getByText("Never").waitFor();
  const { width } = await column(page, 0).boundingBox();
  await column(page, 0)
    .getByRole("button", { name: /^Enlarge/ })
    .click();
  await page.getByRole("dialog", { name: "Reply of slow" }).getByText("Never").waitFor();
  ok((await column(page, 0).boundingBox()).width > 1.5 * width, "the card is wider");
  await page.keyboard.press("Escape");
  equal(await page.getByRole("dialog").count(), 0);
  ok(await column(page, 1).isVisible(), "the other card is there again");
  equal(
    await page.evaluate(() => document.activeElement.getAttribute("aria-label")),
    "Enlarge the reply of slow",
    "its button has the focus",
  );
  equal(await turn(page).getAttribute("data-state"), "running");
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
  await expectNoErrors(page, site, session.baseURL);
}

async function headings({ open, session }) {
  await session.script({ "desk/one": says("Before.\n\n## A heading\n\nAfter.") });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one"]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const margins = await column(page, 0)
    .locator(".prose h5")
    .evaluate((heading) => {
      const { marginTop, marginBottom, fontSize } = getComputedStyle(heading);
      return [marginTop, marginBottom].map((value) => parseFloat(value) / parseFloat(fontSize));
    });
  ok(margins[0] > 1 && margins[0] < 1.5, `above: ${margins[0]} em`);
  equal(margins[1], 0, "below");
}

async function wideContent({ open, session }) {
  const cells = Array.from({ length: 14 }, (_, n) => `column${n}`).join(" | ");
  const text =
    `| ${cells} |\n|${"---|".repeat(14)}\n| ${cells} |\n\n` +
    `\`\`\`\n${"x".repeat(400)}\n\`\`\`\n\nEnd.`;
  await session.script({ "desk/one": says(text) });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one"]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  for (const selector of [".answer .table-box", ".answer pre"]) {
    const look = await page.locator(selector).evaluate((box) => {
      const { backgroundImage, backgroundAttachment } = getComputedStyle(box);
      return { backgroundImage, backgroundAttachment, wider: box.scrollWidth > box.clientWidth };
    });
    ok(look.wider, `${selector} is wider than its box`);
    includes(look.backgroundImage, "linear-gradient", selector);
    includes(look.backgroundAttachment, "local, local", selector);
  }
}

async function stopped({ open }) {
  const page = await open();
  await example(page, 0).click();
  await page.waitForSelector('.panelist[data-phase="writing"]');
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  lacks(await textOf(turn(page)), "unknown");
  includes(await textOf(turn(page).locator(".notice")), "free");
  const colors = await page.evaluate(() => {
    const probe = document.createElement("i");
    probe.style.color = "var(--bad)";
    document.body.append(probe);
    const bad = getComputedStyle(probe).color;
    probe.remove();
    const all = [...document.querySelectorAll(".turn *, #composer *")];
    const isRed = (element) =>
      ["", "::before"].some((part) => {
        const { color, backgroundColor, display } = getComputedStyle(element, part || null);
        return display !== "none" && [color, backgroundColor].includes(bad);
      });
    return all
      .filter((element) => element.checkVisibility() && isRed(element))
      .map(({ className, id }) => id || className);
  });
  equal(colors, [], "red elements after a stop");
}

async function shortWindow({ open }) {
  const page = await open();
  await page.setViewportSize({ width: 640, height: 450 });
  await example(page, 1).click();
  await page.waitForSelector('.panelist[data-phase="writing"]');
  const sticky = await page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter((element) => element.checkVisibility())
      .filter((element) => ["sticky", "fixed"].includes(getComputedStyle(element).position))
      .map(({ className, id }) => id || className),
  );
  equal(sticky, []);
}

async function onPaper({ open, session }) {
  await session.script({
    "desk/one": says(`${"A long reply. ".repeat(900)}all common ground`),
    "desk/two": says("Two: all common ground."),
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("The writer's words.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const selector of [".answer .prose", ".comparison .item", ".panelist .prose"])
    ok(await turn(page).locator(selector).first().isVisible(), selector);
  const controls = "button:visible:not(.dot, .verdict *), textarea:visible";
  equal(await page.locator(controls).count(), 0, "controls");
  const { cut, paper } = await page.evaluate(() => ({
    cut: [...document.querySelectorAll(".panelist .scroller")].some(
      (box) => box.scrollHeight > box.clientHeight + 1,
    ),
    paper: getComputedStyle(document.body).backgroundColor,
  }));
  ok(!cut, "a reply is cut off");
  equal(paper, "rgb(255, 255, 255)");
}
