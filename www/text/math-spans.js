// Finds formulas in Markdown. The parser marked would read `\(` as an escape and `_` as emphasis.
// Therefore each formula is replaced before marked reads the text. The replacement is a private-use
// character that is repeated to the length of the formula, so all positions stay the same.
// markdown-dom.js and bounded-lexer.js put the formulas back.

/** Private-use characters. Each character stands for one formula. */
const FIRST = 0xe000;
const LAST = 0xf8ff;
const PRIVATE_USE = /[\ue000-\uf8ff]/;
const MASKED = /([\ue000-\uf8ff])\1*/g;
/**
 * Maximum length of a formula with its delimiters. The page shows a longer formula as plain text.
 */
const MAX_CHARS = 2_000;
/** Maximum length of a formula between single dollar signs. */
const MAX_DOLLAR_CHARS = 200;

/**
 * Returns `{ masked, formulas }`. `masked` is the text with placeholders. `formulas` is a list of
 * `{ source, tex, isDisplay }`.
 */
export function maskMath(text) {
  const formulas = [];
  // If the text already contains private-use characters, they would look like replaced formulas.
  if (!/[$\\]/.test(text) || PRIVATE_USE.test(text)) return { masked: text, formulas };
  let masked = "";
  let end = 0;
  for (const { from, to, size, isDisplay } of mathSpans(text)) {
    if (FIRST + formulas.length > LAST) break;
    const source = text.slice(from, to);
    const tex = text.slice(from + size, to - size);
    masked += text.slice(end, from);
    masked += String.fromCharCode(FIRST + formulas.length).repeat(source.length);
    formulas.push({ source, tex: withoutQuoteMarks(tex), isDisplay });
    end = to;
  }
  return { masked: masked + text.slice(end), formulas };
}

/** Puts the sources of the formulas back into a masked text. */
export const unmask = (masked, formulas) =>
  formulas.length === 0
    ? masked
    : masked.replace(MASKED, (run, character) => formulaOf(character, formulas)?.source ?? run);

/** Splits a masked text. Returns texts and formulas in their order. */
export function splitMasked(masked, formulas) {
  const parts = [];
  let end = 0;
  for (const { 0: run, 1: character, index } of masked.matchAll(MASKED)) {
    const formula = formulaOf(character, formulas);
    if (!formula) continue;
    parts.push(masked.slice(end, index), formula);
    end = index + run.length;
  }
  return [...parts, masked.slice(end)];
}

const formulaOf = (character, formulas) => formulas[character.charCodeAt(0) - FIRST];

/** Removes the `>` of a Markdown quote from the lines of a formula. */
const withoutQuoteMarks = (tex) => tex.replace(/\n[ \t]*>[ \t]?/g, "\n");

/**
 * Removes an incomplete formula from the end of a growing text. Otherwise the page would show the
 * formula's source until the formula is complete.
 */
