// Makes text from a model or a provider safe to print on a terminal.

/**
 * Control characters (C0 except tab and newline, DEL, C1), marks and overrides that reorder text,
 * and line separators. Without its first character, an escape sequence is only plain text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it finds control characters.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Returns the text without characters that control a terminal. Such characters could change earlier
 * output, the title or the clipboard, or show text in another order.
 */
export const printable = (text) => String(text).replaceAll("\r\n", "\n").replace(CONTROL, "");

/** Returns JSON with control characters escaped, so that no text is lost. */
export const printableJson = (value) =>
  JSON.stringify(value, null, 2).replace(
    CONTROL,
    (character) => `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`,
  );
