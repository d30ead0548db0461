// In: HTML of any kind, at any length. Out: its title, and as Markdown what a reader sees of it.
// It streams and keeps no tree: time grows with the input alone, and what comes too late or stands too deep is not even read.

import { Parser } from "./parser.js";
import { ELEMENTS, Frame, LINES, PARAGRAPHS } from "./markdown.js";

// Browsers flatten what is nested deeper than 512, and real pages stay below 100. Parsers are quadratic in it.
const MAX_DEPTH = 256;
const CHUNK = 4096;
const MAX_TITLE = 300;
// Short of this, what calls itself the main part is a place that a script would have filled.
const ENOUGH = 500;

const names = (list) => new Set(list.split(" "));
const UNWANTED = names("script style noscript template iframe object embed applet frameset noframes svg canvas audio video map nav select textarea datalist dialog input rp");
/** Unwanted around the main part, welcome inside it. */
const FRAMING = names("footer aside");
const UNWANTED_ROLES = names("navigation banner contentinfo search complementary dialog alertdialog menu menubar");
const HIDING = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?:px|em|rem|%)?\s*(?:;|!|$))/i;

/** @returns {{ title: string, text: string, cut?: string }} `cut`: why the text ends before the page does */
export function toMarkdown(html, { url, max_chars }) {
  const scope = /<main[\s>]|\brole\s*=\s*["']?main\b/i.test(html) ? "main" : /<article[\s>]/i.test(html) ? "article" : undefined;
  const part = scope && convert(html, { url, max_chars, scope });
  return part?.text.length >= ENOUGH ? part : convert(html, { url, max_chars });
}

function convert(html, options) {
  const page = new Page(options);
  const parser = new Parser(page);
  for (let at = 0; at < html.length && !page.cut; at += CHUNK) parser.write(html.slice(at, at + CHUNK));
  parser.end();
  return page.result();
}

/** Hears from the parser, and decides what is read; what becomes of it stands in markdown.js. */
class Page {
  cut;
  url;
  lists = [];
  tables = [];
  #scope;
  #left;
  #title = "";
  #heading = "";
  /** Open elements: { ends, counted }. */
  #open = [];
  /** What is written goes into the last one. */
  #frames = [new Frame()];
  #inside = new Map();
  /** How many elements were open when something unwanted began. */
  #unwanted = Infinity;

  constructor({ url, max_chars, scope }) {
    this.url = url;
    this.#scope = scope;
    this.#left = max_chars + CHUNK;
  }

  result() {
    const title = (this.#title || this.#heading).replace(/\s+/g, " ").trim();
    return { title, text: this.frame.block, cut: this.cut };
  }

  onopentag(name, attributes) {
    const element = { name, ends: [], counted: [] };
    this.#open.push(element);
    if (this.#open.length > MAX_DEPTH) this.cut ??= "what follows is nested too deeply";
    if (this.cut || this.#open.length > this.#unwanted) return;
    if (this.#isUnwanted(name, attributes)) return this.skip();
    const landmark = attributes.role?.toLowerCase() === "main" ? "main" : name;
    if (landmark === "main" || landmark === "article") this.count(element, "content");
    if (landmark === this.#scope) this.count(element, "scope");
    const lines = PARAGRAPHS.has(name) ? 2 : LINES.has(name) ? 1 : 0;
    if (lines) {
      this.frame.apart(lines);
      element.ends.push(() => this.frame.apart(lines));
    }
    ELEMENTS.get(name)?.(this, element, attributes);
  }

  onclosetag() {
    const element = this.#open.pop();
    if (this.#open.length < this.#unwanted) this.#unwanted = Infinity;
    for (const what of element?.counted ?? []) this.#inside.set(what, this.inside(what) - 1);
    for (const end of element?.ends.reverse() ?? []) end();
  }

  ontext(text) {
    if (this.#open.at(-1)?.name === "title") {
      if (this.#title.length < MAX_TITLE && this.#unwanted === Infinity) this.#title += text.slice(0, MAX_TITLE);
    } else {
      this.say(this.inside("pre") ? text : text.replace(/[\t\n\f\r ]+/g, " "));
    }
  }

  #isUnwanted(name, { hidden, role, style, "aria-hidden": aria }) {
    // Pages that fade in hide these from their own style.
    if (name === "html" || name === "body") return false;
    if (UNWANTED.has(name)) return true;
    // A heading that unfolds is a button; one beside the words of a heading is not.
    if (name === "button" && !(this.inside("heading") && this.frame.text === "")) return true;
    if (FRAMING.has(name) && !this.inside("content")) return true;
    if (role !== undefined && UNWANTED_ROLES.has(role.toLowerCase())) return true;
    return hidden !== undefined || aria === "true" || (style !== undefined && HIDING.test(style));
  }

  /** Nothing is heard of the element that has just begun. */
  skip() {
    this.#unwanted = this.#open.length;
  }

  get frame() {
    return this.#frames[this.#frames.length - 1];
  }

  get isReading() {
    return !this.cut && this.#unwanted === Infinity && (!this.#scope || this.inside("scope") > 0);
  }

  /** Text of the page itself: counted, and heard only where the page is read. */
  say(text) {
    if (!this.isReading) return;
    this.#left -= text.length;
    if (this.#left <= 0) this.cut = "it is long";
    this.frame.add(text);
  }

  /** What has been said already, set apart. */
  block(text, lines = 2) {
    if (text === "") return;
    this.frame.apart(lines);
    this.frame.add(text);
    this.frame.apart(lines);
  }

  /** What is said inside `element` is kept aside and handed to `close` at its end. */
  take(element, frame, close) {
    this.#frames.push(frame);
    element.ends.push(() => {
      this.#frames.pop();
      close(frame);
    });
  }

  /** Until it ends, `inside(what)` is one more. */
  count(element, what) {
    element.counted.push(what);
    this.#inside.set(what, this.inside(what) + 1);
  }

  inside(what) {
    return this.#inside.get(what) ?? 0;
  }

  /** The first one is the title of a page that has none. */
  heading(text) {
    this.#heading ||= text.slice(0, MAX_TITLE);
  }
}
