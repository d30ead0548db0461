// Renders a model's Markdown while it streams.
import { copyButton, h } from "../dom.js";
import { nextFrame } from "../render-scheduler.js";
import { readBlocks, readInline } from "./bounded-lexer.js";
import { linkFootnotes } from "./footnotes.js";
import { toNodes } from "./markdown-dom.js";
import { maskMath } from "./math-spans.js";
import { closeOpenMarkup } from "./open-markup.js";
import { renderMath } from "./render-math.js";

/** Renders a short text that has inline markup only, such as a quote. */
export function inlineMarkdown(text) {
  const { masked, formulas } = maskMath(text);
  const nodes = toNodes(readInline(masked), { formulas });
  renderMath([...nodes.querySelectorAll(".math")]);
  return nodes;
}

let highlighter;
/** Highlights code after the library has been loaded. Until then, the code is plain. */
async function highlightCode(code, language) {
  const text = code.textContent;
  highlighter ??= import("./highlight.js");
  const { highlight } = await highlighter;
  nextFrame(() => {
    const isCurrent = code.isConnected && code.textContent === text;
    const nodes = isCurrent && highlight(language, text);
    if (nodes) code.replaceChildren(...nodes);
  });
}

/**
 * Renders formulas. Wraps tables and code in boxes that can scroll and that the keyboard can reach.
 */
function decorate(nodes, isGrowing) {
  const elements = nodes.filter(({ nodeType }) => nodeType === Node.ELEMENT_NODE);
  const all = (element, name) =>
    element.matches(name) ? [element] : [...element.querySelectorAll(name)];
  for (const element of elements) {
    for (const table of all(element, "table")) decorateTable(table);
    for (const pre of all(element, "pre")) decorateCode(pre, isGrowing);
  }
  renderMath(elements.flatMap((element) => all(element, ".math")));
}

function decorateTable(table) {
  const props = { class: "table-box", tabindex: 0, role: "group", "aria-label": "Table" };
  const box = h("div", props);
  table.replaceWith(box);
  box.append(table);
}

function decorateCode(pre, isGrowing) {
  const language = pre.dataset.lang ?? "";
  const code = pre.querySelector("code") ?? pre;
  const copy = copyButton(() => code.textContent.replace(/\n$/, ""));
  const box = h("div", { class: "code" });
  pre.replaceWith(box);
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  box.append(h("div", { class: "code-head" }, h("span", {}, language), copy), pre);
  if (language && !isGrowing) highlightCode(code, language.toLowerCase());
}

const SLOW_MS = 50;
const FENCE = /^ {0,3}(`{3,}|~{3,})[^`\n]*\n/;

/**
 * Renders a growing text. Finished blocks are rendered once. Each drawing renders only the last
 * block again. This function is long because its inner functions share the state of the text.
 * @param headings the level of all headings: 4 or 5
 * @param onDrawn called after each drawing, with `true` while the text grows and with `false` at
 *   the end
 */
export function growingMarkdown(host, headings, onDrawn) {
  let text = "";
  /** Number of characters in finished blocks. */
  let settled = 0;
  /** Nodes of the last block. */
  let open = [];
  /** The open code block, see `openCode()`. */
  let code = null;
  let isGrowing = true;
  let notBefore = 0;

  function clear() {
    text = "";
    settled = 0;
    open = [];
    code = null;
    host.replaceChildren();
  }

  function append(tokens, formulas, isOpen) {
    const holder = h("div", {}, toNodes(tokens, { heading: headings, formulas }));
    decorate([...holder.childNodes], isOpen);
    const nodes = [...holder.childNodes];
    host.append(...nodes);
    return nodes;
  }

  /**
   * Appends whole lines to an open code block without parsing. Returns false if the block has
   * ended.
   */
  function growCode(rest) {
    if (!code || !isGrowing) return false;
    const body = rest.slice(code.from);
    if (code.closing.test(body)) return false;
    const lines = body.slice(0, body.lastIndexOf("\n") + 1);
    if (lines.length > code.shown) code.element.append(lines.slice(code.shown));
    code.shown = Math.max(code.shown, lines.length);
    return true;
  }

  /** Returns the state of a code block whose fence is open, or null. */
  function openCode(rest) {
    const fence = isGrowing && open.length === 1 && FENCE.exec(rest);
    const element = fence && open[0].querySelector?.("pre code");
    if (!element) return null;
    element.textContent = "";
    const [character] = fence[1];
    const closing = new RegExp(`^ {0,3}${character}{${fence[1].length},}\\s*$`, "m");
    return { element, from: fence[0].length, shown: 0, closing };
  }

  function drawBlocks(rest) {
    // The masked text has the same length, so positions in it are positions in the text.
    const { masked, formulas } = maskMath(rest);
    const tokens = readBlocks(isGrowing ? closeOpenMarkup(masked) : masked);
    let last = tokens.length - 1;
    while (last > 0 && tokens[last].type === "space") last -= 1;
    const finished = isGrowing ? tokens.slice(0, Math.max(last, 0)) : tokens;
    const raw = finished.map((token) => token.raw).join("");

    for (const node of open) node.remove();
    code = null;
    // If `closeOpenMarkup()` has changed the text of a finished block, its length is not known. The
    // next drawing then renders all blocks again.
    if (!masked.startsWith(raw)) {
      open = append(tokens, formulas, isGrowing);
      return;
    }
    append(finished, formulas, false);
    settled += raw.length;
    open = append(tokens.slice(finished.length), formulas, true);
    code = openCode(text.slice(settled));
    if (code) growCode(text.slice(settled));
  }

  function draw() {
    const began = performance.now();
    if (isGrowing && began < notBefore) return nextFrame(draw);
    const rest = text.slice(settled);
    if (!growCode(rest)) drawBlocks(rest);
    if (!isGrowing) linkFootnotes(host);
    // The browser lays out and paints the block before the next frame. If a large block takes long,
    // draw it less often.
    requestAnimationFrame((now) => {
      const took = now - began;
      notBefore = took > SLOW_MS ? now + 3 * took : 0;
    });
    onDrawn(isGrowing);
  }

  return {
    /** Draws immediately. Call it inside an animation frame. */
    set(value, continues) {
      const next = value.replaceAll("\r\n", "\n");
      if (next === text && continues === isGrowing) return;
      if (!next.startsWith(text)) clear();
      text = next;
      isGrowing = continues;
      draw();
    },
  };
}
