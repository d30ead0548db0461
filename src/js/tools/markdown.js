// Writes each HTML element as Markdown: CommonMark with GitHub's tables. html.js parses the page,
// decides which elements are read, and calls these functions.

/**
 * @typedef {import("./html.js").Page} Page
 * @typedef {import("./html.js").Element} Element
 * @typedef {import("./html.js").Attributes} Attributes
 * @typedef {(page: Page, element: Element, attributes: Attributes) => any} Convert
 *
 * An open table. A layout table becomes blocks of text.
 * @typedef {{ rows: string[][], isLayout: boolean }} Table
 */

/** Elements with an empty line before and after them. */
export const PARAGRAPHS = new Set(
  (
    "p ul ol dl table figure details section article main header footer aside form fieldset " +
    "hgroup menu"
  ).split(" "),
);
/** Elements that start on a new line. */
export const LINES = new Set(
  "div dt dd address center figcaption summary legend caption".split(" "),
);

/** Maximum nesting of blocks with prefixes. Each level adds a prefix to each line. */
const MAX_PREFIXES = 8;
export const MAX_URL = 1000;
/**
 * Maximum characters of a cell. A table with a longer cell, or with a table inside, is a layout
 * table.
 */
const MAX_CELL = 1000;
const MAX_COLUMNS = 50;

/**
 * Collects text. Collapses white space, unless it is raw. Adds a separator only if text follows.
 */
export class TextBuffer {
  text = "";
  #gap = 0;
  #raw;
  #isSpaced;

  /**
   * @param {"block" | "inline" | "raw"} kind `inline` keeps white space at the start and the end
   */
  constructor(kind = "block") {
    this.#raw = kind === "raw";
    this.#isSpaced = kind === "block";
  }