export function withoutOpenMath(masked) {
  const opener = /(?<!\\)(?:\\\\)*(\\[([]|\\begin\{|\$\$)/g;
  const from = Math.max(masked.lastIndexOf("\n\n"), masked.length - MAX_CHARS, 0);
  opener.lastIndex = from;
  const found = opener.exec(masked);
  if (!found || isInCode(masked.slice(from, found.index))) return masked;
  return masked.slice(0, found.index + found[0].length - found[1].length);
}

const isInCode = (before) => (before.match(/`/g)?.length ?? 0) % 2 === 1;

const FENCE = /^[ \t>]*(`{3,}|~{3,})[^\n]*/;
const ENVIRONMENT = /\\begin\{(?:equation|align|gather|multline)\*?\}/;
const TOKEN = new RegExp(`${FENCE.source}|\`+|${ENVIRONMENT.source}|\\\\[\\s\\S]|\\$\\$?`, "gm");

/** Yields `{ from, to, size, isDisplay }`; `size` is the length of a delimiter. Skips code. */
function* mathSpans(text) {
  const find = finder(text);
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token; token = TOKEN.exec(text)) {
    const [written, fence] = token;
    const from = token.index;
    const after = from + written.length;
    if (fence) {
      TOKEN.lastIndex = endOfFence(text, fence, after);
    } else if (written[0] === "`") {
      TOKEN.lastIndex = endOfCode(text, written, after, find);
    } else {
      const span = spanAt(text, written, from, find);
      if (!span) continue;
      TOKEN.lastIndex = span.to;
      yield span;
    }
    if (TOKEN.lastIndex === 0) return;
  }
}

const CLOSERS = { "\\(": "\\)", "\\[": "\\]", $$: "$$" };

function spanAt(text, opener, from, find) {
  if (opener === "$") return dollarSpan(text, from);
  const isNamed = opener.startsWith("\\begin");
  const closer = isNamed ? opener.replace("begin", "end") : CLOSERS[opener];
  if (!closer) return undefined;
  const start = from + opener.length;
  const close = find(closer, start);
  const to = close + closer.length;
  const isOver = close < 0 || to - from > MAX_CHARS || find("\n\n", start, close) >= 0;
  if (isOver || !text.slice(start, close).trim()) return undefined;
  return { from, to, size: isNamed ? 0 : 2, isDisplay: opener !== "\\(" };
}

const SIGN = /[\\^_{}=<>+*/|!'≤≥≠±×÷→∈∞π]/;
const SHORT =
  /^-?(?:[A-Za-z]{1,2}|\d+(?:\.\d+)?|[A-Za-z]?\([^()]{1,20}\)|[A-Za-z0-9]+(?:[,-] ?[A-Za-z0-9]+)*)$/;
/** A word of prose. Formulas have words only in \text{} and as commands. */
const PROSE = /(?:^|\s)(?:[a-z]{3,}|an|as|at|by|in|is|of|on|or|to)(?=[\s,.;:]|$)/;

/**
 * Returns the formula between single dollar signs. A price or a shell variable is not a formula.
 */
function dollarSpan(text, from) {
  if (/[\w$]/.test(text[from - 1] ?? " ") || /\s/.test(text[from + 1] ?? " ")) return undefined;
  const line = text.slice(from + 1, from + 1 + MAX_DOLLAR_CHARS).split("\n", 1)[0];
  const length = /(?<![\\\s])\$(?![\w$])/.exec(line)?.index;
  if (!length) return undefined;
  const tex = line.slice(0, length);
  // "$5 or $6, not 10$" is not a formula, because another dollar sign stands between the first and
  // the last one.
  const isSingle = !/(?<!\\)\$/.test(tex);
  const words = tex.replace(/\\(?:text|mathrm|operatorname)\{[^{}]*\}|\\[A-Za-z]+/g, "\\");
  if (!isSingle || PROSE.test(words) || !(SIGN.test(tex) || SHORT.test(tex))) return undefined;
  return { from, to: from + length + 2, size: 1, isDisplay: false };
}

/** Returns the end of a block of code, or the end of the text. */
function endOfFence(text, fence, after) {
  const close = new RegExp(`^[ \\t>]*${fence[0]}{${fence.length},}[ \\t]*$`, "gm");
  close.lastIndex = after;
  return close.exec(text) ? close.lastIndex : text.length;
}

/** Returns the end of inline code. If the code is not closed, returns the end of its backticks. */
function endOfCode(text, run, after, find) {
  for (let close = find(run, after); close >= 0; ) {
    let end = close + run.length;
    while (text[end] === "`") end += 1;
    const isSame = end - close === run.length;
    if (isSame) return find("\n\n", after, close) >= 0 ? after : end;
    close = text.indexOf(run, end);
  }
  return after;
}

/**
 * Returns `(words, from, before)`, a function that works like `indexOf()` and remembers the last
 * result. Without this memory, many openers without an end would take quadratic time.
 */
function finder(text) {
  const known = new Map();
  return (words, from, before = Number.POSITIVE_INFINITY) => {
    const last = known.get(words);
    const isKnown = last && last.from <= from && (last.at < 0 || last.at >= from);
    const at = isKnown ? last.at : text.indexOf(words, from);
    if (!isKnown) known.set(words, { from, at });
    return at < before ? at : -1;
  };
}
