// Converts the tokens of bounded-lexer.js to DOM nodes, one by one. A model's text is never parsed
// as HTML. It cannot run, load, style or submit anything, and needs no sanitizer.
import { h, outsideLink } from "../dom.js";

/** The tags that models use. Any other tag, and any tag with attributes, is shown as text. */
const TAG_NAMES =
  "b|blockquote|br|code|del|details|em|hr|i|kbd|li|mark|ol|p|pre|s|strong|sub|summary|sup|" +
  "table|tbody|td|th|thead|tr|u|ul";
const TAG = new RegExp(`<(/?)(${TAG_NAMES})\\s*/?>`, "i");
/** Elements that end where the next element of the same name begins. */
const IMPLIED_END = new Set(["li", "p", "td", "th", "tr"]);
/** Maximum depth of the tree. Browsers cannot lay out much deeper trees. */
const MAX_DEPTH = 40;

/**
 * @param heading the level of all headings. It is fixed, so a model cannot change the page's
 * outline.
 */
export function toNodes(tokens, heading, depth = 0) {
  const root = document.createDocumentFragment();
  /** Open elements, the innermost one last. */
  const open = [root];
  for (const token of tokens) {
    const level = depth + open.length;
    if (token.type === "html") appendTags(token.text, open, depth);
    else open.at(-1).append(level > MAX_DEPTH ? token.raw : toNode(token, heading, level));
  }
  return root;
}

// This function is long because it has one case for each type of token.
function toNode(token, heading, depth) {
  const children = () => toNodes(token.tokens, heading, depth);
  switch (token.type) {
    case "paragraph":
      return h("p", {}, children());
    case "heading":
      return h(`h${heading}`, {}, children());
    case "text":
      return token.tokens ? children() : decodeEntities(token.text);
    case "escape":
      return token.text;
    case "strong":
    case "em":
    case "del":
    case "blockquote":
      return h(token.type, {}, children());
    case "br":
    case "hr":
      return h(token.type);
    case "codespan":
      return h("code", {}, token.text);
    case "code": {
      const language = token.lang?.match(/^[\w+#.-]{1,20}/)?.[0] ?? "";
      return h("pre", { "data-lang": language }, h("code", {}, `${token.text}\n`));
    }
    case "link":
      return outsideLink(token.href, token.autolink ? token.text : children());
    case "image":
      // Show an image as a link. Loading a remote image would reveal the reader's IP address to its
      // host.
      return outsideLink(token.href, `${decodeEntities(token.text) || "image"} (image)`);
    case "list":
      return toList(token, heading, depth);
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "table":
      return toTable(token, heading, depth);
    case "space":
    case "def":
      return "";
    default:
      return token.raw;
  }
}

function toList({ ordered, start, items }, heading, depth) {
  const children = items.map(({ tokens }) => h("li", {}, toNodes(tokens, heading, depth + 1)));
  return h(ordered ? "ol" : "ul", { start: ordered && start !== 1 && start }, children);
}

function toTable({ header, rows }, heading, depth) {
  const toCell = ({ tokens, header: isHeader, align }) =>
    h(isHeader ? "th" : "td", { align }, toNodes(tokens, heading, depth + 3));
  const toRow = (cells) => h("tr", {}, cells.map(toCell));
  return h("table", {}, h("thead", {}, toRow(header)), h("tbody", {}, rows.map(toRow)));
}

function appendTags(text, open, depth) {
  const append = (words) => words && open.at(-1).append(decodeEntities(words));
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

/** The entities that are common in prose. HTML has 2,000 entities, and the others stay as text. */
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
