// Tests the text of replies: formulas, footnotes, tables that are not complete yet, and
// right-to-left text.

import { says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  ask,
  column,
  expectNoErrors,
  expectNoOverflow,
  openReply,
  textOf,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

export const text = [
  { name: "text: formulas are rendered, prices and code are not", run: formulas },
  { name: "text: a formula that still arrives is not shown as source", run: openFormula },
  { name: "text: hostile formulas are harmless", run: hostileFormulas },
  { name: "text: many formulas do not block the page", run: manyFormulas },
  {
    name: "text: a long formula scrolls in its own box on a phone",
    run: longFormula,
    viewport: { width: 320, height: 640 },
  },
  { name: "text: a quote with a formula is marked in the reply", run: quotedFormula },
  { name: "text: each block has the direction of its text", run: directions },
  { name: "text: the head of a growing table shows no bars", run: halfTable },
  { name: "text: footnotes lead to their notes and back", run: footnotes },
  ...[
    ["light", {}],
    ["on a phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ].map(([look, wish]) => ({
    name: `text: no violation with formulas and footnotes, ${look}`,
    run: accessible,
    bypassCSP: true,
    reducedMotion: "reduce",
    ...wish,
  })),
];

const analysis = (more = {}) =>
  JSON.stringify({
    consensus: [],
    contradictions: [],
    partial_coverage: [],
    unique_insights: [],
    blind_spots: [],
    ...more,
  });

/**
 * Asks two models. The first model replies with `script`. Waits for the end of the turn and opens
 * the first model's reply. Returns the page.
 */
