// A model's Markdown as it grows on the page.
import { copyButton, h } from "../dom.js";
import { nextFrame } from "../render-scheduler.js";
import { readBlocks, readInline, toNodes } from "./markdown-dom.js";

// Half a `**bold**` or half a link would flash its marks until the other half arrives.
function closeOpen(text) {
  if (count(text, /^ *(```|~~~)/gm) % 2 === 1) return text;
  const bare = text
    // The first mark of a list would make a heading of the line before it.
    .replace(/\n[ \t]*(?:[-=+*]+|\d+[.)]?)[ \t]*$/, "\n")
    .replace(/!?\[([^[\]\n]*)(?:\](?:\([^)\s]*)?)?$/, "$1")
    .replace(/[*`_]+$/, "")
    .trimEnd();
  return bare + (count(bare, /`/g) % 2 === 1 ? "`" : "") + (count(bare, /\*\*/g) % 2 === 1 ? "**" : "");
}

const count = (text, pattern) => text.match(pattern)?.length ?? 0;

/** A short text with inline markup only, such as a quote. */
export function inlineMarkdown(text) {
  return toNodes(readInline(text));
}

let highlighter;
/** Colours come when the library is there; the code stands until then as it is. */
async function colour(code, language) {
  const text = code.textContent;
  const { highlight } = await (highlighter ??= import("./highlight.js"));
  nextFrame(() => {
    const nodes = code.isConnected && code.textContent === text && highlight(language, text);
    if (nodes) code.replaceChildren(...nodes);
  });
}

/** What scrolls by itself gets a frame that the keyboard reaches, and code its head. */
function decorate(nodes, growing) {
  for (const node of nodes) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    for (const table of node.matches("table") ? [node] : node.querySelectorAll("table")) {
      const box = h("div", { class: "table-box", tabindex: 0, role: "group", "aria-label": "Table" });
      table.replaceWith(box);
      box.append(table);
    }
    for (const pre of node.matches("pre") ? [node] : node.querySelectorAll("pre")) {
      const language = pre.dataset.lang ?? "";
      const code = pre.querySelector("code") ?? pre;
      const box = h("div", { class: "code" });
      pre.replaceWith(box);
      pre.tabIndex = 0;
      pre.setAttribute("role", "group");
      pre.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
      box.append(h("div", { class: "code-head" }, h("span", {}, language), copyButton(() => code.textContent.replace(/\n$/, ""))), pre);
      if (language && !growing) colour(code, language.toLowerCase());
    }
  }
}

const SLOW_MS = 50;
const FENCE = /^ {0,3}(`{3,}|~{3,})[^`\n]*\n/;

/** A growing text. Finished blocks are rendered once and stay; each time only the block that still grows is redone.
 *  @param headings of which level they are: 4 or 5
 *  @param drawn called after each drawing, with whether more is expected */
export function growingMarkdown(host, headings, drawn) {
  let text = "";
  let settled = 0;
  let open = [];
  let code = null;
  let growing = true;
  let notBefore = 0;

  function clear() {
    text = "";
    settled = 0;
    open = [];
    code = null;
    host.replaceChildren();
  }

  function append(tokens, more) {
    const holder = h("div", {}, toNodes(tokens, headings));
    decorate([...holder.childNodes], more);
    const nodes = [...holder.childNodes];
    host.append(...nodes);
    return nodes;
  }

  // Code is most of what grows long, and needs no parsing until its fence closes.
  function growCode(rest) {
    if (!code || !growing) return false;
    const body = rest.slice(code.from);
    if (code.closes.test(body)) return false;
    const whole = body.slice(0, body.lastIndexOf("\n") + 1);
    if (whole.length > code.shown) code.element.append(whole.slice(code.shown));
    code.shown = Math.max(code.shown, whole.length);
    return true;
  }

  function openCode(rest) {
    const fence = growing && open.length === 1 && FENCE.exec(rest);
    const element = fence && open[0].querySelector?.("pre code");
    if (!element) return null;
    element.textContent = "";
    return { element, from: fence[0].length, shown: 0, closes: new RegExp(`^ {0,3}${fence[1][0]}{${fence[1].length},}\\s*$`, "m") };
  }

  function draw() {
    const began = performance.now();
    // One giant block costs more than a frame has, in drawing or in layout: the slower it gets, the rarer it is drawn.
    if (growing && began < notBefore) return nextFrame(draw);

    const rest = text.slice(settled);
    if (!growCode(rest)) {
      const tokens = readBlocks(growing ? closeOpen(rest) : rest);
      let last = tokens.length - 1;
      while (last > 0 && tokens[last].type === "space") last -= 1;
      const finished = growing ? tokens.slice(0, Math.max(last, 0)) : tokens;
      const raw = finished.map((token) => token.raw).join("");

      for (const node of open) node.remove();
      code = null;
      if (rest.startsWith(raw)) {
        append(finished, false);
        settled += raw.length;
        open = append(tokens.slice(finished.length), true);
        code = openCode(text.slice(settled));
        if (code) growCode(text.slice(settled));
      } else {
        open = append(tokens, growing);
      }
    }
    // By the next frame it has been laid out and painted.
    requestAnimationFrame((now) => (notBefore = now - began > SLOW_MS ? now + 3 * (now - began) : 0));
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
