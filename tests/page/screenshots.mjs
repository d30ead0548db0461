// `node tests/page/screenshots.mjs FOLDER`: stores screenshots of the page in its states, on a
// desktop and on a phone, light and dark.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../provider/client.mjs";
import { analysis, cites, failures, says, uses } from "../provider/scripts.mjs";
import { startProvider } from "../provider/server.mjs";
import { launchChromium } from "../tiers/chromium.mjs";
import { buildSite } from "./built-site.mjs";
import { prices, redirectOpenRouter, startNearBudget, useOpenRouter } from "./cost.mjs";
import { EIGHT, eight, members } from "./eight-panelists.mjs";
import { modelList, serveModelList } from "./model-list.mjs";
import { continueImported } from "./rerun.mjs";
import { ask, example, openReply, turn, useOwnServer, waitForEnd, waitForPhase } from "./steps.mjs";

const looks = [
  ["desktop-light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["desktop-dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  [
    "phone-light",
    { viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true, isMobile: true },
  ],
  [
    "phone-dark",
    { viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true, isMobile: true },
  ],
];

const scenes = {
  async empty() {},
  async settings({ page, shot }) {
    await serveModelList(page, { json: modelList(400) });
    await page.click("#open-settings");
    await page.getByLabel("OpenRouter").check();
    await page.locator(".panel-model-price").getByText("$5 in").waitFor();
    await shot();
    await page.click("#add-model");
    await page.keyboard.type("la");
    await shot("models");
  },
  async connect({ page, shot }) {
    await ask(page, "How do I fold a fitted sheet?");
    await page.locator("#settings").getByText("The demo cannot answer this").waitFor();
    await shot();
    await page.getByRole("button", { name: /Look for models/ }).click();
    await page.getByText("Neither Ollama").waitFor();
    await shot("looked");
  },
  async text({ page, session }) {
    const reply = [
      String.raw`The roots of \(ax^2+bx+c\) with \(a \neq 0\) are[^1]`,
      String.raw`\[ x_{1,2} = \frac{-b \pm \sqrt{b^2-4ac}}{2a} \]`,
      String.raw`and $\det \begin{pmatrix} a & b \\ c & d \end{pmatrix} = ad - bc$. It is $5.`,
      String.raw`\[ \begin{aligned} \sum_{i=1}^{n} i &= \frac{n(n+1)}{2} \\`,
      String.raw`e^{i\pi} &= -1 \end{aligned} \]`,
      "هذه فقرة باللغة العربية:\n\n- النقطة الأولى\n- النقطة الثانية",
      "[^1]: By the *quadratic formula*.",
    ]
      .join("\n\n")
      .replace("\\\\\n\n", "\\\\\n");
    await session.script({
      "*": says(reply),
      "desk/analyst": { sequence: [analysis(["A", "B"]), says(reply)] },
    });
    await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
    await ask(page, "What are the roots?");
    await waitForEnd(page, "done");
    await page.locator(".answer .math math").nth(3).waitFor();
    await page.locator(".answer").scrollIntoViewIfNeeded();
    await page.waitForTimeout(600);
  },
  async "running-three"({ page }) {
    await example(page, 0).click();
    await waitForPhase(page, 0, "writing");
    await page.waitForTimeout(1500);
  },
  async finished({ page, shot }) {
    await example(page, 1).click();
    await waitForEnd(page, "done");
    await page.waitForTimeout(600);
    await shot();
    await turn(page)
      .getByRole("button", { name: /^Comparison/ })
      .click();
    await turn(page).locator('[data-kind="contradictions"]').first().scrollIntoViewIfNeeded();
    await page.waitForTimeout(600);
    await shot("comparison");
    await turn(page).locator('[data-kind="contradictions"] .item .point').first().click();
    await page.waitForTimeout(600);
    await shot("quote");
    await page.keyboard.press("Escape");
    await openReply(page, 2);
    await shot("panel");
    await page.keyboard.press("Escape");
    await page.emulateMedia({ media: "print" });
    await shot("print");
  },
  async history({ page }) {
    for (const nth of [0, 1, 2]) {
      await example(page, nth).click();
      await page.waitForSelector('.panelist[data-phase="writing"]');
      if (nth < 2) await page.click("#new");
    }
    await page.click("#stop");
    await waitForEnd(page, "stopped");
    await page.click("#open-history");
    await page.waitForSelector(".entry:nth-child(3)");
    await page.waitForTimeout(300);
  },
  async failed({ page }) {
    await example(page, 2).click();
    await waitForEnd(page, "done");
    await openReply(page, 2);
    await page.waitForTimeout(600);
  },
  async comparing({ page, session }) {
    const text = analysis(["A", "B", "C"]).text;
    await session.script({
      "*": says("A reply of some length. all common ground"),
      "desk/analyst": { deltas: [text.slice(0, 600), text.slice(600)], stall: { after: 1 } },
    });
    await useOwnServer(
      page,
      session.baseURL,
      ["desk/one", "desk/two", "desk/three"],
      "desk/analyst",
    );
    await ask(page, "Is the sky blue?");
    await turn(page).locator(".item").first().waitFor();
    await page.waitForTimeout(9000);
  },
  async estimate({ page, session }) {
    await redirectOpenRouter(page, session, prices("0.00001"));
    await useOpenRouter(page);
    await page.fill("#question", "Is intermittent fasting safe for somebody with type 2 diabetes?");
    await page.getByText("Estimate:").waitFor();
  },
  async "budget-stop"({ page, session, shot }) {
    const go = await startNearBudget(page, session);
    await page.waitForTimeout(600);
    await shot("before");
    await go();
    await waitForEnd(page, "failed");
    await page.waitForTimeout(600);
    await shot();
    await page.fill("#question", "And at night?");
    await page.locator("#estimate").getByText("Budget too low").waitFor();
    await shot("more");
  },
  async rerun({ page, session, shot }) {
    const rayleigh =
      "Blue, because the air scatters short waves more than long ones, as Rayleigh found. " +
      "all common ground";
    await session.script({
      "*": says(rayleigh),
      "anthropic/claude-opus-4.8": { sequence: [analysis(["A", "B", "C"]), says(rayleigh)] },
    });
    await useOwnServer(
      page,
      session.baseURL,
      ["openai/gpt-5.5", "google/gemini-3.1-pro", "deepseek/deepseek-v4-pro"],
      "anthropic/claude-opus-4.8",
    );
    await ask(page, "Is the sky blue?");
    await waitForEnd(page, "done");
    await turn(page).getByRole("button", { name: "Write again" }).click();
    await page.waitForTimeout(600);
    await shot("writer");
    await turn(page)
      .getByRole("button", { name: /^Comparison/ })
      .click();
    await turn(page).getByRole("button", { name: "Compare again" }).click();
    await page.waitForTimeout(600);
    await shot("analyst");
  },
  async consent({ page, session }) {
    await continueImported({ open: () => page, session });
    await page.waitForTimeout(600);
  },
  async "all-failed"({ page, session }) {
    await session.script({ "*": failures[401] });
    await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"]);
    await ask(page, "Is the sky blue?");
    await waitForEnd(page, "failed");
  },
  async "follow-up"({ page, session, shot }) {
    await session.script({
      "desk/one": says("Blue, for **Rayleigh** scattering. all common ground", {
        annotations: [cites("https://example.org/sky", "Why the sky is blue")],
      }),
      "desk/two": says(
        "It is blue by day; see [the list](https://example.org/sky). all common ground",
        { reasoning_details: [uses("openrouter:web_search", { query: "colour of the sky" }, {})] },
      ),
      "desk/analyst": {
        sequence: [
          analysis(["A", "B"]),
          says("Blue by day, [because of scattering](https://example.org/sky).", {
            annotations: [cites("https://example.org/sky", "Why the sky is blue")],
          }),
        ],
      },
    });
    await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
    await ask(page, "Is the sky blue?");
    await waitForEnd(page, "done");
    await ask(page, "And at night?");
    await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
    await page.waitForTimeout(600);
    await shot();
    await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
    await page.waitForTimeout(300);
    await shot("folded");
    const fold = page.getByRole("button", { name: "Show replies and comparison" });
    await fold.click();
    await fold.scrollIntoViewIfNeeded();
    await page.waitForTimeout(600);
    await shot("unfolded");
  },
};

async function runningEight(context, site, shot) {
  const page = await context.newPage();
  await page.addInitScript(eight, { words: 60, every_ms: 30, stall: [3], fail: [6] });
  await page.goto(site.url);
  await useOwnServer(page, EIGHT, members, "maker/analyst");
  await ask(
    page,
    "Which of these eight gives the best advice on moving a database without downtime?",
  );
  await waitForPhase(page, 5, "failed");
  await page.waitForTimeout(2500);
  await shot(page, "running-eight");
}

const folder = process.argv[2];
if (!folder) throw new Error("Usage: node tests/page/screenshots.mjs FOLDER [PART OF A NAME]");
await mkdir(folder, { recursive: true });
const built = await mkdtemp(join(tmpdir(), "llm-fuse-page-"));
const site = await buildSite(join(built, "site"));
const provider = await startProvider();
const sessions = connect(provider);
const browser = await launchChromium();
try {
  for (const [look, wish] of looks) {
    const wanted = (name) => `${name} ${look}`.includes(process.argv[3] ?? "");
    const shot = (page, name) => page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    for (const [name, scene] of Object.entries(scenes)) {
      if (!wanted(name)) continue;
      const context = await browser.newContext(wish);
      const page = await context.newPage();
      await page.goto(site.url);
      let taken = false;
      await scene({
        page,
        session: sessions.session(`${name}-${look}`),
        shot: (more) => {
          taken = true;
          return shot(page, more ? `${name}-${more}` : name);
        },
      });
      if (!taken) await shot(page, name);
      await context.close();
    }
    if (!wanted("running-eight")) continue;
    const context = await browser.newContext(wish);
    await runningEight(context, site, shot);
    await context.close();
  }
} finally {
  await browser.close();
  await site.close();
  await provider.close();
  await rm(built, { recursive: true, force: true });
}
