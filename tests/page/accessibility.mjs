// Tests accessibility: axe-core finds no violation in any state, the keyboard reaches every
// control, and the page respects reduced motion.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { analysis, cites, failures, says } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  column,
  example,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const source = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

const looks = [
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["on a phone", { viewport: { width: 390, height: 844 } }],
];

export const access = [
  ...looks.map(([name, wish]) => ({
    name: `access: no violation in any state, ${name}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
  { name: "access: a whole turn works with the keyboard alone", run: byKeyboard },
  { name: "access: each event is announced once, in a sentence", run: announces },
  {
    name: "access: with reduced motion nothing is animated",
    run: reducedMotion,
    reducedMotion: "reduce",
  },
];

/** Checks all rules of WCAG 2.2 A and AA, and the best practices of axe-core. */
export async function violations(page, when) {
  // The debugger evaluates the script, which the page's Content-Security-Policy would block.
  const found = await page.evaluate(async (source) => {
    // biome-ignore lint/security/noGlobalEval: the source is axe-core's.
    if (!window.axe) window.eval(source);
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) =>
          `${id}: ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, " ").slice(0, 240)}`,
      ),
    );
  }, source);
  equal(found, [], when);
}

const reply =
  "A reply with `code`, a [link](https://example.org/), all common ground.\n\n```js\nconst sky = " +
  "1; // blue\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |";

// This test is long because one page goes through all its states.
async function everyState({ open, session }) {
  const page = await open();
  await violations(page, "empty");
  await chooseProvider(page, "OpenRouter");
  await violations(page, "settings, OpenRouter");
  await chooseProvider(page, "Other provider");
  await violations(page, "settings, other provider");
  await closeSettings(page);
  await page.click("#send");
  await violations(page, "with a problem");

  await session.script({
    "desk/one": says(reply, {
      reasoning: "Hm.",
      annotations: [cites("https://example.org/", "Example")],
    }),
    "desk/two": says("x", { stall: "headers" }),
    "desk/three": says("This goes on and on", { stall: { after: 2 } }),
    "desk/bad": failures[400],
    "desk/analyst": {
      sequence: [
        analysis(["A"]),
        says(reply, { annotations: [cites("https://example.org/", "Example")] }),
      ],
    },
  });
  await useOwnServer(
    page,
    session.baseURL,
    ["desk/one", "desk/two", "desk/three", "desk/bad"],
    "desk/analyst",
  );
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await waitForPhase(page, 3, "failed");
  await column(page, 2).getByText("This goes").waitFor();
  await violations(page, "running: done, waiting, writing, failed");
  await column(page, 0)
    .getByRole("button", { name: /^Enlarge/ })
    .click();
  await violations(page, "enlarged");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Skip the rest" }).click();
  await waitForEnd(page, "done");
  await page.waitForSelector(".hljs-comment");
  await violations(page, "finished");
  for (const tab of ["Comparison", "Panel", "Answer"]) {
    await turn(page)
      .getByRole("button", { name: new RegExp(`^${tab}`) })
      .click();
    await violations(page, `finished, ${tab}`);
  }
  await turn(page)
    .getByRole("button", { name: /^Comparison/ })
    .click();
  await turn(page).locator('[data-kind="consensus"] .item .point').click();
  await violations(page, "with a quote marked");
  await page.getByRole("button", { name: "Edit and ask again" }).click();
  await violations(page, "editing");
  await page.keyboard.press("Escape");

  await session.script(
    Object.fromEntries(
      ["one", "two", "three", "bad"].map((name) => [`desk/${name}`, failures[401]]),
    ),
  );
  await ask(page, "And now?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state][data-state="failed"]');
  await violations(page, "a second turn");

  await page.click("#new");
  await chooseProvider(page, "Sample panel");
  await violations(page, "settings, sample");
  await closeSettings(page);
  await example(page, 0).click();
  await page.waitForSelector(".panelist");
  await page.keyboard.press("Escape");
  await waitForEnd(page, "stopped");
  await violations(page, "stopped");
}

async function byKeyboard({ open, session }) {
  await session.script({
    "desk/one": says("One: all common ground."),
    "desk/two": says("Two: all common ground."),
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("Blue.")] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await page.focus("#question");
  await page.keyboard.type("Is the sky blue?");
  await page.keyboard.press("Control+Enter");
  await waitForEnd(page, "done");
  const reached = new Set();
  await page.locator(".reply-chip").first().focus();
  await page.keyboard.press("Enter");
  await page.evaluate(() => document.activeElement.blur());
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press("Tab");
    reached.add(
      await page.evaluate(
        () =>
          document.activeElement.getAttribute("aria-label") ||
          document.activeElement.innerText?.trim() ||
          document.activeElement.id,
      ),
    );
  }
  for (const wanted of [
    "Edit and ask again",
    "Skip to the answer Alt Shift A",
    "Back to the panel",
    "Reply 1, one",
    "Use this answer",
    "Said by 1, one: show it in the reply",
    "Show this quote in reply 1",
    "Copy",
    "Ask",
    "Call log",
  ]) {
    ok(
      [...reached].some((name) => name === wanted),
      `the keyboard does not reach “${wanted}”: ${[...reached].join(" | ")}`,
    );
  }
}

async function announces({ open, session }) {
  await session.script({
    "desk/one": says("One: all common ground."),
    "desk/two": failures[400],
    "desk/analyst": { sequence: [analysis(["A"]), says("Blue.")] },
  });
  const page = await open();
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() =>
      window.heard.push(document.querySelector("#status").textContent),
    ).observe(document.querySelector("#status"), {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.waitForFunction(() => window.heard.at(-1)?.includes("The answer is complete."));
  const heard = await page.evaluate(() => window.heard.join(" "));
  for (const wanted of [
    "Asked 2 models.",
    "one has answered.",
    "two failed. The request was not accepted.",
    "The comparison is ready.",
    "The answer is complete.",
  ]) {
    equal(heard.split(wanted).length, 2, `once “${wanted}” in “${heard}”`);
  }
}

async function reducedMotion({ open }) {
  const page = await open();
  await example(page, 0).click();
  await page.waitForSelector('.panelist[data-phase="writing"]');
  equal(await page.evaluate(() => document.getAnimations().length), 0);
}
