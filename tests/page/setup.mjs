// Tests keys. Signs in at a scripted OpenRouter and tests keys. Covers the error messages of both
// actions.

import { createHash } from "node:crypto";
import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  column,
  expectNoErrors,
  expectNoOverflow,
  modelCalls,
  setPanel,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const KEY = "sk-or-v1-only-for-this-test";
const HOST = "https://openrouter.ai";
const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };

export const setup = [
  {
    name: "sign-in: the tab gets a key, and the code leaves the address",
    run: signsIn,
    bypassCSP: true,
  },
  ...[
    ["dark", { colorScheme: "dark" }],
    ["at 320 px", { viewport: { width: 320, height: 640 } }],
    ["at 320 px, dark", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ].map(([look, wish]) => ({
    name: `sign-in: the signed-in dialog, ${look}`,
    run: looksSignedIn,
    bypassCSP: true,
    reducedMotion: "reduce",
    ...wish,
  })),
  { name: "sign-in: the open conversation is shown again, and its run continues", run: comesBack },
  { name: "sign-in: the key is saved on the device on request", run: keeps },
  { name: "sign-in: each failure has a message", run: goesWrong },
  { name: "sign-in: a code that this tab did not request is ignored", run: unasked },
  { name: "test key: OpenRouter reports the remaining limit", run: credit },
  { name: "test key: other providers accept or reject it", run: elsewhere },
  ...[
    ["OpenAI", "https://api.openai.com/v1", "/responses", "authorization", `Bearer ${KEY}`],
    ["Anthropic", "https://api.anthropic.com/v1", "/messages", "x-api-key", KEY],
    [
      "Google",
      "https://generativelanguage.googleapis.com/v1beta/openai",
      "/chat/completions",
      "authorization",
      `Bearer ${KEY}`,
    ],
    ["xAI", "https://api.x.ai/v1", "/responses", "authorization", `Bearer ${KEY}`],
  ].map(([name, base, path, header, value]) => ({
    name: `built in: ${name} gets calls and key tests in its own format`,
    run: (tools) => builtIn(tools, { name, base, path, header, value }),
  })),
];

/**
 * Imitates OpenRouter's sign-in. Redirects back immediately, with `back` as the parameters of the
 * URL. Then answers the request for a key with `reply`.
 */
async function openrouter(
  page,
  { back = { code: "one-time" }, reply = { json: { key: KEY, user_id: null } } } = {},
) {
  const seen = { exchanges: [] };
  await page.route(`${HOST}/auth?*`, (route) => {
    seen.query = Object.fromEntries(new URL(route.request().url()).searchParams);
    const to = new URL(seen.query.callback_url);
    for (const [name, value] of Object.entries(back)) to.searchParams.set(name, value);
    return route.fulfill({
      contentType: "text/html",
      body: `<script>location.replace(${JSON.stringify(to.href)})</script>`,
    });
  });
  await page.route(`${HOST}/api/v1/auth/keys`, (route) => {
    const request = route.request();
    if (request.method() === "OPTIONS") return route.fulfill({ status: 204, headers: cors });
    seen.exchanges.push({ body: request.postDataJSON(), headers: request.headers() });
    return reply === "gone" ? route.abort() : route.fulfill({ headers: cors, ...reply });
  });
  return seen;
}

const note = (page, text) => page.locator("#key-note").getByText(text).waitFor();
const stored = (page, name) => page.evaluate((name) => JSON.stringify({ ...window[name] }), name);

async function signsIn({ open, site }) {
  const page = await open();
  const seen = await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.click("#sign-in");
  await note(page, "You are signed in");
  equal(seen.query.code_challenge_method, "S256");
  equal(seen.query.callback_url, site.url);
  equal(seen.exchanges.length, 1);
  const { body, headers } = seen.exchanges[0];
  equal(body.code, "one-time");
  equal(
    createHash("sha256").update(body.code_verifier).digest("base64url"),
    seen.query.code_challenge,
    "the verifier belongs to the challenge",
  );
  equal(headers.authorization, undefined);
  equal(page.url(), site.url, "no code in the address");
  equal(await page.inputValue("#key"), KEY);
  lacks(await stored(page, "localStorage"), KEY, "the key is on the device");
  lacks(await stored(page, "sessionStorage"), body.code_verifier, "the verifier is deleted");
  await violations(page, "signed in");
  await page.reload();
  await chooseProvider(page, "OpenRouter");
  equal(seen.exchanges.length, 1, "a reload exchanges nothing");
  equal(await page.inputValue("#key"), KEY, "the tab still has it");
  await page.click("#forget");
  lacks(await stored(page, "sessionStorage"), KEY, "forgotten");
  await expectNoErrors(page, site, HOST);
}

async function looksSignedIn({ open }) {
  const page = await open();
  await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.click("#sign-in");
  await note(page, "You are signed in");
  await violations(page, "signed in");
  await expectNoOverflow(page, "signed in");
  const [content, width] = await page
    .locator("#settings")
    .evaluate((dialog) => [dialog.scrollWidth, dialog.clientWidth]);
  ok(content <= width, `the content is ${content} px wide, the dialog ${width} px`);
}

/** Signs in during a run. The sign-in leaves the page, but finished replies must not be lost. */
async function comesBack({ open, site, session }) {
  await session.script({
    "desk/fast": says("Fast: all common ground."),
    "desk/slow": {
      sequence: [says("Slow", { stall: "headers" }), says("Slow: all common ground.")],
    },
    "desk/analyst": { sequence: [analysis(["A", "B"]), says("The sky is blue.")] },
  });
  const page = await open();
  await openrouter(page);
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/slow"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForPhase(page, 0, "done");
  await chooseProvider(page, "OpenRouter");
  await page.click("#sign-in");
  await note(page, "You are signed in");
  await closeSettings(page);
  await waitForEnd(page, "interrupted");
  await waitForPhase(page, 0, "done");
  includes(await textOf(column(page, 0)), "Fast: all common ground.");
  await page.getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".answer .prose")), "The sky is blue.");
  const asked = modelCalls(await session.calls()).map(({ model }) => model);
  equal(
    asked,
    ["desk/fast", "desk/slow", "desk/slow", "desk/analyst", "desk/analyst"],
    "only missing calls are made",
  );
  equal(await textOf(turn(page).locator("h2")), "Is the sky blue?");
  await expectNoErrors(page, site, HOST, session.baseURL);
}

