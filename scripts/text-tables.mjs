// Writes the Unicode tables that detect hidden and look-alike characters in untrusted text: `node
// scripts/text-tables.mjs` (then run `cargo fmt` and Biome). The core in Rust and `llm-fuse/tools`
// in JavaScript get the same tables.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Version of the Unicode data. The script fails if Node has another version. */
export const UNICODE = "17.0";

/**
 * Characters without a visible glyph that Unicode's properties do not cover. They are the blanks of
 * Braille and of hieroglyphs, the Khitan filler and the null notehead.
 */
const BLANK = /[\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]/u;
/** Returns whether a code point is invisible to readers. Tabs and line ends count as visible. */
const isHidden = (c) =>
  !/[\t\n\r]/.test(c) &&
  (BLANK.test(c) ||
    /\p{Default_Ignorable_Code_Point}|\p{Cf}|\p{Cc}|\p{Noncharacter_Code_Point}/u.test(c));

function hidden() {
  const ranges = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    if (!isHidden(String.fromCodePoint(code))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  return ranges;
}

const IDEOGRAPHS = [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
  [0x20000, 0x3fffd],
];
const EMOJI = [
  [0xa9, 0xa9],
  [0xae, 0xae],
  [0x203c, 0x203c],
  [0x2049, 0x2049],
  [0x2122, 0x2122],
  [0x2139, 0x2139],
  [0x2190, 0x2bff],
  [0x3030, 0x3030],
  [0x303d, 0x303d],
  [0x3297, 0x3297],
  [0x3299, 0x3299],
  [0x1f000, 0x1faff],
];

/** The tables. Each has a name, a meaning, and ranges that include both ends. */
export const tables = [
  ["HIDDEN", "Characters that no reader sees.", hidden()],
  [
    "JOINING",
    "Letters and marks of scripts that write with joiners: Arabic to Khmer, and Mongolian.",
    [
      [0x600, 0xdff],
      [0xf00, 0x109f],
      [0x1780, 0x18af],
      [0xa840, 0xabff],
      [0xfb50, 0xfdff],
      [0xfe70, 0xfefc],
      [0x10a00, 0x10fff],
      [0x11000, 0x11fff],
    ],
  ],
  ["EMOJI", "Characters of emoji sequences, and their neighbours.", EMOJI],
  ["IDEOGRAPHS", "Chinese, Japanese and Korean ideographs.", IDEOGRAPHS],
  [
    "VARIED",
    "Further characters that Unicode combines with variation selectors.",
    [
      [0x1000, 0x109f],
      [0x2200, 0x22ff],
      [0x3000, 0x303f],
      [0xa840, 0xa87f],
      [0xff00, 0xff5e],
    ],
  ],
  [
    "VIRAMAS",
    "Signs after which a joiner changes the letter, also at the end of a word.",
    [
      [0x94d, 0x94d],
      [0x9cd, 0x9cd],
      [0xa4d, 0xa4d],
      [0xacd, 0xacd],
      [0xb4d, 0xb4d],
      [0xbcd, 0xbcd],
      [0xc4d, 0xc4d],
      [0xccd, 0xccd],
      [0xd3b, 0xd3c],
      [0xd4d, 0xd4d],
      [0xdca, 0xdca],
      [0x1039, 0x103a],
      [0x17d2, 0x17d2],
      [0x1a60, 0x1a60],
      [0x1b44, 0x1b44],
      [0x1baa, 0x1bab],
      [0x1bf2, 0x1bf3],
      [0xa806, 0xa806],
      [0xa82c, 0xa82c],
      [0xa8c4, 0xa8c4],
      [0xa953, 0xa953],
      [0xa9c0, 0xa9c0],
      [0xaaf6, 0xaaf6],
      [0xabed, 0xabed],
      [0x10a3f, 0x10a3f],
      [0x11046, 0x11046],
      [0x11070, 0x11070],
      [0x1107f, 0x1107f],
      [0x110b9, 0x110b9],
      [0x11133, 0x11134],
      [0x111c0, 0x111c0],
      [0x11235, 0x11235],
      [0x112ea, 0x112ea],
      [0x1134d, 0x1134d],
      [0x113ce, 0x113d0],
      [0x11442, 0x11442],
      [0x114c2, 0x114c2],
      [0x115bf, 0x115bf],
      [0x1163f, 0x1163f],
      [0x116b6, 0x116b6],
      [0x1172b, 0x1172b],
      [0x11839, 0x11839],
      [0x1193d, 0x1193e],
      [0x119e0, 0x119e0],
      [0x11a34, 0x11a34],
      [0x11a47, 0x11a47],
      [0x11a99, 0x11a99],
      [0x11c3f, 0x11c3f],
      [0x11d44, 0x11d45],
      [0x11d97, 0x11d97],
      [0x11f41, 0x11f42],
    ],
  ],
  [
    "HIEROGLYPHS",
    "Egyptian hieroglyphs, without controls and blanks.",
    [
      [0x13000, 0x1342f],
      [0x13443, 0x143ff],
    ],
  ],
  [
    "RIGHT_TO_LEFT",
    "Right-to-left scripts.",
    [
      [0x590, 0x8ff],
      [0xfb1d, 0xfdff],
      [0xfe70, 0xfefc],
      [0x10800, 0x10fff],
      [0x1e800, 0x1eeff],
    ],
  ],
  [
    "MARKS",
    "Marks that stand on the letter before them.",
    [
      [0x300, 0x36f],
      [0x483, 0x489],
      [0x1ab0, 0x1aff],
      [0x1dc0, 0x1dff],
      [0x20d0, 0x20ff],
      [0x2de0, 0x2dff],
      [0xfe20, 0xfe2f],
    ],
  ],
  [
    "LETTER_LIKE",
    "Forms of Latin letters: accented, phonetic, small, circled, full-width, mathematical.",
    [
      [0xaa, 0xaa],
      [0xba, 0xba],
      [0xc0, 0x2ff],
      [0x530, 0x58f],
      [0x13a0, 0x13ff],
      [0x1c80, 0x1c8f],
      [0x1d00, 0x1dbf],
      [0x1e00, 0x1eff],
      [0x2070, 0x209f],
      [0x2100, 0x218f],
      [0x249c, 0x24e9],
      [0x2c60, 0x2cff],
      [0xa4d0, 0xa4ff],
      [0xa720, 0xa7ff],
      [0xab30, 0xabbf],
      [0xff10, 0xff5a],
      [0x10400, 0x1044f],
      [0x1d400, 0x1d7ff],
      [0x1df00, 0x1dfff],
      [0x1f110, 0x1f189],
      [0x1f1e6, 0x1f1ff],
      [0x1fbf0, 0x1fbf9],
    ],
  ],
];

/**
 * Look-alikes of Latin letters. Each string begins with a Latin letter. The rest of the string is
 * characters that look like this letter: Greek and Cyrillic letters, digits and signs.
 */
export const LOOK_ALIKES = [
  "aаαΑАɑ4@",
  "cсСϲⅽ(",
  "eеЕЕεΕєέё3",
  "gԍɡ9",
  "iіІιΙїΪlӏӀ1|!",
  "lіІΙӏӀiI1|!",
  "mмМΜ",
  "nпηΝи",
  "oоОοΟσө0",
  "pрРρΡ",
  "rгѓʀЯ",
  "sѕЅ5$",
  "tтТτΤ7",
  "uцυμ",
  "yуУγΥүў",
];
export const OPENERS = "<＜﹤‹〈〈⟨❮❬❰⟪《≪≺⋖ᐸ˂⦑⧼ᚲ𝈶𖼿≤≦≨≲⩽⋜⊲⊴◁◀◂◃◄";
/**
 * Brackets that are common in ordinary text. A prompt encloses untrusted text in fences such as
 * `<response-NONCE>`. After such a bracket, a fence's name counts as a forged fence only if a slash
 * precedes the name, or a number follows it. Examples are `[/response` and `[response-1`.
 */
export const BRACKETS = "[{［｛【〔⟦";
/** Characters of Markdown that may be before or inside the name in a forged fence. */
export const EMPHASIS = "*_`~";
/** Punctuation that may be between the letters of the name in a forged fence. */
export const PUNCTUATION = "-‐‑–—.,·•':;+=^";
export const SLASHES = "/\\／＼⁄∕∖╱╲⧸⧹⟋⟍";
export const KINDS = ["response", "analysis", "sources", "statements", "page", "results"];
/** Subdivision flags (England, Scotland, Wales): emoji tag sequences after U+1F3F4. */
export const FLAGS = ["gbeng", "gbsct", "gbwls"];

const hex = (code) => `0x${code.toString(16)}`;
const note =
  `Tables for text from outside, from Unicode ${UNICODE}. ` +
  "Written by `scripts/text-tables.mjs`.";

export function rust() {
  const ranges = tables.flatMap(([name, meaning, list]) => {
    const start = `pub(super) const ${name}: &[(u32, u32)] = &[`;
    const rows = list.map(([from, to]) => `(${hex(from)}, ${hex(to)})`);
    // rustfmt joins a list that fits on one line.
    const line = `${start}${rows.join(", ")}];`;
    const lines = line.length <= 100 ? [line] : [start, ...rows.map((row) => `    ${row},`), "];"];
    return [`/// ${meaning}`, ...lines];
  });
  const quoted = (text) => JSON.stringify(text);
  return [
    `//! ${note}`,
    "",
    ...ranges,
    "/// Signs that look like the letter that they follow.",
    "pub(super) const LOOK_ALIKES: &[&str] = &[",
    ...LOOK_ALIKES.map((list) => `    ${quoted(list)},`),
    "];",
    '/// "<" and characters that look like it.',
    `pub(super) const OPENERS: &str = ${quoted(OPENERS)};`,
    "/// Brackets that begin a fake marker if a slash, or a name and a number, follows.",
    `pub(super) const BRACKETS: &str = ${quoted(BRACKETS)};`,
    "/// Characters of Markdown that may be before or inside the name of a fake marker.",
    `pub(super) const EMPHASIS: &str = ${quoted(EMPHASIS)};`,
    "/// Punctuation that may be between the letters of the name of a fake marker.",
    `pub(super) const PUNCTUATION: &str = ${quoted(PUNCTUATION)};`,
    "/// Slashes and characters that look like them.",
    `pub(super) const SLASHES: &str = ${quoted(SLASHES)};`,
    "/// Names in the markers around untrusted text.",
    "pub(super) const KINDS: &[&str] = &[",
    ...KINDS.map((kind) => `    ${quoted(kind)},`),
    "];",
    "/// Subdivision flags (England, Scotland, Wales): emoji tag sequences after U+1F3F4.",
    `pub(super) const FLAGS: &[&str] = &[${FLAGS.map(quoted).join(", ")}];`,
    "",
  ].join("\n");
}

export function javaScript() {
  const ranges = tables.flatMap(([name, meaning, list]) => [
    `/** ${meaning} */`,
    `export const ${name} = [`,
    ...list.map(([from, to]) => `  [${hex(from)}, ${hex(to)}],`),
    "];",
  ]);
  const quoted = (text) => JSON.stringify(text);
  return [
    `// ${note}`,
    "",
    ...ranges,
    "/** Signs that look like the letter that they follow. */",
    "export const LOOK_ALIKES = [",
    ...LOOK_ALIKES.map((list) => `  ${quoted(list)},`),
    "];",
    '/** "<" and characters that look like it. */',
    `export const OPENERS = ${quoted(OPENERS)};`,
    "/** Brackets that begin a fake marker if a slash, or a name and a number, follows. */",
    `export const BRACKETS = ${quoted(BRACKETS)};`,
    "/** Characters of Markdown that may be before or inside the name of a fake marker. */",
    `export const EMPHASIS = ${quoted(EMPHASIS)};`,
    "/** Punctuation that may be between the letters of the name of a fake marker. */",
    `export const PUNCTUATION = ${quoted(PUNCTUATION)};`,
    "/** Slashes and characters that look like them. */",
    `export const SLASHES = ${quoted(SLASHES)};`,
    "/** Names in the markers around untrusted text. */",
    `export const KINDS = [${KINDS.map(quoted).join(", ")}];`,
    "/** Subdivision flags (England, Scotland, Wales): emoji tag sequences after U+1F3F4. */",
    `export const FLAGS = [${FLAGS.map(quoted).join(", ")}];`,
    "",
  ].join("\n");
}

export const RUST_FILE = "src/deliberation/prompt/text_tables.rs";
export const JAVASCRIPT_FILE = "src/js/tools/text-tables.js";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.versions.unicode !== UNICODE) {
    throw new Error(`this Node has Unicode ${process.versions.unicode}, not ${UNICODE}`);
  }
  writeFileSync(join(root, RUST_FILE), rust());
  writeFileSync(join(root, JAVASCRIPT_FILE), javaScript());
}
