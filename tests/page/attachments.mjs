// Tests the files of a question. The page reads PDF and text files itself.

import { readPdf } from "../../www/pdf-text.js";
import { analysis, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { violations } from "./accessibility.mjs";
import { allDone, readDatabase, waitForStored } from "./history.mjs";
import {
  ask,
  expectNoErrors,
  expectNoOverflow,
  modelCalls,
  textOf,
  turn,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const PANEL = ["desk/fast", "desk/slow"];
const scripts = (...answers) => ({
  "desk/fast": says("Fast: all common ground."),
  "desk/slow": says("Slow: all common ground."),
  "desk/analyst": {
    sequence: answers.flatMap((answer) => [analysis(["A", "B"]), says(answer)]),
  },
});

export const attachments = [
  { name: "attachments: the text of PDF and text files is sent", run: sent },
  { name: "attachments: a PDF is read up to a limit", run: bounded },
  { name: "attachments: a PDF that never ends does not block the page", run: endless },
  { name: "attachments: files are not in a link", run: notInLink },
  { name: "attachments: a large file is not kept, and the page says so", run: large },
  { name: "attachments: files that cannot be read are refused with a sentence", run: refused },
  {
    name: "attachments: no violation and no overflow on a phone",
    run: onPhone,
    viewport: { width: 320, height: 640 },
    bypassCSP: true,
    reducedMotion: "reduce",
  },
];

/** A PDF with one page for each text. */
export function pdf(...texts) {
  const pages = texts.map((_, nth) => `${4 + nth * 2} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${pages}] /Count ${texts.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...texts.flatMap((text, nth) => {
      const content = `BT /F1 12 Tf 20 100 Td (${text}) Tj ET`;
      const fields = "/Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]";
      return [
        `<< ${fields} /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + nth * 2} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  return pdfOf(objects);
}

function pdfOf(objects) {
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, nth) => {
    const offset = body.length;
    body += `${nth + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  const count = objects.length + 1;
  const xref = `xref\n0 ${count}\n0000000000 65535 f \n${rows.join("")}`;
  const trailer = `trailer\n<< /Size ${count} /Root 1 0 R >>`;
  return Buffer.from(`${body}${xref}${trailer}\nstartxref\n${body.length}\n%%EOF\n`, "latin1");
}

const file = (name, mimeType, content) => ({ name, mimeType, buffer: Buffer.from(content) });
const notes = file("notes.md", "text/markdown", "# Notes\n\nThe heron is grey.");
const attach = (page, ...files) => page.setInputFiles("#file", files);
const items = (page) => page.locator("#images li");

async function started(open, session, ...answers) {
  await session.script(scripts(...answers));
  const page = await open();
  await useOwnServer(page, session.baseURL, PANEL, "desk/analyst");
  return page;
}

async function sent({ open, site, session }) {
  const page = await started(open, session, "Grey.", "Still grey.");
  const report = file("report.pdf", "application/pdf", pdf("Words of page one", "Second page"));
  await attach(page, notes, report);
  await items(page).nth(1).waitFor();
  includes(await textOf(items(page).nth(1)), "report.pdf");
  includes(await textOf(items(page).nth(1)), "2 pages");
  await ask(page, "What colour is it?");
  await waitForEnd(page, "done");
  equal(await items(page).count(), 0);
  const [first] = modelCalls(await session.calls());
  const { content } = first.body.messages[0];
  includes(content, '<file name="notes.md">\n# Notes\n\nThe heron is grey.\n</file>');
  includes(content, "Words of page one");
  includes(content, "Second page");
  ok(content.endsWith("What colour is it?"), "the question comes last");
  includes(await textOf(turn(page).locator(".turn-header")), "report.pdf");
  await waitForStored(page, allDone(1));
  await page.reload();
  await waitForEnd(page, "done");
  await ask(page, "Sure?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  const later = modelCalls(await session.calls()).at(-1);
  ok(JSON.stringify(later.body.messages).includes("The heron is grey."), "it stays in the context");
  await expectNoErrors(page, site, session.baseURL);
}

async function bounded() {
  const read = async (max) => readPdf(new Uint8Array(pdf("One", "Two", "Three")), max);
  equal(await read(100), { text: "One\n\nTwo\n\nThree", pages: 3, read: 3 });
  equal(await read(4), { text: "One\n\n", pages: 3, read: 2 });
}

/** A PDF whose page draws forms inside forms: 40 to the power of 9 times. */
function endlessPdf() {
  const levels = 9;
  const draws = "/F Do ".repeat(40);
  const form = (nth) =>
    `<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /T 3 0 R >> ` +
    `/XObject << /F ${5 + nth} 0 R >> >> /Length ${draws.length} >>\nstream\n${draws}\nendstream`;
  const text = "BT /T 9 Tf (x) Tj ET";
  return pdfOf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /XObject << /F 6 0 R >> >> " +
      "/Contents 5 0 R >>",
    `<< /Length ${draws.length} >>\nstream\n${draws}\nendstream`,
    ...Array.from({ length: levels }, (_, nth) => form(nth + 2)),
    `<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /T 3 0 R >> >> ` +
      `/Length ${text.length} >>\nstream\n${text}\nendstream`,
  ]);
}

async function endless({ open, session, site }) {
  const page = await started(open, session, "Grey.");
  await page.clock.install();
  await attach(page, file("endless.pdf", "application/pdf", endlessPdf()));
  await page.locator("#attach-note").getByText("Reading").waitFor();
  await page.waitForTimeout(1500);
  await page.fill("#question", "The page still reacts");
  equal(await page.inputValue("#question"), "The page still reacts");
  await page.clock.fastForward(41_000);
  await page.locator("#problem").getByText("endless.pdf takes too long to read.").waitFor();
  await page.click("#send");
  await waitForEnd(page, "done");
  await expectNoErrors(page, site, session.baseURL);
}

async function notInLink({ open, session }) {
  const page = await started(open, session, "Grey.");
  await attach(page, notes);
  await items(page).first().waitFor();
  await ask(page, "What colour is it?");
  await waitForEnd(page, "done");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click("#open-export");
  await page.click("#copy-link");
  await page.locator("#export-status").getByText("Link copied").waitFor();
  includes(await textOf(page.locator("#export-status")), "without its file");
  await page.click("#close-export");
  const address = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open();
  await other.goto(address);
  await other.reload();
  await waitForEnd(other, "done");
  includes(await textOf(turn(other).locator(".turn-header")), "notes.md");
  const all = await other.evaluate(async () => {
    const packed = location.hash.split("=")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream).text();
  });
  lacks(all, "heron");
}

async function large({ open, session }) {
  const page = await started(open, session, "Grey.", "Unknown.");
  await attach(page, file("large.txt", "text/plain", "The heron is grey. ".repeat(12_000)));
  await page.getByText("Too large for the history").waitFor();
  await ask(page, "What colour is it?");
  await waitForEnd(page, "done");
  await waitForStored(page, allDone(1));
  const stored = JSON.stringify(await readDatabase(page));
  lacks(stored, "The heron is grey");
  includes(stored, "large.txt");
  await page.reload();
  await waitForEnd(page, "done");
  await ask(page, "Sure?");
  await page.waitForSelector('#turns > .turn:nth-child(2)[data-state="done"]');
  const later = modelCalls(await session.calls()).at(-1);
  ok(JSON.stringify(later.body.messages).includes("not-kept"), "the models are told");
}

async function refused({ open, site }) {
  const page = await open();
  const problem = async (sentence, ...files) => {
    await attach(page, ...files);
    await page.locator("#problem").getByText(sentence).waitFor();
  };
  await problem("zip.bin is not a picture", file("zip.bin", "application/zip", [80, 0, 1, 2]));
  await problem("empty.txt is empty", file("empty.txt", "text/plain", ""));
  await problem("scan.pdf has no text", file("scan.pdf", "application/pdf", pdf("")));
  await problem("could not be read as a PDF", file("bad.pdf", "application/pdf", "%PDF-1.4 x"));
  const many = Array.from({ length: 7 }, (_, nth) => file(`${nth}.txt`, "text/plain", "x"));
  await problem("up to 6 files", ...many);
  equal(await items(page).count(), 6);
  await page.getByRole("button", { name: "Remove 0.txt" }).click();
  equal(await items(page).count(), 5);
  await expectNoErrors(page, site);
}

async function onPhone({ open, session }) {
  const page = await started(open, session, "Grey.");
  const long = `${"a-long-name-of-a-file-".repeat(5)}.txt`;
  await attach(page, notes, file(long, "text/plain", "x"));
  await items(page).nth(1).waitFor();
  await violations(page, "attached");
  await expectNoOverflow(page, "attached");
  await ask(page, "What colour is it?");
  await waitForEnd(page, "done");
  await violations(page, "asked");
  await expectNoOverflow(page, "asked");
}
