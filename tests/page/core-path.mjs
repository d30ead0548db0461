// Tests the main steps in browsers that are driven only by `evaluate(code)`: ask, panel,
// comparison, answer, follow-up. Also tests APIs that differ between browsers: storage, files,
// compression.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examples } from "../../www/sample/index.js";
import { equal, includes, ok, sleep } from "../scenarios/assert.mjs";
import { pdf } from "./attachments.mjs";
import { buildSite } from "./built-site.mjs";

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
  ["the page begins empty", begins],
  ["the panel writes, and Escape stops it", stops],
  ["a stopped run continues to comparison and answer", finishes],
  ["a click highlights the quote", marks],
  ["a follow-up keeps the earlier turn", follows],
  ["a follow-up is queued during a run, and a queued one is removed", queues],
  ["a PDF is read", readsPdf],
  ["after a reload finished replies are reused and the run continues", reloads],
  ["a conversation is saved as a file and opened again", saves],
  ["a conversation is shared in a link", shares],
];

async function begins(page) {
  await until(page, `document.querySelectorAll("#examples button").length === 3`);
  // WebKit draws no frame while the page loads. Loading can take longer than a sample run, so
  // wait for two frames.
  await page.evaluate(
    `void requestAnimationFrame(() => requestAnimationFrame(() => (window.drawn = true)))`,
  );
  await until(page, `window.drawn`);
  await page.evaluate(
    `void (
      window.breaches = [],
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        breaches.push(violatedDirective + " " + blockedURI))
    )`,
  );
}

async function stops(page) {
  await page.evaluate(`void document.querySelectorAll("#examples button")[1].click()`);
  await until(page, `document.querySelector('.panelist[data-phase="writing"] .prose p')`);
  await page.evaluate(
    `void document.body.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", bubbles: true })
    )`,
  );
  await until(page, `document.querySelector('.turn[data-state="stopped"]')`);
}

const clickContinue = (page) =>
  page.evaluate(
    `void [...document.querySelectorAll(".turn .notice button")]
      .find((button) => button.textContent === "Continue").click()`,
  );

async function finishes(page) {
  await clickContinue(page);
  await until(page, `document.querySelector('.turn[data-state="done"]')`);
  equal(
    await page.evaluate(
      `[...document.querySelectorAll(".panelist")].map(({ dataset }) => dataset.phase).join()`,
    ),
    "done,done,done",
  );
  equal(
    await page.evaluate(
      `[...document.querySelectorAll(".group h4")].map(({ textContent }) => textContent).join()`,
    ),
    "Disagreed,Agreed,Partly covered,Only one model,Missed by all",
  );
  includes(
    await page.evaluate(`document.querySelector(".answer .prose").innerText`),
    "bigint identity as the primary key",
  );
  await until(page, `document.querySelector(".answer .hljs-keyword")`);
  equal(await page.evaluate(`breaches.join()`), "");
}

async function marks(page) {
  await page.evaluate(`void document.querySelector('[data-kind="contradictions"] .dot').click()`);
  await until(page, `document.querySelector('.panelist[data-highlight="found"]')`);
  equal(
    await page.evaluate(`!CSS.highlights || [...CSS.highlights.get("quote")].length === 1`),
    true,
  );
}

