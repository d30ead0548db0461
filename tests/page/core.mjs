// The core path in browsers that are driven by `evaluate(code)` alone: ask, watch the panel, read the comparison and the answer, follow up.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equal, includes, ok, sleep } from "../scenarios/assert.mjs";
import { buildSite } from "./site.mjs";

/** @param browser `{ open(url) => { evaluate(code), close() } }`
 *  @returns `{ passed, failed }` */
export async function corePath(browser, log) {
  if (!"the demo page".includes(process.env.SCENARIO ?? "")) return { passed: 0, failed: 0 };
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-page-"));
  const site = await buildSite(join(folder, "site"));
  const tally = { passed: 0, failed: 0 };
  try {
    const page = await browser.open(site.url);
    for (const [name, step] of steps) {
      try {
        await step(page);
        tally.passed += 1;
      } catch (error) {
        tally.failed += 1;
        log(`FAIL: the demo page: ${name}\n${String(error.stack ?? error).replace(/^/gm, "    ")}`);
        break;
      }
    }
    await page.close();
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

const steps = [
  ["it begins empty", begins],
  ["the panel writes, and Escape stops it", stops],
  ["a run goes on to comparison and answer", finishes],
  ["a click marks the quote", marks],
  ["a follow-up keeps the turn before", follows],
];

async function begins(page) {
  await until(page, `document.querySelectorAll("#examples button").length === 3`);
  await page.evaluate(`void (window.breaches = [], document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => breaches.push(violatedDirective + " " + blockedURI)))`);
}

async function stops(page) {
  await page.evaluate(`void document.querySelectorAll("#examples button")[1].click()`);
  await until(page, `document.querySelector('.panelist[data-phase="writing"] .prose p')`);
  await page.evaluate(`void document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))`);
  await until(page, `document.querySelector('.turn[data-state="stopped"]')`);
}

async function finishes(page) {
  await page.evaluate(`void [...document.querySelectorAll(".turn .notice button")].find((button) => button.textContent === "Go on from here").click()`);
  await until(page, `document.querySelector('.turn[data-state="done"]')`);
  equal(await page.evaluate(`[...document.querySelectorAll(".panelist")].map(({ dataset }) => dataset.phase).join()`), "done,done,done");
  equal(await page.evaluate(`[...document.querySelectorAll(".group h4")].map(({ textContent }) => textContent).join()`), "Agreed,Disagreed,Some said,Only one said,Nobody said");
  includes(await page.evaluate(`document.querySelector(".answer .prose").innerText`), "bigint identity as the primary key");
  await until(page, `document.querySelector(".answer .hljs-keyword")`);
  equal(await page.evaluate(`breaches.join()`), "");
}

async function marks(page) {
  await page.evaluate(`void document.querySelector('[data-kind="contradictions"] .dot').click()`);
  await until(page, `document.querySelector('.panelist[data-lit="found"]')`);
  equal(await page.evaluate(`!CSS.highlights || [...CSS.highlights.get("quote")].length === 1`), true);
}

async function follows(page) {
  await page.evaluate(`void (document.querySelector("#question").value = "And in MySQL?", document.querySelector("#ask").requestSubmit())`);
  await until(page, `document.querySelectorAll('.turn[data-state="done"]').length === 2`);
  ok(await page.evaluate(`document.querySelector(".turn").hasAttribute("data-folded")`), "the turn before is folded");
  ok(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`), "nothing widens the page");
  equal(await page.evaluate(`breaches.join()`), "");
}

/** A limit for hangs only: the recordings play at the pace of a person who watches. */
async function until(page, code) {
  for (let tries = 0; !(await page.evaluate(`Boolean(${code})`)); tries += 1) {
    if (tries > 600) throw new Error(`it never came to this: ${code}`);
    await sleep(100);
  }
}
