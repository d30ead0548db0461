// Reads the question from the words of the command line, from stdin and from files.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { UsageError } from "./usage-error.js";

const HINT_MS = 2000;

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
  // The parent process may keep stdin open and write nothing.
  const hint = setTimeout(() => {
    stderr.write("llm-fuse: waits for the end of stdin (if there is none: < /dev/null)\n");
  }, HINT_MS);
  try {
    return await text(stdin);
  } finally {
    clearTimeout(hint);
  }
}

/** The media types that models read, with the first bytes of such a file. */
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
  const bytes = await readFile(path).catch((error) => {
    throw new UsageError(`--file ${path}: ${error.code ?? error.message}`);
  });
  const start = bytes.subarray(0, 16).toString("latin1");
  const type = TYPES.find((known) => known.start.test(start))?.type;
  const filename = basename(path);
  if (!type) return { type: "text", text: `File ${filename}:\n\n${decode(bytes, path)}` };
  const url = `data:${type};base64,${bytes.toString("base64")}`;
  return type === "application/pdf"
    ? { type: "file", file: { filename, file_data: url } }
    : { type: "image_url", image_url: { url } };
}

/**
 * @param {Uint8Array} bytes
 * @param {string} path
 */
function decode(bytes, path) {
  try {
    if (bytes.includes(0)) throw new TypeError();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(
      `--file ${path}: neither UTF-8 text, an image (PNG, JPEG, GIF, WebP) nor a PDF`,
    );
  }
}
