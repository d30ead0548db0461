// Tests the settings of the panel: saved presets, limits, and the request that the page builds from
// the settings.

import { fuse } from "llm-fuse";
import { defaultModel, PRESETS, presetChoice } from "../../www/setup/preferences.js";
import { planRerun } from "../../www/setup/providers.js";
import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { readDatabase } from "./history.mjs";
import { modelList, OPENROUTER, serveModelList } from "./model-list.mjs";
import {
  ask,
  chooseProvider,
  closeSettings,
  expectNoErrors,
  expectNoOverflow,
  expectPanel,
  modelCalls,
  openSettings,
  setPanel,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const KEY = "sk-or-v1-only-for-this-test";
const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
const OPUS = "~anthropic/claude-opus-latest";
const HIGH = [OPUS, "~openai/gpt-sol-latest", "~google/gemini-pro-latest"];

export const panelSettings = [
  {
    name: "settings: a panel of one to eight models, with duplicates, is remembered",
    run: panelOfEight,
  },
  {
    name: "settings: analyst and writer are chosen separately, and defaults are named",
    run: analystAndWriter,
  },
  { name: "settings: the built-in presets equal those of llm-fuse", run: builtInPresets },
  { name: "settings: a changed preset keeps its analyst and writer", run: changedPanel },
  { name: "settings: panels are saved, changed, renamed, replaced and deleted", run: presets },
  { name: "settings: a saved panel belongs to its base URL", run: baseUrls },
  { name: "settings: effort, tools and limits are in the request", run: requestFields },
  { name: "settings: the page says if a provider has no hosted tools", run: withoutTools },
  { name: "settings: a wrong number is reported at its field", run: refused },
  { name: "settings: a budget needs prices, and the turn stores it", run: budget },
  { name: "settings: a rerun uses the endpoint of its turn", run: rerunEndpoint },
  { name: "settings: settings of the first version are migrated", run: migrated },
  { name: "settings: damaged settings are ignored", run: damaged },
  ...[
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["in a narrow window, dark", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ].map(([look, wish]) => ({
    name: `settings: no violation in any state, ${look}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
];

/** Imitates OpenRouter: serves a model list, records each call and answers with 401. */
async function openrouter(page) {
  await serveModelList(page, { json: modelList() });
  const calls = [];
  await page.route(`${OPENROUTER}/chat/completions`, (route) => {
    if (route.request().method() === "OPTIONS")
      return route.fulfill({ status: 204, headers: cors });
    calls.push(route.request().postDataJSON());
    return route.fulfill({
      status: 401,
      headers: cors,
      json: { error: { code: 401, message: "no" } },
    });
  });
  return calls;
}

/** Returns the request and the setup of the last turn. */
async function kept(page) {
  const { turns } = await readDatabase(page);
  const [last] = turns.map((record) => record.turn).sort((a, b) => b.began - a.began);
  return { request: last.snapshot.request, setup: last.setup };
}

const stored = (page) => page.evaluate(() => JSON.stringify({ ...localStorage }));
const panelNote = (page, words) => page.locator("#panel-note").getByText(words).waitFor();
const presetNote = (page, words) => page.locator("#preset-note").getByText(words).waitFor();
const chosen = (page) =>
  page.locator("#preset").evaluate((select) => select.selectedOptions[0].textContent);

async function panelOfEight({ open, session }) {
  const page = await open();
  await useOwnServer(page, session.baseURL, ["a/one", "a/one", "b/two"]);
  await openSettings(page);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text", "c/three\nd/four\n\ne/five\nf/six");
    document
      .querySelector("#add-model")
      .dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, cancelable: true, bubbles: true }),
      );
  });
  await panelNote(page, "three, four, five, six added: 7 models.");
  await page.fill("#add-model", "g/seven, h/eight");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await panelNote(page, "seven added: 8 models. A panel has at most 8 models.");
  await page.fill("#add-model", "h/eight");
  await page.keyboard.press("Enter");
  await panelNote(page, "A panel has at most 8 models.");
  const all = ["a/one", "a/one", "b/two", "c/three", "d/four", "e/five", "f/six", "g/seven"];
  await expectPanel(page, all);
  await page.getByRole("button", { name: "Remove two, panelist 3" }).click();
  await panelNote(page, "two removed: 7 models.");
  await page.reload();
  await openSettings(page);
  await expectPanel(page, all.toSpliced(2, 1));
  await setPanel(page, []);
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  includes(await textOf(page.locator("#add-model-problem")), "at least one model");
  equal(await page.evaluate(() => document.activeElement.id), "add-model");
}

async function analystAndWriter({ open, session }) {
  await session.script({
    "desk/one": says("One: all common ground."),
    "desk/two": says("Two: all common ground."),
    "desk/analyst": analysis(["A", "B"]),
    "desk/writer": says("Blue."),
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"]);
  await openSettings(page);
  equal(await page.locator("#analyst").getAttribute("placeholder"), "one");
  includes(await textOf(page.locator("#writer-note")), "first panel model");
  await page.fill("#analyst", "desk/analyst");
  await page.fill("#writer", "desk/writer");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  equal(
    modelCalls(await session.calls())
      .map(({ model }) => model)
      .slice(-2),
    ["desk/analyst", "desk/writer"],
  );
  await page.reload();
  await openSettings(page);
  equal(
    [await page.inputValue("#analyst"), await page.inputValue("#writer")],
    ["desk/analyst", "desk/writer"],
  );

  await page.fill("#analyst", "");
  await closeSettings(page);
  await session.reset();
  await session.script({
    "desk/one": { sequence: [says("One: all common ground."), analysis(["A", "B"])] },
    "desk/two": says("Two: all common ground."),
    "desk/writer": says("Blue."),
  });
  await ask(page, "And now?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  equal(
    modelCalls(await session.calls())
      .map(({ model }) => model)
      .slice(-2),
    ["desk/one", "desk/writer"],
    "without an analyst the first panel model compares",
  );
}

async function builtInPresets() {
  for (const [preset, { panel, model }] of Object.entries(PRESETS)) {
    const run = fuse(
      { prompt: "x", preset },
      { apiKey: "x", fetch: async () => new Response("{}", { status: 401 }) },
    );
    const events = [];
    await (async () => {
      for await (const event of run) events.push(event);
    })().catch(() => {});
    const [started] = events;
    equal(
      {
        panel: started.panel.map(({ model }) => model),
        analyst: started.analyst,
        writer: started.writer,
      },
      { panel, analyst: model, writer: model },
      preset,
    );
    equal(defaultModel(presetChoice(preset, {})), model);
  }
}

async function changedPanel({ open, site }) {
  const page = await open();
  const calls = await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.fill("#key", KEY);
  await expectPanel(page, HIGH);
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "failed");
  equal(calls.map(({ model }) => model).sort(), [...HIGH].sort());
  equal((await kept(page)).request.preset, "general-high");

  await openSettings(page);
  await page.selectOption("#preset", "general-budget");
  await page.getByRole("button", { name: /^Remove .*Kimi/ }).click();
  equal(await chosen(page), "Custom");
  equal(
    [await page.inputValue("#analyst"), await page.inputValue("#writer")],
    [OPUS, OPUS],
    "the analyst and the writer of the preset are filled in",
  );
  includes(await textOf(page.locator("#setup-summary")), "gemini-flash-latest, deepseek-v4-pro");
  calls.length = 0;
  await closeSettings(page);
  await page.click("#new");
  await ask(page, "And now?");
  await waitForEnd(page, "failed");
  equal(calls.map(({ model }) => model).sort(), [
    "deepseek/deepseek-v4-pro",
    "~google/gemini-flash-latest",
  ]);
  equal((await kept(page)).request.analyst, OPUS);
  await expectNoErrors(page, site, OPENROUTER);
}

// This test is long because most steps use panels that an earlier step has saved.
async function presets({ open, site, context }) {
  const page = await open();
  await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.fill("#key", KEY);
  await page.check("#keep");
  await page.fill("#budget", "0.75");
  await setPanel(page, ["x/one", "x/two"]);
  await page.fill("#analyst", "x/analyst");
  await page.fill("#writer", "");
  await page.keyboard.press("Escape");
  await page.selectOption("#effort", "high");
  await page.uncheck("#tools");
  await page.click("#more summary");
  await page.fill("#limit", "4000");
  const save = async (name, button = "Save") => {
    await page.fill("#preset-name", name);
    equal(await textOf(page.locator("#save-name")), button);
    await page.keyboard.press("Enter");
  };
  await page.click("#save-as");
  await page.keyboard.press("Enter");
  includes(await textOf(page.locator("#naming-problem")), "Enter a name");
  await save("Deep & slow <b>");
  await presetNote(page, "Saved as “Deep & slow <b>”");
  equal(await chosen(page), "Deep & slow <b>");
  includes(await page.locator("#setup-summary").textContent(), "Deep & slow <b> · at most $0.75");

  // If the user chooses the saved panel again, every field except the budget is restored.
  await page.fill("#budget", "2");
  await page.selectOption("#preset", "general-fast");
  await expectPanel(page, PRESETS["general-fast"].panel);
  equal(
    [
      await page.inputValue("#analyst"),
      await page.inputValue("#limit"),
      await page.inputValue("#budget"),
    ],
    ["", "4000", "2"],
  );
  await page.fill("#limit", "");
  await page.selectOption("#effort", "");
  await page.reload();
  await openSettings(page);
  await expectPanel(page, PRESETS["general-fast"].panel, "the last choice is remembered");
  await page.selectOption("#preset", { label: "Deep & slow <b>" });
  await expectPanel(page, ["x/one", "x/two"]);
  const fields = async () => [
    await page.inputValue("#analyst"),
    await page.inputValue("#writer"),
    await page.inputValue("#effort"),
    await page.isChecked("#tools"),
    await page.inputValue("#limit"),
    await page.inputValue("#budget"),
  ];
  equal(await fields(), ["x/analyst", "", "high", false, "4000", "2"]);

  // If the user changes the panel, the page marks the panel as changed and offers to save it.
  equal(await page.locator("#save-preset").isVisible(), false);
  await page.fill("#add-model", "x/three");
  await page.keyboard.press("Enter");
  equal(await textOf(page.locator("#preset-changed")), "changed");
  equal(await chosen(page), "Deep & slow <b>");
  await page.click("#save-preset");
  await presetNote(page, "Saved in");
  equal(await textOf(page.locator("#preset-changed")), "");

  await page.click("#rename-preset");
  await save("Deep", "Rename");
  await presetNote(page, "Renamed to “Deep”");
  const names = () => page.locator("#preset optgroup[label^=Saved] option").allInnerTexts();
  equal(await names(), ["Deep"]);

  // Two tabs must not overwrite each other's saved panels.
  const other = await open();
  await serveModelList(other, { json: modelList() });
  await openSettings(other);
  await setPanel(other, ["y/other"]);
  await other.click("#save-as");
  await other.fill("#preset-name", "Other");
  await other.keyboard.press("Enter");
  await other.close();
  await page.click("#save-as");
  await page.fill("#preset-name", "Third");
  await page.keyboard.press("Escape");
  ok(
    await page.locator("#settings").evaluate((dialog) => dialog.open),
    "Escape closes the name form only",
  );
  equal(await page.evaluate(() => document.activeElement.id), "save-as");
  await page.click("#save-as");
  await save("Third");
  equal(await names(), ["Deep", "Other", "Third"]);

  await page.getByRole("button", { name: /^Remove three/ }).click();
  await page.click("#save-as");
  await save("Deep", "Replace");
  equal(await names(), ["Deep", "Other", "Third"]);
  await page.selectOption("#preset", { label: "Third" });
  await expectPanel(page, ["x/one", "x/two", "x/three"]);
  await page.selectOption("#preset", { label: "Deep" });
  await expectPanel(page, ["x/one", "x/two"], "replaced");
  await page.click("#delete-preset");
  await presetNote(page, "“Deep” is deleted. The models stay selected.");
  equal(await names(), ["Other", "Third"]);
  await expectPanel(page, ["x/one", "x/two"]);
  equal(await chosen(page), "Custom");
  const { "llm-fuse.presets": saved, "llm-fuse.settings": settings } = JSON.parse(
    await stored(page),
  );
  lacks(saved + settings, KEY, "the settings contain no key");
  await expectNoErrors(page, site, OPENROUTER);
  equal(context.pages().length, 1);
}

async function baseUrls({ open, session }) {
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one"]);
  await openSettings(page);
  equal(await page.locator("#preset-row").isVisible(), false, "there is no preset yet");
  await page.click("#save-as");
  await page.fill("#preset-name", "Here");
  await page.keyboard.press("Enter");
  await page.fill("#base-url", `${session.baseURL}/other`);
  await page.locator("#base-url").blur();
  await expectPanel(page, [], "another base URL has another panel");
  equal(await page.locator("#preset-row").isVisible(), false);
  await setPanel(page, ["desk/two"]);
  await page.fill("#base-url", `${session.baseURL}/`);
  await page.locator("#base-url").blur();
  await expectPanel(page, ["desk/one"], "the first panel is restored");
  equal(await chosen(page), "Here");
  await page.click("#delete-preset");
  equal(
    await page.evaluate(() => document.activeElement.id),
    "save-as",
    "the focus is on the next button",
  );
}

async function requestFields({ open, site }) {
  const page = await open();
  const calls = await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.fill("#key", KEY);
  await setPanel(page, ["x/one", "x/two", "x/three"]);
  await page.fill("#writer", "x/writer");
  await page.selectOption("#effort", "xhigh");
  await page.uncheck("#tools");
  await page.click("#more summary");
  for (const [field, value] of Object.entries({
    limit: "4000",
    calls: "7",
    member: "90",
    run: "240",
    enough: "2",
    grace: "15",
  }))
    await page.fill(`#${field}`, value);
  equal(await textOf(page.locator("#more-summary")), "6 set");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "failed");
  ok(
    calls.length === 3 &&
      calls.every(
        ({ tools, reasoning, max_completion_tokens }) =>
          !tools && reasoning.effort === "xhigh" && max_completion_tokens === 4000,
      ),
    JSON.stringify(calls[0]),
  );
  const { request } = await kept(page);
  equal(
    [request.tools, request.max_tool_calls, request.timeouts, request.quorum],
    [[], 7, { panelist_ms: 90_000, run_ms: 240_000 }, { min_responses: 2, grace_ms: 15_000 }],
  );

  await openSettings(page);
  await page.check("#tools");
  for (const field of ["limit", "calls", "member", "run", "enough", "grace"])
    await page.fill(`#${field}`, "");
  await page.selectOption("#effort", "");
  calls.length = 0;
  await closeSettings(page);
  await page.click("#new");
  await ask(page, "And now?");
  await waitForEnd(page, "failed");
  ok(
    calls.every(({ tools, reasoning }) => tools.length === 2 && !reasoning),
    "by default tools are on and the effort is the provider's",
  );
  const bare = (await kept(page)).request;
  equal(
    [
      "tools",
      "max_tool_calls",
      "timeouts",
      "quorum",
      "reasoning",
      "max_completion_tokens",
      "max_cost",
    ].filter((field) => field in bare),
    [],
  );
  await expectNoErrors(page, site, OPENROUTER);
}

async function withoutTools({ open, session }) {
  await session.script({ "*": says("Blue.") });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one"]);
  await openSettings(page);
  equal(await page.locator("#tools").isVisible(), false);
  includes(
    await textOf(page.locator("#no-tools")),
    `${new URL(session.baseURL).host} offers no web search`,
  );
  for (const [name, has] of [
    ["Google", false],
    ["Anthropic", true],
    ["OpenAI", true],
    ["xAI", true],
  ]) {
    await page.getByRole("button", { name, exact: true }).click();
    equal(await page.locator("#tools").isVisible(), has, name);
  }
}

async function refused({ open, session }) {
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/one"]);
  await openSettings(page);
  await page.click("#more summary");
  const wrong = [
    ["limit", "0", "1 or more"],
    ["limit", "many", "whole number"],
    ["limit", "1.5", "whole number"],
    ["member", "-1", "seconds"],
    ["run", "0", "seconds"],
    ["run", "999999", "86400"],
    ["enough", "9", "from 1 to 8"],
    ["budget", "0", "above 0"],
    ["budget", "cheap", "such as 0.50"],
    ["budget", "1e3", "dollars"],
  ];
  for (const [field, value, words] of wrong) {
    await page.fill(`#${field}`, value);
    await page.locator(`#${field}`).blur();
    includes(await textOf(page.locator(`#${field}-problem`)), words, `${field}: ${value}`);
    equal(await page.locator(`#${field}`).getAttribute("aria-invalid"), "true");
    await page.fill(`#${field}`, "");
    await page.locator(`#${field}`).blur();
    equal(await textOf(page.locator(`#${field}-problem`)), "");
    equal(await page.locator(`#${field}`).getAttribute("aria-invalid"), null);
  }
  await page.fill("#grace", "5");
  await page.locator("#grace").blur();
  includes(await textOf(page.locator("#enough-problem")), "Set the minimum replies first");
  await page.fill("#enough", "1");
  await page.locator("#enough").blur();
  equal(await textOf(page.locator("#enough-problem")), "");

  // If a limit is invalid, sending a question unfolds the settings and shows the field with this
  // limit.
  await page.fill("#run", "soon");
  await page.click("#more summary");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  equal(await page.evaluate(() => document.activeElement.id), "run");
  includes(await textOf(page.locator("#run-problem")), "whole seconds");
  equal(modelCalls(await session.calls()), []);
}

async function budget({ open, session }) {
  await session.script({
    "desk/one": says("One: all common ground.", { stall: { after: 2 } }),
    "desk/two": says("Two.", { stall: "headers" }),
  });
  const page = await open();
  const price = { prompt: "0.000001", completion: "0.000002" };
  await serveModelList(
    page,
    { json: { data: [{ id: "desk/one", pricing: price }, { id: "desk/two" }] } },
    session.baseURL,
  );
  await useOwnServer(page, session.baseURL, ["desk/one", "desk/two"]);
  await openSettings(page);
  await page.fill("#budget", "$0,50");
  await closeSettings(page);
  await ask(page, "Is the sky blue?");
  includes(await textOf(page.locator("#budget-problem")), "lists no price for desk/two");
  await page.getByRole("button", { name: "Remove two, panelist 2" }).click();
  await closeSettings(page);
  // After a reload, the page loads the prices even if the settings stay closed.
  await page.reload();
  await page.waitForFunction(() =>
    document.querySelector(".panel-model-price")?.textContent.includes("$1 in"),
  );
  await ask(page, "Is the sky blue?");
  await turn(page).locator(".panelist").getByText("One:").waitFor();
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  const { request, setup } = await kept(page);
  equal([request.max_cost, setup.budget, setup.prices], [0.5, 0.5, { "desk/one": price }]);
}

async function rerunEndpoint() {
  globalThis.location ??= { origin: "http://127.0.0.1" };
  const key = "k";
  const openrouter = planRerun(
    {
      provider: "openrouter",
      host: "openrouter.ai",
      baseURL: "https://elsewhere.example/v1",
      budget: 2,
    },
    key,
  );
  equal(
    [openrouter.options.baseURL, openrouter.options.apiKey, openrouter.setup.budget],
    [OPENROUTER, key, 2],
    "the key of OpenRouter is sent to OpenRouter only",
  );
  const xai = planRerun({ provider: "custom", baseURL: "https://api.x.ai/v1" }, key);
  equal([xai.options.providers, xai.options.apiKey], [{ xai: { apiKey: key } }, undefined]);
  const prices = { "desk/one": { prompt: "0.1", completion: "0.2" } };
  const local = planRerun(
    { provider: "custom", baseURL: "http://localhost:1/v1", budget: 1, prices },
    "",
  );
  equal(local, {
    options: { baseURL: "http://localhost:1/v1", prices },
    setup: {
      provider: "custom",
      host: "localhost:1",
      baseURL: "http://localhost:1/v1",
      hasKey: false,
      isSample: false,
      budget: 1,
      prices,
    },
  });
  equal(planRerun({ provider: "openrouter", baseURL: "" }, "").field, "key");
  equal(planRerun({ provider: "", baseURL: "" }, key).field, "base-url");
  equal(planRerun({ provider: "custom", baseURL: "http://192.0.2.1/v1" }, key).field, "base-url");
  const sample = planRerun(
    { provider: "sample", baseURL: "https://sample.invalid/v1", isSample: true },
    "",
    { text: "x" },
  );
  equal([typeof sample.options.fetch, sample.setup.isSample], ["function", true]);
  const unknown = await sample.options.fetch("https://sample.invalid/v1", { body: "{}" });
  equal(unknown.status, 404, "a stored question that the sample does not have");
}

/** Opens a page whose storage has only these settings. */
const openWithSettings = (open, value) =>
  open({
    init: [
      (value) => {
        if (sessionStorage.getItem("found")) return;
        sessionStorage.setItem("found", "yes");
        localStorage.clear();
        localStorage.setItem("llm-fuse.settings", value);
      },
      typeof value === "string" ? value : JSON.stringify(value),
    ],
  });

async function migrated({ open }) {
  const page = await openWithSettings(open, {
    provider: "custom",
    preset: "own",
    baseURL: "http://127.0.0.1:59998/v1/",
    models: { sample: "", openrouter: "a/one\na/one, b/two", custom: "local/x\n\n  local/y " },
    model: { sample: "", openrouter: "c/analyst", custom: "" },
    limit: { sample: "", openrouter: "", custom: "3000" },
  });
  const openrouter = async () => {
    await chooseProvider(page, "OpenRouter");
    await expectPanel(page, ["a/one", "a/one", "b/two"]);
    equal(
      [await page.inputValue("#analyst"), await page.inputValue("#writer")],
      ["c/analyst", "c/analyst"],
    );
    equal(await chosen(page), "Custom");
  };
  await openSettings(page);
  await expectPanel(page, ["local/x", "local/y"]);
  equal([await page.inputValue("#limit"), await page.inputValue("#analyst")], ["3000", ""]);
  await openrouter();
  await page.reload();
  await openrouter();
  await page.close();

  // The first version of the page stored the user's own panel in `models`, even if a preset was
  // chosen. The page must keep this panel as "My panel".
  const other = await openWithSettings(open, {
    provider: "openrouter",
    preset: "general-fast",
    baseURL: "",
    models: { openrouter: Array(9).fill("a/one").join("\n") },
    model: {},
    limit: {},
  });
  await serveModelList(other, "gone");
  await openSettings(other);
  await expectPanel(other, PRESETS["general-fast"].panel);
  await other.selectOption("#preset", { label: "My panel" });
  await expectPanel(other, Array(8).fill("a/one"));
  await other.click("#delete-preset");
  await other.reload();
  await openSettings(other);
  equal(
    await other.locator("#preset option").count(),
    4,
    "after it is deleted, it is not migrated again",
  );
}

async function damaged({ open, site }) {
  for (const value of [
    "{",
    "null",
    "[]",
    "7",
    { provider: "__proto__", at: [] },
    {
      at: {
        [OPENROUTER]: {
          panel: "x",
          preset: "constructor",
          analyst: 7,
          tools: "no",
          effort: "huge",
          limit: {},
        },
      },
      provider: "openrouter",
    },
    { models: "x", model: 7, preset: {}, limit: null },
  ]) {
    const page = await open({
      init: [
        (value) => {
          localStorage.setItem("llm-fuse.settings", value);
          localStorage.setItem(
            "llm-fuse.presets",
            '[null,{"place":7},{"place":"https://openrouter.ai/api/v1","name":"x","choice":{"panel":[1,"ok"],"budget":"9"}}]',
          );
        },
        typeof value === "string" ? value : JSON.stringify(value),
      ],
    });
    await serveModelList(page, "gone");
    await chooseProvider(page, "OpenRouter");
    equal(await page.locator("#preset option").count(), 5);
    await page.selectOption("#preset", { label: "x" });
    await expectPanel(page, ["ok"]);
    equal([await page.inputValue("#budget"), await page.inputValue("#effort")], ["", ""]);
    await expectNoErrors(page, site, OPENROUTER);
    await page.close();
  }
}

async function everyState({ open, session }) {
  const page = await open();
  await openrouter(page);
  await chooseProvider(page, "OpenRouter");
  await page.locator(".panel-model-price").getByText("$5 in").waitFor();
  await violations(page, "a built-in preset");
  await setPanel(page, [
    "x/one",
    "x/two",
    "x/three",
    "x/four",
    "x/five",
    "x/six",
    "x/seven",
    "x/eight",
  ]);
  await violations(page, "eight models");
  await page.click("#save-as");
  await page.keyboard.press("Enter");
  await violations(page, "a name is missing");
  await page.fill("#preset-name", "A name that is as long as names may be, which is sixty letters");
  await page.keyboard.press("Enter");
  await page.locator(".panel-model button").first().click();
  await violations(page, "saved, and changed");
  await page.click("#more summary");
  for (const [field, value] of Object.entries({ limit: "x", calls: "0", budget: "-" })) {
    await page.fill(`#${field}`, value);
    await page.locator(`#${field}`).blur();
  }
  await violations(page, "wrong numbers");
  await expectNoOverflow(page, "with everything open");
  await chooseProvider(page, "Other provider");
  await page.fill("#base-url", session.baseURL);
  await page.locator("#base-url").blur();
  await violations(page, "a provider without tools");
  await expectNoOverflow(page, "another provider");
}
