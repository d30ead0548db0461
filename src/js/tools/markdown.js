// What each element of HTML becomes in Markdown (CommonMark, with GitHub's tables). html.js decides what is read at all.

/** They stand apart from what is around them: by an empty line, or by a new one. */
export const PARAGRAPHS = new Set("p ul ol dl table figure details section article main header footer aside form fieldset hgroup menu".split(" "));
export const LINES = new Set("div dt dd address center figcaption summary legend caption".split(" "));

// A prefix for each level of each line: beyond a few levels it would be more than the text.
const MAX_PREFIXES = 8;
const MAX_URL = 1000;
/** In a longer cell, or around another table, a table is a means of layout. */
const MAX_CELL = 1000;
const MAX_COLUMNS = 50;

/** Text that grows. White space collapses, unless `raw`; what is to stand apart does so once something follows. */
export class Frame {
  text = "";
  #gap = 0;
  #raw;
  #isSpaced;

  /** @param kind `block`, `inline` (its first and last white space count) or `raw` */
  constructor(kind = "block") {
    this.#raw = kind === "raw";
    this.#isSpaced = kind === "block";
  }

  add(text) {
    if (!this.#raw && (this.#isSpaced || this.#gap)) text = text.replace(/^ /, "");
    if (text === "") return;
    if (this.#gap && this.text) this.text += "\n".repeat(this.#gap);
    this.text += text;
    this.#gap = 0;
    this.#isSpaced = /[ \n]$/.test(text);
  }

  apart(lines) {
    this.#gap = Math.max(this.#gap, lines);
  }

  get line() {
    return this.text.replace(/\s+/g, " ").trim();
  }

  get block() {
    // Where a run of blanks does not end the line, trying again from each blank of it would take quadratic time.
    return this.text.replace(/(?<! ) +\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
  }
}

const isVerbatim = (page) => page.inside("pre") || page.inside("code");

/** Inline text goes on where its element stood, with the space around it. */
function inline(page, element, close) {
  page.take(element, new Frame("inline"), (frame) => goOn(page, frame, close(frame.line)));
}

function goOn(page, { text: taken }, text) {
  if (text === "") return page.frame.add(taken === "" ? "" : " ");
  page.frame.add(`${/^\s/.test(taken) ? " " : ""}${text}${/\s$/.test(taken) ? " " : ""}`);
}

const heading = (level) => (page, element) => {
  page.count(element, "heading");
  page.take(element, new Frame(), ({ line }) => {
    page.heading(line);
    page.block(line && (page.inside("link") || isVerbatim(page) ? line : `${"#".repeat(level)} ${line}`));
  });
};

const mark = (sign) => (page, element) => {
  if (page.inside(sign) || isVerbatim(page)) return;
  page.count(element, sign);
  page.take(element, new Frame("inline"), (frame) => {
    // No mark reaches across lines.
    if (frame.block.includes("\n")) return page.block(frame.block, 1);
    goOn(page, frame, frame.line && `${sign}${frame.line}${sign}`);
  });
};

/** `^2` and `_2`; a reference such as [1] needs no sign. */
const raised = (sign) => (page, element) => {
  if (!isVerbatim(page)) inline(page, element, (text) => (/^\[|^$/.test(text) ? text : /^[\w+-]+$/.test(text) ? sign + text : `${sign}(${text})`));
};

function code(page, element) {
  if (isVerbatim(page)) return;
  page.count(element, "code");
  inline(page, element, (text) => {
    const ticks = fence(text, 1);
    const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
    return text && `${ticks}${space}${text}${space}${ticks}`;
  });
}

/** More backticks than the text has in a row. */
const fence = (text, least) => "`".repeat((text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length + 1), least));

function pre(page, element, { class: classes = "" }) {
  if (isVerbatim(page)) return;
  page.count(element, "pre");
  page.take(element, new Frame("raw"), ({ text }) => {
    const body = text.replace(/^\n+/, "").trimEnd();
    const ticks = fence(body, 3);
    const language = /\blang(?:uage)?-([\w+#-]{1,20})/.exec(classes)?.[1] ?? "";
    page.block(body && `${ticks}${language}\n${body}\n${ticks}`);
  });
}

function link(page, element, { href }) {
  if (isVerbatim(page) || page.inside("link")) return;
  page.count(element, "link");
  inline(page, element, (text) => {
    // The sign beside a heading that links to itself.
    if (href?.startsWith("#") && /^[^\p{L}\p{N}]{1,2}$/u.test(text)) return "";
    const url = target(href, page.url);
    return text && url ? `[${text}](${url})` : text;
  });
}

function target(href, base) {
  if (!href || href.startsWith("#") || !URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  // The round brackets would end the link.
  return /^(https?|mailto):$/.test(url.protocol) && url.href.length <= MAX_URL ? url.href.replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29")) : undefined;
}

const list = (ordered) => (page, element, { start }) => {
  page.lists.push({ ordered, next: number(start) ?? 1 });
  element.ends.push(() => page.lists.pop());
};

const number = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

function item(page, element, { value }) {
  const list = page.lists.at(-1);
  if (list?.ordered) list.next = number(value) ?? list.next;
  const sign = list?.ordered ? `${list.next++}. ` : "- ";
  prefixed(page, element, (text, isDeep) => (isDeep ? text : sign + text.replaceAll("\n", `\n${" ".repeat(sign.length)}`)), 1);
}

function quote(page, element) {
  prefixed(page, element, (text, isDeep) => (isDeep ? text : text.replace(/^/gm, "> ")), 2);
}

function prefixed(page, element, prefix, lines) {
  const isDeep = page.inside("prefixed") >= MAX_PREFIXES;
  page.count(element, "prefixed");
  page.take(element, new Frame(), ({ block }) => page.block(block && prefix(block, isDeep), lines));
}

function table(page, element) {
  for (const outer of page.tables) outer.isLayout = true;
  const table = { rows: [], isLayout: false };
  page.tables.push(table);
  element.ends.push(() => {
    page.tables.pop();
    page.block(rendered(table));
  });
}

function cell(page, element, { colspan }) {
  const table = page.tables.at(-1);
  if (!table) return;
  page.take(element, new Frame(), (frame) => {
    if (table.rows.length === 0) table.rows.push([]);
    const row = table.rows.at(-1);
    row.push(frame.block);
    for (let more = Math.min(number(colspan) ?? 1, MAX_COLUMNS); more > 1; more--) row.push("");
  });
}

function rendered({ rows, isLayout }) {
  const filled = rows.filter((cells) => cells.some((text) => text !== ""));
  const width = Math.max(0, ...filled.map((cells) => cells.length));
  if (isLayout || width < 2 || width > MAX_COLUMNS || filled.some((cells) => cells.some((text) => text.length > MAX_CELL))) {
    return filled.map((cells) => cells.filter((text) => text !== "").join("\n")).join("\n\n");
  }
  const lines = filled.map((cells) => `| ${Array.from({ length: width }, (_, i) => (cells[i] ?? "").replace(/\s+/g, " ").replaceAll("|", "\\|")).join(" | ")} |`);
  return [lines[0], `|${" --- |".repeat(width)}`, ...lines.slice(1)].join("\n");
}

const around = (before, after) => (page, element) => {
  page.say(before);
  element.ends.push(() => page.say(after));
};

export const ELEMENTS = new Map(
  Object.entries({
    h1: heading(1), h2: heading(2), h3: heading(3), h4: heading(4), h5: heading(5), h6: heading(6),
    strong: mark("**"), b: mark("**"), em: mark("*"), i: mark("*"), del: mark("~~"), s: mark("~~"),
    sup: raised("^"), sub: raised("_"),
    code, kbd: code, samp: code, tt: code,
    pre, listing: pre, xmp: pre,
    a: link,
    ul: list(false), menu: list(false), ol: list(true),
    li: item,
    blockquote: quote,
    table, td: cell, th: cell,
    tr: (page) => page.tables.at(-1)?.rows.push([]),
    q: around('"', '"'),
    rt: around("(", ")"),
    br: (page) => page.say("\n"),
    hr: (page) => page.isReading && page.block("---"),
    img(page, _, { alt }) {
      const text = alt?.replace(/\s+/g, " ").trim().slice(0, 300);
      if (text) page.say(`[image: ${text}]`);
    },
    base(page, _, { href }) {
      const base = href && URL.canParse(href, page.url) ? new URL(href, page.url) : undefined;
      if (/^https?:$/.test(base?.protocol)) page.url = base.href;
    },
    math(page, _, { alttext }) {
      if (!alttext) return;
      page.say(`$${alttext}$`);
      page.skip();
    },
  }),
);
