// Tests the export of a conversation. Also tests that the page can open files and links from any
// source.

import { readFile } from "node:fs/promises";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { readConversation } from "../../www/export/read.js";
import { analysis, cites, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import {
  allDone,
  askAndFinish,
  callsOf,
  openHistory,
  readDatabase,
  waitForStored,
} from "./history.mjs";
import {
  ask,
  closeSettings,
  column,
  expectNoErrors,
  expectNoOverflow,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";
import { text as evil } from "./untrusted-output.mjs";

const KEY = "sk-never-shared-4711";
const PANEL = ["desk/fast", "desk/slow"];
const sky = [cites("https://example.org/sky", "Why [the] sky is <blue>")];
const scripts = (...answers) => ({
  "desk/fast": says("Fast: all common ground."),
  "desk/slow": says("Slow: all common ground."),
  "desk/analyst": {
    sequence: answers.flatMap((answer) => [
      analysis(["A", "B"]),
      says(answer, { annotations: sky }),
    ]),
  },
});

export const exporting = [
  {
    name: "export: Markdown has question, answer, sources, comparison and replies",
    run: markdown,
  },
  {
    name: "export: a JSON file restores a conversation beside the existing ones, without the key",
    run: roundTrip,
  },
  {
    name: "export: an imported snapshot continues and reuses finished replies",
    run: snapshot,
  },
  { name: "export: a file that cannot be opened is rejected with a reason", run: refused },
  { name: "export: each field of a file is validated", run: validates },
  { name: "export: malicious content in a file is harmless", run: hostileFile },
  { name: "export: a link shows the conversation, which is stored only on request", run: link },
  {
    name: "export: for a conversation that is too long for a link, the page offers a file",
    run: longLink,
  },
  { name: "export: a damaged link and a decompression bomb are rejected", run: brokenLink },
  ...[
    ["light", {}],
    ["on a phone, dark", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ].map(([look, wish]) => ({
    name: `export: no violation, ${look}`,
    run: everyState,
    reducedMotion: "reduce",
    bypassCSP: true,
    ...wish,
  })),
];

async function started(open, session, script) {
  await session.script(script);
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

async function saved(page, button) {
  await page.click("#open-export");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  await page.click("#close-export");
  return {
    name: download.suggestedFilename(),
    text: await readFile(await download.path(), "utf8"),
  };
}

async function openFile(page, text, name = "saved.json") {
  if (!(await page.locator("#history").evaluate((dialog) => dialog.open))) await openHistory(page);
  await page.setInputFiles("#import-file", {
    name,
    mimeType: "application/json",
    buffer: Buffer.from(text),
  });
}

const shown = (page) =>
  page.locator("#turns").evaluate((turns) => turns.innerText.replace(/\s+/g, " "));

async function markdown({ open, session }) {
  const page = await started(open, session, scripts("**Blue** [by day](https://example.org/sky)."));
  await askAndFinish(page, "Is the sky blue?");
  const { name, text } = await saved(page, "#save-markdown");
  equal(name, "Is-the-sky-blue.md");
  for (const wanted of [
    "# Is the sky blue?\n",
    "## Answer by analyst\n\n**Blue** [by day](https://example.org/sky).",
    "1. [Why \\[the\\] sky is <blue>](<https://example.org/sky>)",
    "**Agreed**\n\n- All agree. (fast, slow)\n  - ",
    "“all common ground”",
    "**Disagreed**\n\n- The degree\n  - ",
    "#### 1. desk/fast\n\nFast: all common ground.",
    "#### 2. desk/slow\n\nSlow: all common ground.",
  ])
    includes(text, wanted);
}

async function roundTrip({ open, site, session }) {
  const page = await started(open, session, scripts("First.", "Second.", "Other."));
  await page.click("#open-settings");
  await page.fill("#key", KEY);
  await closeSettings(page);
  await askAndFinish(page, "Is the sky blue?");
  await askAndFinish(page, "And at night?");
  await page.getByRole("button", { name: "Edit and ask again" }).last().click();
  await page.getByLabel("Edit the question").fill("And on Mars?");
  await page.getByLabel("Edit the question").press("Control+Enter");
  await page.waitForFunction(() =>
    document.querySelector('.turn:last-child[data-state="done"]')?.innerText.includes("Other."),
  );
  await waitForStored(page, allDone(3));
  const before = await shown(page);
  const { text } = await saved(page, "#save-json");
  lacks(text, KEY);
  await openFile(page, text);
  await page.waitForFunction(() => !document.querySelector("#history").open);
  await page.waitForFunction(
    (before) => document.querySelector("#turns").innerText.replace(/\s+/g, " ") === before,
    before,
  );
  const { conversations, turns } = await waitForStored(page, allDone(6)).then(() =>
    readDatabase(page),
  );
  equal(conversations.length, 2, "the existing conversation is still there");
  equal(new Set(turns.map(({ id }) => id)).size, 6);
  await page.reload();
  await page.waitForFunction(
    (before) => document.querySelector("#turns").innerText.replace(/\s+/g, " ") === before,
    before,
  );
  await expectNoErrors(page, site, session.baseURL);
}

async function snapshot({ open, site, session }) {
  const page = await started(open, session, {
    ...scripts("Blue."),
    "desk/slow": says("Slow", { stall: "headers" }),
  });
  await ask(page, "Is the sky blue?");
  await page.waitForSelector('.panelist[data-phase="done"]');
  await page.click("#stop");
  await waitForEnd(page, "stopped");
  const { name, text } = await saved(page, "#save-snapshot");
  equal(name, "Is-the-sky-blue.snapshot.json");
  await page.click("#new");
  await openFile(page, text);
  await waitForEnd(page, "interrupted");
  includes(await textOf(turn(page).locator("h2")), "Is the sky blue?");
  equal(
    await page.locator(".panelist").evaluateAll((all) => all.map(({ dataset }) => dataset.phase)),
    ["done", "stopped"],
  );
  await session.script(scripts("Blue."));
  await turn(page).getByRole("button", { name: "Continue" }).click();
  await waitForEnd(page, "done");
  equal((await callsOf(session))["desk/fast"], 1, "a finished panelist is not called again");

  const whole = await saved(page, "#save-snapshot");
  await page.click("#new");
  await openFile(page, whole.text);
  await waitForEnd(page, "done");
  includes(await textOf(turn(page).locator(".answer .prose")), "Blue.");
  equal(await page.locator(".group h4").allInnerTexts(), [
    "Disagreed",
    "Agreed",
    "Partly covered",
    "Only one model",
    "Missed by all",
  ]);
  includes(await textOf(column(page, 1)), "Slow: all common ground.");
  await expectNoErrors(page, site, session.baseURL);
}

async function refused({ open, site }) {
  const page = await open();
  for (const [text, words] of [
    ["not { JSON", "saved.json cannot be opened. The file is not JSON."],
    ['{"a":1}', "neither a conversation of this page nor a snapshot"],
    ['{"version":2,"turns":[]}', "another version"],
    ['{"version":1,"run_id":"x","request":{"messages":7}}', "The snapshot is damaged"],
    [
      '{"version":1,"head":"0","turns":[{"id":"0","state":"done","question":{"text":5}}]}',
      "turns[0].question.text must be text.",
    ],
  ]) {
    await openFile(page, text);
    await page.locator("#history-problem").getByText(words).waitFor();
  }
  equal(await page.locator(".turn").count(), 0);
  equal(await readDatabase(page), { conversations: [], turns: [] });
  await expectNoErrors(page, site);
}

const whole = () => ({
  version: 1,
  head: "b",
  turns: [
    { id: "a", state: "done", question: { text: "one" } },
    {
      id: "b",
      parent: "a",
      state: "done",
      question: { text: "two", images: [{ name: "x", url: "data:image/png;base64,AAAA" }] },
      chosen: 0,
      panel: [
        { index: 0, model: "a/b", state: "done", content: "x" },
        { index: 1, model: "a/c", state: "failed" },
      ],
      comparison: {
        state: "done",
        order: [1, 0],
        items: [
          {
            kind: "consensus",
            item: {
              point: "p",
              panelists: [0],
              quotes: [{ index: 0, quote: "x", verified: true }],
            },
          },
        ],
      },
    },
  ],
});

async function validates() {
  const first = readConversation(JSON.stringify(whole()));
  const second = readConversation(JSON.stringify(whole()));
  equal(first.turns[1].parent, first.turns[0].id);
  equal(first.head, first.turns[1].id);
  ok(
    first.id !== second.id && first.head !== second.head && first.turns[0].id !== "a",
    "the ids are new",
  );
  equal(
    first.turns[1].panel[1].error.code,
    "unexpected_error",
    "a failure without an error gets one",
  );
  const strange = whole();
  strange.turns[0].question.onclick = "x";
  Object.assign(strange.turns[0], JSON.parse('{"__proto__":{"polluted":1},"extra":1}'));
  const read = readConversation(JSON.stringify(strange));
  equal(
    [read.turns[0].extra, read.turns[0].question.onclick, read.turns[0].polluted, {}.polluted],
    [undefined, undefined, undefined, undefined],
    "unknown fields are dropped",
  );

  for (const [change, words] of [
    [
      ({ turns }) => (turns[1].parent = "c"),
      "turns[1].parent must be null or the id of an earlier turn.",
    ],
    [({ turns }) => (turns[0].parent = "b"), "turns[0].parent must be"],
    [({ turns }) => (turns[1].id = "a"), "turns[1].id must be unique."],
    [({ turns }) => (turns[0].id = '"><script>'), "turns[0].id must be an id."],
    [(all) => (all.head = "c"), "head must be the id of a turn."],
    [({ turns }) => (turns[1].chosen = 2), "turns[1].chosen must be a panelist index below 2."],
    [({ turns }) => (turns[1].comparison.order = [5]), "turns[1].comparison.order must be"],
    [
      ({ turns }) => (turns[1].comparison.items[0].item.quotes[0].index = 9),
      "turns[1].comparison.items must be a panelist index",
    ],
    [
      ({ turns }) => (turns[1].comparison.items[0].item.panelists = [2]),
      "turns[1].comparison.items must be a panelist index",
    ],
    [
      ({ turns }) => (turns[1].comparison.items[0].kind = "__proto__"),
      "turns[1].comparison.items[0].kind must be one of",
    ],
    [({ turns }) => (turns[1].panel[0].state = "hacked"), "turns[1].panel[0].state must be one of"],
    [({ turns }) => (turns[1].panel[0].index = 1), "turns[1].panel[0].index must be 0."],
    [
      ({ turns }) => (turns[1].panel = Array(9).fill(turns[1].panel[0])),
      "turns[1].panel must be a list of at most 8.",
    ],
    [
      ({ turns }) => (turns[1].question.images[0].url = "https://attacker.example/p.png"),
      "turns[1].question.images[0].url must be an image as a data URL.",
    ],
    [
      ({ turns }) => (turns[1].question.images[0].url = "data:image/svg+xml;base64,AAAA"),
      "must be an image as a data URL.",
    ],
    [({ turns }) => (turns[1].began = 1e300), "turns[1].began must be a time in milliseconds."],
    [({ turns }) => (turns[1].snapshot = "x"), "turns[1].snapshot must be a snapshot."],
    [(all) => (all.turns = []), "The file contains no question."],
    [(all) => (all.turns = [null]), "turns[0] must be an object."],
  ]) {
    const broken = whole();
    change(broken);
    let message = "no error";
    try {
      readConversation(JSON.stringify(broken));
    } catch (error) {
      ({ message } = error);
    }
    includes(message, words);
  }
  const named = whole();
  named.turns[0].setup = {
    provider: "custom",
    host: "example.org",
    baseURL: `https://user:${KEY}@example.org/v1/?key=${KEY}`,
  };
  equal(readConversation(JSON.stringify(named)).turns[0].setup.baseURL, "https://example.org/v1");
}

async function hostileFile({ open, site }) {
  const page = await open();
  const quotes = [{ index: 0, quote: evil.slice(0, 300), verified: true }];
  const all = whole();
  all.name = evil.slice(0, 200);
  all.turns.splice(0, 1);
  const sources = [
    { url: "javascript:window.hacked='source'", title: evil.slice(0, 200) },
    { url: "data:text/html,<script>1</script>", title: "" },
  ];
  Object.assign(all.turns[0], {
    parent: null,
    question: { text: evil, images: [] },
    chosen: null,
    setup: {
      provider: evil,
      host: evil.slice(0, 100),
      baseURL: "javascript:window.hacked=1",
      isSample: false,
    },
    warnings: [{ code: evil, message: evil.slice(0, 400) }],
    panel: [
      {
        index: 0,
        model: evil.slice(0, 200),
        state: "done",
        content: evil,
        reasoning: evil,
        sources,
        tools: [
          {
            tool: evil.slice(0, 90),
            input: '{"url":"javascript:1"}',
            status: "completed",
            summary: evil,
          },
        ],
        usage: { cost: 1 },
      },
      { index: 1, model: "x", state: "failed", error: { code: evil, message: evil } },
    ],
    comparison: {
      state: "done",
      model: evil.slice(0, 90),
      order: [0, 1],
      reasoning: evil,
      items: [
        { kind: "consensus", item: { point: evil, panelists: [0], quotes } },
        {
          kind: "contradictions",
          item: { topic: evil, stances: [{ stance: evil, panelist: 0, quotes }] },
        },
      ],
    },
    answer: { state: "done", model: evil.slice(0, 90), content: evil, reasoning: evil, sources },
    activity: [
      {
        stage: evil.slice(0, 90),
        model: evil.slice(0, 90),
        provider: evil.slice(0, 90),
        status: evil.slice(0, 90),
      },
    ],
  });
  await openFile(page, JSON.stringify(all));
  await waitForEnd(page, "done");
  await page.locator(".turn details").evaluateAll((folds) => {
    for (const fold of folds) fold.open = true;
  });
  await page.waitForSelector(".answer .prose .table-box td", { state: "attached" });
  await openHistory(page);
  await page.locator(".entry").first().waitFor();
  await page.mouse.move(640, 400);
  equal(await page.evaluate(() => window.hacked ?? null), null, "a script ran");
  const found = await page.locator(".turn, #entries").evaluateAll((places) => ({
    forbidden: places.flatMap((place) =>
      [
        ...place.querySelectorAll(
          "script, img, iframe, form, input, style, svg:not(.icon), math, object, embed, " +
            "base, meta, link, video, template",
        ),
      ].map(({ outerHTML }) => outerHTML.slice(0, 80)),
    ),
    attributes: places.flatMap((place) =>
      [...place.querySelectorAll("*:not(.panel)")]
        .flatMap(({ attributes }) => [...attributes])
        .filter(({ name }) => /^on|^style$|^srcset$/.test(name))
        .map(({ name }) => name),
    ),
    links: places
      .flatMap((place) => [...place.querySelectorAll("a[href]")].map(({ href }) => href))
      .filter((href) => !/^(https?|mailto):/.test(href)),
  }));
  equal(found, { forbidden: [], attributes: [], links: [] });
  await expectNoOverflow(page, "with malicious content");
  await page.keyboard.press("Escape");
  const { name } = await saved(page, "#save-markdown");
  ok(/^[\p{L}\p{N}-]+\.md$/u.test(name), `a file name: ${name}`);
  await expectNoErrors(page, site);
}

async function linkOf(page) {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click("#open-export");
  await page.click("#copy-link");
  await page.locator("#export-status").getByText("Link copied").waitFor();
  await page.click("#close-export");
  return page.evaluate(() => navigator.clipboard.readText());
}

async function link({ open, site, session }) {
  const page = await started(open, session, scripts("Blue.", "Dark.", "Red."));
  await page.click("#open-settings");
  await page.fill("#key", KEY);
  await closeSettings(page);
  await askAndFinish(page, "Is the sky blue?");
  await askAndFinish(page, "And at night?");
  await waitForStored(page, allDone(2));
  const visibleText = (page) =>
    page
      .locator(".turn:last-child")
      .locator(".answer .prose, .answer-sources, .groups, .blind-labels")
      .allInnerTexts();
  const before = await visibleText(page);
  const address = await linkOf(page);
  const packed = new URL(address).hash.split("=")[1];
  lacks(inflateRawSync(Buffer.from(packed, "base64url")).toString(), KEY);

  const other = await open();
  const calls = (await session.calls()).length;
  await other.goto(address);
  await other.reload();
  await other.locator("#imported").getByText("Shared conversation").waitFor();
  await waitForEnd(other, "done");
  equal(await other.locator(".turn").count(), 2);
  equal(await visibleText(other), before, "the link shows the same text");
  equal(
    await other
      .getByRole("button", { name: /^(Continue|Ask .* again|Write again|Compare again)$/ })
      .locator("visible=true")
      .count(),
    0,
    "a shared run has no buttons to continue",
  );
  equal((await readDatabase(other)).conversations.length, 1, "it is not stored");
  equal((await session.calls()).length, calls, "showing makes no call");
  await other.locator("#imported").getByRole("button", { name: "Save" }).click();
  await waitForStored(other, allDone(4));
  includes(new URL(other.url()).hash, "#c=", "it has an address of its own");

  await other.evaluate((address) => (location.href = address), address);
  await other.locator("#imported").waitFor();
  await other.locator("#imported").getByRole("button", { name: "Close" }).click();
  equal(await other.locator(".turn").count(), 0);
  equal([new URL(other.url()).hash, await other.locator("#imported").isVisible()], ["", false]);

  await other.evaluate((address) => (location.href = address), address);
  await other.locator("#imported").waitFor();
  await askAndFinish(other, "And on Mars?");
  await waitForStored(other, allDone(7));
  equal(
    await other.locator("#imported").isVisible(),
    false,
    "after a follow-up the conversation is the person's own",
  );
  await expectNoErrors(other, site, session.baseURL);
}

async function longLink({ open, session }) {
  // Text without repetition, so that compression does not shorten it.
  const noise = Array.from({ length: 6000 }, (_, n) => ((n * 2654435761) >>> 7).toString(36)).join(
    " ",
  );
  const page = await started(open, session, scripts(noise));
  await askAndFinish(page, "Is the sky blue?");
  await page.click("#open-export");
  await page.click("#copy-link");
  await page.locator("#export-status").getByText("Too long for a link").waitFor();
  includes(await textOf(page.locator("#export-status")), "Save the JSON file");
}

async function brokenLink({ open, site }) {
  const page = await open();
  const pack = (text) =>
    `${site.url}#conversation=${deflateRawSync(Buffer.from(text)).toString("base64url")}`;
  for (const [address, words] of [
    [`${site.url}#conversation=!!`, "incomplete or was changed"],
    [pack(JSON.stringify(whole())).slice(0, -30), "incomplete or was changed"],
    [pack("[]"), "neither a conversation"],
    [
      pack(`{"version":1,"pad":"${" ".repeat(3_000_000)}"}`),
      "larger than this page accepts in a link",
    ],
  ]) {
    ok(address.length < 9000, "a short link");
    await page.goto("about:blank");
    await page.goto(address);
    await page.locator("#storage-note").getByText(words).waitFor();
    equal([await page.locator(".turn").count(), new URL(page.url()).hash], [0, ""]);
  }
  await expectNoErrors(page, site);
}

async function everyState({ open, session }) {
  const page = await started(open, session, scripts("Blue."));
  await askAndFinish(page, "Is the sky blue?");
  await page.click("#open-export");
  await page.click("#save-markdown");
  await violations(page, "the export dialog");
  await expectNoOverflow(page, "the export dialog");
  await page.keyboard.press("Escape");
  const address = await linkOf(page);
  await page.goto("about:blank");
  await page.goto(address);
  await page.locator("#imported").waitFor();
  await waitForEnd(page, "done");
  await violations(page, "a shared conversation");
  await expectNoOverflow(page, "a shared conversation");
}
