// Reads the body of a response as text: HTML as Markdown, other texts in a readable form, and other
// documents with the caller's readers.

import { discard, isBinary, readBody } from "./body.js";
import { charset, decode, startsWith } from "./charset.js";
import { redactUrl } from "./checked-request.js";
import { toMarkdown } from "./html.js";
import { formatText } from "./text-formats.js";
import { singleLine, truncate, wrap } from "./untrusted.js";

/** @typedef {import("./format-page.js").Page} Page */

const TEXT_TYPES =
  /^text\/|[/+](json|xml|yaml|toml|javascript|ecmascript|ndjson|sql|markdown)$|\/x-(yaml|toml|ndjson|javascript|sh|tex|latex)$/;
/** Maximum number of characters of a page's text. The rest of a longer page cannot be read. */
const MAX_PAGE_CHARS = 1_000_000;
/** The value of `cut` that html.js returns for a page that is too long. */
const IS_LONG = "it is long";
const PDF = "application/pdf";
/**
 * Limits of an error response: the bytes that are read of its body, and the characters in the
 * message.
 */
const MAX_ERROR_BYTES = 100_000;
const MAX_ERROR_CHARS = 500;

/**
 * @param {import("./checked-request.js").Fetched} fetched
 * @param {any} options of `webFetch`
 * @param {AbortSignal} signal
 * @returns {Promise<Page>}
 */
export async function readPage({ url, response }, options, signal) {
  const contentType = response.headers.get("content-type") ?? "";
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  if (response.status < 200 || response.status > 299) {
    throw new Error(await describeStatus(url, response, signal));
  }
  const kind = kindOf(type);
  if (!kind && !readerFor(type, options)) {
    discard(response);
    throw new Error(`${redactUrl(url)} is ${describeType(type)}, which this tool cannot read`);
  }

  const body = await readBody(response, options.max_bytes, signal);
  const actualType = startsWith(body.bytes, "%PDF-") ? PDF : type;
  const reader = readerFor(actualType, options);
  if (reader) return readWith(reader, actualType, { url, body, signal });
  if (actualType === PDF)
    throw new Error(`${redactUrl(url)} is a PDF, which this tool cannot read`);
  if (isBinary(body.bytes) && !/^utf-?16/i.test(charset(contentType) ?? "")) {
    throw new Error(`${redactUrl(url)} is a binary file, which this tool cannot read`);
  }
  const max_chars = Math.max(MAX_PAGE_CHARS, options.max_chars);
  const page = convert(decode(body, contentType), { kind, type, url, max_chars });
  const { title, about, text, cut, obstacle = "" } = page;
  return { url: url.href, title, about, text, limits: limitsOf(cut, body), obstacle };
}

/**
 * Returns the caller's reader of a media type.
 * @param {string} type
 * @param {any} options
 */
function readerFor(type, { readers }) {
  return Object.hasOwn(readers, type) ? readers[type] : undefined;
}

/**
 * Reads a document with the caller's function. Throws if the document was truncated, because most
 * document formats have a table at the end that readers need.
 * @param {Function} reader
 * @param {string} type
 * @param {{ url: URL, body: import("./body.js").Body, signal: AbortSignal }} document
 * @returns {Promise<Page>}
 */
async function readWith(reader, type, { url, body: { bytes, isCut }, signal }) {
  const what = `${redactUrl(url)} is ${describeType(type)}`;
  if (isCut) throw new Error(`${what} of more than ${bytes.length.toLocaleString("en")} bytes`);
  /** @type {unknown} */
  let text;
  try {
    text = await reader(bytes, { url: url.href, signal });
  } catch (/** @type {any} */ error) {
    throw new Error(`${what}, and its reader has failed: ${error?.message ?? error}`, {
      cause: error,
    });
  }
  if (typeof text !== "string") throw new Error(`${what}, and its reader returned no text`);
  const limits = text.length > MAX_PAGE_CHARS ? limitsOf(IS_LONG, { bytes, isCut }) : [];
  const read = truncate(text.replaceAll("\r\n", "\n"), MAX_PAGE_CHARS).trim();
  return { url: url.href, title: "", about: type, text: read, limits, obstacle: "" };
}

/**
 * @param {string} text
 * @param {{ kind: string | undefined, type: string, url: URL, max_chars: number }} options
 * @returns {import("./html.js").Converted}
 */
function convert(text, { kind, type, url, max_chars }) {
  const looksLikeHtml = /^\s*<(!doctype html|html|head|body)\b/i.test(text);
  const isHtml = kind === "html" || (kind === "any" && looksLikeHtml);
  if (isHtml) return toMarkdown(text, { url: url.href, max_chars });
  return formatText(text, type, url.href);
}

/**
 * Returns the error message for a response with an error status. The message contains the server's
 * text, marked as data, and the delay from `retry-after`.
 * @param {URL} url
 * @param {Response} response
 * @param {AbortSignal} signal
 */
async function describeStatus(url, response, signal) {
  const type = (response.headers.get("content-type")?.split(";")[0] ?? "").trim().toLowerCase();
  const retryAfter = response.headers.get("retry-after")?.trim() ?? "";
  const wait = /^\d{1,6}$/.test(retryAfter) ? `; try again after ${retryAfter} s` : "";
  const message = `${redactUrl(url)} answered ${response.status}${wait}`;
  const kind = kindOf(type);
  if (!kind) {
    discard(response);
    return message;
  }
  // A broken body must not hide the status.
  const body = await readBody(response, MAX_ERROR_BYTES, signal).catch(() => undefined);
  if (!body || isBinary(body.bytes)) return message;
  const text = decode(body, response.headers.get("content-type") ?? "");
  const page = convert(text, { kind, type, url, max_chars: MAX_ERROR_BYTES });
  const words = [page.title, page.text].filter(Boolean).join("\n\n");
  if (words === "") return message;
  return `${message}\n${wrap("page", "What the server says", truncate(words, MAX_ERROR_CHARS))}`;
}

/**
 * Returns `"html"`, `"text"` or, without a content type, `"any"`. Returns `undefined` if the type
 * cannot be read as text.
 * @param {string} type
 */
function kindOf(type) {
  if (type === "") return "any";
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  if (/^(image|audio|video|font)\//.test(type)) return undefined;
  return TEXT_TYPES.test(type) ? "text" : undefined;
}

/** @type {Record<string, string>} */
const TYPE_NAMES = { image: "an image", audio: "a sound", video: "a video", font: "a font" };

/** @param {string} type */
function describeType(type) {
  const name = type === PDF ? "a PDF" : TYPE_NAMES[type.split("/")[0] ?? ""];
  const shown = singleLine(type, 100);
  return name ? `${name} (${shown})` : shown;
}

/**
 * @param {string | undefined} cut
 * @param {import("./body.js").Body} body
 */
function limitsOf(cut, { isCut, bytes }) {
  const limits = [];
  if (cut === IS_LONG) limits.push("no more of it was read");
  if (isCut) limits.push(`only its first ${bytes.length.toLocaleString("en")} bytes were read`);
  if (cut && cut !== IS_LONG) limits.push(cut);
  return limits;
}
