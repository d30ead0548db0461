// Converts LaTeX to MathML. The page loads this module at the first formula. A model writes the
// LaTeX, so Temml's output cannot be trusted. Therefore this module copies only known elements and
// attributes.
import temml from "temml";

/** Maximum length and nesting of a formula. Temml takes about 60 ms for the largest one. */
const MAX_CHARS = 2_000;
const MAX_DEPTH = 30;
const MATHML = "http://www.w3.org/1998/Math/MathML";

const NAMES = new Set(
  (
    "math mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub msubsup " +
    "msup mtable mtd mtext mtr munder munderover"
  ).split(" "),
);
const WORDS = new Set(
  (
    "accent accentunder columnspan display displaystyle fence form largeop linethickness " +
    "mathvariant movablelimits rowspan scriptlevel separator stretchy symmetric"
  ).split(" "),
);
const LENGTHS = new Set("depth height lspace maxsize minsize rspace voffset width".split(" "));
const MAX_EM = 12;
/** The classes that math.css styles. */
const CLASSES = new Set(["tml-left", "tml-right", "tml-jot"]);

/** Returns a `math` element. Throws if the formula is not valid or too large. */
export function toMathML(tex, isDisplay) {
  if (tex.length > MAX_CHARS || depthOf(tex) > MAX_DEPTH) throw new RangeError("formula");
  const host = document.createElement("span");
  temml.render(tex, host, {
    displayMode: isDisplay,
    throwOnError: true,
    trust: false,
    maxExpand: 200,
    maxSize: [MAX_EM, MAX_EM],
  });
  return copyElement(host.querySelector("math"));
}

function depthOf(tex) {
  let [depth, most] = [0, 0];
  for (const sign of tex.match(/\\[\s\S]|[{}]/g) ?? []) {
    if (sign === "{" || sign === "}") depth += sign === "{" ? 1 : -1;
    most = Math.max(most, depth);
  }
  const pairs = tex.match(/\\(?:left|begin)(?![A-Za-z])/g)?.length ?? 0;
  return most + pairs;
}

function copyElement(from) {
  // An unknown element, such as `menclose`, becomes a group.
  const to = document.createElementNS(MATHML, NAMES.has(from.localName) ? from.localName : "mrow");
  for (const { name, value } of from.attributes) {
    if (WORDS.has(name) && /^[\w-]{1,20}$/.test(value)) to.setAttribute(name, value);
    if (LENGTHS.has(name) && isShortLength(value)) to.setAttribute(name, value);
  }
  const classes = [...from.classList].filter((name) => CLASSES.has(name));
  if (from.style.border) classes.push("boxed");
  if (from.localName === "menclose") classes.push("struck");
  if (classes.length > 0) to.setAttribute("class", classes.join(" "));
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE) to.append(copyElement(child));
  }
  return to;
}

/** Returns whether a length is small and not negative. A formula must not cover the page. */
function isShortLength(value) {
  const length = /^(\d*\.?\d+)(em|ex|pt|px)?$/.exec(value);
  return length !== null && Number(length[1]) <= (length[2] === "pt" ? 12 * MAX_EM : MAX_EM);
}