async function keeps({ open }) {
  const page = await open();
  await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.check("#keep");
  await page.click("#sign-in");
  await note(page, "You are signed in");
  includes(await stored(page, "localStorage"), KEY);
  ok(await page.isChecked("#keep"), "the checkbox is set");
  await page.click("#forget");
  lacks(await stored(page, "localStorage"), KEY, "forgotten");
}

async function goesWrong({ open, site }) {
  const attempts = [
    [{ reply: { status: 403, json: {} } }, "may have expired"],
    [{ reply: { status: 500, json: {} } }, "answered 500"],
    [{ reply: { json: {} } }, "sent no key"],
    [{ reply: "gone" }, "could not be reached"],
    [{ back: { error: "access_denied" } }, "did not sign you in"],
  ];
  for (const [script, words] of attempts) {
    const page = await open();
    await openrouter(page, script);
    await chooseProvider(page, "OpenRouter");
    await page.click("#sign-in");
    await note(page, words);
    equal(page.url(), site.url, "the address has no parameters");
    equal(await page.inputValue("#key"), "");
    await expectNoErrors(page, site, HOST);
    await page.close();
  }
}

async function unasked({ open, site }) {
  const page = await open();
  const seen = await openrouter(page);
  await page.goto(`${site.url}?code=of-somebody-else`);
  await note(page, "did not start that sign-in");
  equal(seen.exchanges.length, 0);
  equal(page.url(), site.url);
}

async function credit({ open, site }) {
  const page = await open();
  let answer = { json: { data: { limit_remaining: 4.5 } } };
  let sent;
  await page.route(`${HOST}/api/v1/key`, (route) => {
    if (route.request().method() === "OPTIONS")
      return route.fulfill({ status: 204, headers: cors });
    sent = route.request().headers().authorization;
    return route.fulfill({ headers: cors, ...answer });
  });
  await chooseProvider(page, "OpenRouter");
  await page.click("#test-key");
  await note(page, "Enter a key to test");
  await page.fill("#key", KEY);
  await page.click("#test-key");
  await note(page, "Remaining limit: $4.50");
  equal(sent, `Bearer ${KEY}`);
  answer = { json: { data: { limit_remaining: null } } };
  await page.click("#test-key");
  await note(page, "has no limit");
  answer = { status: 401, json: {} };
  await page.click("#test-key");
  await note(page, "did not accept the key");
  await expectNoErrors(page, site, HOST);
}

async function elsewhere({ open, session }) {
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast"]);
  await page.click("#open-settings");
  let answer = { json: { data: [{ id: "desk/fast" }] } };
  await page.route("**/models", (route) => route.fulfill({ headers: cors, ...answer }));
  await page.click("#test-key");
  await note(page, "responds without a key");
  answer = { status: 401, json: {} };
  await page.fill("#key", KEY);
  equal(await textOf(page.locator("#key-note")), "", "the message about the old key is gone");
  await page.click("#test-key");
  await note(page, "did not accept the key");
  await page.unroute("**/models");
  await page.route("**/models", (route) => route.abort());
  await page.click("#test-key");
  await note(page, "No connection");
}

async function builtIn({ open, site }, { name, base, path, header, value }) {
  const page = await open();
  const calls = [];
  await page.route(`${base}/**`, (route) => {
    const request = route.request();
    if (request.method() === "OPTIONS") return route.fulfill({ status: 204, headers: cors });
    calls.push({
      url: request.url(),
      sent: request.headers()[header],
      model: request.postDataJSON()?.model,
    });
    return route.fulfill({
      status: request.method() === "GET" ? 200 : 401,
      headers: cors,
      json: { data: [], error: { message: "no" } },
    });
  });
  await chooseProvider(page, "Other provider");
  await page.getByRole("button", { name, exact: true }).click();
  await setPanel(page, ["some-model"]);
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  includes(await textOf(page.locator("#problem")), "needs an API key");
  equal(calls.length, 0, "no call without a key");
  await page.click("#add-model");
  await page.locator("#add-model ~ .popup").getByText("needs a key to list its models").waitFor();
  await page.fill("#key", KEY);
  await page.click("#test-key");
  await note(page, "did not reject the key");
  await closeSettings(page);
  await page.click("#send");
  await waitForEnd(page, "failed");
  includes(await textOf(turn(page).locator(".notice.error")), "did not accept the key");
  ok(
    calls.every(({ sent }) => sent === value),
    "the key is in the right header",
  );
  // `calls` also contains the test of the key, and the requests for the model list.
  const [last, ...others] = calls.reverse();
  equal([last.url, last.model], [base + path, "some-model"]);
  ok(
    others.length >= 2 &&
      others.every(({ url }) => url.replace("?limit=1000", "") === `${base}/models`),
    others.map(({ url }) => url).join(),
  );
  await expectNoErrors(page, site, base);
}
