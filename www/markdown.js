// Model output is untrusted: it may write markdown and a little HTML, but nothing that runs, loads, styles or submits.
import DOMPurify from "dompurify";
import { Marked } from "marked";
import { nextFrame } from "./frame.js";

const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

// Bare tags that models really use. Any other HTML, and every tag with attributes, is shown as the text it is: so nothing
// of it is ever parsed, and a reader sees what the model tried.
const BARE = /<\/?(?:b|blockquote|br|code|del|details|em|h[1-6]|hr|i|kbd|li|mark|ol|p|pre|s|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)\s*\/?>/gi;

const marked = new Marked({
  gfm: true,
  renderer: {
    // A remote image would tell its host who reads this, so it becomes a link.
    image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || "image")} (image)</a>`,
    html: ({ text }) => {
      const tags = text.match(BARE) ?? [];
      return text.split(BARE).map((between, nth) => escape(between) + (tags[nth] ?? "")).join("");
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const rules = {
  ALLOWED_TAGS:
    "a b blockquote br code del details em h1 h2 h3 h4 h5 h6 hr i kbd li mark ol p pre s strong sub summary sup table tbody td th thead tr u ul".split(" "),
  ALLOWED_ATTR: ["href", "align", "start", "colspan", "rowspan"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName !== "A" || !node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
  // Where the link really goes, whatever its text claims.
  node.setAttribute("title", node.getAttribute("href"));
});

const toNodes = (html) => DOMPurify.sanitize(html, rules);

// Half a `**bold**` or half a link would flash its marks until the other half arrives.
function closeOpen(text) {
  if (count(text, /^ *(```|~~~)/gm) % 2 === 1) return text;
  const bare = text.replace(/!?\[([^[\]\n]*)(?:\](?:\([^)\s]*)?)?$/, "$1").replace(/[*`_]+$/, "");
  return bare + (count(bare, /`/g) % 2 === 1 ? "`" : "") + (count(bare, /\*\*/g) % 2 === 1 ? "**" : "");
}

const count = (text, pattern) => text.match(pattern)?.length ?? 0;

/** A short text with inline markup only, such as a quote. */
export function inlineMarkdown(text) {
  return toNodes(marked.parseInline(text));
}

/** A growing text. Finished blocks are rendered once and stay; each time only the block that still grows is redone.
 *  @param drawn called after each drawing, with whether more is expected */
export function growingMarkdown(host, drawn = () => {}) {
  let text = "";
  let settled = 0;
  let open = [];
  let growing = true;
  let notBefore = 0;

  function clear() {
    text = "";
    settled = 0;
    open = [];
    host.replaceChildren();
  }

  function append(tokens) {
    const fragment = toNodes(marked.parser(tokens));
    const nodes = [...fragment.childNodes];
    host.append(fragment);
    return nodes;
  }

  function draw() {
    const began = performance.now();
    // One giant block would cost more each frame than the frame has: the slower it gets, the rarer it is drawn.
    if (began < notBefore) return nextFrame(draw);

    const rest = text.slice(settled);
    const tokens = marked.lexer(growing ? closeOpen(rest) : rest);
    let last = tokens.length - 1;
    while (last > 0 && tokens[last].type === "space") last -= 1;
    const finished = tokens.slice(0, Math.max(last, 0));
    const raw = finished.map((token) => token.raw).join("");

    for (const node of open) node.remove();
    if (rest.startsWith(raw)) {
      append(finished);
      settled += raw.length;
      open = append(tokens.slice(finished.length));
    } else {
      open = append(tokens);
    }
    notBefore = performance.now() + 3 * (performance.now() - began);
    drawn(growing);
  }

  return {
    /** To be called from a frame: it draws at once. */
    set(value, more) {
      const next = value.replaceAll("\r\n", "\n");
      if (next === text && more === growing) return;
      if (!next.startsWith(text)) clear();
      text = next;
      growing = more;
      draw();
    },
  };
}