/** The sample answers only its own questions. */
async function follows(page) {
  await page.evaluate(
    `void (
      document.querySelector("#question").value = ${JSON.stringify(examples[0].question)},
      document.querySelector("#composer").requestSubmit()
    )`,
  );
  await until(page, `document.querySelectorAll('.turn[data-state="done"]').length === 2`);
  ok(
    await page.evaluate(`document.querySelector(".turn").hasAttribute("data-folded")`),
    "the earlier turn is folded",
  );
  ok(
    await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`),
    "the page does not scroll sideways",
  );
  equal(await page.evaluate(`breaches.join()`), "");
}

async function queues(page) {
  await page.evaluate(
    `void (
      document.querySelector("#new").click(),
      document.querySelectorAll("#examples button")[0].click()
    )`,
  );
  await until(page, `document.querySelector('.panelist[data-phase="writing"]')`);
  await page.evaluate(
    `void (
      document.querySelector("#question").value = "And later?",
      document.querySelector("#composer").requestSubmit()
    )`,
  );
  await until(page, `document.querySelectorAll("#queue li").length === 1`);
  await page.evaluate(`void document.querySelector("#queue [aria-label^=Remove]").click()`);
  await until(page, `document.querySelectorAll("#queue li").length === 0`);
  await page.evaluate(`void document.querySelector("#stop").click()`);
  await until(page, `document.querySelector('.turn[data-state="stopped"]')`);
}

async function readsPdf(page) {
  await page.evaluate(`void (() => {
    const bytes = Uint8Array.from(atob("${pdf("Words").toString("base64")}"), (char) =>
      char.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "report.pdf", { type: "application/pdf" }));
    const input = document.querySelector("#file");
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  })()`);
  await until(page, `document.querySelector("#images .file")`);
  includes(
    await page.evaluate(`document.querySelector("#images .file").textContent`),
    "1 page · 5 characters",
  );
  equal(await page.evaluate(`breaches.join()`), "");
  await page.evaluate(`void document.querySelector("#images button").click()`);
}

async function reloads(page) {
  await page.evaluate(
    `void (
      document.querySelector("#new").click(),
      document.querySelectorAll("#examples button")[0].click()
    )`,
  );
  // Waits until the reply is stored. The page draws a reply before it stores the reply.
  await page.evaluate(`void (async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const db = await done(indexedDB.open("llm-fuse"));
    while (!window.replyKept) {
      const turns = await done(db.transaction("turns").objectStore("turns").getAll());
      const { turn } = turns.find(({ turn }) => turn.state === "running") ?? {};
      if (turn?.panel.some(({ state }) => state === "done") && turn.snapshot) window.replyKept = true;
      else await new Promise((wake) => setTimeout(wake, 50));
    }
    db.close();
  })()`);
  await until(page, `window.replyKept`);
  await page.evaluate(`void setTimeout(() => location.reload())`);
  await until(
    page,
    `!window.replyKept &&
      document.querySelector('.turn[data-state="interrupted"] .notice button') &&
      document.querySelectorAll(".panelist").length === 3`,
  );
  const ready = Number(
    await page.evaluate(`document.querySelectorAll('.panelist[data-phase="done"]').length`),
  );
  ok(ready >= 1, "finished replies are there");
  await clickContinue(page);
  await until(page, `document.querySelector('.turn[data-state="done"]')`);
  equal(await page.evaluate(`document.querySelectorAll(".panelist").length`), 3);
  const reused = Number(
    await page.evaluate(
      `[...document.querySelectorAll(".panelist .meter")]
        .filter(({ textContent }) => textContent.includes("reused")).length`,
    ),
  );
  equal(reused, ready, "only the other panelists were called again");
}

async function saves(page) {
  const answer = await page.evaluate(`document.querySelector(".answer .prose").innerText`);
  await page.evaluate(
    `void (
      HTMLAnchorElement.prototype.click = () => {},
      URL.createObjectURL = (blob) => {
        blob.text().then((text) => { window.saved = text; });
        return "blob:saved";
      },
      document.querySelector("#open-export").click(),
      document.querySelector("#save-json").click(),
      document.querySelector("#close-export").click()
    )`,
  );
  await until(page, `window.saved`);
  await page.evaluate(`void document.querySelector("#new").click()`);
  await until(page, `!document.querySelector(".turn")`);
  await page.evaluate(`void (() => {
    document.querySelector("#open-history").click();
    const files = new DataTransfer();
    files.items.add(new File([saved], "conversation.json", { type: "application/json" }));
    const input = document.querySelector("#import-file");
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  })()`);
  await until(page, `document.querySelector('.turn[data-state="done"] .answer .prose p')`);
  equal(await page.evaluate(`document.querySelector(".answer .prose").innerText`), answer);
  equal(await page.evaluate(`document.querySelector("#history").open`), false);
}

async function shares(page) {
  const answer = await page.evaluate(`document.querySelector(".answer .prose").innerText`);
  await page.evaluate(
    `void (
      Object.defineProperty(navigator, "clipboard", {
        // The link is a promise, because WebKit allows the clipboard only during the click.
        value: {
          write: async ([item]) => {
            window.copied = await (await item.getType("text/plain")).text();
          },
        },
      }),
      document.querySelector("#open-export").click(),
      document.querySelector("#copy-link").click()
    )`,
  );
  await until(page, `window.copied`);
  await page.evaluate(
    `void (
      document.querySelector("#close-export").click(),
      document.querySelector("#new").click()
    )`,
  );
  await until(page, `!document.querySelector(".turn")`);
  await page.evaluate(`void (location.href = copied)`);
  await until(
    page,
    `!document.querySelector("#imported").hidden &&
      document.querySelector('.turn[data-state="done"] .answer .prose p')`,
  );
  equal(await page.evaluate(`document.querySelector(".answer .prose").innerText`), answer);
  equal(
    await page.evaluate(`document.querySelector(".turn .notice button") === null`),
    true,
    "a shared run cannot be continued",
  );
}

/**
 * Waits up to 60 s until the code is true. The limit is long, because the sample runs at
 * reading speed.
 */
async function until(page, code) {
  for (
    let tries = 0;
    !(await page.evaluate(`Boolean(${code})`).catch(ignoreNavigation));
    tries += 1
  ) {
    if (tries > 600) throw new Error(`timed out waiting for: ${code}`);
    await sleep(100);
  }
}

/** Ignores errors of `evaluate()` during a navigation. Throws all other errors. */
function ignoreNavigation(error) {
  if (
    !/context|navigat|no such (?:window|frame)|destroyed|realm|browsing|null|undefined/i.test(
      error.message,
    )
  )
    throw error;
  return false;
}
