// Says how each HTML element is written in Markdown: CommonMark with GitHub's tables.
// markdown-writer.js calls these functions.

import { linkTarget } from "./links.js";
import { cell, number, table } from "./markdown-tables.js";
import { TextBuffer } from "./text-buffer.js";

/**
 * @typedef {import("./markdown-writer.js").MarkdownWriter} Page
 * @typedef {import("./markdown-writer.js").Element} Element
 * @typedef {import("./html-reader.js").Attributes} Attributes
 * @typedef {(page: Page, element: Element, attributes: Attributes) => any} Convert
 */

/** Elements with an empty line before and after them. */
export const PARAGRAPHS = new Set(
  (
    "p ul ol dl table figure details section article main header footer aside form fieldset " +
    "hgroup menu"
  ).split(" "),
);
/** Elements that begin and end with a line break. */
export const LINES = new Set("div dt address center figcaption summary legend caption".split(" "));

/** Maximum nesting of lists and quotes. Each level adds a prefix, such as "> ", to each line. */
const MAX_PREFIXES = 8;
const MAX_FORMULA = 300;

/** @param {string} text */
const oneLine = (text) => text.replace(/\s+/g, " ").trim().slice(0, MAX_FORMULA);
/** @param {Page} page */
const isVerbatim = (page) => page.inside("pre") || page.inside("code");

/**
 * Captures an element. Then adds the converted text of this element to the current line.
 * @param {Page} page
 * @param {Element} element
 * @param {(line: string) => string} close
 */
function inline(page, element, close) {
  page.capture(element, new TextBuffer("inline"), (captured) =>
    addInline(page, captured, close(captured.line)),
  );
}

/**
 * Adds a text. If the captured text begins or ends with white space, adds a space there.
 * @param {Page} page
 * @param {TextBuffer} captured
 * @param {string} text
 */
function addInline(page, { text: captured }, text) {
  if (text === "") return page.buffer.add(captured === "" ? "" : " ");
  const before = /^\s/.test(captured) ? " " : "";
  const after = /\s$/.test(captured) ? " " : "";
  page.buffer.add(`${before}${text}${after}`);
}

/** @param {number} level @returns {Convert} */
const heading = (level) => (page, element) => {
  page.count(element, "heading");
  page.capture(element, new TextBuffer(), ({ line }) => {
    const isPlain = page.inside("link") || isVerbatim(page);
    page.block(line && (isPlain ? line : `${"#".repeat(level)} ${line}`));
  });
};

/** @param {string} sign @returns {Convert} */
const mark = (sign) => (page, element) => {
  if (page.inside(sign) || isVerbatim(page)) return;
  page.count(element, sign);
  page.capture(element, new TextBuffer("inline"), (captured) => {
    const { block, line } = captured;
    // Emphasis must not span lines.
    if (block.includes("\n")) return page.block(block, 1);
    addInline(page, captured, line && `${sign}${line}${sign}`);
  });
};

/** @type {Convert} */
function superscript(page, element, attributes) {
  page.count(element, "sup");
  raised("^")(page, element, attributes);
}

/**
 * Returns a converter for `<sup>` or `<sub>`, which writes for example `^2` or `_2`. A reference
 * such as [1] gets no `^` or `_`.
 * @param {string} sign
 * @returns {Convert}
 */