async function askFor(open, session, script, more = {}) {
  const { found, state = "done", answer = "Blue.", opens = state !== "" } = more;
  await session.script({
    "desk/one": script,
    "desk/two": says("Two."),
    "desk/analyst": { sequence: [says(analysis(found)), says(answer)] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  if (state) await waitForEnd(page, state);
  if (opens) await openReply(page, 0);
  return page;
}

const prose = (page) => column(page, 0).locator(".prose");
const rendered = (page) => prose(page).locator(".math math");

const EQUATION = String.raw`Let \(a \neq 0\) and $x_1*x_2 = 4*5$.

\[
x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}
\]

- in a list: $$y_1 \leq y_2$$

\begin{align*}
e^{i\pi} &= -1 \\
a &= b
\end{align*}

- **bold $n_0$**, costs $5 or $6, in all 11$, and ${"`\\(code\\)`"}`;

async function formulas({ open, site, session }) {
  const page = await open();
  const math = () =>
    page.evaluate(() =>
      performance.getEntriesByType("resource").some(({ name }) => /\/math-\S*\.js/.test(name)),
    );
  equal(await math(), false, "the library is loaded at the first formula");
  await page.close();
  const other = await askFor(open, session, says(EQUATION), { answer: EQUATION });
  await rendered(other).nth(5).waitFor();
  equal(await rendered(other).count(), 6);
  equal(await prose(other).locator("em").count(), 0, "the signs in a formula are not emphasis");
  equal(await rendered(other).first().textContent(), "a≠0");
  equal(await prose(other).locator("math mfrac msqrt").count(), 1);
  equal(await prose(other).locator("li .math-block math").count(), 1);
  equal(await prose(other).locator("code").innerText(), String.raw`\(code\)`);
  includes(await textOf(prose(other)), "costs $5 or $6, in all 11$, and");
  equal(await other.locator(".answer .math math").count(), 6, "the answer, too");
  equal(await prose(other).locator("math mtd").count(), 4, "a named environment");
  await expectNoErrors(other, site, session.baseURL);
}

async function openFormula({ open, session }) {
  const script = { deltas: ["So ", "\\(a ", "\\neq "], stall: { after: 3 } };
  const page = await askFor(open, session, script, { state: "" });
  await waitForPhase(page, 0, "writing");
  await prose(page).getByText("So").waitFor();
  await page.waitForTimeout(300);
  equal((await textOf(prose(page))).trim(), "So");
}

const HOSTILE = [
  String.raw`\href{javascript:window.hacked='href'}{x}`,
  String.raw`\includegraphics{https://attacker.example/a.png}`,
  String.raw`\class{stop}{x} \id{send}{x} \style{position:fixed;inset:0}{x} \data{x=y}{x}`,
  String.raw`\kern-500em \hspace{-500em} cover`,
  String.raw`\rule{9000em}{9000em}`,
  String.raw`\raisebox{-900em}{cover}`,
  String.raw`\def\a{\a\a}\a`,
  String.raw`\color{red} x \colorbox{white}{cover} \boxed{x}`,
  String.raw`\text{<img src=x onerror=window.hacked='text'>}`,
  `${"\\frac{".repeat(100)}x${"}{y}".repeat(100)}`,
  "{".repeat(900),
  `${"x^2+".repeat(480)}1`,
  String.raw`\unknown{x}`,
];

async function hostileFormulas({ open, site, session }) {
  const reply = `${HOSTILE.map((tex) => `\\(${tex}\\)`).join("\n\n")}\n\nthe end`;
  const page = await askFor(open, session, says(reply), { answer: reply });
  await prose(page).getByText("the end").waitFor();
  await prose(page).locator("math .boxed").waitFor();
  equal(await page.evaluate(() => window.hacked ?? null), null, "a script ran");
  const found = await page.locator(".math").evaluateAll((all) => {
    const elements = all.flatMap((one) => [...one.querySelectorAll("*")]);
    return {
      count: all.length,
      tags: [...new Set(elements.map(({ localName }) => localName))].filter(
        (name) => !/^m\w+$/.test(name) || name === "maction" || name === "mglyph",
      ),
      attributes: elements
        .flatMap(({ attributes }) => [...attributes])
        .filter(({ name }) => /^on|^style$|^id$|href|src|color|background|^data/.test(name))
        .map(({ name }) => name),
      classes: [...new Set(elements.flatMap(({ classList }) => [...classList]))].sort(),
      tallest: Math.max(...all.map((one) => one.getBoundingClientRect().height)),
      outside: all
        .filter((one) => {
          const box = one.closest(".prose").getBoundingClientRect();
          const { left, right } = one.getBoundingClientRect();
          return left < box.left - 1 || right > box.right + 1;
        })
        .map(({ textContent }) => textContent.slice(0, 60)),
    };
  });
  equal(found.count, 2 * HOSTILE.length);
  equal(found.tags, [], "other elements");
  equal(found.attributes, [], "forbidden attributes");
  equal(found.classes, ["boxed"]);
  equal(found.outside, [], "formulas beside their block");
  ok(found.tallest < 1500, `a formula is ${found.tallest} px high`);
  includes(
    await prose(page).textContent(),
    String.raw`\unknown{x}`,
    "the source of an unknown command",
  );
  await expectNoOverflow(page, "with hostile formulas");
  await expectNoErrors(page, site, session.baseURL);
}

async function manyFormulas({ open, site, session }) {
  const reply = `${"$x_1$ and \\(y^2\\) ".repeat(2_000)}\n\n${"\\(".repeat(20_000)}\n\nthe end`;
  const page = await askFor(open, session, says(reply));
  await prose(page).getByText("the end").waitFor();
  await rendered(page).nth(3_999).waitFor({ state: "attached" });
  await expectNoErrors(page, site, session.baseURL);
}

async function longFormula({ open, site, session }) {
  const sum = Array.from({ length: 40 }, (_, nth) => `x_{${nth}}`).join(" + ");
  const reply = `Inline \\(${sum}\\) and\n\n$$${sum}$$`;
  const page = await askFor(open, session, says(reply), { answer: reply });
  await rendered(page).nth(1).waitFor();
  await expectNoOverflow(page, "with long formulas");
  const boxes = await prose(page)
    .locator(".math")
    .evaluateAll((all) =>
      all.map((box) => [box.scrollWidth > box.clientWidth, box.tabIndex, box.clientWidth < 320]),
    );
  equal(boxes, [
    [true, 0, true],
    [true, 0, true],
  ]);
  await expectNoErrors(page, site, session.baseURL);
}

async function quotedFormula({ open, session }) {
  const quote = String.raw`Let \(a \neq 0\) be`;
  const found = {
    unique_insights: [
      { response: "A", insight: quote, quote },
      { response: "B", insight: quote, quote },
    ],
  };
  const page = await askFor(open, session, says(`${quote} a number.`), {
    found,
    opens: false,
  });
  await rendered(page).first().waitFor({ state: "attached" });
  const verified = page.locator('[data-kind="unique_insights"] .item:has(.verified)').first();
  await verified.locator(".point").click();
  const marked = await page.evaluate(() =>
    [...(CSS.highlights.get("quote") ?? [])].map((range) => range.toString()),
  );
  equal(marked.length, 1, "the quote is marked");
  includes(marked[0], "a≠0");
  equal(await verified.locator(".point math").count(), 1, "the finding has the formula, too");
}

async function directions({ open, session }) {
  const reply = [
    "English first, with a little عربي in it.",
    "هذه فقرة باللغة العربية مع English داخلها.",
    "1. النقطة الأولى\n2. النقطة الثانية",
    "- left\n- to right",
    "> اقتباس",
    "| اسم | قيمة |\n|---|---|\n| أ | ب |",
    "```\nالكود\n```",
  ].join("\n\n");
  const page = await askFor(open, session, says(reply));
  const blocks = await prose(page)
    .locator("p, ol, ul, blockquote, table, pre")
    .evaluateAll((all) =>
      all
        .filter((block) => !block.parentElement.closest("blockquote"))
        .map((block) => {
          const { direction, paddingLeft, paddingRight } = getComputedStyle(block);
          const isIndented = Number.parseFloat(paddingRight) > Number.parseFloat(paddingLeft);
          return `${block.localName} ${direction}${isIndented ? ", indented right" : ""}`;
        }),
    );
  equal(blocks, [
    "p ltr",
    "p rtl",
    "ol rtl, indented right",
    "ul ltr",
    "blockquote rtl, indented right",
    "table rtl",
    "pre ltr",
  ]);
}

async function halfTable({ open, session }) {
  const parts = ["The sizes:\n\n", "| Name ", "| Size", " |\n", "|--", "-|", "---|", "\n| a | 1"];
  for (const count of [2, 3, 4, 5, 6, 7, 8]) {
    const script = { deltas: parts.slice(0, count), stall: { after: count } };
    const page = await askFor(open, session, script, { state: "" });
    await prose(page).getByText("Name").waitFor();
    if (count > 2) await prose(page).getByText("Size", { exact: true }).waitFor();
    if (count > 7) await prose(page).locator("td").first().waitFor();
    lacks(await textOf(prose(page)), "|", `after ${JSON.stringify(parts.slice(0, count))}`);
    equal(await prose(page).locator("th").count(), count > 2 ? 2 : 1);
    await page.close();
  }
}

async function footnotes({ open, site, session }) {
  const reply =
    "It is blue[^1], they say[^note]. The pattern `x[^1]` and [^abc] are not notes.\n\n" +
    "[^1]: Rayleigh, *1871*.\n[^note]: A note with a [link](https://example.org/).";
  const page = await askFor(open, session, says(reply));
  const text = await textOf(prose(page));
  includes(text, "[^abc]", "a reference without a note stays as text");
  lacks(text, "[^1]:");
  equal(await prose(page).locator("code").innerText(), "x[^1]");
  const notes = prose(page).locator(".note-text");
  equal(await notes.count(), 2);
  includes(await notes.first().innerText(), "Rayleigh");
  equal(await notes.locator("em, a").count(), 2, "Markdown in a note");
  await prose(page).getByRole("button", { name: "Footnote note" }).click();
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  includes(await focused(), "A note with a link");
  await notes.nth(1).getByRole("button", { name: "Back to the text" }).click();
  equal(await focused(), "note");
  equal(await prose(page).locator("[id]").count(), 0, "no ids from a model");
  await expectNoErrors(page, site, session.baseURL);
}

async function accessible({ open, session }) {
  const long = `\\[ ${"x_1 + ".repeat(60)}x_2 \\]`;
  const reply = `${EQUATION}\n\n${long}\n\nA note[^1].\n\n[^1]: The note.`;
  const page = await askFor(open, session, says(reply), { answer: reply, opens: false });
  await page.locator(".answer .math[tabindex] math").waitFor();
  await violations(page, "with formulas and footnotes");
}
