// Scripts and steps of the tests of criteria, further models and checks.

import { analysis, says, uses } from "../provider/scripts.mjs";
import { redirectOpenRouter, useOpenRouter } from "./cost.mjs";
import { ask, closeSettings, openSettings, turn, useOwnServer } from "./steps.mjs";

export const [OPUS, GPT, GEMINI] = [
  "~anthropic/claude-opus-latest",
  "~openai/gpt-sol-latest",
  "~google/gemini-pro-latest",
];

export const PANEL = ["red/one", "green/two"];

export const FOUND = "https://hosted.example/page";

const phone = { viewport: { width: 390, height: 844 }, colorScheme: "dark" };

const looks = [
  ["light", {}],
  ["on a phone, dark", phone],
];

export const withLooks = (name, run) =>
  looks.map(([look, wish]) => ({
    name: `${name}, ${look}`,
    run,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  }));

export const reply = (name) => says(`${name}: all common ground.`);

export const agreed = (labels) => {
  const { contradictions, ...rest } = JSON.parse(analysis(labels).text);
  return says(JSON.stringify({ ...rest, contradictions: [] }));
};

const verdicts = (...evidence) =>
  says(
    JSON.stringify({
      statements: ["supported", "refuted", "unresolved"].map((verdict, nth) => ({
        statement: nth + 1,
        verdict,
        evidence: verdict === "unresolved" ? [] : evidence,
      })),
    }),
    {
      reasoning_details: [
        uses("openrouter:web_fetch", { url: FOUND }, { url: FOUND, content: "Blue by day." }),
      ],
    },
  );

export const checked = verdicts({ url: FOUND, quote: "Blue by day." });

export const comparison = (page) => turn(page).locator(".comparison");

export const openComparison = async (page) => {
  const tab = turn(page).getByRole("button", { name: /^Comparison/ });
  if (await tab.isVisible()) await tab.click();
};

/** Starts a run with a panel of two, and a third model that joins on disagreement. */
export async function escalating({ open, session }, script, question = "Is the sky blue?") {
  await session.script({
    "red/one": reply("One"),
    "green/two": reply("Two"),
    "blue/three": reply("Three"),
    ...script,
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await openSettings(page);
  await page.locator("#more-comparison").evaluate((fold) => {
    fold.open = true;
  });
  await page.fill("#add-further", "blue/three");
  await closeSettings(page);
  await ask(page, question);
  return page;
}

const AGAIN = [1, 2].flatMap(() => [analysis(["A", "B", "C"]), says("Bluer.")]);

export const SECOND = {
  "desk/analyst": {
    sequence: [analysis(["A", "B"]), analysis(["A", "B", "C"]), says("Blue."), ...AGAIN],
  },
};

export const MONEY = Object.fromEntries(
  [OPUS, GPT, GEMINI].map((model) => [model, { prompt: "0.000001", completion: "0.00001" }]),
);

/** Opens the page with OpenRouter's preset panel. @param opus the further scripts of the analyst */
export async function online({ open, session }, opus, more = {}) {
  const page = await open();
  await redirectOpenRouter(page, session, MONEY, {
    [GPT]: reply("GPT"),
    [GEMINI]: reply("Gemini"),
    [OPUS]: { sequence: [reply("Opus"), analysis(["A", "B", "C"]), ...opus] },
    ...more,
  });
  await useOpenRouter(page);
  await openSettings(page);
  // If a default model fails, a member of the panel replaces it.
  await page.fill("#analyst", OPUS);
  await page.keyboard.press("Tab");
  await closeSettings(page);
  return page;
}

/** Reloads a page of `online()`. The scripts stay. */
export async function reload(page, session) {
  await page.reload();
  await redirectOpenRouter(page, session, MONEY);
}
