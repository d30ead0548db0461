// What the page weighs, as a host sends it, and how soon it can be used. All that one visit can load is judged; times are told.

import { ok } from "../scenarios/assert.mjs";

export const pageSize = [{ name: "weight: all that a visit can load", run: weigh, compressed: true, measures: true }];

const MOST_BYTES = 250_000;
/** As Lighthouse has it for a phone: 1.6 Mbit/s, 150 ms there and back. */
const PHONE = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };

async function weigh({ open, site, log }) {
  const sizes = await site.sizes();
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  log(`brotli: ${sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(", ")}; in all ${total}`);
  ok(sizes.some(({ name }) => name.endsWith(".wasm")) && sizes.some(({ name }) => name === "highlight.js"), "the core and what is loaded on demand are among them");
  ok(total <= MOST_BYTES, `all files are ${total} bytes after brotli, more than ${MOST_BYTES}`);

  for (const [where, line] of [["here", null], ["on a phone's line", PHONE]]) {
    const page = await open({ line, init: [watch] });
    await page.waitForFunction(() => window.usable);
    const { shown, usable } = await page.evaluate(() => ({ shown: performance.getEntriesByName("first-contentful-paint")[0]?.startTime, usable: window.usable }));
    await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.endsWith(".wasm") && responseEnd > 0));
    const { core, loaded } = await page.evaluate(() => {
      const files = performance.getEntriesByType("resource");
      const [html] = performance.getEntriesByType("navigation");
      return { core: files.find(({ name }) => name.endsWith(".wasm")).responseEnd, loaded: [html, ...files].reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) };
    });
    log(`${where}: ${loaded} bytes loaded before the first question, first paint ${Math.round(shown)} ms, buttons work ${Math.round(usable)} ms, core loaded ${Math.round(core)} ms`);
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