  /** @param {string} text */
  add(text) {
    if (!this.#raw && (this.#isSpaced || this.#gap)) text = text.replace(/^ /, "");
    if (text === "") return;
    if (this.#gap && this.text) this.text += "\n".repeat(this.#gap);
    this.text += text;
    this.#gap = 0;
    this.#isSpaced = /[ \n]$/.test(text);
  }

  /** @param {number} lines */
  separate(lines) {
    this.#gap = Math.max(this.#gap, lines);
  }

  /** The text as one line. */
  get line() {
    return this.text.replace(/\s+/g, " ").trim();
  }

  /** The text with its line breaks. */
  get block() {
    // Without the lookbehind, a long run of spaces inside a line would take quadratic time.
    return this.text
      .replace(/(?<! ) +\n/g, "\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  }
}

/** @param {Page} page */
const isVerbatim = (page) => page.inside("pre") || page.inside("code");

/**
 * Captures an element and adds the converted text in its place, inline.
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
 * Adds a text, with the white space that surrounded the captured text.
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
    page.heading(line);
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

/**
 * Returns a converter that writes `^2` or `_2`. For a reference such as [1], it writes no sign.
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
function code(page, element) {
  if (isVerbatim(page)) return;
  page.count(element, "code");
  inline(page, element, (text) => {
    const ticks = fence(text, 1);
    const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
    return text && `${ticks}${space}${text}${space}${ticks}`;
  });
}

/**
 * Returns a fence with more backticks than any run of backticks in the text.
 * @param {string} text
 * @param {number} min
 */
function fence(text, min) {
  const runs = text.match(/`+/g) ?? [];
  return "`".repeat(runs.reduce((length, run) => Math.max(length, run.length + 1), min));
}

/** @type {Convert} */
function pre(page, element, { class: classes = "" }) {
  if (isVerbatim(page)) return;
  page.count(element, "pre");
  page.capture(element, new TextBuffer("raw"), ({ text }) => {
    const body = text.replace(/^\n+/, "").trimEnd();
    const ticks = fence(body, 3);
    const language = /\blang(?:uage)?-([\w+#-]{1,20})/.exec(classes)?.[1] ?? "";
    page.block(body && `${ticks}${language}\n${body}\n${ticks}`);
  });
}

/** @type {Convert} */
function link(page, element, { href }) {
  if (isVerbatim(page) || page.inside("link")) return;
  page.count(element, "link");
  inline(page, element, (text) => {
    // Drop a link such as `#` from a heading to itself.
    if (href?.startsWith("#") && /^[^\p{L}\p{N}]{1,2}$/u.test(text)) return "";
    const url = linkTarget(href, page.url);
    return text && url ? `[${text}](${url})` : text;
  });
}

/**
 * Returns the absolute URL of a link. Returns `undefined` if it is invalid or too long.
 * @param {string | undefined} href
 * @param {string} base
 */
function parseLink(href, base) {
  if (!href || href.length > MAX_URL || !URL.canParse(href, base)) return undefined;
  return new URL(href, base);
}

/** @param {string | undefined} href @param {string} base */
function linkTarget(href, base) {
  const url = href?.startsWith("#") ? undefined : parseLink(href, base);
  if (!url || !/^(https?|mailto):$/.test(url.protocol) || url.href.length > MAX_URL) {
    return undefined;
  }
  // Encode parentheses, because they would end the link.
  return url.href.replaceAll("(", "%28").replaceAll(")", "%29");
}

/** @param {boolean} ordered @returns {Convert} */
const list =
  (ordered) =>
  (page, element, { start }) => {
    page.lists.push({ ordered, next: number(start) ?? 1 });
    element.ends.push(() => page.lists.pop());
  };

/** @param {string | undefined} text */
const number = (text = "") => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

/** @type {Convert} */
function item(page, element, { value }) {
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
 * Captures an element and adds it as a block with prefixes, up to {@link MAX_PREFIXES} levels.
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
function table(page, element) {
  for (const outer of page.tables) outer.isLayout = true;
  /** @type {Table} */
  const table = { rows: [], isLayout: false };
  page.tables.push(table);
  element.ends.push(() => {
    page.tables.pop();
    page.block(renderTable(table));
  });
}

/** @type {Convert} */
function cell(page, element, { colspan }) {
  const table = page.tables.at(-1);
  if (!table) return;
  page.capture(element, new TextBuffer(), ({ block }) => {
    if (table.rows.length === 0) table.rows.push([]);
    const row = /** @type {string[]} */ (table.rows.at(-1));
    row.push(block);
    for (let more = Math.min(number(colspan) ?? 1, MAX_COLUMNS); more > 1; more--) row.push("");
  });
}

/** @param {Table} table */
function renderTable({ rows, isLayout }) {
  const filled = rows.filter((cells) => cells.some((text) => text !== ""));
  const width = Math.max(0, ...filled.map((cells) => cells.length));
  const hasLongCell = filled.some((cells) => cells.some((text) => text.length > MAX_CELL));
  if (isLayout || width < 2 || width > MAX_COLUMNS || hasLongCell) {
    return filled.map((cells) => cells.filter((text) => text !== "").join("\n")).join("\n\n");
  }
  const [first, ...rest] = filled.map((cells) => renderRow(cells, width));
  return [first, `|${" --- |".repeat(width)}`, ...rest].join("\n");
}

/** @param {string[]} cells @param {number} width */
function renderRow(cells, width) {
  const texts = Array.from({ length: width }, (_, i) =>
    (cells[i] ?? "").replace(/\s+/g, " ").replaceAll("|", "\\|"),
  );
  return `| ${texts.join(" | ")} |`;
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
      sup: raised("^"),
      sub: raised("_"),
      code,
      kbd: code,
      samp: code,
      tt: code,
      pre,
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
      hr: (page) => page.isReading && page.block("---"),
      img(page, _, { alt }) {
        const text = alt?.replace(/\s+/g, " ").trim().slice(0, 300);
        if (text) page.addText(`[image: ${text}]`);
      },
      base(page, _, { href }) {
        // The first base counts, as in browsers. Each link copies the base, so its length is
        // limited.
        const base = page.hasBase ? undefined : parseLink(href, page.url);
        if (!base || !/^https?:$/.test(base.protocol) || base.href.length > MAX_URL) return;
        page.url = base.href;
        page.hasBase = true;
      },
      math(page, _, { alttext }) {
        if (!alttext) return;
        page.addText(`$${alttext}$`);
        page.skip();
      },
    }),
  ),
);
