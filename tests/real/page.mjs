#!/usr/bin/env node

// Tests the demo page in Chromium with a real server. A panel of three answers, the page is
// reloaded during the run, and the run is resumed from the history. A proxy on loopback counts the
// calls, because no finished call may be repeated. `npm test` does not run this file.
//
//   npm run build
//   BASE_URL=http://127.0.0.1:8080/v1 node tests/real/page.mjs
//
// MODEL   the model of all roles. The default is the first model in the server's list.
// SHOTS   a folder for screenshots
// LIMIT   the token limit of an answer. The default is 400.

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

const { BASE_URL, SHOTS, LIMIT = "400" } = process.env;
const QUESTION = "Why is the sky blue? Answer in three sentences.";
const TIMEOUT_MS = 20 * 60_000;

/** Forwards calls and records the end of each. */
async function startProxy(to) {
  const calls = [];
  const cors = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "*",
    "access-control-allow-methods": "*",
  };

  const server = createServer(async (request, response) => {
    if (request.method === "OPTIONS") return void response.writeHead(204, cors).end();
    const body =
      request.method === "POST" ? await new Response(Readable.toWeb(request)).text() : undefined;
    const call = { body, end: "open" };
    const gone = new AbortController();
    response.on("close", () => {
      if (call.end === "open") call.end = "left";
      gone.abort();
    });
    if (body) calls.push(call);
    try {
      const answer = await fetch(`${to}${request.url.replace(/^\/v1/, "")}`, {
        method: request.method,
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
  });
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

async function reloadAndGoOn(page, proxy, model, shot) {
  await useOwnServer(page, proxy.baseURL, [model, model, model], model);
  await chooseProvider(page, "Other provider");
  await page.click("#more summary");
  await page.fill("#limit", LIMIT);
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
    `the panel was caught too late: ${before.join(", ")}`,
  );
  await shot("before the reload");
  await page.reload();
  await page.click("#open-history");
  await page.locator("#entries .entry .open").first().waitFor();
  await shot("history");
  await page.locator("#entries .entry .open").first().click();
  await waitForEnd(page, "interrupted");
  assert.equal(
    (await phases(page)).filter((phase) => phase === "done").length,
    before.filter((phase) => phase === "done").length,
    "finished answers are kept",
  );
  await shot("after the reload");
  const asked = proxy.calls.length;
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForSelector('.turn:not([data-state="interrupted"], [data-state="running"])');
  await shot("at the end");
  await openReply(page, 0);
  await shot("the panel at the end");
  return { before, asked };
}

const phases = (page) =>
  columns(page).evaluateAll((all) => all.map(({ dataset }) => dataset.phase));

function check({ before, asked }, calls, seen) {
  const [{ body }] = calls;
  const panel = calls.map((call, nth) => ({ ...call, nth })).filter((call) => call.body === body);
  const paid = panel.filter(({ end }) => end === "finished");
  const ready = before.filter((phase) => phase === "done").length;
  console.log(`\npanel before the reload: ${before.join(", ")}`);
  console.log(
    `calls of the panel before it: ${panel
      .filter(({ nth }) => nth < asked)
      .map(({ end }) => end)
      .join(", ")}; after it: ${panel
      .filter(({ nth }) => nth >= asked)
      .map(({ end }) => end)
      .join(", ")}`,
  );
  console.log(
    `calls of analyst and writer: ${calls
      .filter((call) => call.body !== body)
      .map(({ end }) => end)
      .join(", ")}`,
  );
  console.log(printableJson(seen));
  assert.equal(
    panel.filter(({ nth }) => nth >= asked).length,
    3 - ready,
    "after the reload only unfinished calls are repeated",
  );
  // If an answer ended at the time of the reload, the page may not have received it.
  assert.ok(
    paid.length === 3 ||
      (paid.length === 4 &&
        panel.filter(({ nth, end }) => nth < asked && end === "finished").length > ready),
    `${paid.length} answers were paid for`,
  );
  assert.equal(seen.state, "done");
  assert.deepEqual(seen.phases, ["done", "done", "done"]);
  assert.ok(seen.answer.length > 0, "an answer");
  assert.equal(seen.restored, ready, "resumed answers are marked");
  assert.deepEqual(seen.faults, []);
}

if (!BASE_URL) {
  console.error("Set BASE_URL to a server with Chat Completions.");
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "llm-fuse-real-"));
if (SHOTS) await mkdir(SHOTS, { recursive: true });
const site = await buildSite(join(folder, "site"));
const proxy = await startProxy(BASE_URL);
const browser = await launchChromium();
try {
  const model = process.env.MODEL ?? (await (await fetch(`${BASE_URL}/models`)).json()).data[0].id;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(site.url);
  let nth = 0;
  const shot = (name) => SHOTS && page.screenshot({ path: join(SHOTS, `${++nth} ${name}.png`) });
  const ran = await reloadAndGoOn(page, proxy, model, shot);
  const seen = await turn(page).evaluate((run) => ({
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
  check(ran, proxy.calls, { ...seen, faults });
  console.log("\nok");
} finally {
  await browser.close();
  proxy.close();
  await site.close();
  await rm(folder, { recursive: true, force: true });
}
