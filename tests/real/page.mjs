#!/usr/bin/env node

// The demo page with real servers in Chromium: a panel of three, a reload during the panel, a
// resume from the history, a reload during the answer, and another resume. A proxy on loopback
// counts the calls: no finished call is repeated. Not in `npm test`.
//
//   npm run build
//   BASE_URLS=http://127.0.0.1:8080/v1,http://127.0.0.1:8081/v1 node tests/real/page.mjs
//
// BASE_URLS   one or more servers, separated by commas. The panel uses the first model of each in
//             turn; analyst and writer use that of the last. The names of the models must differ
// SHOTS       a folder for screenshots
// LIMIT       the token limit of an answer; default: 400
// PHONE       if set, the page has the size of a phone and is dark

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { printableJson } from "../../examples/printable.mjs";
import { buildSite } from "../page/built-site.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  columns,
  openReply,
  turn,
  useOwnServer,
  waitForEnd,
} from "../page/steps.mjs";
import { launchChromium } from "../tiers/chromium.mjs";

const { BASE_URLS = "", SHOTS, LIMIT = "400", PHONE } = process.env;
const QUESTION = "Why is the sky blue? Explain it in three short paragraphs.";
const TIMEOUT_MS = 20 * 60_000;
const PANEL_SIZE = 3;

const modelOf = async (url) => (await (await fetch(`${url}/models`)).json()).data[0].id;

/**
 * Forwards calls and records the end of each.
 * @param servers the URL of each model's server, by the model's name
 */
async function startProxy(servers) {
  const calls = [];
  const cors = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "*",
    "access-control-allow-methods": "*",
  };

  async function forward(request, response) {
    if (request.method === "OPTIONS") return void response.writeHead(204, cors).end();
    if (request.method === "GET") {
      const data = Object.keys(servers).map((id) => ({ id, object: "model" }));
      const json = { ...cors, "content-type": "application/json" };
      return void response.writeHead(200, json).end(JSON.stringify({ object: "list", data }));
    }
    const body = await new Response(Readable.toWeb(request)).text();
    const { model, messages } = JSON.parse(body);
    const call = { model, messages: JSON.stringify(messages), end: "open" };
    const gone = new AbortController();
    response.on("close", () => {
      if (call.end === "open") call.end = "left";
      gone.abort();
    });
    calls.push(call);
    try {
      const answer = await fetch(`${servers[model]}${request.url.replace(/^\/v1/, "")}`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
        signal: gone.signal,
      });
      response.writeHead(answer.status, {
        ...cors,
        "content-type": answer.headers.get("content-type") ?? "application/json",
      });
      for await (const part of answer.body) response.write(part);
      if (call.end === "open") call.end = answer.ok ? "finished" : `status ${answer.status}`;
      response.end();
    } catch (error) {
      if (call.end === "open") call.end = `failed: ${error.message}`;
      response.destroy();
    }
  }

  const server = createServer(forward);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    baseURL: `http://127.0.0.1:${server.address().port}/v1`,
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const phases = (page) =>
  columns(page).evaluateAll((all) => all.map(({ dataset }) => dataset.phase));
const reasons = async (page) =>
  (await columns(page).locator(".reason").allInnerTexts()).filter(Boolean).join(" ");
const countDone = (all) => all.filter((phase) => phase === "done").length;

/** Asks, and reloads the page when at least one reply is complete and another is not. */
async function reloadDuringPanel({ page, proxy, shot }, models) {
  const panel = Array.from({ length: PANEL_SIZE }, (_, nth) => models[nth % models.length]);
  await useOwnServer(page, proxy.baseURL, panel, models.at(-1));
  await chooseProvider(page, "Other provider");
  await page.click("#more summary");
  await page.fill("#limit", LIMIT);
  // A busy machine answers slowly.
  for (const id of ["#member", "#run"]) await page.fill(id, "3600");
  await closeSettings(page);
  await ask(page, QUESTION);
  await page.waitForFunction(() => {
    const phases = [...document.querySelectorAll(".panelist")].map(({ dataset }) => dataset.phase);
    return (
      phases.includes("done") || (phases.length > 0 && phases.every((phase) => phase === "failed"))
    );
  });
  const before = await phases(page);
  assert.ok(
    before.includes("done") &&
      before.some((phase) => !["done", "failed", "stopped"].includes(phase)),
    `the panel was caught too late: ${before.join(", ")}. ${await reasons(page)}`,
  );
  await shot("before the first reload");
  await page.reload();
  await page.click("#open-history");
  await page.locator("#entries .entry .open").first().waitFor();
  await shot("history");
  await page.locator("#entries .entry .open").first().click();
  await waitForEnd(page, "interrupted");
  assert.equal(countDone(await phases(page)), countDone(before), "finished replies are kept");
  await shot("after the first reload");
  return before;
}

