// Tests the cards of the panelists: their states and their buttons.

import { analysis, cites, failures, refuses, says, uses } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import {
  ask,
  column,
  expectNoErrors,
  expectNoOverflow,
  openReply,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

export const cards = [
  { name: "cards: every state has a name", run: states },
  {
    name: "cards: Stop cancels a panelist, Retry restarts it, and the run continues",
    run: stopAndRetry,
  },
  { name: "cards: Retry after the run calls the failed panelist only", run: retryAfterwards },
  { name: "cards: Skip the rest closes the panel", run: proceed },
  { name: "cards: Skip comparison starts the writer", run: withoutComparison },
  { name: "cards: a follow-up builds on the reply that was chosen as the answer", run: use },
  { name: "cards: choosing a reply during the run stops the run", run: useEarly },
  { name: "cards: copy, highlighted code with its own copy button, enlarge", run: copyAndEnlarge },
  { name: "cards: a stopped run continues and reuses finished replies", run: resumed },
  {
    name: "cards: on a phone cards are swiped, and a number leads to each",
    run: phone,
    viewport: { width: 390, height: 844 },
  },
];

const analystScript = { sequence: [analysis(["A", "B"]), says("The writer's words.")] };

async function states({ open, site, session }) {
  await session.script({
    "desk/headers": says("x", { stall: "headers" }),
    "desk/thinks": says("x", { reasoning: "Let me see.", stall: { after: 1 } }),
    "desk/searches": {
      ...says("x", {
        delay: { headers_ms: 1500 },
        reasoning_details: [uses("openrouter:web_search", { query: "sky" }, {})],
        annotations: [cites("https://example.org/sky", "Sky")],
      }),
    },
    "desk/writes": says("It is blue and more", { stall: { after: 3 } }),
    // These replies are delayed, so that no connection becomes free before the page has drawn the
    // queued state.
    "desk/again": { ...failures[503], delay: { headers_ms: 1500 } },
    "desk/broken": { ...refuses(400, "No such thing"), delay: { headers_ms: 1500 } },
    "desk/seventh": says("x", { stall: "headers" }),
    "desk/eighth": says("x", { stall: "headers" }),
  });
  const page = await open();
  const names = ["headers", "thinks", "searches", "writes", "again", "broken", "seventh", "eighth"];
  await useOwnServer(
    page,
    session.baseURL,
    names.map((name) => `desk/${name}`),
    "desk/analyst",
  );
  // Record each state when the page draws it, because some states are short.
  await page.evaluate(() => {
    window.shown = {};
    const look = () => {
      for (const card of document.querySelectorAll(".panelist"))
        window.shown[`${card.dataset.index} ${card.dataset.phase}`] ??= card.innerText;
    };
    new MutationObserver(look).observe(document.querySelector("#turns"), {
      subtree: true,
      childList: true,
      attributes: true,
    });
  });
  await ask(page, "Is the sky blue?");
  for (const [nth, state] of [
    "waiting",
    "thinking",
    "done",
    "writing",
    "failed",
    "failed",
  ].entries())
    await waitForPhase(page, nth, state);
  const shown = await page.evaluate(() => window.shown);
  includes(shown["4 retrying"], "Retrying");
  includes(shown["4 retrying"], "Next attempt in");
  includes(shown["6 queued"], "Queued");
  includes(shown["6 queued"], "Waiting for a free connection");
  includes(shown["3 writing"], "Writing");
  includes(shown["1 thinking"], "Thinking");
  includes(await textOf(column(page, 5)), "No such thing");
  includes(await textOf(column(page, 5)), "was not accepted");
  ok(await column(page, 1).locator(".thinking").isVisible(), "reasoning is shown");
  equal(await column(page, 1).locator(".thinking").getAttribute("open"), null, "and it is folded");
  includes(await textOf(column(page, 2).locator(".tool")), "sky");
  equal(
    await column(page, 2).locator(".sources a").getAttribute("href"),
    "https://example.org/sky",
  );
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
  await expectNoErrors(page, site, session.baseURL);
}

async function stopAndRetry({ open, site, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/slow": {
      sequence: [says("Never.", { stall: "headers" }), says("Slow: all common ground.")],
    },
    "desk/held": {
      sequence: [says("Held", { stall: "headers" }), says("Held: all common ground.")],
    },
    "desk/analyst": { sequence: [analysis(["A", "B", "C"]), says("The writer's words.")] },
  });
  const page = await open();
  await useOwnServer(
    page,
    session.baseURL,
    ["desk/fast", "desk/slow", "desk/held"],
    "desk/analyst",
  );
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await waitForPhase(page, 1, "waiting");
  await column(page, 1).getByRole("button", { name: "Stop" }).click();
  await waitForPhase(page, 1, "stopped");
  ok(
    await column(page, 1)
      .locator(".scroller")
      .evaluate((reply) => reply === document.activeElement),
    "the focus stays in the card after Stop is hidden",
  );
  await column(page, 1).getByRole("button", { name: "Retry" }).click();
  await waitForPhase(page, 1, "done");
  includes(await textOf(column(page, 1)), "Slow: all common ground.");
  await column(page, 2).getByRole("button", { name: "Stop" }).click();
  await waitForEnd(page, "done");
  equal(await column(page, 2).getAttribute("data-phase"), "stopped");
  includes(await textOf(turn(page).locator(".answer .prose")), "The writer's words.");
  await expectNoErrors(page, site, session.baseURL);
}

