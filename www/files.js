// Reads the files of a question in the page: pictures as data URLs, PDF and text files as text.
// Only the provider receives them.
import { readPicture } from "./images.js";
import { plural } from "./text/format.js";

const MAX_PICTURES = 6;
const MAX_FILES = 6;
const MAX_TEXT_BYTES = 10_000_000;
const MAX_PDF_BYTES = 40_000_000;
/**
 * Maximum length of a file's text. Longer texts are cut. 300,000 characters are about 75,000
 * tokens.
 */
const MAX_CHARS = 300_000;

/**
 * @param question the question that the files are added to
 * @returns `{ images, texts, problem, note }`; `note` says what happens to large files
 */
export async function readAttachments(files, { images: before, files: filesBefore = [] }) {
  const images = [];
  const texts = [];
  const problems = [];
  for (const file of files) {
    const isPicture = /^image\/(png|jpeg|webp|gif)$/.test(file.type);
    const [kind, list, max] = isPicture
      ? ["pictures", [...before, ...images], MAX_PICTURES]
      : ["files", [...filesBefore, ...texts], MAX_FILES];
    if (list.length >= max) {
      problems.push(`A question can have up to ${max} ${kind}.`);
      continue;
    }
    try {
      if (isPicture) images.push(await readPicture(file));
      else texts.push(await readText(file));
    } catch (error) {
      problems.push(problemText(file, isPicture, error));
    }
  }
  const problem = [...new Set(problems)].join(" ");
  return { images, texts, problem, note: noteText([...filesBefore, ...texts]) };
}

/** An error whose message is shown after the name of the file. */
class FileError extends Error {}

function problemText(file, isPicture, error) {
  const name = file.name || "The file";
  if (error instanceof FileError) return `${name} ${error.message}`;
  return `${name} could not be read${isPicture ? " as a picture" : ""}.`;
}

/** Returns `{ name, text, note }`. */
async function readText(file) {
  const isPdf = file.type === "application/pdf" || /\.pdf$/i.test(file.name);
  const limit = isPdf ? MAX_PDF_BYTES : MAX_TEXT_BYTES;
  if (file.size > limit) throw new FileError(`is larger than ${limit / 1e6} MB.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { text, pages, read } = isPdf ? await pdfText(bytes) : { text: decode(bytes, file) };
  if (!text.trim()) {
    const why = isPdf ? "has no text; it may be a scan." : "is empty.";
    throw new FileError(why);
  }
  const count = Math.min(text.length, MAX_CHARS).toLocaleString("en");
  const size = text.length > MAX_CHARS ? `first ${count} characters` : `${count} characters`;
  const part = read < pages ? `first ${read} of ${plural(pages, "page")}` : plural(pages, "page");
  const note = pages ? `${part} · ${size}` : size;
  return { name: file.name || "file", text: text.slice(0, MAX_CHARS), note };
}

function decode(bytes, { type, name }) {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16) return new TextDecoder(first === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
  const isText = !bytes.subarray(0, 10_000).includes(0);
  if (!isText) throw new FileError("is not a picture, a PDF or a text file.");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Old programs save tables and texts in this encoding.
    if (type.startsWith("text/") || /\.(txt|csv|md|log)$/i.test(name)) {
      return new TextDecoder("windows-1252").decode(bytes);
    }
    throw new FileError("is not a picture, a PDF or a text file.");
  }
}

async function pdfText(bytes) {
  const { readPdfInWorker } = await import("./pdf.js");
  try {
    return await readPdfInWorker(bytes, MAX_CHARS);
  } catch ({ name }) {
    if (name === "PasswordException") throw new FileError("is protected by a password.");
    if (name === "TimeoutError") throw new FileError("takes too long to read.");
    throw new FileError("could not be read as a PDF.");
  }
}

/**
 * Maximum number of characters in a question's files. The history does not store the text of larger
 * files.
 */
const MAX_KEPT_CHARS = 200_000;

export const isTooLargeToKeep = ({ files = [] }) =>
  files.reduce((sum, { text }) => sum + text.length, 0) > MAX_KEPT_CHARS;

function noteText(files) {
  if (files.length === 0) return "";
  if (!isTooLargeToKeep({ files })) return "Read in this page. Links do not contain files.";
  return (
    "Too large for the history: after a reload, follow-ups no longer contain the files, and an " +
    "interrupted run cannot continue. Links do not contain files."
  );
}
