// Tests the comparison: streamed items, highlighted quotes and blind labels. Also tests the sources
// of the answer.

import { cites, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import {
  ask,
  column,
  expectNoErrors,
  expectNoOverflow,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

export const comparing = [
  { name: "comparing: a click highlights the quote, despite Markdown and typography", run: marks },
  {
    name: "comparing: on a phone a click opens the card, and the tab leads back",
    run: marksOnPhone,
    viewport: { width: 390, height: 844 },
  },
  { name: "comparing: items appear one by one and stay when the run stops", run: oneByOne },
  { name: "comparing: afterwards the blind labels are named", run: positions },
  {
    name: "comparing: without an analysis the answer is written, and the page says why",
    run: without,
  },
  { name: "answer: only links to sources have a number, and it stands apart", run: citations },
];

const long = Array.from(
  { length: 40 },
  (_, n) =>
    `Paragraph ${n} of a reply that is longer than its card, so that the page must scroll to ` +
    "the quote.",
).join("\n\n");
const one = `${long}

The sky is **blue because of *Rayleigh* scattering**, and
so is “the sea”, mostly.

| colour | why |
|---|---|
| red | sunset |`;
const two = "It reflects. See [the long story](https://example.org/story) for more.";

const found = (labels) =>
  JSON.stringify({
    consensus: [
      {
        point: "It is blue.",
        responses: labels,
        quotes: [
          {
            response: labels[0],
            quote: 'blue because of Rayleigh scattering, and so is "the sea"',
          },
          { response: labels[1], quote: "it reflects" },
        ],
      },
    ],
    contradictions: [],
    partial_coverage: [],
    unique_insights: [
      {
        response: labels[1],
        insight: "There is more to read.",
        quote: "See the long story for less",
      },
    ],
    blind_spots: [{ point: "Night." }],
  });

/** Opens the page with a scripted analyst. */
async function begin({ open, session }, more = {}) {
  await session.script({
    "desk/one": says(one),
    "desk/two": says(two),
    "desk/analyst": { sequence: [{ ...says("{}"), ...more.analyst }, says("Blue.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  return page;
}

/**
 * Intercepts the analyst's call and writes the analysis for the labels of this run, because each
 * run shuffles the labels.
 */
async function asked({ open, session, site }) {
  const page = await open();
  const shuffled = { order: null };
  await page.route(`${session.baseURL}/chat/completions`, async (route) => {
    const body = route.request().postDataJSON();
    if (body.model !== "desk/analyst" || shuffled.order) return route.continue();
    const text = JSON.stringify(body.messages);
    shuffled.order =
      text.indexOf("Rayleigh") < text.indexOf("It reflects") ? ["A", "B"] : ["B", "A"];
    await session.script({ "desk/analyst": { sequence: [says("unused"), says("Blue.")] } });
    const frame = (delta, finish_reason = null) => {
      const choices = [{ index: 0, delta, finish_reason }];
      const chunk = { id: "x", object: "chat.completion.chunk", choices };
      return `data: ${JSON.stringify(chunk)}\n\n`;
    };
    const end = `${frame({}, "stop")}data: [DONE]\n\n`;
    return route.fulfill({
      status: 200,
      headers: { "content-type": "text/event-stream", "access-control-allow-origin": "*" },
      body: frame({ content: found(shuffled.order) }) + end,
    });
  });
  await session.script({
    "desk/one": says(one),
    "desk/two": says(two),
    "desk/analyst": says("Blue."),
  });
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  return { page, expectClean: () => expectNoErrors(page, site, session.baseURL) };
}

const marked = (page) =>
  page.evaluate(() =>
    [...(CSS.highlights.get("quote") ?? [])].map((range) => range.toString().replace(/\s+/g, " ")),
  );

async function marks(tools) {
  const { page, expectClean } = await asked(tools);
  await turn(page).locator('[data-kind="consensus"] .item .point').click();
  equal(await marked(page), [
    "blue because of Rayleigh scattering, and so is “the sea”",
    "It reflects",
  ]);
  equal(await column(page, 0).getAttribute("data-highlight"), "found");
  await page.waitForFunction(() => {
    const [range] = CSS.highlights.get("quote");
    const [quote, card] = [range, document.querySelector(".panelist .scroller")].map((one) =>
      one.getBoundingClientRect(),
    );
    return quote.top >= card.top && quote.bottom <= card.bottom;
  });
  await turn(page).locator('[data-kind="consensus"] .item .point').click();
  equal(await marked(page), [], "a second click clears the highlight");
  await turn(page)
    .locator('[data-kind="consensus"]')
    .getByRole("button", { name: "Said by 2, two: show it in the reply" })
    .click();
  equal(await marked(page), ["It reflects"], "only the quote of one panelist");
  await page.keyboard.press("Escape");
  equal(await marked(page), []);

  const insight = turn(page).locator('[data-kind="unique_insights"] .item');
  await insight.locator("summary").click();
  includes(await textOf(insight.locator(".unverified")), "Quote not found exactly");
  equal(
    await insight.locator(".unverified button").count(),
    0,
    "an unverified quote has no show button",
  );
  await insight.locator(".point").click();
  equal(await marked(page), []);
  await expectClean();
}

async function marksOnPhone(tools) {
  const { page, expectClean } = await asked(tools);
  await turn(page)
    .getByRole("button", { name: /^Comparison/ })
    .click();
  await expectNoOverflow(page, "comparing");
  await turn(page).locator('[data-kind="consensus"] .item .point').click();
  await turn(page).locator(".panel").waitFor();
  equal((await marked(page)).length, 2);
  await turn(page)
    .getByRole("button", { name: /^Comparison/ })
    .click();
  await turn(page).locator('[data-kind="consensus"]').waitFor();
  await expectClean();
}

async function oneByOne({ open, session, site }) {
  const topic = { topic: "The sea", stances: [{ response: "A", stance: "Blue", quote: "blue" }] };
  const text = JSON.stringify({ ...JSON.parse(found(["A", "B"])), contradictions: [topic] });
  const half = text.indexOf('"partial_coverage"');
  const page = await begin(
    { open, session },
    {
      analyst: {
        text: undefined,
        deltas: [text.slice(0, half), text.slice(half)],
        stall: { after: 1 },
      },
    },
  );
  await ask(page, "Is the sky blue?");
  await turn(page).locator(".item").first().waitFor();
  equal(
    await turn(page).locator(".item").count(),
    1,
    "the disagreement appears before the list is complete, and the agreement waits for it",
  );
  includes(await textOf(turn(page).locator(".comparison")), "1 agreement so far");
  ok(
    await turn(page)
      .locator(".stages")
      .innerText()
      .then((words) => words.includes("2")),
    "and both are counted",
  );
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
  equal(await turn(page).locator(".item").count(), 2, "both stay");
  await expectNoErrors(page, site, session.baseURL);
}

async function positions(tools) {
  const { page } = await asked(tools);
  const words = await turn(page).locator(".blind-labels").innerText();
  ok(/A = (one|two), B = (one|two)/.test(words), words);
  const first = /A = one/.test(words) ? "A" : "B";
  includes(await textOf(column(page, 0).locator("header")), `Blind label ${first}`);
}

async function without({ open, session, site }) {
  await session.script({
    "desk/one": says(one),
    "desk/two": says(two),
    "desk/analyst": { sequence: [says("no JSON"), says("no JSON"), says("Blue all the same.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".comparison")), "No comparison:");
  includes(await textOf(turn(page).locator(".answer .prose")), "Blue all the same.");
  await expectNoErrors(page, site, session.baseURL);
}

async function citations({ open, session, site }) {
  const answer =
    "Blue, [they say](https://example.org/sky), and [others](https://example.net/else).";
  await session.script({
    "desk/one": says(one, { annotations: [cites("https://example.org/sky", "On the sky")] }),
    "desk/two": says(two),
    "desk/analyst": {
      sequence: [
        says(found(["A", "B"])),
        says(answer, { annotations: [cites("https://example.org/sky", "On the sky")] }),
      ],
    },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const links = turn(page).locator(".answer .prose a");
  await page.waitForSelector(".answer .prose a[data-cite]");
  equal(
    [await links.nth(0).getAttribute("data-cite"), await links.nth(1).getAttribute("data-cite")],
    ["1", null],
  );
  includes(await textOf(turn(page).locator(".source-list")), "On the sky");
  await numberPlaces(page);
  await expectNoErrors(page, site, session.baseURL);
}

/** The number is between the link and the next word, and no part of a copied text. */
async function numberPlaces(page) {
  const places = await page.evaluate(() => {
    const prose = document.querySelector(".answer .prose");
    getSelection().selectAllChildren(prose);
    const copied = String(getSelection());
    getSelection().removeAllRanges();
    const gaps = [...prose.querySelectorAll("a")].map((link) => {
      const boxOf = (node, start, end) => {
        const range = new Range();
        range.setStart(node, start);
        range.setEnd(node, end);
        return range.getBoundingClientRect();
      };
      const text = link.firstChild;
      const last = boxOf(text, text.length - 1, text.length);
      const next = boxOf(link.nextSibling, 0, 1);
      const { content, width, marginInlineStart } = getComputedStyle(link, "::after");
      const taken = Number.parseFloat(width) + Number.parseFloat(marginInlineStart);
      return { content, space: next.left - last.right, before: marginInlineStart, taken };
    });
    return { copied, gaps };
  });
  equal(places.copied, "Blue, they say, and others.");
  const [numbered, plain] = places.gaps;
  equal(numbered.content, '"1"');
  ok(Number.parseFloat(numbered.before) > 1.5, `${numbered.before} before the number`);
  ok(numbered.taken <= numbered.space, `${numbered.taken} px in ${numbered.space} px`);
  // The number comes when the text is complete, and must not break lines anew.
  equal(Math.round(plain.space * 10), Math.round(numbered.space * 10));
}
