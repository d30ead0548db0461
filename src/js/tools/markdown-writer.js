// Writes the events of a page as Markdown. markdown.js says how each element is written.

import { AltTexts } from "./alt-text.js";
import { ELEMENTS, LINES, PARAGRAPHS } from "./markdown.js";
import { TextBuffer } from "./text-buffer.js";

/**
 * An open element. `ends` contains functions to call at the end of the element. `counted` contains
 * the names under which `inside()` counts the element.
 * @typedef {{ name: string, ends: (() => void)[], counted: string[] }} Element
 * @typedef {import("./html-reader.js").Attributes} Attributes
 * @typedef {import("./html-reader.js").Event} Event
 */

export class MarkdownWriter {
  /** The base URL of links. */
  url;
  /** Open lists. @type {{ ordered: boolean, next: number }[]} */
  lists = [];
  /** Open tables. @type {import("./markdown-tables.js").Table[]} */
  tables = [];
  /** The language of the open `<pre>`. */
  language = "";
  /** The TeX source of the formula whose element is open. */
  formula = "";
  /** Labels of footnotes, such as "1". The key is the id of the footnote. */
  notes;
  /** @type {Element[]} */
  #open = [];
  /** Open buffers. Text is added to the last buffer. */
  #buffers = [new TextBuffer()];
  /** @type {Map<string, number>} */
  #inside = new Map();

  #altTexts;
  /** @type {Event[]} */
  #events;
  /** Index of the event that is written. */
  #at = 0;

  /**
   * @param {{ title: string, base: string, notes: Map<string, string>, events: Event[] }} page
   */
  constructor({ title, base, notes, events }) {
    this.url = base;
    this.notes = notes;
    this.#altTexts = new AltTexts(title);
    this.#events = events;
  }

  /**
   * Returns the text to write for an image, or "".
   * @param {string} alt
   */
  altText(alt) {
    return this.#altTexts.choose(alt, this.#events, this.#at);
  }

  get text() {
    return this.buffer.block;
  }

  /**
   * Writes the events from `begin` to `end`, without dropped blocks.
   * @param {number} begin
   * @param {number} end
   */
  write(begin, end) {
    for (let at = begin; at < end; at++) {
      const event = this.#events[at];
      this.#at = at;
      if (event === undefined) this.#close();
      else if (typeof event === "string") this.#text(event);
      else if (event.block?.isDropped) at = event.block.end - 1;
      else this.#openElement(event);
    }
  }

  /** @param {import("./html-reader.js").Opened} opened */
  #openElement({ name, attributes }) {
    /** @type {Element} */
    const element = { name, ends: [], counted: [] };
    this.#open.push(element);
    const lines = PARAGRAPHS.has(name) ? 2 : LINES.has(name) ? 1 : 0;
    if (lines) {
      this.buffer.separate(lines);
      element.ends.push(() => this.buffer.separate(lines));
    }
    ELEMENTS.get(name)?.(this, element, attributes);
  }

  #close() {
    const element = this.#open.pop();
    for (const what of element?.counted ?? []) this.#inside.set(what, this.inside(what) - 1);
    for (const end of element?.ends.reverse() ?? []) end();
  }

  /** @param {string} text */
  #text(text) {
    this.addText(this.inside("pre") ? text : text.replace(/[\t\n\f\r ]+/g, " "));
  }

  /** The buffer to which text is added. */
  get buffer() {
    return /** @type {TextBuffer} */ (this.#buffers.at(-1));
  }

  /** @param {string} text */
  addText(text) {
    this.buffer.add(text);
  }

  /**
   * Adds text as a separate block.
   * @param {string} text
   */
  block(text, lines = 2) {
    if (text === "") return;
    this.buffer.separate(lines);
    this.buffer.add(text);
    this.buffer.separate(lines);
  }

  /**
   * Captures the text inside an element, and passes it to `close` at the end of the element.
   * @param {Element} element
   * @param {TextBuffer} buffer
   * @param {(buffer: TextBuffer) => void} close
   */
  capture(element, buffer, close) {
    this.#buffers.push(buffer);
    element.ends.push(() => {
      this.#buffers.pop();
      close(buffer);
    });
  }

  /**
   * Counts an element under the name `what`. Until the element ends, `inside(what)` includes it.
   * @param {Element} element
   * @param {string} what
   */
  count(element, what) {
    element.counted.push(what);
    this.#inside.set(what, this.inside(what) + 1);
  }

  /** @param {string} what */
  inside(what) {
    return this.#inside.get(what) ?? 0;
  }
}
