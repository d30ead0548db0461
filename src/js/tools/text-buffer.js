// Collects the text and the separators of an element.

/**
 * Collects text. If the kind is not `raw`, drops a space that follows other white space. Writes the
 * line breaks between two texts only when the second text arrives.
 */
export class TextBuffer {
  text = "";
  #gap = 0;
  #raw;
  #isSpaced;

  /**
   * @param {"block" | "inline" | "raw"} kind `inline` keeps white space at the start and the end of
   *   the text
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
    // Without the lookbehind, a long run of blanks inside a line takes quadratic time.
    return this.text
      .replace(/(?<! ) +\n/g, "\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  }
}
