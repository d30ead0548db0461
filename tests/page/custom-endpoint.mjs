// Tests "Other provider" with a loopback provider: keys, costs, errors, closing.

import { noneOpen } from "../provider/client.mjs";
import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { serveModelList } from "./model-list.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  column,
  expectNoErrors,
  modelCalls,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const KEY = "sk-very-secret-0815";
const fast = {
  "desk/fast": says("Blue has all common ground."),
  "desk/free": says("It is blue, all common ground.", {
    usage: { prompt_tokens: 3, completion_tokens: 5 },
  }),
};
const stalled = {
  "desk/fast": says("This goes on and on and on.", { stall: { after: 3 } }),
  "desk/free": says("Never.", { stall: "headers" }),
};

export const customEndpoint = [
  { name: "other provider: the key stays in the tab unless it is saved", run: keyStays },
  { name: "other provider: an unknown cost is never shown as zero", run: unknownCost },
  {
    name: "other provider: reloading the page closes its calls",
    run: (tools) => leaving(tools, (page) => page.reload()),
  },
  {
    name: "other provider: closing the page closes its calls",
    run: (tools) => leaving(tools, (page) => page.close()),
  },
  {
    name: "other provider: Stop closes its calls",
    run: (tools) => leaving(tools, (page) => page.click("#stop")),
  },
  { name: "other provider: errors have plain messages", run: errors },
  { name: "OpenRouter: without a key there is no call", run: noKey },
];

async function keyStays({ open, site, session }) {
  await session.script({
    ...fast,
    "desk/fast": {
      sequence: [says("Blue has all common ground."), analysis(["A", "B"]), says("Blue.")],
    },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"]);
  await page.click("#open-settings");
  await page.fill("#key", KEY);
  includes(await textOf(page.locator("#key-where")), new URL(session.baseURL).host);
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  const kept = () => page.evaluate(() => JSON.stringify({ ...localStorage }));
  lacks(await kept(), KEY, "the key is on the device");
  lacks(await page.content(), KEY, "the key is in the document");
  const calls = modelCalls(await session.calls());
  ok(
    calls.length >= 4 &&
      calls.every(
        ({ headers, url }) => headers.authorization === `Bearer ${KEY}` && !url.includes(KEY),
      ),
    "the key is in the header only",
  );

  await page.click("#open-settings");
  await page.check("#keep");
  includes(await kept(), KEY, "saved on request");
  await page.fill("#base-url", "http://localhost:1/v1");
  await page.locator("#base-url").blur();
  equal(await page.inputValue("#key"), "", "another address has no key");
  await page.fill("#base-url", session.baseURL);
  await page.locator("#base-url").blur();
  equal(await page.inputValue("#key"), KEY);
  await page.click("#forget");
  lacks(await kept(), KEY, "forgotten");
  equal(await page.inputValue("#key"), "");
  await expectNoErrors(page, site, session.baseURL);
}

async function unknownCost({ open, session }) {
  await session.script({
    "desk/fast": says("Blue has all common ground.", {
      usage: { prompt_tokens: 4, completion_tokens: 6, cost: "0.0042" },
    }),
    "desk/free": {
      sequence: [
        fast["desk/free"],
        analysis(["A", "B"], { usage: { prompt_tokens: 9, completion_tokens: 9 } }),
        says("Blue.", { usage: { prompt_tokens: 9, completion_tokens: 9 } }),
      ],
    },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"], "desk/free");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  includes(await textOf(column(page, 0).locator(".meter")), "$0.0042");
  includes(await textOf(column(page, 1).locator(".meter")), "cost unknown");
  includes(await textOf(turn(page).locator(".totals")), "at least $0.0042");
}

async function leaving({ open, session }, leave) {
  await session.script(stalled);
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"]);
  await ask(page, "Is the sky blue?");
  await column(page, 0).getByText("This goes on").waitFor();
  const before = await session.until((calls) => modelCalls(calls).length === 2).then(modelCalls);
  ok(before.length === 2 && before.every(({ end }) => end === "open"), "two calls are open");
  await leave(page);
  const after = modelCalls(await session.until(noneOpen));
  equal(
    after.map(({ end }) => end),
    ["client_closed", "client_closed"],
  );
}

async function errors({ open, site, session }) {
  const page = await open();
  const attempt = async (script, ...words) => {
    await session.reset();
    await session.script({ "*": script });
    await ask(page, "Is the sky blue?");
    await waitForEnd(page, "failed");
    const shown = await turn(page).locator(".notice.error").innerText();
    for (const word of words) includes(shown, word);
    await page.click("#new");
  };
  await useOwnServer(page, session.baseURL, ["desk/fast", "desk/free"]);
  await page.click("#open-settings");
  await page.fill("#key", KEY);
  await closeSettings(page);
  await attempt(failures[401], "did not accept the key");
  await attempt(failures[402], "not enough credit");
  await attempt(failures[404], "does not exist here", "Choose models");
  await expectNoErrors(page, site, session.baseURL);

  await useOwnServer(page, "http://127.0.0.1:59999/v1", ["desk/fast"]);
  await attempt(failures[401], "No connection to 127.0.0.1:59999", "CORS", "OLLAMA_ORIGINS");

  await useOwnServer(page, "http://192.0.2.1:11434/v1", ["desk/fast"]);
  await ask(page, "Is the sky blue?");
  includes(await textOf(page.locator("#problem")), "needs https");
  await useOwnServer(page, "not an address", ["desk/fast"]);
  await ask(page, "Is the sky blue?");
  includes(await textOf(page.locator("#problem")), "full address");
}

async function noKey({ open, site }) {
  const page = await open();
  const asked = await serveModelList(page);
  await chooseProvider(page, "OpenRouter");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  includes(await textOf(page.locator("#problem")), "needs an API key");
  equal(
    await page.evaluate(() => document.activeElement.id),
    "key",
    "the missing field has the focus",
  );
  includes(
    await textOf(page.locator("#key-problem")),
    "needs an API key",
    "the field has the message too",
  );
  await page.fill("#key", "x");
  equal(await textOf(page.locator("#key-problem")), "");
  ok(
    asked.every(({ authorization }) => !authorization),
    "the list is requested without a key",
  );
  await expectNoErrors(page, site, "https://openrouter.ai");
}