async function retryAfterwards({ open, site, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/other": says("Other: all common ground."),
    "desk/shaky": { sequence: [failures[400], says("Shaky: all common ground.")] },
    "desk/analyst": {
      sequence: [
        analysis(["A", "B"]),
        says("Without it."),
        analysis(["A", "B", "C"]),
        says("With it."),
      ],
    },
  });
  const page = await open();
  await useOwnServer(
    page,
    session.baseURL,
    ["desk/fast", "desk/other", "desk/shaky"],
    "desk/analyst",
  );
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  equal(await column(page, 2).getAttribute("data-phase"), "failed");
  await openReply(page, 2);
  await column(page, 2).getByRole("button", { name: "Retry" }).click();
  await page.getByText("With it.").waitFor();
  await waitForEnd(page, "done");
  equal(
    (await session.calls()).filter(({ model }) => model === "desk/fast").length,
    1,
    "a finished panelist was not called again",
  );
  includes(await textOf(column(page, 0).locator(".meter")), "reused");
  includes(await textOf(turn(page).locator(".versions")), "2 of 2");
  await page.getByRole("button", { name: "Previous version" }).click();
  // The previous version of the turn must still show its answer.
  await page.getByText("Without it.").waitFor();
  await expectNoErrors(page, site, session.baseURL);
}

