// Reads the question from the words of the command line, from stdin and from files.

import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { UsageError } from "./usage-error.js";

const HINT_MS = 2000;
/**
 * Maximum size of stdin and of each file, in bytes. Without a limit, reading a device such as
 * /dev/zero would never end.
 */
const MAX_BYTES = 20_000_000;

/**
 * Returns the request fields with the question. Without a question, returns an empty object.
 * @param {string[]} words
 * @param {{ system?: string, file?: string[] }} values
 * @param {NodeJS.Process} process
 */
export async function readQuestion(words, { system, file = [] }, process) {
  const piped = process.stdin.isTTY ? "" : await readStdin(process);
  const attached = await Promise.all(file.map(readPart));
  const question = [words.join(" "), piped].map((part) => part.trim()).filter(Boolean);
  const texts = attached.filter(({ type }) => type === "text").map((part) => part.text);
  const content = [...question, ...texts].join("\n\n");
  if (!content && attached.length === 0) return {};
  if (!system && attached.length === 0) return { prompt: content };
  const others = attached.filter(({ type }) => type !== "text");
  const parts = [...(content ? [{ type: "text", text: content }] : []), ...others];
  return {
    messages: [
      ...(system ? [{ role: "system", content: system }] : []),
      { role: "user", content: others.length > 0 ? parts : content },
    ],
  };
}

/** @param {NodeJS.Process} process */
async function readStdin({ stdin, stderr }) {
  // Print a hint after a while. The parent process may keep stdin open without writing anything.
  const hint = setTimeout(() => {
    stderr.write("llm-fuse: waits for the end of stdin (if there is none: < /dev/null)\n");
  }, HINT_MS);
  try {
    const name = "stdin";
    const bytes = await readAll(stdin, name);
    return decode(bytes, name, "not UTF-8 text. A picture or a PDF goes into --file");
  } finally {
    clearTimeout(hint);
  }
}

/**
 * @param {AsyncIterable<Uint8Array>} stream
 * @param {string} name
 */
async function readAll(stream, name) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new UsageError(`${name}: more than ${MAX_BYTES / 1e6} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media types that models can read. `start` matches the first bytes of a file of this type. */
const TYPES = [
  { type: "image/png", start: /^\x89PNG\r\n/ },
  { type: "image/jpeg", start: /^\xff\xd8\xff/ },
  { type: "image/gif", start: /^GIF8[79]a/ },
  { type: "image/webp", start: /^RIFF.{4}WEBP/s },
  { type: "application/pdf", start: /^%PDF-/ },
];

/**
 * Returns a file as a part of a message.
 * @param {string} path
 * @returns {Promise<any>}
 */
async function readPart(path) {
  const name = `--file ${path}`;
  const bytes = await readAll(createReadStream(path), name).catch((error) => {
    throw error instanceof UsageError ? error : new UsageError(`${name}: ${error.code}`);
  });
  if (bytes.length === 0) throw new UsageError(`${name}: is empty`);
  const start = bytes.subarray(0, 16).toString("latin1");
  const type = TYPES.find((known) => known.start.test(start))?.type;
  const filename = basename(path);
  const otherwise = "neither UTF-8 text, an image (PNG, JPEG, GIF, WebP) nor a PDF";
  if (!type)
    return { type: "text", text: `File ${filename}:\n\n${decode(bytes, name, otherwise)}` };
  const url = `data:${type};base64,${bytes.toString("base64")}`;
  return type === "application/pdf"
    ? { type: "file", file: { filename, file_data: url } }
    : { type: "image_url", image_url: { url } };
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 * @param {string} otherwise the second part of the error message for bytes that are not UTF-8 text
 */
function decode(bytes, name, otherwise) {
  try {
    if (bytes.includes(0)) throw new TypeError();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${name}: ${otherwise}`);
  }
}
