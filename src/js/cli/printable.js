// Makes text from a model or a provider safe to print on a terminal.

/**
 * Matches control characters except tab and newline, characters that reorder text, and line
 * separators. If the escape character is removed, the rest of an escape sequence is plain text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it finds control characters.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Returns the text without characters that control a terminal.
 * @param {unknown} text
 */
export const printable = (text) => String(text).replaceAll("\r\n", "\n").replace(CONTROL, "");

/**
 * Returns the text as one line without characters that control a terminal.
 * @param {unknown} text
 */
export const oneLine = (text) => printable(text).replace(/\s+/g, " ").trim();

/**
 * Returns JSON in which control characters are escaped, so that no text is lost.
 * @param {unknown} value
 */
export const printableJson = (value) =>
  JSON.stringify(value, null, 2).replace(
    CONTROL,
    (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, "0")}`,
  );
