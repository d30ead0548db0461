// What the page weighs, as a host sends it, and how soon it can be used. The page's own part is judged; times are told.

import { ok } from "../scenarios/assert.mjs";

export const weight = [{ name: "weight: the page's own scripts and styles", run: weigh, compressed: true, measures: true }];

/** Of the 250 kB that the page may weigh in all, 130 are the core's. */
const OWN_BYTES = 120_000;
/** As Lighthouse has it for a phone: 1.6 Mbit/s, 150 ms there and back. */
const PHONE = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };

async function weigh({ open, site, log }) {
  const sizes = await site.sizes();
  const own = sizes.filter(({ name }) => !name.endsWith(".wasm")).reduce((sum, { bytes }) => sum + bytes, 0);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  log(`brotli: ${sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(", ")}; the page's own ${own}, in all ${total}`);
  ok(own <= OWN_BYTES, `the page's own files are ${own} bytes after brotli, more than ${OWN_BYTES}`);

  for (const [where, line] of [["here", null], ["on a phone's line", PHONE]]) {
    const page = await open({ line, init: [watch] });
    await page.waitForFunction(() => window.usable);
    const { shown, usable } = await page.evaluate(() => ({ shown: performance.getEntriesByName("first-contentful-paint")[0]?.startTime, usable: window.usable }));
    await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.endsWith(".wasm") && responseEnd > 0));
    const core = await page.evaluate(() => performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".wasm")).responseEnd);
    log(`${where}: first paint ${Math.round(shown)} ms, buttons work ${Math.round(usable)} ms, core loaded ${Math.round(core)} ms`);
    await page.close();
  }
}

/** Runs in the page: when the last module has run, its buttons are there. */
function watch() {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#examples button")) return;
    window.usable = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}
