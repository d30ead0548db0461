// Tests the estimate before a question, the cost of a run, and the budget that stops a run.

import { analysis, failures, priceList, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { callsOf } from "./history.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  column,
  expectNoErrors,
  expectNoOverflow,
  modelCalls,
  textOf,
  turn,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

export const KEY = "sk-or-v1-only-for-this-test";
const [OPUS, GPT, GEMINI] = [
  "~anthropic/claude-opus-latest",
  "~openai/gpt-sol-latest",
  "~google/gemini-pro-latest",
];
export const prices = (completion, models = [OPUS, GPT, GEMINI]) =>
  Object.fromEntries(models.map((model) => [model, { prompt: "0", completion }]));
/** Returns prices so high that each word of a question changes the estimate. */
const expensivePrompts = (models = [OPUS, GPT, GEMINI]) =>
  Object.fromEntries(models.map((model) => [model, { prompt: "0.001", completion: "0" }]));
const line = (page) => page.locator("#estimate");

export const cost = [
  { name: "cost: the price list is loaded once while the person types", run: askedOnce },
  { name: "cost: earlier turns and pictures count", run: context },
  { name: "cost: an unknown price is named, and the sample has no estimate", run: unknownPrices },
  { name: "cost: without a price list the page says so", run: noList },
  {
    name: "cost: a budget that is too low is reported before sending, and announced once",
    run: tooLittle,
  },
  {
    name: "cost: a run that reaches its budget keeps its replies and continues with a higher one",
    run: stopped,
  },
  { name: "cost: a run that reached its budget continues without a limit", run: withoutLimit },
  ...[
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 320, height: 640 } }],
  ].map(([look, wish]) => ({
    name: `cost: no violation, ${look}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
];

/** Redirects calls from OpenRouter's URL to the test's provider. */
export async function redirectOpenRouter(page, session, pricing, script = {}) {
  await session.script({ ...script, "GET /models": pricing ? priceList(pricing) : failures[503] });
  await page.evaluate((baseURL) => {
    const real = window.fetch;
    window.held = {};
    // Replace `fetch` in the page: a request that Playwright intercepts could not stream its
    // answer.
    window.fetch = async (url, init) => {
      await window.held[init?.body && JSON.parse(init.body).model];
      return real(String(url).replace("https://openrouter.ai/api/v1", baseURL), init);
    };
  }, session.baseURL);
}

const listsAsked = async (session) =>
  (await session.calls()).filter(({ method }) => method === "GET").length;
const asked = async (session) =>
  Object.fromEntries(
    Object.entries(await callsOf(session)).filter(([model]) => model.startsWith("~")),
  );

export async function useOpenRouter(page, budget = "") {
  await chooseProvider(page, "OpenRouter");
  await page.fill("#key", KEY);
  await page.fill("#budget", budget);
  await closeSettings(page);
}

async function askedOnce({ open, site, session }) {
  const page = await open();
  await redirectOpenRouter(page, session, expensivePrompts());
  await useOpenRouter(page);
  for (const words of ["Is the sky", " as blue as", " a cornflower?"]) {
    const before = await line(page).textContent();
    await page.locator("#question").pressSequentially(words);
    await page.keyboard.insertText(" or as the sea".repeat(40));
    await changed(page, before);
  }
  includes(await textOf(line(page)), "Estimate: about");
  equal(
    (await session.calls()).map(({ method }) => method),
    ["GET"],
  );
  equal(
    await page.evaluate(() => localStorage.getItem("llm-fuse.places")),
    null,
    "a typed question trusts no origin",
  );
  equal(await textOf(page.locator("#status")), "", "the estimate is not announced");
  equal(
    await page.locator("#send").getAttribute("aria-describedby"),
    "estimate",
    "but it describes the button",
  );
  await page.fill("#question", "");
  await line(page).waitFor({ state: "hidden" });
  await expectNoErrors(page, site, session.baseURL);
}

const amounts = async (page) =>
  (await line(page).innerText()).match(/\$[\d.]+\d/g).map((amount) => Number(amount.slice(1)));

const changed = (page, before) =>
  page.waitForFunction(
    (before) => document.querySelector("#estimate").textContent !== before,
    before,
  );

async function askAndWait(page, question, words = "Estimate:") {
  await page.fill("#question", "");
  await line(page).waitFor({ state: "hidden" });
  await page.fill("#question", question);
  await line(page).getByText(words).waitFor();
}

async function context({ open, site, session }) {
  const page = await open();
  await redirectOpenRouter(page, session, expensivePrompts(), {
    [GPT]: says("GPT: all common ground."),
    [GEMINI]: says("Gemini: all common ground."),
    [OPUS]: {
      sequence: [
        says("Opus: all common ground."),
        analysis(["A", "B", "C"]),
        says("A long answer. ".repeat(200)),
      ],
    },
  });
  await useOpenRouter(page);
  await askAndWait(page, "Is the sky blue?");
  const [, bare] = await amounts(page);
  await page.setInputFiles("#file", {
    name: "dot.png",
    mimeType: "image/png",
    buffer: Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    ),
  });
  await changed(page, await line(page).textContent());
  const [, picture] = await amounts(page);
  ok(
    picture > bare + 3 * 2,
    `a picture counts, although its data is not sent: ${bare} and ${picture}`,
  );
  await page.getByRole("button", { name: "Remove dot.png" }).click();

  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await line(page).waitFor({ state: "hidden" });
  await askAndWait(page, "Is the sky blue?");
  const [, following] = await amounts(page);
  ok(following > bare + 3, `earlier turns count: ${bare} and ${following}`);
  await expectNoErrors(page, site, session.baseURL);
}

async function unknownPrices({ open, site, session }) {
  const page = await open();
  await redirectOpenRouter(page, session, expensivePrompts([OPUS, GPT]));
  await useOpenRouter(page);
  await askAndWait(page, "Is the sky blue?");
  const words = await line(page).innerText();
  ok(
    /^Estimate: at least \$[\d.]+; the price of ~google\/gemini-pro-latest is not known\.$/.test(
      words,
    ),
    words,
  );
  await page.fill("#question", `Is the sky blue, ${"or is it not, ".repeat(20)}?`);
  await changed(page, words);
  equal(await listsAsked(session), 1, "the list is not loaded again for an unlisted model");

  await chooseProvider(page, "Sample panel");
  await closeSettings(page);
  await line(page).waitFor({ state: "hidden" });
  await page.fill("#question", "Is the sky really blue?");
  await page.waitForTimeout(700);
  equal(await line(page).isVisible(), false, "the sample has no estimate");
  await expectNoErrors(page, site, session.baseURL);
}

async function noList({ open, site, session }) {
  const page = await open();
  await redirectOpenRouter(page, session, null);
  await useOpenRouter(page);
  await askAndWait(page, "Is the sky blue?", "No estimate: prices unavailable.");
  const before = await listsAsked(session);
  await page.fill("#question", "Is the sky blue today?");
  await page.waitForTimeout(700);
  equal(await listsAsked(session), before, "the list is not requested again");
  equal(await textOf(page.locator("#problem")), "", "there is no error");
  await expectNoErrors(page, site, session.baseURL);
}

async function tooLittle({ open, site, session }) {
  const page = await open();
  await redirectOpenRouter(page, session, prices("0.00001"));
  await useOpenRouter(page, "0.05");
  await askAndWait(page, "Is the sky blue?");
  includes(await textOf(line(page)), "The run may stop early, at your limit of $0.05.");
  await useOpenRouter(page, "0.5");
  await line(page).getByText("up to your limit of $0.50.").waitFor();
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() =>
      window.heard.push(document.querySelector("#status").textContent),
    ).observe(document.querySelector("#status"), { childList: true });
  });
  await useOpenRouter(page, "0.002");
  const words = "Budget too low: at least $0.015 needed, more than your limit of $0.002.";
  await line(page).getByText(words).waitFor();
  await page.waitForFunction(() => window.heard.length > 0);
  await page.locator("#question").pressSequentially(" And if so, since when, and for whom?");
  await page.waitForTimeout(700);
  equal(await page.evaluate(() => window.heard), [words]);
  equal(await asked(session), {});
  await expectNoErrors(page, site, session.baseURL);
}

const wordy = `It depends on what you call blue.

By day the air scatters short waves more than long ones, so light from all directions but the sun's looks blue to us. Violet is scattered even more, yet there is less of it in sunlight, and our eyes see it less well.

Near the horizon the light has passed through so much more air that most of the blue is gone from it: the sky there is pale, and at dusk yellow or red. High up, on a mountain or in an aeroplane, there is less air above, and the same sky is nearly black.

`.repeat(3);

/**
 * Starts a run with a budget of $0.05. One reply has cost $0.02, and another reply will exceed the
 * budget. Returns a function that releases the second reply.
 */
export async function startNearBudget(page, session) {
  await redirectOpenRouter(page, session, prices("0.0001"), {
    [GPT]: says("Blue, for the air scatters it most. This is all common ground.", {
      usage: { prompt_tokens: 9, completion_tokens: 20, cost: "0.02" },
    }),
    [GEMINI]: says(wordy, { stall: { after: 240 } }),
    [OPUS]: says("Never.", { stall: "headers" }),
  });
  await page.evaluate((model) => {
    window.held[model] = new Promise((resolve) => (window.release = resolve));
  }, GEMINI);
  await useOpenRouter(page, "0.05");
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 1, "done");
  return () => page.evaluate(() => window.release());
}

const richer = (session) =>
  session.script({
    "GET /models": priceList(prices("0.0001")),
    [GEMINI]: says("Gemini: all common ground."),
    [OPUS]: {
      sequence: [says("Opus: all common ground."), analysis(["A", "B", "C"]), says("Blue.")],
    },
  });

async function stopped({ open, site, session }) {
  const page = await open();
  const go = await startNearBudget(page, session);
  const totals = turn(page).locator(".totals");
  await totals.getByText("$0.02 of $0.05 so far").waitFor();
  const meter = turn(page).getByRole("meter", { name: "Budget spent" });
  const values = () =>
    meter.evaluate((bar) =>
      ["max", "now", "text"].map((name) => bar.getAttribute(`aria-value${name}`)),
    );
  equal(await values(), ["0.05", "0.02", "$0.02 of $0.05"]);
  await go();
  await waitForEnd(page, "failed");
  const notice = turn(page).locator(".notice.budget");
  includes(await textOf(notice), "Stopped at your limit of $0.05.");
  includes(await textOf(notice), "1 reply is kept");
  includes(await textOf(notice), "at least $0.02");
  equal(await notice.getAttribute("role"), "alert", "it is announced");
  equal((await values())[2], "at least $0.02 of $0.05, limit reached");
  for (const nth of [0, 2]) includes(await textOf(column(page, nth)), "Cut off at the cost limit.");
  includes(
    await textOf(column(page, 2)),
    "It depends on what you call blue.",
    "the received text is kept",
  );
  equal(
    await asked(session),
    { [OPUS]: 1, [GPT]: 1, [GEMINI]: 1 },
    "neither the analyst nor the writer was called",
  );

  await richer(session);
  await notice.getByRole("button", { name: "Continue up to $0.10" }).click();
  await waitForEnd(page, "done");
  equal((await asked(session))[GPT], 1, "a paid reply is reused");
  includes(await textOf(turn(page).locator(".answer .prose")), "Blue.");
  includes(await textOf(totals), "of $0.10");
  equal(await turn(page).locator(".notice").count(), 0);
  equal(await turn(page).locator(".versions").isVisible(), false, "it is the same turn");
  await expectNoErrors(page, site, session.baseURL);
}

async function withoutLimit({ open, site, session }) {
  const page = await open();
  await (await startNearBudget(page, session))();
  await waitForEnd(page, "failed");
  await richer(session);
  await page.getByRole("button", { name: "Continue without a limit" }).click();
  await waitForEnd(page, "done");
  equal((await asked(session))[GPT], 1);
  equal(await turn(page).getByRole("meter").count(), 0);
  lacks(await textOf(turn(page).locator(".totals")), " of ");
  ok(
    modelCalls(await session.calls())
      .slice(3)
      .every(({ body }) => !JSON.stringify(body).includes("max_cost")),
    "no request has a limit",
  );
  await expectNoErrors(page, site, session.baseURL);
}

async function everyState({ open, session }) {
  const page = await open();
  const go = await startNearBudget(page, session);
  await violations(page, "a running meter");
  await expectNoOverflow(page, "a running meter");
  await go();
  await waitForEnd(page, "failed");
  await violations(page, "stopped at the limit");
  await expectNoOverflow(page, "stopped at the limit");
  await page.fill("#question", "And at night?");
  await line(page).getByText("Budget too low").waitFor();
  await violations(page, "with an estimate");
  await expectNoOverflow(page, "with an estimate");
}
