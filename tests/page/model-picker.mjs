// Tests the search for a model: rows of the list, keyboard, touch, and lists with malicious
// entries.

import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { modelList, OPENROUTER, serveModelList } from "./model-list.mjs";
import {
  chooseProvider,
  expectNoErrors,
  expectNoOverflow,
  expectPanel,
  openSettings,
  setPanel,
  textOf,
  useOwnServer,
} from "./steps.mjs";

const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };

export const modelPicker = [
  { name: "picker: each row shows the fields that the provider lists", run: rows },
  { name: "picker: lists of other providers are shown with the fields they have", run: others },
  { name: "picker: works with the keyboard alone", run: byKeyboard },
  {
    name: "picker: works by touch in a narrow window",
    run: byFinger,
    viewport: { width: 320, height: 640 },
    hasTouch: true,
    isMobile: true,
  },
  { name: "picker: the number of results is announced", run: announces },
  {
    name: "picker: without a list any name can be typed, and the reason is shown",
    run: withoutList,
  },
  { name: "picker: a list is loaded once for each base URL and key", run: once },
  { name: "picker: of thousands of models 50 are drawn and all are found", run: thousands },
  { name: "picker: malicious lists are harmless", run: hostile },
  ...[
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["in a narrow window", { viewport: { width: 320, height: 640 } }],
    ["in a narrow window, dark", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ].map(([look, wish]) => ({
    name: `picker: no violation in any state, ${look}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
];

const options = (page, field = "add-model") => page.locator(`#${field} ~ .popup .option`);
const note = (page, words, field = "add-model") =>
  page.locator(`#${field} ~ .popup > .fine`).getByText(words).waitFor();
const active = (page) =>
  page.evaluate(
    () =>
      document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))
        ?.textContent ?? "",
  );

/** Opens the settings with this model list. */
async function opened(open, list = modelList()) {
  const page = await open();
  const asked = await serveModelList(page, { json: list });
  await chooseProvider(page, "OpenRouter");
  return { page, asked };
}

async function rows({ open, site }) {
  const { page } = await opened(open);
  const row = async (text) => {
    await page.fill("#add-model", text);
    return options(page).first().innerText();
  };
  for (const words of [
    "Anthropic: Claude Opus (latest)",
    "~anthropic/claude-opus-latest",
    "$5 in, $25 out",
    "1M context",
    "pictures · tools · reasoning · structured output",
  ])
    includes(await row("opus"), words);
  const kimi = await row("kimi");
  for (const words of ["$0.60 in, $2.50 out", "262k context", "tools · reasoning"])
    includes(kimi, words);
  lacks(kimi, "pictures");
  includes(await row("maverick"), "free");
  includes(await row("openrouter/auto"), "price unknown");
  includes(await row("sonar"), "$1 in, $1 out, $0.005 per call");
  lacks(await row("sonar"), "tools");
  // Words match in any order. An exact id comes before ids that contain it.
  includes(await row("latest openai"), "~openai/gpt-sol-latest");
  includes(await row("deepseek/deepseek-v4-pro"), "DeepSeek V4 Pro");
  await page.keyboard.press("Escape");
  equal(
    await page.locator(".panel-model-price").allInnerTexts(),
    ["$5 in, $25 out", "$1.25 in, $10 out", "$2 in, $12 out"],
    "the panel shows the prices too",
  );
  includes(await textOf(page.locator("#analyst-note")), "Default from preset · $5 in, $25 out");
  await expectNoErrors(page, site, OPENROUTER);
}

async function others({ open }) {
  const page = await open();
  const shown = async (name, base, list) => {
    await serveModelList(page, { json: list }, base);
    await page.fill("#base-url", base);
    await page.locator("#base-url").blur();
    if (name) await page.fill("#key", `key of ${name}`);
    await page.click("#add-model");
    await note(page, /models?\./);
    const texts = await options(page).allInnerTexts();
    await page.keyboard.press("Escape");
    return texts.map((text) => text.replace(/\s*\n\s*/g, " | "));
  };
  await chooseProvider(page, "Other provider");
  equal(
    await shown("", "http://localhost:11434/v1", {
      object: "list",
      data: [
        { id: "llama3.2:3b", object: "model", created: 2, owned_by: "library" },
        { id: "gemma3", created: 3 },
      ],
    }),
    ["gemma3 | price unknown", "llama3.2:3b | price unknown"],
    "newest first",
  );
  equal(
    await shown("", "http://localhost:8000/v1", {
      data: [
        { id: "qwen", max_model_len: 32768 },
        { id: "tiny", meta: { n_ctx_train: 2048 } },
      ],
    }),
    ["qwen | price unknown | 33k context", "tiny | price unknown | 2k context"],
  );
  const anthropic = await shown("Anthropic", "https://api.anthropic.com/v1", {
    data: [
      {
        type: "model",
        id: "claude-opus-4-5",
        display_name: "Claude Opus 4.5",
        created_at: "2025-11-01T00:00:00Z",
      },
    ],
    has_more: false,
  });
  equal(anthropic, ["Claude Opus 4.5 | price unknown | claude-opus-4-5"]);
}

// This test is long because it presses many keys on one page.
async function byKeyboard({ open, site }) {
  const { page } = await opened(open);
  await setPanel(page, []);
  const press = (...keys) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  await page.focus("#preset");
  await press("Tab");
  equal(
    await page.evaluate(() => document.activeElement.id),
    "add-model",
    "the field follows the preset",
  );
  equal(await options(page).count(), 0, "focus alone does not open the list");
  await page.keyboard.type("claude");
  includes(await active(page), "Opus");
  await press("ArrowDown");
  includes(await active(page), "Haiku");
  await press("ArrowDown");
  includes(await active(page), "Use “claude”");
  await press("Escape", "ArrowDown");
  equal(await options(page).count(), 3, "reopened, the list is still filtered");
  await press("ArrowUp");
  await press("ArrowDown", "ArrowUp", "ArrowUp", "Enter");
  await expectPanel(page, ["~anthropic/claude-haiku-latest"]);
  equal(await page.inputValue("#add-model"), "", "the field is empty for the next name");
  // "haiku" finds a model that is already in the panel. "my-lab/new model" is not in the provider's
  // list.
  for (const typed of ["haiku", "my-lab/new model"]) {
    await page.keyboard.type(typed);
    await press("Enter");
  }
  await expectPanel(page, [
    "~anthropic/claude-haiku-latest",
    "~anthropic/claude-haiku-latest",
    "my-lab/new model",
  ]);
  includes(await textOf(page.locator(".panel-model").last()), "not in the provider’s model list");
  // If the search is empty, every model is listed and none is active.
  await press("ArrowDown");
  equal(await options(page).count(), 10);
  equal(await active(page), "");
  await press("ArrowUp");
  includes(await active(page), "Sonar");
  await press("Escape");
  equal(await options(page).count(), 0, "Escape closes the list");
  ok(
    await page.locator("#settings").evaluate((dialog) => dialog.open),
    "and the dialog stays open",
  );
  // After a model is removed, the focus moves to the next remove button.
  await press("Shift+Tab", "Enter");
  await expectPanel(page, ["~anthropic/claude-haiku-latest", "~anthropic/claude-haiku-latest"]);
  equal(
    await page.evaluate(() => document.activeElement.getAttribute("aria-label")),
    "Remove Anthropic: Claude Haiku (latest), panelist 2",
  );
  await press("Enter", "Enter");
  equal(await page.evaluate(() => document.activeElement.id), "add-model");
  await page.keyboard.type("kimi");
  await press("Enter", "Enter");
  ok(
    !(await page.locator("#settings").evaluate((dialog) => dialog.open)),
    "Enter in the empty field closes the dialog",
  );
  equal(await page.evaluate(() => document.activeElement.id), "open-settings");
  await openSettings(page);
  await page.focus("#writer");
  await page.keyboard.type("gemini pro");
  await press("Enter");
  equal(await page.inputValue("#writer"), "~google/gemini-pro-latest");
  includes(await textOf(page.locator("#writer-note")), "$2 in, $12 out");
  await press("Escape");
  ok(
    !(await page.locator("#settings").evaluate((dialog) => dialog.open)),
    "without an open list Escape closes the dialog",
  );
  await expectNoErrors(page, site, OPENROUTER);
}

async function byFinger({ open }) {
  const { page } = await opened(open, modelList(30));
  await setPanel(page, []);
  await page.tap("#add-model");
  await note(page, "40 models");
  await expectNoOverflow(page, "with the list open");
  const box = await page.locator("#add-model ~ .popup").boundingBox();
  ok(
    box.x >= 0 && box.x + box.width <= 320,
    `the list is as wide as the window: ${JSON.stringify(box)}`,
  );
  for (const option of [options(page).first(), options(page).nth(1)])
    ok((await option.boundingBox()).height >= 44, "a row is as high as a fingertip");
  await options(page).nth(20).scrollIntoViewIfNeeded();
  await options(page).nth(20).tap();
  await expectPanel(page, ["maker-10/model-10"]);
  equal(
    await page.evaluate(() => document.activeElement.id),
    "add-model",
    "the field keeps the focus",
  );
  ok((await page.locator(".panel-model button").boundingBox()).height >= 24);
  await page.locator(".panel-model button").tap();
  await expectPanel(page, []);
  await expectNoOverflow(page, "afterwards");
}

async function announces({ open }) {
  const { page } = await opened(open, modelList(120));
  const heard = page.locator("#add-model ~ [role=status]");
  await page.click("#add-model");
  await heard.getByText("130 models. Showing the first 50; type to filter.").waitFor();
  await page.keyboard.type("gemini");
  await heard.getByText("Found 2 of 130 models.").waitFor();
  await page.keyboard.type(" and nothing like it");
  await heard.getByText("Found 0 of 130 models.").waitFor();
  equal(await page.locator("#add-model").getAttribute("aria-expanded"), "true");
  await page.keyboard.press("Enter");
  await page
    .locator("#panel-note")
    .getByText("gemini and nothing like it added: 4 models.")
    .waitFor();
  equal(await page.locator("#add-model").getAttribute("aria-expanded"), "false");
}

async function withoutList({ open, session }) {
  const page = await open();
  const replies = [
    ["gone", "could not be read"],
    [{ status: 500, json: {} }, "answered 500"],
    [{ json: { data: [] } }, "lists no models"],
    [{ body: "<!doctype html>" }, "could not be read"],
  ];
  await useOwnServer(page, session.baseURL, []);
  await openSettings(page);
  for (const [nth, [reply, words]] of replies.entries()) {
    await page.unroute(`${session.baseURL}/models*`);
    await serveModelList(page, reply, session.baseURL);
    await page.click("#add-model");
    await note(page, words);
    await note(page, "You can type model names");
    await page.keyboard.type(`own/${nth}`);
    await page.keyboard.press("Enter");
    await page.locator("#add-model").blur();
  }
  await expectPanel(page, ["own/0", "own/1", "own/2", "own/3"]);
  await page.click("#add-model");
  await page.keyboard.type("own/last");
  await page.click("#close-settings");
  await expectPanel(
    page,
    ["own/0", "own/1", "own/2", "own/3", "own/last"],
    "a typed name is added if no list is loaded",
  );
}

async function once({ open, site }) {
  const { page, asked } = await opened(open);
  await page.locator(".panel-model-price").getByText("$5 in").waitFor();
  for (const field of ["add-model", "analyst", "writer", "add-model"]) {
    await page.click(`#${field}`);
    await note(page, "10 models", field);
    await page.keyboard.press("Escape");
  }
  await page.click("#close-settings");
  await openSettings(page);
  equal(asked.length, 1, "one request");
  const base = "https://models.example/v1";
  let fail = true;
  const keys = [];
  await page.route(`${base}/models`, (route) => {
    if (route.request().method() === "OPTIONS")
      return route.fulfill({ status: 204, headers: cors });
    keys.push(route.request().headers().authorization ?? "");
    return route.fulfill(
      fail
        ? { status: 503, headers: cors }
        : { headers: cors, json: { data: [{ id: `for ${keys.at(-1)}` }] } },
    );
  });
  const look = async (words) => {
    await page.locator("#add-model").blur();
    await page.click("#add-model");
    await page.locator("#add-model ~ .popup").getByText(words).first().waitFor();
    await page.keyboard.press("Escape");
  };
  await chooseProvider(page, "Other provider");
  await page.fill("#base-url", base);
  await page.locator("#base-url").blur();
  equal(keys, [], "no request before the field is used");
  await look("answered 503");
  fail = false;
  await look("for");
  await look("1 model.");
  await page.fill("#key", "one");
  await look("for Bearer one");
  await page.fill("#key", "");
  await look("for");
  equal(keys, ["", "", "Bearer one"], "one request after a failure, and one for another key");
  await expectNoErrors(page, site, OPENROUTER, base);
}

async function thousands({ open, site }) {
  const { page } = await opened(open, modelList(9_000));
  await page.click("#add-model");
  await note(page, "5000 models. Showing the first 50");
  equal(await options(page).count(), 50);
  await page.keyboard.type("model-4321");
  await note(page, "Found 1 of 5000 models");
  includes(await textOf(options(page).first()), "maker-1/model-4321");
  await page.fill("#add-model", "m");
  equal(await options(page).count(), 51, "fifty models and the typed word");
  await expectNoErrors(page, site, OPENROUTER);
}

// This test is long because it lists the malicious entries.
async function hostile({ open, site }) {
  const page = await open();
  await page.addInitScript(() => {
    window.hits = [];
    window.hit = (name) => window.hits.push(name);
  });
  const evil = '<img src="https://evil.example/x.png" onerror="hit(1)"><script>hit(2)</script>';
  const entries = [
    {
      id: evil,
      name: evil,
      pricing: { prompt: evil, completion: "1e-6" },
      context_length: evil,
      architecture: { input_modalities: [evil, "image"] },
      supported_parameters: [evil, "tools"],
    },
    { id: "rtl/‮evil", name: "‮desrever" },
    { id: "long/name", name: "W".repeat(100_000) },
    { id: "x".repeat(100_000) },
    { id: "negative", pricing: { prompt: "-1", completion: "-1" } },
    { id: "absurd", pricing: { prompt: "1e99", completion: "1e99" }, context_length: -5 },
    {
      id: "__proto__",
      name: "proto",
      pricing: {
        prompt: "0",
        completion: "0",
        overrides: [null, 3, { min_prompt_tokens: "x", prompt: {} }],
        discount: "all",
      },
    },
    {
      id: "constructor",
      name: { toString: "x" },
      pricing: [],
      architecture: "text",
      supported_parameters: { includes: 1 },
    },
    { id: 7 },
    { id: null },
    null,
    [],
    "text",
    0,
    { name: "no id" },
    { id: "   " },
    { id: "openrouter/fusion" },
    { id: "draws/only", architecture: { output_modalities: ["image"] } },
    { id: "twice" },
    { id: "twice", name: "another" },
  ];
  const base = "https://hostile.example/v1";
  const show = async (reply, words, suffix) => {
    await serveModelList(page, reply, base + suffix);
    await page.fill("#base-url", base + suffix);
    await page.locator("#base-url").blur();
    await page.click("#add-model");
    await note(page, words);
  };
  await chooseProvider(page, "Other provider");
  await show({ json: { data: entries } }, "8 models", "/a");
  equal(await options(page).locator("img, script").count(), 0, "markup is text");
  await expectNoOverflow(page, "with long names");
  const texts = await options(page).allInnerTexts();
  ok(
    texts.some((text) => text.includes("<script>")) && texts.every((text) => text.length < 700),
    "long names are cut",
  );
  ok(
    texts.every((text) => !/Infinity|NaN|e\+|undefined|\[object/.test(text)),
    texts.join("\n"),
  );
  for (const name of ["__proto__", "constructor", "twice", "absurd"]) {
    await page.fill("#add-model", name);
    await page.keyboard.press("Enter");
  }
  await expectPanel(page, ["__proto__", "constructor", "twice", "absurd"]);
  equal(await page.locator(".panel-model-price").allInnerTexts(), [
    "free",
    "price unknown",
    "price unknown",
    "price unknown",
  ]);
  await page.reload();
  await openSettings(page);
  await expectPanel(page, ["__proto__", "constructor", "twice", "absurd"]);

  await show({ json: { data: { length: 9, 0: { id: "a" } } } }, "lists no models", "/b");
  await show({ json: [1, 2] }, "lists no models", "/c");
  await show({ json: null }, "lists no models", "/d");
  await show({ body: "[".repeat(2_000_000) }, "could not be read", "/e");
  await show(
    { body: `{"data":[{"id":"a","description":"${"x".repeat(13_000_000)}"}]}` },
    "too large",
    "/f",
  );
  await show(
    {
      body: JSON.stringify({
        data: Array.from({ length: 100_000 }, (_, n) => ({
          id: `flood/${n}`,
          name: "y".repeat(60),
        })),
      }),
    },
    "5000 models",
    "/g",
  );
  equal(await page.evaluate(() => window.hits), []);
  await expectNoErrors(page, site, base);
}

async function everyState({ open }) {
  const { page } = await opened(open, modelList(400));
  await violations(page, "the panel with its prices");
  await page.click("#add-model");
  await note(page, "410 models");
  await violations(page, "all models");
  await page.keyboard.type("claude");
  await page.keyboard.press("ArrowDown");
  await violations(page, "filtered, with one active");
  await page.keyboard.press("Enter");
  await page.fill("#add-model", "no/such");
  await page.keyboard.press("Enter");
  await violations(page, "an unlisted model");
  await page.click("#writer");
  await violations(page, "the writer's");
  await page.keyboard.press("Escape");
  await expectNoOverflow(page, "in every state");
}
