// Removes characters that a reader does not see but a model may read: text in, visible text out.
// `src/deliberation/prompt/visible.rs` does the same. Both use the tables of
// `scripts/text-tables.mjs`.

import { EMOJI, FLAGS, HIDDEN, IDEOGRAPHS, JOINING, RIGHT_TO_LEFT, VARIED } from "./text-tables.js";

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
const ideographs = oneOf(IDEOGRAPHS);
const varied = oneOf(VARIED, IDEOGRAPHS);
const flags = FLAGS.map((flag) =>
  String.fromCodePoint(...[...flag].map((c) => c.charCodeAt(0) + 0xe0000), 0xe007f),
);
const asciiWord = /^[0-9a-z]$/i;
/** Visible signs before a number. Unicode puts them into the category Cf with invisible ones. */
const sign = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]$/u;

/**
 * Removes invisible characters, except those that a script or an emoji needs where they stand.
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
 * Returns the needed characters of a run: one variation selector, one joiner or direction mark, and
 * one sign before an Arabic number.
 * @param {string} run
 * @param {string} previous
 * @param {string} next
 * @param {boolean} hasRightToLeft
 */
function needed(run, previous, next, hasRightToLeft) {
  const last = joining.test(next) ? (sign.exec(run)?.[0] ?? "") : "";
  if (previous === "") return last;
  if (previous === "🏴") {
    const flag = flags.find((flag) => run.startsWith(flag));
    if (flag) return flag;
  }
  const first = String.fromCodePoint(run.codePointAt(0) ?? 0);
  const selector = isVariation(previous, first, next) ? first : "";
  const joiner = /[\u200c\u200d]/.exec(run)?.[0] ?? "";
  if (joiner && isJoined(previous, joiner, next)) return selector + joiner + last;
  const isInsideWord = asciiWord.test(previous) && asciiWord.test(next);
  const mark = hasRightToLeft && !isInsideWord ? /[\u200e\u200f\u061c]/.exec(run)?.[0] : "";
  return selector + (mark ?? "") + last;
}

/**
 * @param {string} base
 * @param {string} selector
 * @param {string} next
 */
function isVariation(base, selector, next) {
  if (selector === "\ufe0f" && /^[0-9#*]$/.test(base)) return next === "\u20e3";
  if ((selector === "\ufe0e" || selector === "\ufe0f") && emoji.test(base)) return true;
  if (/[\ufe00-\ufe0f]/.test(selector)) return varied.test(base);
  if (/[\u{e0100}-\u{e01ef}]/u.test(selector)) return ideographs.test(base);
  return /[\u180b-\u180d\u180f]/.test(selector) && /[\u1820-\u18aa]/.test(base);
}

/**
 * Returns whether a joiner is needed: between two letters of a script that joins, between two
 * emoji, or after an Indic sign at the end of a word.
 * @param {string} previous
 * @param {string} joiner
 * @param {string} next
 */
const isJoined = (previous, joiner, next) =>
  (joining.test(previous) && joining.test(next)) ||
  (joiner === "\u200d" && emoji.test(previous) && emoji.test(next)) ||
  /[\u094d\u09cd\u0d4d\u0dca]/.test(previous);
