// Tests the form for a question: pictures, follow-ups, and the versions of edited questions.

import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import {
  ask,
  column,
  expectNoErrors,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
  waitForPhase,
} from "./steps.mjs";

const PANEL = ["desk/fast", "desk/free"];
const analystScript = (...answers) => ({
  sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
});
const scripts = (...answers) => ({
  "desk/fast": says("Fast: all common ground."),
  "desk/free": says("Free: all common ground."),
  "desk/analyst": analystScript(...answers),
});

export const composer = [
  { name: "composer: a follow-up sends the earlier questions and answers", run: followUp },
  { name: "composer: an edited question becomes a version, and the old one stays", run: edited },
  { name: "composer: pasted and dropped pictures are parts of the question", run: pictures },
  { name: "composer: a file that cannot be read is rejected with a sentence", run: noPicture },
  { name: "composer: a new conversation sends no earlier messages", run: fresh },
];

/** Returns the messages of the nth call of a panelist. */
async function messagesOf(session, nth, model = "desk/fast") {
  const calls = (await session.calls()).filter((call) => call.model === model);
  return calls[nth].body.messages;
}

async function followUp({ open, site, session }) {
  await session.script(scripts("First answer.", "Second answer."));
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  equal(await page.inputValue("#question"), "", "the field is empty again");
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  equal(await messagesOf(session, 1), [
    { role: "user", content: "Is the sky blue?" },
    { role: "assistant", content: "First answer." },
    { role: "user", content: "And at night?" },
  ]);
  ok(
    await page.locator(".turn").first().getByText("First answer.").isVisible(),
    "the earlier answer stays",
  );
  equal(
    await page.locator(".turn").first().locator(".comparison").isVisible(),
    false,
    "its replies are folded",
  );
  await page.getByRole("button", { name: "Show replies and comparison" }).first().click();
  await page.locator(".turn").first().locator(".reply-chip").first().click();
  await page.locator(".turn").first().getByText("Fast: all common ground.").first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show replies and comparison", expanded: true }).click();
  equal(
    await page.locator(".turn").first().locator(".comparison").isVisible(),
    false,
    "and it folds again",
  );
  ok(await page.locator(".turn").first().getByText("First answer.").isVisible());
  await expectNoErrors(page, site, session.baseURL);
}

async function edited({ open, site, session }) {
  await session.script(scripts("First answer.", "Follow-up answer.", "Edited answer."));
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await ask(page, "And at night?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  await page.getByRole("button", { name: "Edit and ask again" }).first().click();
  await page.getByLabel("Edit the question").fill("Is the sea blue?");
  await page.getByLabel("Edit the question").press("Control+Enter");
  await page.getByText("Edited answer.").waitFor();
  await waitForEnd(page, "done");
  equal(await page.locator(".turn").count(), 1, "the follow-ups belong to the old question");
  equal(await messagesOf(session, 2), [{ role: "user", content: "Is the sea blue?" }]);
  includes(await textOf(turn(page).locator(".versions")), "2 of 2");
  await page.getByRole("button", { name: "Previous version" }).click();
  equal(await page.locator(".turn h2").allInnerTexts(), ["Is the sky blue?", "And at night?"]);
  await page.getByText("Follow-up answer.").waitFor();
  await page.getByRole("button", { name: "Next version" }).first().click();
  equal(await page.locator(".turn h2").allInnerTexts(), ["Is the sea blue?"]);

  await page.getByRole("button", { name: "Edit and ask again" }).click();
  await page.getByLabel("Edit the question").fill("  ");
  await page.getByRole("button", { name: "Ask again", exact: true }).click();
  includes(await textOf(turn(page).locator(".edit .problem")), "Write a question first");
  await page.keyboard.press("Escape");
  equal(await textOf(page.locator(".turn h2")), "Is the sea blue?", "Escape discards the edit");
  await expectNoErrors(page, site, session.baseURL);
}

/** Pastes or drops a file that the page creates. */
const bring = (page, kind, type) =>
  page.evaluate(
    async ([kind, type]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 3000, height: 1500 });
      canvas.getContext("2d").fillRect(0, 0, 1000, 1000);
      const data = new DataTransfer();
      const blob = type.startsWith("image/")
        ? await new Promise((done) => canvas.toBlob(done, type))
        : new Blob([new Uint8Array([1, 0, 2, 0])], { type });
      data.items.add(new File([blob], "sky.png", { type }));
      const event =
        kind === "paste"
          ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector(kind === "paste" ? "#question" : "main").dispatchEvent(event);
    },
    [kind, type],
  );

async function pictures({ open, site, session }) {
  await session.script(scripts("It is blue.", "Still blue."));
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await bring(page, "paste", "image/png");
  await page.locator("#images li").waitFor();
  await bring(page, "drop", "image/png");
  await page.waitForFunction(() => document.querySelectorAll("#images li").length === 2);
  await page.getByRole("button", { name: "Remove sky.png" }).first().click();
  equal(await page.locator("#images li").count(), 1, "one was removed");
  await ask(page, "What colour is this?");
  await waitForEnd(page, "done");
  const [{ content }] = await messagesOf(session, 0);
  equal(
    content.map(({ type }) => type),
    ["image_url", "text"],
  );
  const { width, height } = await page
    .locator(".pictures img")
    .evaluate((img) => ({ width: img.naturalWidth, height: img.naturalHeight }));
  equal([width, height], [1568, 784], "scaled to the size that models use");
  ok(content[0].image_url.url.startsWith("data:image/png;base64,"), "sent as a data URL");
  equal(content[1].text, "What colour is this?");

  await ask(page, "Are you sure?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  const later = await messagesOf(session, 1);
  equal(later.length, 3);
  equal(later[0].content[0].type, "image_url", "the picture stays in the context");
  await expectNoErrors(page, site, session.baseURL);
}

async function noPicture({ open, site }) {
  const page = await open();
  await bring(page, "drop", "application/zip");
  await page.getByText("is not a picture, a PDF or a text file").waitFor();
  equal(await page.locator("#images li").count(), 0);
  await expectNoErrors(page, site);
}

async function fresh({ open, session }) {
  await session.script(scripts("First answer.", "Other answer."));
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.click("#new");
  equal(await page.locator(".turn").count(), 0);
  await page.locator(".hero h1").waitFor();
  await ask(page, "What is a quorum?");
  await waitForPhase(page, 0, "done");
  lacks(JSON.stringify(await messagesOf(session, 1)), "sky");
  includes(await textOf(column(page, 0)), "all common ground");
}
