// Launches Firefox with puppeteer-core. puppeteer-core uses WebDriver BiDi, so no separate driver
// is needed.

import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { browsers } from "../../scripts/lib/browsers.mjs";
import { system } from "../../scripts/lib/system.mjs";
import { consumersFolder } from "../../scripts/setup.mjs";
import { corePath } from "../page/core-path.mjs";
import { scenariosIn } from "./browser.mjs";
import { sumTallies } from "./report.mjs";

export default async function run({ installed, log }) {
  const path = createRequire(join(consumersFolder, "package.json")).resolve("puppeteer-core");
  const { default: puppeteer } = await import(pathToFileURL(path));
  const home = await mkdtemp(join(tmpdir(), "llm-fuse-firefox-"));
  const firefox = await puppeteer.launch({
    browser: "firefox",
    // Switch network events off. They double the time of all tests in Firefox.
    networkEnabled: false,
    executablePath: browsers.firefox.find(system),
    headless: true,
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  });
  const browser = {
    async open(url) {
      const page = await firefox.newPage();
      // Ignores messages about calls that a scenario makes fail on purpose, and about the favicon.
      page.on(
        "pageerror",
        ({ message }) =>
          /favicon|Cross-Origin Request Blocked/.test(message) || log(`  page error: ${message}`),
      );
      await page.goto(url);
      return page;
    },
  };
  try {
    return sumTallies(
      await scenariosIn(browser, { runtime: "firefox", installed, log }),
      await corePath(browser, log),
    );
  } finally {
    await firefox.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
