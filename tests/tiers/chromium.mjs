// Launches Chromium with playwright-core.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { browserPath } from "../../scripts/lib/browsers.mjs";
import { system } from "../../scripts/lib/system.mjs";
import { corePath } from "../page/core-path.mjs";
import { scenariosIn } from "./browser.mjs";
import { sumTallies } from "./report.mjs";

export default async function run({ installed, log }) {
  const browser = await launchChromium({ log });
  try {
    return sumTallies(
      await scenariosIn(browser, { runtime: "chromium", installed, log }),
      await corePath(browser, log),
    );
  } finally {
    await browser.close();
  }
}

/**
 * Features of Chromium that are switched off. The first two features create hidden pages for the
 * address bar of each window, which cost twice as much as a test page. The other entries repeat
 * Playwright's list. Chromium uses only the last list of features on its command line, so this list
 * must contain Playwright's entries.
 */
const disabled = [
  ...["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"],
  ...[
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
  ],
  ...[
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
  ],
  ...["PreconnectToSearch"],
];

/** Launches Chromium with a new profile. `which` is a name of `browsers`. */
export async function launchChromium({ log = () => {}, which = "chromium" } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "llm-fuse-chromium-"));
  const browser = await chromium.launch({
    executablePath: browserPath(which, system),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      `--disable-features=${disabled.join()}`,
    ],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  return {
    newContext: (wishes) => browser.newContext(wishes),
    async open(url) {
      const page = await browser.newPage();
      page.on("pageerror", (error) => log(`  page error: ${error.message}`));
      page.on(
        "console",
        (message) =>
          message.type() === "error" &&
          /Security|CSP/.test(message.text()) &&
          log(`  console: ${message.text()}`),
      );
      await page.goto(url);
      return page;
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
