// Tests the built demo page in Chromium's engine with a user's actions. In other browsers, only
// tests/page/core-path.mjs runs.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { access } from "../page/accessibility.mjs";
import { attachments } from "../page/attachments.mjs";
import { background } from "../page/background.mjs";
import { buildSite } from "../page/built-site.mjs";
import { checking } from "../page/checks.mjs";
import { comparing } from "../page/comparison.mjs";
import { composer } from "../page/composer.mjs";
import { cost } from "../page/cost.mjs";
import { customEndpoint } from "../page/custom-endpoint.mjs";
import { deliberationSettings } from "../page/deliberation-settings.mjs";
import { exporting } from "../page/export.mjs";
import { followUps } from "../page/follow-ups.mjs";
import { frameRate } from "../page/frame-rate.mjs";
import { history } from "../page/history.mjs";
import { historyOrder } from "../page/history-order.mjs";
import { input } from "../page/input.mjs";
import { keeping } from "../page/keeping.mjs";
import { layout } from "../page/layout.mjs";
import { longTasks } from "../page/long-tasks.mjs";
import { members } from "../page/members.mjs";
import { modelPicker } from "../page/model-picker.mjs";
import { narrow } from "../page/narrow.mjs";
import { pageSize } from "../page/page-size.mjs";
import { panelSettings } from "../page/panel-settings.mjs";
import { cards } from "../page/panelist-cards.mjs";
import { reading } from "../page/reading.mjs";
import { rerun } from "../page/rerun.mjs";
import { rounds } from "../page/rounds.mjs";
import { sample } from "../page/sample.mjs";
import { setup } from "../page/setup.mjs";
import { state } from "../page/state.mjs";
import { text } from "../page/text.mjs";
import { untrustedOutput } from "../page/untrusted-output.mjs";
import { waitingChecks } from "../page/waiting-checks.mjs";
import { welcome } from "../page/welcome.mjs";
import { connect } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { launchChromium } from "./chromium.mjs";
import { sumTallies } from "./report.mjs";

export default async function run({ log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-page-"));
  const site = await buildSite(join(folder, "site"));
  const provider = await startProvider();
  const browser = await launchChromium({ which: "chromium-headless" });
  const sessions = connect(provider);
  try {
    const all = [
      ...state,
      ...sample,
      ...welcome,
      ...composer,
      ...input,
      ...attachments,
      ...members,
      ...cards,
      ...comparing,
      ...reading,
      ...layout,
      ...followUps,
      ...narrow,
      ...rerun,
      ...deliberationSettings,
      ...rounds,
      ...checking,
      ...waitingChecks,
      ...cost,
      ...access,
      ...customEndpoint,
      ...setup,
      ...modelPicker,
      ...panelSettings,
      ...history,
      ...keeping,
      ...background,
      ...historyOrder,
      ...exporting,
      ...untrustedOutput,
      ...text,
      ...frameRate,
      ...longTasks,
      ...pageSize,
    ].filter(({ name }) => name.includes(process.env.SCENARIO ?? ""));
    const attempt = (check) => outcome(check, { browser, site, sessions }, log);
    // Tests that measure times run alone.
    const [beside, alone] = [
      all.filter(({ measures }) => !measures),
      all.filter(({ measures }) => measures),
    ];
    return sumTallies(
      await runConcurrently(beside, 3, attempt),
      await runConcurrently(alone, 1, attempt),
    );
  } finally {
    await browser.close();
    await site.close();
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function outcome(
  { name, run, compressed, measures, ...wish },
  { browser, site, sessions },
  log,
) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...wish });
  context.setDefaultTimeout(30_000);
  const started = performance.now();
  // Abort calls to OpenRouter that a test does not answer itself.
  await context.route("https://openrouter.ai/**", (route) => route.abort());
  try {
    await run({
      open: (more) => openPage(context, compressed ? site.compressed : site.url, more),
      context,
      log,
      site,
      session: sessions.session(name.replace(/\W+/g, "-")),
    });
    log(`ok: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    log(`FAIL: ${name}\n${String(error.stack ?? error).replace(/^/gm, "    ")}`);
    return false;
  } finally {
    await context.close();
  }
}

/** Opens a page. Records its errors, violations of its policy, and the origins that it calls. */
async function openPage(context, url, { init, line } = {}) {
  const page = await context.newPage();
  page.faults = [];
  page.asked = new Set();
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on(
    "console",
    (message) =>
      /Content Security Policy|TrustedHTML/i.test(message.text()) &&
      page.faults.push(message.text()),
  );
  page.on(
    "request",
    (request) => /^https?:/.test(request.url()) && page.asked.add(new URL(request.url()).origin),
  );
  await page.addInitScript(() => {
    window.breaches = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.breaches.push(`${event.violatedDirective}: ${event.blockedURI}`),
    );
  });
  if (init) await page.addInitScript(...init);
  if (line)
    await (await context.newCDPSession(page)).send("Network.emulateNetworkConditions", line);
  await page.goto(url);
  return page;
}

async function runConcurrently(checks, workers, attempt) {
  const tally = { passed: 0, failed: 0 };
  const rest = [...checks];
  const worker = async () => {
    while (rest.length > 0) tally[(await attempt(rest.shift())) ? "passed" : "failed"] += 1;
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return tally;
}
