/** Texts with control characters. A terminal would do more than print these texts at the cursor. */
export const ATTACKS = [
  "\x1b[2J", // clears the screen
  "\x1b]0;title\x07", // sets the title
  "\x1b]52;c;aGk=\x1b\\", // writes the clipboard
  "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
  "\x9b31m", // C1: the same as ESC [
  "\x9d0;title\x9c",
  "\x90q\x9c",
  "first\rsecond",
  "a\b\b\b",
  "\x7f\0\v\f\x0e\x0f",
  "\u202etxt.exe",
  "\u2066a\u2069\u200f\u061c",
  "\u2028\u2029\x85",
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about them.
export const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
