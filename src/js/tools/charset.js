// Decodes the bytes of a body by its byte order mark, its declared charset, or a guess.
// <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>

/** Bytes that are searched for a declaration. HTML allows only 1024, but many pages exceed this. */
const MAX_HEAD = 4096;
const MAX_SAMPLE = 65_536;

/** @param {Uint8Array} bytes */
const latin1 = (bytes) => String.fromCharCode(...bytes);

/** @param {Uint8Array} bytes @param {string} text */
export const startsWith = (bytes, text) => latin1(bytes.subarray(0, text.length)) === text;

/**
 * Decodes a body. The encoding comes from the byte order mark, the content type or the document's
 * own declaration. If all of these are missing, guesses the encoding.
 * @param {import("./body.js").Body} body
 * @param {string} contentType the header, or ""
 */
export function decode({ bytes, isCut }, contentType) {
  const label =
    byteOrderMark(bytes) ?? charset(contentType) ?? declaredCharset(bytes) ?? sniffCharset(bytes);
  // A truncated body may end inside a character. With `stream`, the decoder drops that character.
  const decoder = decoderFor(label);
  const text = decoder.decode(bytes, { stream: isCut });
  return decoder.encoding === "windows-1252" ? withSigns(text) : text;
}

/** @param {string} contentType */
export const charset = (contentType) => /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1];

/** @param {Uint8Array} bytes */
export function byteOrderMark(bytes) {
  if (startsWith(bytes, "\xef\xbb\xbf")) return "utf-8";
  if (startsWith(bytes, "\xff\xfe")) return "utf-16le";
  return startsWith(bytes, "\xfe\xff") ? "utf-16be" : undefined;
}

const DECLARATION =
  /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)/i;

/**
 * Returns the charset in `<meta>` or in the XML declaration. If the declaration names UTF-16,
 * returns UTF-8. The declaration is then wrong, because a UTF-16 text is not readable as ASCII.
 * @param {Uint8Array} bytes
 */
function declaredCharset(bytes) {
  const head = latin1(bytes.subarray(0, MAX_HEAD));
  const label = DECLARATION.exec(head)?.slice(1).find(Boolean);
  return label !== undefined && /^utf-?16/i.test(label) ? "utf-8" : label;
}

/** @param {string} label */
function decoderFor(label) {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

/** The characters of windows-1252 from 0x80 to 0x9f. */
const SIGNS = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/**
 * Replaces control characters by the quotes and dashes of windows-1252. Node 20 decodes
 * windows-1252 as ISO-8859-1, which has control characters at the same code points.
 * @param {string} text
 */
const withSigns = (text) =>
  text.replace(/[\x80-\x9f]/g, (sign) => SIGNS[sign.charCodeAt(0) - 0x80] ?? sign);

/**
 * Encodings with several bytes per character. `frequent` matches the most frequent characters of
 * the texts in this encoding. `share` is the minimum share of matches among the characters outside
 * ASCII. The first encoding that fits is chosen, because bytes may be valid in several encodings.
 * For example, kana have the same bytes in EUC-JP, GB 18030 and EUC-KR.
 * @type {[label: string, frequent: RegExp, share: number][]}
 */
const MULTI_BYTE = [
  ["iso-2022-jp", /[\u3040-\u30ff]/gu, 0.2],
  ["shift_jis", /[\u3040-\u30ff]/gu, 0.2],
  ["euc-jp", /[\u3040-\u30ff]/gu, 0.2],
  ["euc-kr", /[\uac00-\ud7a3]/gu, 0.6],
  ["gb18030", /[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会]/gu, 0.08],
  ["big5", /[的一是不了在人有我他這個們中來上大為和國地到以說時要就出會]/gu, 0.08],
];

/**
 * The usual encoding of a language, by `lang`.
 * <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>
 * @type {Record<string, string>}
 */
const BY_LANGUAGE = {
  ...{ ar: "windows-1256", fa: "windows-1256", el: "iso-8859-7", he: "windows-1255" },
  ...{ cs: "windows-1250", hu: "windows-1250", pl: "windows-1250", sk: "windows-1250" },
  ...{ hr: "windows-1250", sl: "windows-1250", ro: "windows-1250", tr: "windows-1254" },
  ...{ lt: "windows-1257", lv: "windows-1257", et: "windows-1257", vi: "windows-1258" },
  ...{ th: "windows-874", ja: "shift_jis", ko: "euc-kr", zh: "gb18030", ru: "windows-1251" },
  ...{ uk: "windows-1251", be: "windows-1251", bg: "windows-1251", sr: "windows-1251" },
};

/**
 * Guesses the encoding of bytes without a declared charset.
 * @param {Uint8Array} bytes
 */
function sniffCharset(bytes) {
  const sample = bytes.subarray(0, MAX_SAMPLE);
  // ISO-2022-JP has only ASCII bytes. ESC $ begins text with two bytes per character.
  const isEscaped = sample.includes(0x1b) && sample[sample.indexOf(0x1b) + 1] === 0x24;
  if (!isEscaped && isUtf8(sample)) return "utf-8";
  const multiByte = MULTI_BYTE.find(([label, frequent, share]) => {
    const text = decodeStrictly(label, sample)?.replace(/[\0-\x7f]+/g, "");
    return text && (text.match(frequent)?.length ?? 0) >= share * text.length;
  });
  if (multiByte) return multiByte[0];
  const language = /<html\s[^>]{0,300}?\blang\s*=\s*["']?([a-z]{2})\b/i.exec(
    latin1(sample.subarray(0, MAX_HEAD)),
  )?.[1];
  return cyrillicCharset(sample) ?? BY_LANGUAGE[language?.toLowerCase() ?? ""] ?? "windows-1252";
}

/**
 * Returns whether bytes are UTF-8. Up to a fifth of the characters outside ASCII may be invalid.
 * @param {Uint8Array} bytes
 */
function isUtf8(bytes) {
  const signs = new TextDecoder().decode(bytes, { stream: true }).match(/[^\0-\x7f]/g) ?? [];
  const faults = signs.filter((sign) => sign === "\ufffd").length;
  return faults * 5 <= signs.length;
}

/** @param {string} label @param {Uint8Array} bytes */
function decodeStrictly(label, bytes) {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

/**
 * Returns the encoding of Cyrillic words. In the wrong encoding, lower-case and upper-case letters
 * are swapped. In the right encoding, most letters are in lower-case words.
 * @param {Uint8Array} bytes
 */
function cyrillicCharset(bytes) {
  return ["windows-1251", "koi8-r"].find((label) => {
    const text = decodeStrictly(label, bytes) ?? "";
    const others = text.match(/[^\0-\x7f\xa0]/g)?.length ?? 0;
    const inWords = text.match(/[А-Яа-яЁё][а-яё]{2,}/g)?.join("").length ?? 0;
    return others > 0 && inWords > 0.6 * others;
  });
}
