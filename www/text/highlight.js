// Code in colours: the languages that answers are full of, but for CSS, which is as large as three others. The rest stays plain. Loaded when the first code block is there.
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

const low = createLowlight({ bash, c, diff, go, java, javascript, json, python, rust, sql, typescript, xml, yaml });
/** Longer ones would cost more than a frame. */
const MOST = 20_000;

/** @returns nodes in place of the text, or null where it stays plain */
export function highlight(language, code) {
  if (code.length > MOST || !low.registered(language)) return null;
  return low.highlight(language, code).children.map(node);
}

// A language within another brings a class that might be one of the page's: only the library's own are let through.
function node(part) {
  if (part.type === "text") return document.createTextNode(part.value);
  const classes = part.properties.className.filter((name) => name.startsWith("hljs-"));
  return h("span", { class: classes.length > 0 && classes.join(" ") }, ...part.children.map(node));
}
