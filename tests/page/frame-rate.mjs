// Tests that each card is drawn at most once per frame while eight streams arrive. Frame times
// depend on the machine, so they are only logged.

import { equal, ok, throws } from "../scenarios/assert.mjs";
import { EIGHT, eight, members } from "./eight-panelists.mjs";
import { recordTasks } from "./main-thread.mjs";
import { ask, expectNoErrors, useOwnServer, waitForEnd } from "./steps.mjs";

export const frameRate = [
  {
    name: "frame rate: a frame has a time limit, and the next one begins with the rest",
    run: schedules,
  },
  {
    name: "frame rate: eight streams are drawn at most once per frame",
    run: streams,
    measures: true,
  },
];

/** Tests www/render-scheduler.js with a fake clock and fake frames. */
async function schedules() {
  const real = [globalThis.requestAnimationFrame, performance.now];
  const frames = [];
  let now = 0;
  try {
    globalThis.requestAnimationFrame = (draw) => frames.push(draw);
    performance.now = () => now;
    const { nextFrame, afterDrawing } = await import("../../www/render-scheduler.js");
    const log = [];
    const frame = () => {
      for (const draw of frames.splice(0)) draw();
      return log.splice(0).join(" ");
    };
    const takes = (name, ms) => () => {
      log.push(name);
      now += ms;
    };

    const quick = [..."abcdef"].map((name) => takes(name, 0));
    for (const draw of [...quick, ...quick]) nextFrame(draw);
    equal(
      [frame(), frame(), frames.length],
      ["a b c d", "e f", 0],
      "at most four per frame, none twice",
    );

    for (const draw of quick) nextFrame(draw);
    now += 200;
    equal([frame(), frames.length], ["a b c d e f", 0], "all if frames are rare");

    for (const name of "abcd") nextFrame(takes(name, 20));
    now += 200;
    equal([frame(), frame()], ["a b c", "d"], "rare frames have a time limit, too");

    for (const draw of [takes("slow", 5), takes("slower", 5), takes("late", 0)]) nextFrame(draw);
    nextFrame(quick[0]);
    equal([frame(), frame()], ["slow slower", "late a"], "none after the time limit");

    nextFrame(function again() {
      log.push("again");
      nextFrame(again);
      nextFrame(quick[1]);
      afterDrawing(takes("measured", 0));
    });
    equal(frame(), "again b measured", "a drawing can add others to its frame, but not itself");
    nextFrame(() => {
      throw new Error("this one fails");
    });
    throws(frame, Error);
    equal(
      [log.splice(0).join(" "), frame()],
      ["again", "again b measured"],
      "an error stops no other drawing",
    );
  } finally {
    [globalThis.requestAnimationFrame, performance.now] = real;
  }
}

async function streams({ open, site, log }) {
  const page = await open({ init: [eight, { words: 60, every_ms: 4 }] });
  await useOwnServer(page, EIGHT, members, "maker/analyst");
  await page.evaluate(watch);
  const work = await recordTasks(page);
  await ask(page, "Is the sky blue?");
  await page.waitForSelector(".turn");
  await page.waitForFunction(() => document.querySelectorAll(".panelist").length === 8);
  await page.waitForFunction(
    () => document.querySelectorAll('.panelist[data-phase="done"]').length === 8,
  );
  const { frames, long, perFrame, most, drawings, sent, blocks } = await page.evaluate(() =>
    window.measured(),
  );
  const tasks = (await work()).map(({ ms }) => ms);
  await waitForEnd(page, "done");

  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(sorted.length * share)].toFixed(1);
  log(
    `eight streams, ${sent} pieces: ${frames.length} frames, median ${at(0.5)} ms, 95 % ` +
      `${at(0.95)} ms, longest ${at(0.9999)} ms; ${frames.filter((ms) => ms > 50).length} over ` +
      `50 ms; at most ${most} cards in one; long animation frames: ` +
      `${long.length ? long.join(", ") : "none"}`,
  );
  log(
    `main thread, CPU time: ${tasks.length} tasks, longest ${tasks
      .slice(0, 3)
      .map((ms) => `${ms.toFixed(1)} ms`)
      .join(", ")}; ${tasks.filter((ms) => ms > 50).length} over 50 ms`,
  );
  ok(sent > 8 * 500, `only ${sent} pieces were sent`);
  ok(drawings < sent / 2, `${drawings} drawings for ${sent} pieces`);
  equal(Math.max(...perFrame), 1, "a card was drawn more than once in a frame");
  ok(blocks > 8 * 40, "all blocks are drawn");
  await expectNoErrors(page, site);
}

/**
 * Runs in the page and counts drawings. A change of a reply's blocks counts as one drawing. Later
 * highlighting does not count.
 */
function watch() {
  const frames = [];
  const long = [];
  const perFrame = new Map();
  const cardsIn = new Map();
  let drawings = 0;
  let last = performance.now();
  new PerformanceObserver((list) => {
    for (const { duration, scripts } of list.getEntries()) {
      const parts = scripts.map(({ duration, invoker }) => `${invoker} ${Math.round(duration)}`);
      long.push(`${Math.round(duration)} ms (${parts.join(", ")})`);
    }
  }).observe({ type: "long-animation-frame" });
  new MutationObserver((records) => {
    const cards = new Set();
    for (const { target } of records) if (target.matches?.(".panelist .prose")) cards.add(target);
    // This time stays the same during a frame, so it identifies the frame.
    const frame = document.timeline.currentTime;
    for (const card of cards) {
      cardsIn.set(frame, (cardsIn.get(frame) ?? new Set()).add(card));
      const key = `${frame} ${card.closest(".panelist").dataset.index}`;
      perFrame.set(key, (perFrame.get(key) ?? 0) + 1);
    }
    drawings += cards.size;
  }).observe(document.querySelector("#turns"), { childList: true, subtree: true });
  const tick = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.measured = () => ({
    frames,
    long,
    perFrame: [...perFrame.values()],
    most: Math.max(...[...cardsIn.values()].map(({ size }) => size)),
    drawings,
    sent: window.sent,
    blocks: document.querySelectorAll(".panelist .prose > *").length,
  });
}
