// Tests the settings of criteria, further models, required replies and checks, and the requests
// that they make.

import { plan } from "../../www/setup/providers.js";
import { says } from "../provider/scripts.mjs";
import { equal, includes } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  agreed,
  comparison,
  GEMINI,
  GPT,
  OPUS,
  PANEL,
  reply,
  withLooks,
} from "./deliberation-steps.mjs";
import { modelList, serveModelList } from "./model-list.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  expectNoErrors,
  expectNoOverflow,
  openSettings,
  setPanel,
  textOf,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const CRITERIA = "Weigh primary sources above news.";

export const deliberationSettings = [
  ...withLooks("deliberation: criteria, further models and checks are in the request", inRequest),
  { name: "deliberation: checks need web search, and the limits fit the panel", run: refused },
  { name: "deliberation: models of one family are named before and after a run", run: kinship },
];

const settingsOf = (page) =>
  page.evaluate(() => JSON.parse(localStorage.getItem("llm-fuse.settings")));

async function requestOf(page) {
  const question = { text: "Why?", images: [], files: [] };
  const messages = [{ role: "user", content: "Why?" }];
  // Outside of a browser, the plan needs the origin of the page.
  globalThis.location ??= { origin: new URL(page.url()).origin };
  return plan(await settingsOf(page), "sk-test", question, messages);
}

async function inRequest({ open, site }) {
  const page = await open();
  await serveModelList(page, { json: modelList() });
  await chooseProvider(page, "OpenRouter");
  await setPanel(page, [GPT, GEMINI]);
  await page.locator("#more-comparison > summary").click();
  await page.fill("#criteria", ` ${CRITERIA} `);
  await page.fill("#add-further", `${OPUS}, deepseek/deepseek-v4-pro`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.fill("#disputes", "2");
  await page.check("#verify");
  await page.locator("#more > summary").click();
  await page.fill("#required", "2");
  const { request, setup } = await requestOf(page);
  equal(request.analyst, { criteria: CRITERIA, verify: "contradictions", model: OPUS });
  equal(request.escalate, {
    analysis_models: [OPUS, "deepseek/deepseek-v4-pro"],
    min_contradictions: 2,
  });
  equal(request.quorum, { fail_below: 2 });
  equal(setup.provider, "openrouter");
  includes(await textOf(page.locator("#comparison-summary")), "3 set");
  await violations(page, "settings");
  await expectNoOverflow(page, "settings");

  await page.reload();
  await openSettings(page);
  equal((await requestOf(page)).request.escalate, request.escalate, "all is kept");
  equal(await page.inputValue("#criteria"), ` ${CRITERIA} `);
  equal(await page.isChecked("#verify"), true);
  await page.locator("#more-comparison > summary").click();
  await page.getByRole("button", { name: /^Remove .*, panelist 3$/ }).click();
  equal((await requestOf(page)).request.escalate.analysis_models, ["deepseek/deepseek-v4-pro"]);
  equal(await page.locator("#criteria").getAttribute("maxlength"), "4000");
  await expectNoErrors(page, site, "https://openrouter.ai");
}

async function refused({ open, session }) {
  const page = await open();
  await serveModelList(page, { json: modelList() });
  await chooseProvider(page, "OpenRouter");
  await page.locator("#more-comparison > summary").click();
  await page.check("#verify");
  await page.uncheck("#tools");
  equal(await page.isDisabled("#verify"), true);
  includes(await textOf(page.locator("#verify-about")), "Needs web search");
  equal((await requestOf(page)).request.analyst, undefined);
  await page.check("#tools");
  equal(await page.isChecked("#verify"), true, "the choice comes back");

  await useOwnServer(page, session.baseURL, PANEL);
  await openSettings(page);
  equal(await page.isVisible("#verify"), false, "this server has no web search");
  await page.locator("#more > summary").click();
  await page.fill("#required", "3");
  await page.locator("#required").blur();
  includes(await textOf(page.locator("#required-problem")), "at most the models of the panel: 2");
  await page.fill("#required", "");
  await page.fill("#add-further", Array.from({ length: 7 }, (_, n) => `m/${n}`).join(","));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  includes(await textOf(page.locator("#add-further-problem")), "at most 8 together");
  equal((await requestOf(page)).request.escalate.analysis_models.length, 6);
}

async function kinship({ open, site, session }) {
  const script = { sequence: [agreed(["A", "B"]), says("Blue.")] };
  await session.script({ "red/one": reply("1"), "red/two": reply("2"), "desk/analyst": script });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["red/one", "red/two"], "desk/analyst");
  await openSettings(page);
  const note = page.locator("#kinship-note");
  await note.getByText("All models are of one family.").waitFor();
  await setPanel(page, ["red/one", "red/two", "blue/three"]);
  await note.getByText("one and two are of one family.").waitFor();
  await setPanel(page, ["red/one", "blue/three"]);
  await note.waitFor({ state: "hidden" });
  await setPanel(page, ["red/one", "red/two"]);
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  includes(await textOf(comparison(page)), "All models are of one family.");
  await expectNoErrors(page, site, session.baseURL);
}