const raised = (sign) => (page, element) => {
  if (isVerbatim(page)) return;
  inline(page, element, (text) => {
    if (/^\[|^$/.test(text)) return text;
    return /^[\w+-]+$/.test(text) ? sign + text : `${sign}(${text})`;
  });
};

/** @type {Convert} */
function code(page, element, attributes) {
  if (page.inside("pre")) page.language ||= languageOf(attributes);
  if (isVerbatim(page)) return;
  page.count(element, "code");
  inline(page, element, (text) => {
    const ticks = fence(text, 1);
    const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
    return text && `${ticks}${space}${text}${space}${ticks}`;
  });
}

/**
 * Returns a run of backticks that is longer than each run of backticks in the text.
 * @param {string} text
 * @param {number} min
 */
function fence(text, min) {
  const runs = text.match(/`+/g) ?? [];
  return "`".repeat(runs.reduce((length, run) => Math.max(length, run.length + 1), min));
}

/**
 * Returns the language of a code block, from a class such as `language-js`.
 * @param {Attributes} attributes
 */
const languageOf = ({ class: classes = "" }) =>
  /\b(?:lang(?:uage)?|brush)[-:]\s*([\w+#-]{1,20})/.exec(classes)?.[1] ?? "";

/** @type {Convert} */
function pre(page, element, attributes) {
  if (isVerbatim(page)) return;
  page.count(element, "pre");
  page.language = languageOf(attributes);
  page.capture(element, new TextBuffer("raw"), ({ text }) => {
    const body = text.replace(/^\n+/, "").trimEnd();
    const ticks = fence(body, 3);
    page.block(body && `${ticks}${page.language}\n${body}\n${ticks}`);
  });
}

/** @type {Convert} */
function link(page, element, { href }) {
  if (isVerbatim(page) || page.inside("link")) return;
  page.count(element, "link");
  const note = href?.startsWith("#") ? page.notes.get(href.slice(1)) : undefined;
  inline(page, element, (text) => {
    if (note !== undefined && page.inside("sup")) return `[^${note}]`;
    // Drop a symbol, such as `#`, that links to the heading itself.
    if (href?.startsWith("#") && /^[^\p{L}\p{N}]{1,2}$/u.test(text)) return "";
    const url = linkTarget(href, page.url);
    return text && url ? `[${text}](${url})` : text;
  });
}

/** @param {boolean} ordered @returns {Convert} */
const list =
  (ordered) =>
  (page, element, { start }) => {
    page.lists.push({ ordered, next: number(start) ?? 1 });
    element.ends.push(() => page.lists.pop());
  };

/** @type {Convert} */
function item(page, element, { value, id }) {
  const note = id === undefined ? undefined : page.notes.get(id);
  if (note !== undefined) {
    const indent = "\n    ";
    return prefixed(page, element, (text) => `[^${note}]: ${text.replaceAll("\n", indent)}`, 1);
  }
  const list = page.lists.at(-1);
  if (list?.ordered) list.next = number(value) ?? list.next;
  const sign = list?.ordered ? `${list.next++}. ` : "- ";
  const indent = `\n${" ".repeat(sign.length)}`;
  prefixed(page, element, (text) => sign + text.replaceAll("\n", indent), 1);
}

/** @type {Convert} */
function quote(page, element) {
  prefixed(page, element, (text) => text.replace(/^/gm, "> "), 2);
}

/**
 * Captures an element and adds it as a block. Adds a prefix to each line, unless more than
 * `MAX_PREFIXES` such elements are open.
 * @param {Page} page
 * @param {Element} element
 * @param {(text: string) => string} addPrefix
 * @param {number} lines
 */
function prefixed(page, element, addPrefix, lines) {
  const isDeep = page.inside("prefixed") >= MAX_PREFIXES;
  page.count(element, "prefixed");
  page.capture(element, new TextBuffer(), ({ block }) =>
    page.block(block === "" || isDeep ? block : addPrefix(block), lines),
  );
}

/** @type {Convert} */
function definition(page, element) {
  prefixed(page, element, (text) => `: ${text.replaceAll("\n", "\n  ")}`, 1);
}

/** @type {Convert} */
function image(page, _, { alt = "", class: classes = "" }) {
  // Wikis show formulas as images, with TeX as the text.
  const isFormula = /\b(?:math|latex|tex)\b/i.test(classes);
  const text = isFormula ? oneLine(alt) : page.altText(alt);
  if (text) page.addText(isFormula ? `$${text}$` : `![${text}]`);
}

/**
 * Writes a formula as TeX, which is in an attribute or in an annotation. Without TeX, writes the
 * text of the formula.
 * @type {Convert}
 */
function math(page, element, { alttext }) {
  if (alttext) return page.addText(`$${alttext}$`);
  page.formula = "";
  page.capture(element, new TextBuffer("inline"), ({ line }) => {
    page.addText(page.formula ? `$${page.formula}$` : line);
  });
}

/** @type {Convert} */
function annotation(page, element, { encoding = "" }) {
  page.capture(element, new TextBuffer("inline"), ({ line }) => {
    if (/\btex\b/i.test(encoding)) page.formula = line;
  });
}

/** @param {string} before @param {string} after @returns {Convert} */
const around = (before, after) => (page, element) => {
  page.addText(before);
  element.ends.push(() => page.addText(after));
};

/** @type {Map<string, Convert>} */
export const ELEMENTS = new Map(
  Object.entries(
    /** @type {Record<string, Convert>} */ ({
      h1: heading(1),
      h2: heading(2),
      h3: heading(3),
      h4: heading(4),
      h5: heading(5),
      h6: heading(6),
      strong: mark("**"),
      b: mark("**"),
      em: mark("*"),
      i: mark("*"),
      del: mark("~~"),
      s: mark("~~"),
      sup: superscript,
      sub: raised("_"),
      code,
      kbd: code,
      samp: code,
      tt: code,
      pre,
      dd: definition,
      listing: pre,
      xmp: pre,
      a: link,
      ul: list(false),
      menu: list(false),
      ol: list(true),
      li: item,
      blockquote: quote,
      table,
      td: cell,
      th: cell,
      tr: (page) => page.tables.at(-1)?.rows.push([]),
      q: around('"', '"'),
      rt: around("(", ")"),
      br: (page) => page.addText("\n"),
      hr: (page) => page.block("---"),
      img: image,
      math,
      annotation,
    }),
  ),
);
