// Converts the tokens of bounded-lexer.js to DOM nodes, one by one. A model's text is never parsed
// as HTML. It cannot run, load, style or submit anything, and needs no sanitizer.
import { h, outsideLink } from "../dom.js";
import { footnoteReference, footnoteText } from "./footnotes.js";
import { splitMasked, unmask } from "./math-spans.js";

/** The tags that models use. Any other tag, and any tag with attributes, is shown as text. */
const TAG_NAMES =
  "b|blockquote|br|code|del|details|em|hr|i|kbd|li|mark|ol|p|pre|s|strong|sub|summary|sup|" +
  "table|tbody|td|th|thead|tr|u|ul";
const TAG = new RegExp(`<(/?)(${TAG_NAMES})\\s*/?>`, "i");
/** Elements that end where the next element of the same name begins. */
const IMPLIED_END = new Set(["li", "p", "td", "th", "tr"]);
/** Maximum depth of the tree. Browsers cannot lay out much deeper trees. */
const MAX_DEPTH = 40;

/** The formula of each element with the class "math". */
const formulas = new WeakMap();
/** Returns `{ source, tex, isDisplay }`. */
export const formulaOf = (element) => formulas.get(element);

/**
 * Converts tokens to DOM nodes.
 * @param context `{ heading, formulas }`. `heading` is the level of all headings. The level is
 *   fixed, so a model cannot change the page's outline. `formulas` is the list that `maskMath()`
 *   returned
 */
export function toNodes(tokens, context, depth = 0) {
  const root = document.createDocumentFragment();
  /** Open elements, the innermost one last. */
  const open = [root];
  for (const token of tokens) {
    const level = depth + open.length;
    if (token.type === "html") appendTags(token.text, open, context, depth);
    else if (level > MAX_DEPTH) open.at(-1).append(unmask(token.raw, context.formulas));
    else open.at(-1).append(toNode(token, context, level));
  }
  return root;
}

/**
 * Writing direction of a block. The first letter of the block determines the direction. Inner
 * blocks inherit it.
 */
const direction = (depth) => ({ dir: depth === 1 && "auto" });

// This function is long because it has one case for each type of token.
function toNode(token, context, depth) {
  const children = () => toNodes(token.tokens, context, depth);
  const source = (text) => unmask(text, context.formulas);
  switch (token.type) {
    case "paragraph":
      return h("p", direction(depth), children());
    case "heading":
      return h(`h${context.heading}`, direction(depth), children());
    case "text":
      return token.tokens ? children() : toText(token.text, context);
    case "escape":
      return source(token.text);
    case "blockquote":
      return h("blockquote", direction(depth), children());
    case "strong":
    case "em":
    case "del":
      return h(token.type, {}, children());
    case "br":
    case "hr":
      return h(token.type);
    case "codespan":
      return h("code", {}, source(token.text));
    case "code": {
      const language = token.lang?.match(/^[\w+#.-]{1,20}/)?.[0] ?? "";
      return h("pre", { "data-lang": language }, h("code", {}, `${source(token.text)}\n`));
    }
    case "link":
      return outsideLink(source(token.href), token.autolink ? source(token.text) : children());
    case "image": {
      // Show an image as a link. Loading a remote image would reveal the reader's IP address to its
      // host.
      const label = decodeEntities(source(token.text)) || "image";
      return outsideLink(source(token.href), `${label} (image)`);
    }
    case "list":
      return toList(token, context, depth);
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "table":
      return toTable(token, context, depth);
    case "footnote":
      return footnoteText(token.label, children(), direction(depth));
    case "footnoteReference":
      return footnoteReference(token.label);
    case "space":
    case "def":
      return "";
    default:
      return source(token.raw);
  }
}

/** Returns the text with its entities decoded and its formulas as elements. */
function toText(text, context) {
  if (context.formulas.length === 0) return decodeEntities(text);
  const nodes = splitMasked(text, context.formulas).map((part) =>
    typeof part === "string" ? decodeEntities(part) : toFormula(part),
  );
  const fragment = document.createDocumentFragment();
  fragment.append(...nodes);
  return fragment;
}

/** Longer formulas in a line get a box that can scroll. */
const LONG_FORMULA = 24;

function toFormula(formula) {
  const { source, tex, isDisplay } = formula;
  const kind = isDisplay ? "math-block" : tex.length > LONG_FORMULA && "math-long";
  const element = h("span", { class: kind ? `math ${kind}` : "math", dir: "ltr" }, source);
  formulas.set(element, formula);
  return element;
}

function toList({ ordered, start, items }, context, depth) {
  const children = items.map(({ tokens }) => h("li", {}, toNodes(tokens, context, depth + 1)));
  const attributes = { start: ordered && start !== 1 && start, ...direction(depth) };
  return h(ordered ? "ol" : "ul", attributes, children);
}

function toTable({ header, rows }, context, depth) {
  const toCell = ({ tokens, header: isHeader, align }) =>
    h(isHeader ? "th" : "td", { align }, toNodes(tokens, context, depth + 3));
  const toRow = (cells) => h("tr", {}, cells.map(toCell));
  const body = h("tbody", {}, rows.map(toRow));
  return h("table", direction(depth), h("thead", {}, toRow(header)), body);
}

function appendTags(text, open, context, depth) {
  const append = (words) => words && open.at(-1).append(toText(words, context));
  const [before, ...parts] = text.split(TAG);
  append(before);
  for (let at = 0; at < parts.length; at += 3) {
    const [close, tag, after] = parts.slice(at, at + 3);
    const name = tag.toLowerCase();
    if (close) closeTag(name, open);
    else if (depth + open.length < MAX_DEPTH) openTag(name, open);
    append(after);
  }
}

function openTag(name, open) {
  if (IMPLIED_END.has(name) && open.at(-1).localName === name) open.pop();
  const element = h(name);
  open.at(-1).append(element);
  if (name !== "br" && name !== "hr") open.push(element);
}

function closeTag(name, open) {
  const nearest = open.findLastIndex(({ localName }) => localName === name);
  if (nearest > 0) open.length = nearest;
}

/**
 * The HTML entities that are common in prose. HTML has 2,000 entities. The page shows all other
 * entities as plain text.
 */
const NAMED = new Map(
  [
    "amp& lt< gt> quot\" apos' nbsp\u00a0 copy© reg® trade™ deg° plusmn± times× divide÷ middot·",
    "bull• hellip… ndash– mdash— lsquo‘ rsquo’ ldquo“ rdquo” laquo« raquo» euro€ pound£ sect§",
    "micro\u00b5 le≤ ge≥ ne≠ asymp≈ infin∞ larr← uarr↑ rarr→ darr↓ harr↔ rArr⇒ sup2² sup3³",
    "frac12½ alphaα betaβ gammaγ deltaδ DeltaΔ lambdaλ muμ piπ sigmaσ omegaω OmegaΩ",
  ]
    .join(" ")
    .split(" ")
    .map((pair) => [pair.slice(0, -1), pair.at(-1)]),
);

function decodeEntities(text) {
  const entity = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+\d{0,2}));/gi;
  return text.replace(entity, (written, decimal, hex, name) => {
    if (name) return NAMED.get(name) ?? written;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}
