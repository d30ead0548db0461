// CPU time per token on the main thread of a page in Chromium, which the browser reports itself.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { browserPath } from "../../scripts/lib/browsers.mjs";
import { system } from "../../scripts/lib/system.mjs";
import { CSP, serve } from "../../tests/tiers/browser.mjs";
import { launchChromium } from "../../tests/tiers/chromium.mjs";
import { charactersOf, median, stream } from "../bench.mjs";

const which = "chromium-headless";
/** Browsers allow six connections to a host. */
const STREAMS = 6;
const EVENTS = 300;
const ways = ["loop", "fuse"];

export default async function* chromium(bench, { rounds = 7 } = {}) {
  if (!browserPath(which, system)) {
    return yield { title: "CPU in Chromium: not measured, no browser found", head: [], rows: [] };
  }
  const site = await serve({
    "/": { type: "text/html", body: '<script type="module" src="/page.js"></script>', csp: CSP },
    "/page.js": { type: "text/javascript", body: await bundle() },
  });
  const browser = await launchChromium({ which, log: console.log });
  try {
    const page = await browser.open(site.url);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    const { baseURL } = await bench.session("chromium", {
      speaker: stream(EVENTS, { between_ms: 2 }),
    });
    yield table(await sample({ page, devtools, baseURL, rounds }), rounds);
  } finally {
    await browser.close();
    await site.close();
  }
}

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../page.mjs", import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  return outputFiles[0].contents;
}

/** Measures the time of a way per token by round, in µs: `{ loop: [µs], fuse: [µs] }`. */
async function sample({ page, devtools, baseURL, rounds }) {
  const taskTime_s = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value;
  };
  const samples = Object.fromEntries(ways.map((way) => [way, []]));
  const round = JSON.stringify([baseURL, Array(STREAMS).fill("speaker")]);
  for (let i = 0; i <= rounds; i++) {
    for (const way of ways) {
      const began_s = await taskTime_s();
      const read = await page.evaluate(`read("${way}", ...${round})`);
      const took_us = ((await taskTime_s()) - began_s) * 1e6;
      if (read !== STREAMS * charactersOf(EVENTS))
        throw new Error(`${way} read ${read} characters`);
      if (i > 0) samples[way].push(took_us / STREAMS / EVENTS);
    }
  }
  return samples;
}

function table({ loop, fuse }, rounds) {
  const row = (name, values, digits) => [
    name,
    ...[median(values), Math.min(...values), Math.max(...values)].map((us) => us.toFixed(digits)),
  ];
  const ratios = fuse.map((us, i) => us / loop[i]);
  return {
    title:
      `Time of the main thread of a page in Chromium per token, in µs. ${STREAMS} panelists each ` +
      `send ${EVENTS} events, one every 2 ms. Then the analyst and the writer answer. The ` +
      `hand-written loop makes the same calls. Measured in ${rounds} rounds`,
    head: ["", "median", "minimum", "maximum"],
    rows: [row("loop", loop, 1), row("llm-fuse", fuse, 1), row("llm-fuse, x loop", ratios, 2)],
  };
}