/** Continues, and reloads the page when the writer has written some words. */
async function reloadDuringAnswer({ page, shot }) {
  await page.getByRole("button", { name: "Continue" }).click();
  const words = turn(page).locator('.answer[data-phase="writing"] .prose');
  await words.filter({ hasText: /\w+ \w+/ }).waitFor();
  // The page stores a growing text every 2 s.
  await page.waitForTimeout(3000);
  assert.equal(await turn(page).getAttribute("data-state"), "running", "the answer came too soon");
  await shot("before the second reload");
  await page.reload();
  await waitForEnd(page, "interrupted");
  await shot("after the second reload");
  const text = await turn(page).locator(".answer .prose").innerText();
  assert.match(text, /\w/, "the words of the answer are kept");
}

async function continueToTheEnd({ page, shot }) {
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForSelector('.turn:not([data-state="interrupted"], [data-state="running"])');
  await shot("at the end");
  await openReply(page, 0);
  await shot("a reply at the end");
  return turn(page).evaluate((run) => ({
    state: run.dataset.state,
    phases: [...run.querySelectorAll(".panelist")].map(({ dataset }) => dataset.phase),
    restored: [...run.querySelectorAll(".panelist .meter")].filter(({ textContent }) =>
      /reused/.test(textContent),
    ).length,
    comparison: run.querySelector(".comparison").dataset.phase,
    items: [...run.querySelectorAll(".group")].map(
      (group) =>
        `${group.querySelector("h4").textContent} ${group.querySelectorAll(".item").length}`,
    ),
    answer: run.querySelector(".answer .prose").innerText,
    notices: run.querySelector(".notices").innerText,
    totals: run.querySelector(".totals").innerText,
  }));
}

/** @param at the number of calls before each resume */
function check({ before, at, calls, seen, faults }) {
  const parts = [calls.slice(0, at[0]), calls.slice(at[0], at[1]), calls.slice(at[1])];
  const isPanel = ({ messages }) => messages === calls[0].messages;
  const ends = (some) => some.map(({ model, end }) => `${model} ${end}`).join(", ") || "none";
  const names = ["before the first reload", "up to the second reload", "after it"];
  console.log(`\npanel before the first reload: ${before.join(", ")}`);
  for (const [nth, part] of parts.entries()) {
    const others = part.filter((call) => !isPanel(call));
    console.log(`${names[nth]}: panel: ${ends(part.filter(isPanel))}`);
    console.log(`${" ".repeat(names[nth].length)}  analyst and writer: ${ends(others)}`);
  }
  console.log(printableJson(seen));
  const ready = countDone(before);
  const isEarly = parts[0].some((call) => !isPanel(call));
  assert.equal(isEarly, false, "the page that is left makes no further call");
  const [first, second, third] = parts.map((part) => part.filter(isPanel));
  assert.equal(second.length, PANEL_SIZE - ready, "only unfinished panelists are asked again");
  assert.equal(third.length, 0, "the second resume asks no panelist");
  // A reply that ended at the time of the reload may not have reached the page.
  const finished = ({ end }) => end === "finished";
  const late = first.filter(finished).length - ready;
  const paid = [...first, ...second].filter(finished).length;
  assert.equal(paid - late, PANEL_SIZE, `${paid} replies were paid, ${late} at the reload`);
  const all = parts.flat().filter((call) => !isPanel(call) && finished(call));
  const unique = new Set(all.map(({ model, messages }) => `${model} ${messages}`));
  assert.equal(unique.size, all.length, "no finished call of analyst or writer is repeated");
  const others = parts[2].filter((call) => !isPanel(call));
  assert.deepEqual(
    others.map(({ end }) => end),
    ["finished"],
    "only the writer is asked again",
  );
  assert.equal(seen.state, "done");
  assert.deepEqual(seen.phases, Array(PANEL_SIZE).fill("done"));
  assert.ok(seen.answer.length > 0, "an answer");
  assert.deepEqual(faults, []);
}

const urls = BASE_URLS.split(",").filter(Boolean);
if (urls.length === 0) {
  console.error("Set BASE_URLS to servers with Chat Completions.");
  process.exit(2);
}
const look = PHONE
  ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: "dark" }
  : { viewport: { width: 1280, height: 900 } };
const folder = await mkdtemp(join(tmpdir(), "llm-fuse-real-"));
if (SHOTS) await mkdir(SHOTS, { recursive: true });
const site = await buildSite(join(folder, "site"));
const models = await Promise.all(urls.map(modelOf));
const proxy = await startProxy(Object.fromEntries(models.map((name, nth) => [name, urls[nth]])));
const browser = await launchChromium();
try {
  const page = await (await browser.newContext(look)).newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(site.url);
  let nth = 0;
  const shot = (name) => SHOTS && page.screenshot({ path: join(SHOTS, `${++nth} ${name}.png`) });
  const on = { page, proxy, shot };
  const before = await reloadDuringPanel(on, models);
  const at = [proxy.calls.length];
  await reloadDuringAnswer(on);
  at.push(proxy.calls.length);
  const seen = await continueToTheEnd(on);
  check({ before, at, calls: proxy.calls, seen, faults });
  console.log("\nok");
} finally {
  await browser.close();
  proxy.close();
  await site.close();
  await rm(folder, { recursive: true, force: true });
}
