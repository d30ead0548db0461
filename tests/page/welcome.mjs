// Tests the page before the first question: what it explains, and the ways to connect models.

import { equal, includes, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  expectNoErrors,
  expectNoOverflow,
  expectPanel,
  textOf,
  turn,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const axe = { bypassCSP: true, reducedMotion: "reduce" };

export const welcome = [
  { name: "welcome: the page says what it does, and a sample run starts", run: explains },
  ...[
    ["dark", { colorScheme: "dark" }],
    ["at 320 px", { viewport: { width: 320, height: 640 } }],
  ].map(([look, wish]) => ({
    name: `welcome: the ways to connect models, ${look}`,
    run: looksRight,
    ...axe,
    ...wish,
  })),
  { name: "welcome: the sample does not answer an own question", run: ownQuestion },
  { name: "welcome: servers on this machine are looked for after a click", run: localServers },
  { name: "welcome: nothing on this machine answers", run: noServer },
  { name: "welcome: the theme is chosen and kept", run: theme },
  { name: "browser model: three seats answer, and nothing is sent", run: browserRun },
  { name: "browser model: a download is confirmed with its size first", run: downloads },
  { name: "browser model: it is not offered where there is none", run: noModel },
  { name: "browser model: a prompt that is too long is explained", run: tooLong },
];

async function explains({ open, site }) {
  const page = await open();
  const text = await textOf(page.locator("main"));
  for (const words of ["disagree", "Panel", "Analyst", "Writer", "Watch a sample run"]) {
    includes(text, words);
  }
  ok(await page.getByRole("button", { name: "Connect your models" }).isVisible());
  const pictured = await page.locator(".disagreement li span:last-child").allTextContents();
  await page.getByRole("button", { name: "Watch this run" }).click();
  await waitForPhase(page, 0, "writing");
  equal(await page.locator(".welcome").isVisible(), false);
  await waitForEnd(page, "done");
  const stances = page.locator('[data-kind="contradictions"] .item').first().locator(".stance");
  equal(await stances.allTextContents(), pictured, "the picture shows the sample run");
  await expectNoErrors(page, site);
}

async function looksRight({ open }) {
  const page = await open({ init: [stub, { state: "downloadable" }] });
  await violations(page, "before a question");
  await expectNoOverflow(page, "before a question");
  await page.getByRole("button", { name: "Connect your models" }).click();
  await page.getByRole("button", { name: "Use this browser’s model" }).click();
  await page.getByRole("button", { name: "Cancel" }).waitFor();
  await violations(page, "connecting");
  await expectNoOverflow(page, "connecting");
  const [content, width] = await page
    .locator("#settings")
    .evaluate((dialog) => [dialog.scrollWidth, dialog.clientWidth]);
  ok(content <= width, `the content is ${content} px wide, the dialog ${width} px`);
}

async function ownQuestion({ open, site }) {
  const page = await open({ init: [stub, { state: "unavailable" }] });
  await ask(page, "How do I fold a fitted sheet?");
  const dialog = page.locator("#settings");
  await dialog.getByText("The demo cannot answer this").waitFor();
  equal(await dialog.locator(".way").evaluateAll((all) => all.map((way) => way.hidden)), [
    false,
    true,
    false,
    false,
  ]);
  includes(await textOf(dialog.locator(".way").first()), "Sign in with OpenRouter");
  await dialog.getByRole("button", { name: /Enter a key or an address/ }).click();
  ok(await page.locator("#base-url").isVisible());
  await closeSettings(page);
  equal(await page.locator(".turn").count(), 0, "nothing was asked");
  equal(await page.inputValue("#question"), "How do I fold a fitted sheet?");
  await chooseProvider(page, "Sample panel");
  await closeSettings(page);
  await ask(page, " will a heat pump keep an old, badly insulated house warm in winter? ");
  await waitForPhase(page, 0, "writing");
  await expectNoErrors(page, site);
}

/** Answers the page's requests to a port of this machine. */
async function answerAt(page, url, answer) {
  const seen = [];
  await page.route(`${url}/**`, (route) => {
    seen.push(route.request().url());
    const headers = { "access-control-allow-origin": "*" };
    return answer ? route.fulfill({ headers, json: answer }) : route.abort();
  });
  return seen;
}

async function localServers({ open, site }) {
  const page = await open();
  const ids = ["qwen3:4b", "nomic-embed-text", "gemma3:4b", "llama3.2:3b", "phi4-mini"];
  const data = ids.map((id) => ({ id, object: "model" }));
  const ollama = await answerAt(page, "http://localhost:11434", { object: "list", data });
  const studio = await answerAt(page, "http://localhost:1234", null);
  await page.getByRole("button", { name: "Connect your models" }).click();
  await page.waitForTimeout(300);
  equal([ollama, studio], [[], []], "nothing is asked before the click");
  await page.getByRole("button", { name: /Look for models on this machine/ }).click();
  await page.getByRole("button", { name: "Use Ollama, 4 models" }).click();
  equal(ollama[0], "http://localhost:11434/v1/models");
  equal(await page.locator("#settings").evaluate((dialog) => dialog.open), false);
  await chooseProvider(page, "Other provider");
  equal(await page.inputValue("#base-url"), "http://localhost:11434/v1");
  await expectPanel(page, ["qwen3:4b", "gemma3:4b", "llama3.2:3b"]);
  await expectNoErrors(page, site, "http://localhost:11434", "http://localhost:1234");
}

async function noServer({ open }) {
  const page = await open();
  for (const port of [11434, 1234]) await answerAt(page, `http://localhost:${port}`, null);
  await page.getByRole("button", { name: "Connect your models" }).click();
  await page.getByRole("button", { name: /Look for models on this machine/ }).click();
  await page.getByText("Neither Ollama").waitFor();
  includes(await textOf(page.locator("#connect")), `OLLAMA_ORIGINS=${new URL(page.url()).origin}`);
}

async function theme({ open, site }) {
  const page = await open();
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const badge = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--who-0"));
  const light = await paper();
  const lightBadge = await badge();
  await page.click("#open-settings-top");
  await page.getByLabel("Dark").check();
  const dark = await paper();
  ok(dark !== light, "the page is dark");
  await page.emulateMedia({ media: "print" });
  equal(await badge(), lightBadge, "the print has the colors of a light page");
  await page.emulateMedia({ media: "screen" });
  await page.reload();
  await page.waitForFunction(
    (color) => getComputedStyle(document.body).backgroundColor === color,
    dark,
  );
  await page.emulateMedia({ colorScheme: "dark" });
  await page.click("#open-settings-top");
  ok(await page.getByLabel("Dark").isChecked());
  await page.getByLabel("Light").check();
  equal(await paper(), light, "light, although the system is dark");
  await page.getByLabel("System").check();
  equal(await paper(), dark);
  await expectNoErrors(page, site);
}

/**
 * Runs in the page. Defines a `LanguageModel` like that of Chromium 156. @types/dom-chromium-ai
 * 0.0.17 also declares members that Chromium 156 does not have, and this class leaves them out.
 */
function stub({ state, quota = Number.POSITIVE_INFINITY }) {
  const seen = { created: 0, open: 0, most: 0, prompts: [], constraints: 0 };
  window.seen = seen;
  let available = state;
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const refuse = (message, name) => {
    throw new DOMException(message, name);
  };
  class LanguageModel extends EventTarget {
    static async availability() {
      return available;
    }
    static async create({ initialPrompts = [], monitor, signal, expectedOutputs } = {}) {
      signal?.throwIfAborted();
      if (expectedOutputs[0].type !== "text") refuse("text only", "NotSupportedError");
      if (initialPrompts.slice(1).some(({ role }) => role === "system")) {
        throw new TypeError("The system prompt must be the first one.");
      }
      if (available !== "available") {
        if (!navigator.userActivation.isActive) refuse("no user activation", "NotAllowedError");
        const target = new EventTarget();
        monitor?.(target);
        for (const loaded of [0, 0.42, 1]) {
          target.dispatchEvent(new ProgressEvent("downloadprogress", { loaded, total: 1 }));
          await wait(200);
        }
        available = "available";
      }
      return new LanguageModel(initialPrompts);
    }
    contextWindow = 6144;
    contextUsage = 20;
    constructor(initialPrompts) {
      super();
      this.system = initialPrompts.find(({ role }) => role === "system")?.content ?? "";
      seen.created += 1;
      seen.open += 1;
      seen.most = Math.max(seen.most, seen.open);
    }
    async measureContextUsage(input) {
      const { length } = JSON.stringify(input);
      if (length > quota) refuse("The input is too large.", "QuotaExceededError");
      return 12;
    }
    promptStreaming(_input, { responseConstraint, signal } = {}) {
      seen.prompts.push(this.system);
      const analysis = {
        consensus: [],
        contradictions: [],
        partial_coverage: [],
        unique_insights: [],
        blind_spots: ["The night."],
      };
      if (responseConstraint) seen.constraints += 1;
      const isAnalyst = Boolean(responseConstraint);
      const words = isAnalyst ? [JSON.stringify(analysis)] : ["It ", "is ", "blue."];
      return new ReadableStream({
        async start(stream) {
          for (const word of words) {
            if (signal?.aborted) return stream.error(signal.reason);
            stream.enqueue(word);
            await wait(20);
          }
          stream.close();
        },
      });
    }
    destroy() {
      seen.open -= 1;
    }
  }
  window.LanguageModel = LanguageModel;
}

const useBrowserModel = async (page) => {
  await page.getByRole("button", { name: "Connect your models" }).click();
  await page.getByRole("button", { name: /Use this browser’s model/ }).click();
};

async function browserRun({ open, site }) {
  const page = await open({ init: [stub, { state: "available" }] });
  await useBrowserModel(page);
  includes(await textOf(page.locator("#open-settings")), "This browser");
  await page.fill("#question", "Is the sky blue?");
  await page.locator("#estimate").getByText("Estimate: free.").waitFor();
  await page.click("#send");
  await waitForEnd(page, "done");
  const names = await page.locator(".panelist h4").allTextContents();
  equal(names, ["direct", "careful", "contrarian"]);
  includes(await page.locator(".panelist .prose").first().textContent(), "It is blue.");
  includes(await page.locator(".answer .prose").textContent(), "It is blue.");
  includes(await page.locator(".comparison").textContent(), "The night.");
  includes(await textOf(turn(page).locator(".totals")), "$0");
  const seen = await page.evaluate(() => window.seen);
  equal(seen.most, 1, "one session at a time");
  equal(seen.open, 0, "each session is destroyed");
  equal(new Set(seen.prompts.slice(0, 3)).size, 3, "three instructions");
  equal(seen.constraints, 1, "the analyst's format is constrained");
  await page.reload();
  await waitForEnd(page, "done");
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  await expectNoErrors(page, site);
}

async function downloads({ open, site }) {
  const page = await open({ init: [stub, { state: "downloadable" }] });
  await useBrowserModel(page);
  await page.getByText("22 GB of free disk space").waitFor();
  equal(await page.evaluate(() => window.seen.created), 0, "nothing is downloaded yet");
  await page.getByRole("button", { name: "Cancel" }).click();
  equal(await page.getByText("22 GB").isVisible(), false);
  await page.getByRole("button", { name: /Use this browser’s model/ }).click();
  await page.getByRole("button", { name: "Download about 4 GB" }).click();
  await page.getByText("Downloading the model: 42 %.").waitFor();
  await page.waitForFunction(() => !document.querySelector("#settings").open);
  includes(await textOf(page.locator("#open-settings")), "This browser");
  equal(await page.evaluate(() => window.seen.open), 0);
  await expectNoErrors(page, site);
}

async function noModel({ open }) {
  const absent = () => Reflect.deleteProperty(window, "LanguageModel");
  for (const init of [[absent], [stub, { state: "unavailable" }]]) {
    const page = await open({ init });
    await page.getByRole("button", { name: "Connect your models" }).click();
    await page.waitForTimeout(300);
    equal(await page.getByText("Use this browser’s model").isVisible(), false);
    equal(await page.getByText("This browser", { exact: true }).isVisible(), false);
    await page.close();
  }
}

async function tooLong({ open }) {
  const page = await open({ init: [stub, { state: "available", quota: 3_000 }] });
  await useBrowserModel(page);
  await ask(page, "word ".repeat(1_000));
  await waitForEnd(page, "failed");
  includes(await textOf(page.locator(".panelist").first()), "too long for this model");
}
