// Limits for marked's lexer. marked takes quadratic time or more for runs of delimiters, deep
// nesting and long list items. Text beyond a limit is not formatted.
import { getDefaults, Lexer, Tokenizer } from "marked";
import { footnoteExtensions } from "./footnotes.js";

/** Maximum characters that are formatted. The rest of a longer text stays plain. */
const MAX_CHARS = 100_000;
/** Maximum depth of quotes and lists. Real texts have fewer than ten levels. */
const MAX_DEPTH = 20;
/**
 * Maximum product of the number of characters and the number of punctuation marks. MAX_WORK applies
 * to one paragraph, cell or list item. MAX_TOTAL_WORK applies to a whole text.
 */
const MAX_WORK = 1_000_000;
const MAX_TOTAL_WORK = 20_000_000;
/**
 * Maximum product of the number of characters and the number of lines, for one quote or list item.
 */
const MAX_NESTED_WORK = 4_000_000;
/**
 * Maximum number of lines in a list. The parser marked takes quadratic time for a longer list, so a
 * longer list is read as several lists.
 */
const MAX_LIST_LINES = 1_000;
/**
 * Maximum length of a heading in characters. For each line, the parser marked searches the rest of
 * the text for the underline of a heading.
 */
const MAX_HEADING_CHARS = 500;

/** Counts ASCII punctuation. Does not build a list of all matches. */
function countPunctuation(text) {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const isLetterOrDigit =
      (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
    if (code > 32 && code < 127 && !isLetterOrDigit) count += 1;
  }
  return count;
}

const plain = (text) => ({ type: "escape", raw: text, text });

/** Maximum columns of a table. A wider table takes quadratic time. */
const MAX_COLUMNS = 200;
const LIST_START = /^ {0,3}(?:[*+-]|\d{1,9}[.)])/;

/** Returns the first lines of a text. */
function firstLines(text, count) {
  let end = 0;
  for (let line = 0; line < count; line += 1) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0) return text;
  }
  return text.slice(0, end);
}

class BoundedTokenizer extends Tokenizer {
  list(text) {
    return LIST_START.test(text) ? super.list(firstLines(text, MAX_LIST_LINES)) : undefined;
  }

  table(text) {
    const header = text.slice(0, text.indexOf("\n"));
    return header.split("|").length > MAX_COLUMNS ? undefined : super.table(text);
  }

  lheading(text) {
    return super.lheading(text.slice(0, MAX_HEADING_CHARS));
  }
}

class BoundedLexer extends Lexer {
  #depth = 0;
  #work = 0;

  constructor() {
    const tokenizer = new BoundedTokenizer();
    super({ ...getDefaults(), tokenizer, extensions: footnoteExtensions });
  }

  blockTokens(text, tokens = [], isLast = undefined) {
    this.#depth += 1;
    const isNested = this.#depth > 1;
    const work = isNested ? text.length * text.split("\n").length : 0;
    if (this.#depth > MAX_DEPTH || work > MAX_NESTED_WORK) tokens.push(plain(text));
    else super.blockTokens(text, tokens, isLast);
    this.#depth -= 1;
    return tokens;
  }

  inlineTokens(text, tokens = []) {
    const work = text.length * (countPunctuation(text) + 1);
    this.#work += work;
    if (work <= MAX_WORK && this.#work <= MAX_TOTAL_WORK) return super.inlineTokens(text, tokens);
    tokens.push(plain(text));
    return tokens;
  }
}

/** Returns the tokens of a text. If the text is too long, its rest is one token. */
export function readBlocks(text) {
  if (text.length <= MAX_CHARS) return lex((lexer) => lexer.lex(text), text);
  const end = text.lastIndexOf("\n\n", MAX_CHARS);
  const at = end > 0 ? end + 2 : MAX_CHARS;
  return [...readBlocks(text.slice(0, at)), plain(text.slice(at))];
}

export const readInline = (text) =>
  text.length <= MAX_CHARS ? lex((lexer) => lexer.inlineTokens(text), text) : [plain(text)];

/**
 * Returns the tokens of a text. If marked fails, for example by a stack overflow, returns the text
 * as one token.
 */
function lex(read, text) {
  try {
    return read(new BoundedLexer());
  } catch {
    return [plain(text)];
  }
}
