// Turns a file of an AI SDK prompt into a content part of a chat message.

import { invalidArgument, unsupported } from "./errors.js";
import { isObject } from "./values.js";

/** Media types of images. The key of each type is the start of the image's data in base64. */
const IMAGE_SIGNATURES = {
  iVBORw0KGgo: "image/png",
  "/9j/": "image/jpeg",
  R0lGOD: "image/gif",
  UklGR: "image/webp",
};
/** @type {Record<string, string>} */
const AUDIO_FORMATS = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
  "audio/mp3": "mp3",
  "audio/mpeg": "mp3",
};
/** Matches a character that is in neither alphabet of base64. */
const NOT_BASE64 = /[^-\w+/=\s]/;
/**
 * Number of bytes that are encoded in one step. The number is a multiple of 3. Otherwise base64
 * would add padding at the end of each step.
 */
const BASE64_BYTES = 0x6000;

/**
 * Returns a file as a content part of a chat message. Throws `AI_UnsupportedFunctionalityError` if
 * there is no content part for this type of file.
 * @param {Record<string, any>} part
 */
export function toContentPart(part) {
  const { mediaType = "", filename } = part;
  const content = read(part.data);
  const [kind] = mediaType.split("/");
  if (content.base64 !== undefined && NOT_BASE64.test(content.base64))
    throw invalidArgument(
      "prompt",
      `the file \`${filename ?? mediaType}\` has data that is neither base64 nor a URL`,
    );
  if (content.text !== undefined || (kind === "text" && content.base64 !== undefined))
    return { type: "text", text: textOf(content, part) };
  if (kind === "image") return { type: "image_url", image_url: { url: imageUrl(content, part) } };
  if (content.base64 === undefined) throw unsupported(`a file of type ${mediaType} by URL`);
  const format = AUDIO_FORMATS[mediaType];
  if (format) return { type: "input_audio", input_audio: { data: content.base64, format } };
  if (mediaType === "application/pdf") {
    const file_data = `data:application/pdf;base64,${content.base64}`;
    return { type: "file", file: { filename: filename ?? "document.pdf", file_data } };
  }
  throw unsupported(`a file of type ${mediaType}`);
}

/**
 * Reads the data of a file. In version 4 of the AI SDK's specification, the data is an object with
 * a `type`. In versions 2 and 3, the data is a URL, a string or bytes.
 * @param {any} data
 * @returns {{ url?: string, base64?: string, text?: string }}
 */
function read(data) {
  if (isObject(data) && typeof data.type === "string" && !(data instanceof URL)) {
    if (data.type === "text") return { text: String(data.text) };
    if (data.type === "data") return read(data.data);
    if (data.type === "url") return read(new URL(data.url));
    throw unsupported(`a file by ${data.type}`);
  }
  if (data instanceof Uint8Array) return { base64: toBase64(data) };
  const text = String(data);
  const [, inline] = /^data:[^,]*;base64,(.*)$/s.exec(text) ?? [];
  if (inline !== undefined) return { base64: inline };
  return data instanceof URL || /^https?:\/\//i.test(text) ? { url: text } : { base64: text };
}

/** @param {{ url?: string, base64?: string }} content @param {Record<string, any>} part */
function imageUrl({ url, base64 = "" }, { mediaType }) {
  if (url !== undefined) return url;
  const known = /^image\/[\w.+-]+$/.test(mediaType) ? mediaType : undefined;
  const found = Object.entries(IMAGE_SIGNATURES).find(([start]) => base64.startsWith(start));
  return `data:${known ?? found?.[1] ?? "image/jpeg"};base64,${base64}`;
}

/** @param {{ base64?: string, text?: string }} content @param {Record<string, any>} part */
function textOf({ base64 = "", text }, { filename, mediaType }) {
  const words = text ?? new TextDecoder().decode(fromBase64(base64, filename ?? mediaType));
  return filename ? `${filename}:\n\n${words}` : words;
}

/**
 * Reads base64 of both alphabets, as the AI SDK does.
 * @param {string} base64
 * @param {string} name of the file, for the error
 */
function fromBase64(base64, name) {
  try {
    const bytes = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(bytes, (char) => char.charCodeAt(0));
  } catch {
    throw invalidArgument("prompt", `the file \`${name}\` has incomplete base64`);
  }
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  let base64 = "";
  for (let at = 0; at < bytes.length; at += BASE64_BYTES)
    base64 += btoa(String.fromCharCode(...bytes.subarray(at, at + BASE64_BYTES)));
  return base64;
}
