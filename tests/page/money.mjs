// What a question will cost, what a run has cost, and a limit that ends it.

import { analysis, priceList, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./access.mjs";
import { callsOf } from "./history.mjs";
import { ask, clean, closeSettings, column, ended, example, fits, provider, turn } from "./steps.mjs";

const HOST = "https://openrouter.ai";
const KEY = "sk-or-v1-only-for-this-test";
const [OPUS, GPT, GEMINI] = ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"];
export const prices = (completion, models = [OPUS, GPT, GEMINI]) => Object.fromEntries(models.map((model) => [model, { prompt: "0", completion }]));
/** Each word of a question shows. */
const dearPrompts = (models = [OPUS, GPT, GEMINI]) => Object.fromEntries(models.map((model) => [model, { prompt: "0.001", completion: "0" }]));
const line = (page) => page.locator("#estimate");

export const money = [
  { name: "money: the price list is asked for once, however long one writes", run: askedOnce },
  { name: "money: what came before and pictures count", run: context },
  { name: "money: a price that is not known is named, and the sample has none", run: unknownPrices },
  { name: "money: without a price list it says so, calmly", run: noList },
];

/** OpenRouter, played by the room. @returns how often its list was asked for */
export async function openrouter(page, room, pricing) {
  const seen = { lists: 0, pricing };
  const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
  await page.route(`${HOST}/api/v1/**`, async (route) => {
    if (route.request().method() === "OPTIONS") return route.fulfill({ status: 204, headers: cors });
    if (!route.request().url().endsWith("/models")) {
      const response = await route.fetch({ url: route.request().url().replace(`${HOST}/api/v1`, room.baseURL) }).catch(() => null);
      return (response ? route.fulfill({ response, headers: { ...response.headers(), ...cors } }) : route.abort()).catch(() => {});
    }
    seen.lists += 1;
    return seen.pricing ? route.fulfill({ json: priceList(seen.pricing).body, headers: cors }) : route.fulfill({ status: 503, headers: cors });
  });
  return seen;
}

export async function useOpenRouter(page) {
  await provider(page, "OpenRouter");
  await page.fill("#key", KEY);
  await closeSettings(page);
}

async function askedOnce({ open, site, room }) {
  const page = await open();
  const seen = await openrouter(page, room, dearPrompts());
  await useOpenRouter(page);
  for (const words of ["Is the sky", " as blue as", " a cornflower?"]) {
    const before = await line(page).textContent();
    await page.locator("#question").pressSequentially(words);
    await page.keyboard.insertText(" or as the sea".repeat(40));
    await changed(page, before);
  }
  includes(await line(page).innerText(), "Estimate: about");
  equal(seen.lists, 1);
  equal((await room.calls()).length, 0);
  equal(await page.locator("#status").innerText(), "", "it is not read out");
  equal(await page.locator("#send").getAttribute("aria-describedby"), "estimate", "but found at the button");
  await page.fill("#question", "");
  await line(page).waitFor({ state: "hidden" });
  await clean(page, site, HOST);
}

const amounts = async (page) => (await line(page).innerText()).match(/\$[\d.]+\d/g).map((amount) => Number(amount.slice(1)));

const changed = (page, before) => page.waitForFunction((before) => document.querySelector("#estimate").textContent !== before, before);

async function told(page, question, words = "Estimate:") {
  await page.fill("#question", "");
  await line(page).waitFor({ state: "hidden" });
  await page.fill("#question", question);
  await line(page).getByText(words).waitFor();
}

async function context({ open, site, room }) {
  const page = await open();
  await openrouter(page, room, dearPrompts());
  await room.script({ [GPT]: says("GPT: common ground."), [GEMINI]: says("Gemini: common ground."), [OPUS]: { sequence: [says("Opus: common ground."), analysis(["A", "B", "C"]), says("A long answer. ".repeat(200))] } });
  await useOpenRouter(page);
  await told(page, "Is the sky blue?");
  const [, bare] = await amounts(page);
  await page.setInputFiles("#file", { name: "dot.png", mimeType: "image/png", buffer: Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64") });
  await changed(page, await line(page).textContent());
  const [, picture] = await amounts(page);
  ok(picture > bare + 3 * 2, `a picture counts, though it is not sent: ${bare} and ${picture}`);
  await page.getByRole("button", { name: "Remove dot.png" }).click();

  await ask(page, "Is the sky blue?");
  await ended(page, "done");
  await line(page).waitFor({ state: "hidden" });
  await told(page, "Is the sky blue?");
  const [, following] = await amounts(page);
  ok(following > bare + 3, `so does what was said before: ${bare} and ${following}`);
  await clean(page, site, HOST);
}

async function unknownPrices({ open, site, room }) {
  const page = await open();
  const seen = await openrouter(page, room, dearPrompts([OPUS, GPT]));
  await useOpenRouter(page);
  await told(page, "Is the sky blue?");
  const words = await line(page).innerText();
  ok(/^Estimate: at least \$[\d.]+; the price of ~google\/gemini-pro-latest is not known\.$/.test(words), words);
  await page.fill("#question", `Is the sky blue, ${"or is it not, ".repeat(20)}?`);
  await changed(page, words);
  equal(seen.lists, 1, "what is not in the list is not looked for again");

  await provider(page, "Sample panel");
  await closeSettings(page);
  await line(page).waitFor({ state: "hidden" });
  await page.fill("#question", "Is the sky really blue?");
  await page.waitForTimeout(700);
  equal(await line(page).isVisible(), false, "the sample costs nothing, which needs no words");
  await clean(page, site, HOST);
}

async function noList({ open, site, room }) {
  const page = await open();
  const seen = await openrouter(page, room, null);
  await useOpenRouter(page);
  await told(page, "Is the sky blue?", "No estimate: the price list could not be read.");
  await page.fill("#question", "Is the sky blue today?");
  await page.waitForTimeout(700);
  equal(seen.lists, 1, "nor asked for again with each word");
  equal(await page.locator("#problem").innerText(), "", "it is no problem");
  await clean(page, site, HOST);
}