async function proceed({ open, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/slow": says("x", { stall: "headers" }),
    "desk/analyst": { sequence: [analysis(["A"]), says("Good enough.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/slow"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await page.getByRole("button", { name: "Skip the rest" }).click();
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".answer .prose")), "Good enough.");
  ok(
    !(await page.getByRole("button", { name: "Skip the rest" }).isVisible()),
    "there is nothing left to skip",
  );
}

async function withoutComparison({ open, site, session }) {
  const stuck = says("{}", { stall: "headers" });
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/free": says("Free: all common ground."),
    "desk/analyst": { sequence: [stuck, says("Good enough.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await page.getByRole("button", { name: "Skip comparison" }).click();
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".answer .prose")), "Good enough.");
  includes(await textOf(turn(page).locator(".comparison")), "Skipped.");
  ok(
    !(await page.getByRole("button", { name: /^(Continue|Skip)/ }).isVisible()),
    "there is nothing left to skip",
  );
  await expectNoErrors(page, site, session.baseURL);
}

async function use({ open, site, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/free": says("Free: all common ground."),
    "desk/analyst": analystScript,
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await openReply(page, 1);
  await column(page, 1).getByRole("button", { name: "Use this answer" }).click();
  includes(await textOf(turn(page).locator(".answer")), "free’s reply");
  includes(await textOf(turn(page).locator(".answer .prose")), "Free: all common ground.");
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  const calls = (await session.calls()).filter(({ model }) => model === "desk/fast");
  equal(calls[1].body.messages[1], { role: "assistant", content: "Free: all common ground." });
  const earlier = page.locator(".turn").first();
  includes(await textOf(earlier.locator(".answer")), "Free: all common ground.");
  await page.getByRole("button", { name: "Show replies and comparison" }).click();
  await earlier.getByRole("button", { name: "Back to the writer's answer" }).click();
  includes(await textOf(earlier.locator(".answer .prose")), "The writer's words.");
  await expectNoErrors(page, site, session.baseURL);
}

async function useEarly({ open, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/slow": says("x", { stall: "headers" }),
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/slow"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await column(page, 0)
    .getByRole("button", { name: /^Use this/ })
    .click();
  await waitForEnd(page, "stopped");
  includes(await textOf(turn(page).locator(".answer .prose")), "Fast: all common ground.");
  includes(await textOf(turn(page).locator(".answer")), "no answer written");
  equal(
    (await session.calls()).filter(({ model }) => model === "desk/analyst").length,
    0,
    "neither the analyst nor the writer was called",
  );
  await session.until((calls) => calls.every(({ end }) => end !== "open"));
}

const CODE = 'Look:\n\n```js\nconst sky = "blue";\n```\n\nThat is all. all common ground';

async function copyAndEnlarge({ open, site, session, context }) {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await session.script({
    "desk/fast": says(CODE),
    "desk/free": says("Free: all common ground."),
    "desk/analyst": analystScript,
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const card = column(page, 0);
  const held = () => page.evaluate(() => navigator.clipboard.readText());
  await openReply(page, 0);
  const large = page.getByRole("dialog", { name: "Reply of fast" });
  await large.getByText("That is all.").waitFor();
  await card.locator("footer").getByRole("button", { name: "Copy" }).click();
  await card.locator("footer").getByRole("button", { name: "Copied" }).waitFor();
  equal(await held(), CODE, "the Markdown source");
  await card.locator(".code .hljs-keyword").waitFor();
  equal(await textOf(card.locator(".code-head span")), "js");
  await card.locator(".code").getByRole("button", { name: "Copy" }).click();
  await card.locator(".code").getByRole("button", { name: "Copied" }).waitFor();
  equal(await held(), 'const sky = "blue";');

  await page.keyboard.press("Escape");
  await large.waitFor({ state: "detached" });
  ok(
    await page.evaluate(() => document.activeElement.matches(".reply-chip")),
    "and its chip has the focus",
  );
  await expectNoErrors(page, site, session.baseURL);
}

async function resumed({ open, site, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/slow": {
      sequence: [says("Never ends", { stall: { after: 1 } }), says("Slow: all common ground.")],
    },
    "desk/analyst": analystScript,
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/slow"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await column(page, 1).getByText("Never").waitFor();
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
  includes(await textOf(turn(page).locator(".notice")), "1 reply is kept");
  await page.getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
  equal((await session.calls()).filter(({ model }) => model === "desk/fast").length, 1);
  includes(await textOf(column(page, 1)), "Slow: all common ground.");
  equal(await turn(page).locator(".versions").isVisible(), false, "it is the same turn");
  await expectNoErrors(page, site, session.baseURL);
}

async function phone({ open, site, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/free": says("Free: all common ground."),
    "desk/analyst": analystScript,
  });
  const page = await open();
  await useOwnServer(
    page,
    session.baseURL,
    ["desk/fast", "desk/free", "desk/fast"],
    "desk/analyst",
  );
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await turn(page).locator(".answer").waitFor();
  ok(!(await turn(page).locator(".panel").isVisible()));
  await turn(page)
    .getByRole("button", { name: /^Panel/ })
    .click();
  await page.getByRole("button", { name: "Reply 3, fast" }).click();
  await page.waitForFunction(() => {
    const { left, right } = document
      .querySelector('.panelist[data-index="2"]')
      .getBoundingClientRect();
    return left >= 0 && right <= innerWidth + 1;
  });
  await page.waitForSelector('.card-tabs [data-open][data-panelist="2"]');
  await expectNoOverflow(page, "swiped");
  await expectNoErrors(page, site, session.baseURL);
}
