// Replaces formulas by MathML. Loads the library at the first formula. Until the library is loaded,
// the page shows the source of a formula. If a formula is not valid, the page continues to show its
// source.
import { nextFrame } from "../render-scheduler.js";
import { formulaOf } from "./markdown-dom.js";

/** Maximum time for formulas in one frame, and in one drawing of a growing block. */
const BUDGET_MS = 4;
const MAX_CACHED = 500;

let loading;
/** The function `toMathML()` after the library has been loaded. */
let convert;
/** Finished formulas by their source, because a growing block is drawn many times. */
const cache = new Map();
const waiting = new Set();

/** @param elements elements with the class "math" */
export function renderMath(elements) {
  if (elements.length === 0) return;
  const began = performance.now();
  for (const element of elements) {
    if (convert && performance.now() - began < BUDGET_MS) render(element);
    else waiting.add(element);
  }
  if (waiting.size === 0) return;
  loading ??= load();
  loading.then(() => nextFrame(renderWaiting));
}

async function load() {
  try {
    const { toMathML } = await import("./math.js");
    convert = toMathML;
  } catch {
    // The library could not be loaded. The page shows the sources of the formulas. The next formula
    // loads the library again.
    loading = undefined;
    waiting.clear();
  }
}

function renderWaiting() {
  const began = performance.now();
  for (const element of waiting) {
    waiting.delete(element);
    if (element.isConnected) render(element);
    if (performance.now() - began > BUDGET_MS) break;
  }
  if (waiting.size > 0) nextFrame(renderWaiting);
}

function render(element) {
  const { source } = formulaOf(element);
  const known = cache.has(source) ? cache.get(source) : create(element);
  if (!known) return;
  element.replaceChildren(known.cloneNode(true));
  element.dataset.rendered = "";
  if (element.matches(".math-block, .math-long")) widths.observe(element);
}

/** Returns the formula, or null if it is not valid. */
function create(element) {
  const { source, tex, isDisplay } = formulaOf(element);
  let result = null;
  try {
    result = convert(tex, isDisplay);
  } catch {
    // The formula is not valid, so the page shows its source.
  }
  if (cache.size === MAX_CACHED) cache.delete(cache.keys().next().value);
  cache.set(source, result);
  return result;
}

/** Lets the keyboard scroll each formula that is wider than its box. */
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const isWider = target.scrollWidth > target.clientWidth;
    if (isWider === (target.tabIndex === 0)) continue;
    const attributes = { tabindex: "0", role: "group", "aria-label": "Formula" };
    for (const [name, value] of Object.entries(attributes)) {
      if (isWider) target.setAttribute(name, value);
      else target.removeAttribute(name);
    }
  }
});
