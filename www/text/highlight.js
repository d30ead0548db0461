// Highlights code in the most frequent languages. CSS is left out, because the grammar of CSS is as
// large as the grammars of three other languages. The page loads this module at the first code
// block.
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import { h } from "../dom.js";

const lowlight = createLowlight({
  bash,
  c,
  diff,
  go,
  java,
  javascript,
  json,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
});
/** Maximum characters. Highlighting a longer text takes longer than a frame. */
const MAX_CHARS = 10_000;
/**
 * Limits of words: the grammars take quadratic time for long words and for many words without
 * punctuation.
 */
const LONG_WORD = /\w{200}/;
const MAX_WORDS = 100;

/** Returns nodes that replace the text, or null if the text stays plain. */
export function highlight(language, code) {
  if (code.length > MAX_CHARS || !lowlight.registered(language)) return null;
  if (LONG_WORD.test(code) || code.split(/[^\w\s]+/).some(hasManyWords)) return null;
  return lowlight.highlight(language, code).children.map(toDom);
}

const hasManyWords = (text) => text.split(/\s+/).length > MAX_WORDS;

/**
 * Converts nodes to DOM. Keeps only classes that begin with `hljs-`. An embedded language adds its
 * name as a class, which the page might use for something else.
 */
function toDom(node) {
  if (node.type === "text") return document.createTextNode(node.value);
  const classes = node.properties.className.filter((name) => name.startsWith("hljs-"));
  return h("span", { class: classes.length > 0 && classes.join(" ") }, ...node.children.map(toDom));
}
