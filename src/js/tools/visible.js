// Removes characters that a reader does not see but a model may read.
// `src/deliberation/prompt/visible.rs` removes the same characters in Rust. Both use the tables of
// `scripts/text-tables.mjs`.

import {
  EMOJI,
  FLAGS,
  HIDDEN,
  HIEROGLYPHS,
  IDEOGRAPHS,
  JOINING,
  RIGHT_TO_LEFT,
  VARIED,
  VIRAMAS,
} from "./text-tables.js";

/** @param {number} code */
const escaped = (code) => `\\u{${code.toString(16)}}`;

/**
 * Returns the character class of a table.
 * @param {number[][]} table
 */
export const classOf = (table) =>
  `[${table.map(([from = 0, to = 0]) => `${escaped(from)}-${escaped(to)}`).join("")}]`;

/** @param {...number[][]} tables */
const oneOf = (...tables) => new RegExp(`^${classOf(tables.flat())}$`, "u");

const hidden = new RegExp(`${classOf(HIDDEN)}+`, "gu");
const rightToLeft = new RegExp(`(?!${classOf(HIDDEN)})${classOf(RIGHT_TO_LEFT)}`, "u");
const joining = oneOf(JOINING);
const emoji = oneOf(EMOJI);
const viramas = oneOf(VIRAMAS);
const hieroglyph = oneOf(HIEROGLYPHS);
const varied = oneOf(VARIED, IDEOGRAPHS);
const flags = FLAGS.map((flag) =>
  String.fromCodePoint(...[...flag].map((c) => c.charCodeAt(0) + 0xe0000), 0xe007f),
);
const asciiWord = /^[0-9a-z]$/i;
/**
 * Signs that scripts write before a number. They are visible, although they are in Unicode's
 * category Cf like invisible characters.
 */
const sign = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]$/u;

/**
 * Removes invisible characters. Keeps an invisible character if the script or the emoji beside it
 * needs the character.
 * @param {string} text
 */
export function visible(text) {
  const hasRightToLeft = rightToLeft.test(text);
  return text.replace(
    hidden,
    (/** @type {string} */ run, /** @type {number} */ at, /** @type {string} */ whole) => {
      const previous = whole.slice(
        isLowSurrogate(whole, at - 1) ? at - 2 : Math.max(at - 1, 0),
        at,
      );
      const next = whole.codePointAt(at + run.length);
      return needed(
        run,
        previous,
        next === undefined ? "" : String.fromCodePoint(next),
        hasRightToLeft,
      );
    },
  );
}

/** @param {string} text @param {number} at */
const isLowSurrogate = (text, at) => /[\udc00-\udfff]/.test(text[at] ?? "");

/**
 * Returns the characters to keep from a sequence of invisible characters. These are at most one
 * variation selector, one joiner or direction mark, and one sign before an Arabic number. Fillers
 * and controls that a script needs are kept too.
 * @param {string} run
 * @param {string} previous
 * @param {string} next
 * @param {boolean} hasRightToLeft
 */
function needed(run, previous, next, hasRightToLeft) {
  if (previous === "🏴") {
    const flag = flags.find((flag) => run.startsWith(flag));
    if (flag) return flag;
  }
  const last = joining.test(next) ? firstOf(run, sign) : "";
  const after = previous === "" ? "" : neededAfter(run, previous, next, hasRightToLeft);
  return after + jamo(run, previous, next) + inScript(run, previous, next) + last;
}

/** @param {string} run @param {RegExp} wanted */
const firstOf = (run, wanted) => wanted.exec(run)?.[0] ?? "";

/**
 * @param {string} run
 * @param {string} previous
 * @param {string} next
 * @param {boolean} hasRightToLeft
 */
function neededAfter(run, previous, next, hasRightToLeft) {
  const first = String.fromCodePoint(run.codePointAt(0) ?? 0);
  const selector = isVariation(previous, first, next) ? first : "";
  const joiner = firstOf(run, /[\u200c\u200d]/);
  if (joiner && isJoined(previous, joiner, next)) return selector + joiner;
  const isInsideWord = asciiWord.test(previous) && asciiWord.test(next);
  const hasDirection = hasRightToLeft && !isInsideWord;
  return selector + (hasDirection ? firstOf(run, /[\u200e\u200f\u061c]/) : "");
}

/**
 * Returns the filler characters of Old Korean to keep. These are at most one filler for a missing
 * consonant and one for a missing vowel.
 * @param {string} run
 * @param {string} previous
 * @param {string} next
 */
function jamo(run, previous, next) {
  const consonant = firstOf(run, /\u115f/);
  const vowel = firstOf(run, /\u1160/);
  if (/[\u1100-\u115e\ua960-\ua97c]/.test(previous)) return vowel;
  if (vowel && /[\u11a8-\u11ff\ud7cb-\ud7fb]/.test(next)) return consonant + vowel;
  return /[\u1161-\u11a7\ud7b0-\ud7c6]/.test(next) ? consonant : "";
}

/**
 * Returns the invisible characters that hieroglyphs and Braille need. These are at most one
 * hieroglyphic control of each kind, and at most one Braille blank.
 * @param {string} run
 * @param {string} previous
 * @param {string} next
 */
function inScript(run, previous, next) {
  const dots = /[\u2801-\u28ff]/;
  const blank = dots.test(previous) || dots.test(next) ? firstOf(run, /\u2800/) : "";
  const after = hieroglyph.test(previous);
  const before = hieroglyph.test(next);
  const end = after ? firstOf(run, /[\u{13438}\u{1343d}\u{1343f}]/u) : "";
  const joiner = /[\u{13430}-\u{13436}\u{13439}-\u{1343b}\u{13441}\u{13442}]/u;
  const between = after && before ? firstOf(run, joiner) : "";
  return blank + end + between + (before ? firstOf(run, /[\u{13437}\u{1343c}\u{1343e}]/u) : "");
}

/**
 * @param {string} base
 * @param {string} selector
 * @param {string} next
 */
function isVariation(base, selector, next) {
  if (selector === "\ufe0f" && /^[0-9#*]$/.test(base)) return next === "\u20e3";
  if ((selector === "\ufe0e" || selector === "\ufe0f") && emoji.test(base)) return true;
  // With a character of `VARIED`, Unicode combines only the first three variation selectors. If all
  // 256 selectors were kept, each character could hide one byte of text.
  if (/[\ufe00-\ufe02]/.test(selector)) return varied.test(base);
  return /[\u180b-\u180d\u180f]/.test(selector) && /[\u1820-\u18aa]/.test(base);
}

/**
 * Returns whether the text needs the joiner. This is the case between two letters of a joining
 * script, between two emoji, after a virama, and after the letter that marks abbreviations in
 * Persian.
 * @param {string} previous
 * @param {string} joiner
 * @param {string} next
 */
const isJoined = (previous, joiner, next) =>
  (joining.test(previous) && joining.test(next)) ||
  (joiner === "\u200d" && emoji.test(previous) && emoji.test(next)) ||
  (joiner === "\u200d" && /[\u0647\u06be]/.test(previous)) ||
  viramas.test(previous);
