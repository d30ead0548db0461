// Tests the limit of the page's compressed size. Logs the load times of the page.

import { equal, ok } from "../scenarios/assert.mjs";

export const pageSize = [
  {
    name: "page size: all files that a visit can load",
    run: measure,
    compressed: true,
    measures: true,
  },
];

/** Limits without the core, which has its own: before the first question, and for a run. */
const MOST_FIRST_BYTES = 70_000;
const MOST_BYTES = 100_000;
/** Files that only some texts, some actions or the sample need. */
const OPTIONAL = new Set([
  "highlight.js",
  "math.js",
  "pdf.js",
  "pdf-worker.js",
  "formats.js",
  "replies.js",
  "browser-fetch.js",
]);
const MOST_PDF_BYTES = 420_000;
/** The phone that Lighthouse simulates: 1.6 Mbit/s down, 150 ms round trip. */
const PHONE = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6 * 1024 * 1024) / 8,
  uploadThroughput: (750 * 1024) / 8,
};

async function measure({ open, site, log }) {
  const sizes = await site.sizes();
  const sum = (files) => files.reduce((all, { bytes }) => all + bytes, 0);
  const pdf = sum(sizes.filter(({ name }) => name === "pdf-worker.js"));
  const needed = sizes.filter(({ name }) => !OPTIONAL.has(name));
  const usual = sum(needed);
  const own = sum(needed.filter(({ name }) => !name.endsWith(".wasm")));
  const first = sum(needed.filter(({ name }) => /^index\.(html|css|js)$/.test(name)));
  const files = sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(", ");
  log(
    `brotli: ${files}; without optional files ${usual}, without the core ${own}, ` +
      `before the first question ${first}`,
  );
  ok(
    sizes.some(({ name }) => name.endsWith(".wasm")) &&
      sizes.some(({ name }) => name === "highlight.js"),
    "the core and the highlighter are included",
  );
  ok(pdf > 0 && pdf <= MOST_PDF_BYTES, `the PDF reader is ${pdf} bytes after brotli`);
  equal(sizes.length - needed.length, OPTIONAL.size, "the optional files are of their own");
  equal(site.html.match(/assets\/[\w.-]+/g).length, 2, "one script and one style sheet");
  ok(first <= MOST_FIRST_BYTES, `the first files are ${first} bytes after brotli`);
  ok(own <= MOST_BYTES, `the files are ${own} bytes after brotli, more than ${MOST_BYTES}`);

  for (const [where, line] of [
    ["local", null],
    ["on a phone's connection", PHONE],
  ]) {
    const page = await open({ line, init: [watch] });
    await page.waitForFunction(() => window.usable);
    const { shown, usable } = await page.evaluate(() => ({
      shown: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
      usable: window.usable,
    }));
    await page.waitForFunction(() =>
      performance
        .getEntriesByType("resource")
        .some(({ name, responseEnd }) => name.endsWith(".wasm") && responseEnd > 0),
    );
    const { core, loaded } = await page.evaluate(() => {
      const files = performance.getEntriesByType("resource");
      const [html] = performance.getEntriesByType("navigation");
      return {
        core: files.find(({ name }) => name.endsWith(".wasm")).responseEnd,
        loaded: [html, ...files].reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      };
    });
    log(
      `${where}: ${loaded} bytes loaded before the first question, first paint ` +
        `${Math.round(shown)} ms, buttons work ${Math.round(usable)} ms, core loaded ` +
        `${Math.round(core)} ms`,
    );
    await page.close();
  }
}

/**
 * Runs in the page. Records when the page becomes usable. The last module creates the example
 * buttons.
 */
function watch() {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#examples button")) return;
    window.usable = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}
