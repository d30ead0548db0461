// In: Markdown's tokens, as marked reads them. Out: nodes, made one by one. Nothing a model wrote is ever parsed as markup, so nothing of it can run,
// load, style or submit: there is nothing to sanitise.
import { Lexer } from "marked";
import { h, outsideLink } from "../dom.js";

// The tags that models really write. Any other, and each that has attributes, is shown as the text it is: a reader sees what was tried.
const TAG = /<(\/?)(b|blockquote|br|code|del|details|em|hr|i|kbd|li|mark|ol|p|pre|s|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)\s*\/?>/i;
/** They end where the next of their kind begins. */
const ROWS = new Set(["li", "p", "td", "th", "tr"]);
/** Deeper than anybody writes, and no deeper than a browser can lay out. */
const DEEPEST = 40;

export const readBlocks = (text) => reading(() => Lexer.lex(text), text);
export const readInline = (text) => reading(() => Lexer.lexInline(text), text);

// Thousands of brackets or quotes within each other are more than marked can climb.
function reading(read, text) {
  try {
    return read();
  } catch {
    return [{ type: "escape", raw: text, text }];
  }
}

/** @param heading the level that all headings have: an outline is the page's, not a model's */
export function toNodes(tokens, heading, depth = 0) {
  const root = document.createDocumentFragment();
  // What a tag has opened takes all that follows, until another closes it.
  const open = [root];
  for (const token of tokens) {
    if (token.type === "html") writeTags(token.text, open, depth);
    else open.at(-1).append(depth + open.length > DEEPEST ? token.raw : node(token, heading, depth + open.length));
  }
  return root;
}

function node(token, heading, depth) {
  const inside = () => toNodes(token.tokens, heading, depth);
  switch (token.type) {
    case "paragraph":
      return h("p", {}, inside());
    case "heading":
      return h(`h${heading}`, {}, inside());
    case "text":
      return token.tokens ? inside() : decoded(token.text);
    case "escape":
      return token.text;
    case "strong":
    case "em":
    case "del":
    case "blockquote":
      return h(token.type, {}, inside());
    case "br":
    case "hr":
      return h(token.type);
    case "codespan":
      return h("code", {}, token.text);
    case "code":
      return h("pre", { "data-lang": token.lang?.match(/^[\w+#.-]{1,20}/)?.[0] ?? "" }, h("code", {}, `${token.text}\n`));
    case "link":
      return outsideLink(token.href, token.autolink ? token.text : inside());
    // A remote image would tell its host who reads this.
    case "image":
      return outsideLink(token.href, `${decoded(token.text) || "image"} (image)`);
    case "list":
      return h(token.ordered ? "ol" : "ul", { start: token.ordered && token.start !== 1 && token.start }, token.items.map(({ tokens }) => h("li", {}, toNodes(tokens, heading, depth + 1))));
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "table": {
      const row = (cells) => h("tr", {}, cells.map(({ tokens, header, align }) => h(header ? "th" : "td", { align }, toNodes(tokens, heading, depth + 3))));
      return h("table", {}, h("thead", {}, row(token.header)), h("tbody", {}, token.rows.map(row)));
    }
    case "space":
    case "def":
      return "";
    default:
      return token.raw;
  }
}

function writeTags(text, open, depth) {
  const write = (words) => words && open.at(-1).append(decoded(words));
  const [before, ...parts] = text.split(TAG);
  write(before);
  for (let at = 0; at < parts.length; at += 3) {
    const [close, tag, after] = parts.slice(at, at + 3);
    const name = tag.toLowerCase();
    const nearest = open.findLastIndex(({ localName }) => localName === name);
    if (close) {
      if (nearest > 0) open.length = nearest;
    } else if (depth + open.length < DEEPEST) {
      if (ROWS.has(name) && open.at(-1).localName === name) open.pop();
      const element = h(name);
      open.at(-1).append(element);
      if (name !== "br" && name !== "hr") open.push(element);
    }
    write(after);
  }
}

// Of the two thousand names that HTML has, those that stand in prose.
const NAMED = new Map(
  "amp& lt< gt> quot\" apos' nbsp\u00a0 copy© reg® trade™ deg° plusmn± times× divide÷ middot· bull• hellip… ndash– mdash— lsquo‘ rsquo’ ldquo“ rdquo” laquo« raquo» euro€ pound£ sect§ micro\u00b5 le≤ ge≥ ne≠ asymp≈ infin∞ larr← uarr↑ rarr→ darr↓ harr↔ rArr⇒ sup2² sup3³ frac12½ alphaα betaβ gammaγ deltaδ DeltaΔ lambdaλ muμ piπ sigmaσ omegaω OmegaΩ"
    .split(" ")
    .map((pair) => [pair.slice(0, -1), pair.at(-1)]),
);

function decoded(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+\d{0,2}));/gi, (written, decimal, hex, name) => {
    if (name) return NAMED.get(name) ?? written;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}
