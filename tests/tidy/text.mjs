// Checks names and line lengths.

/** Metaphors that must not be used as names in code. docs/style.md has the rule. */
const METAPHORS = new Set(
  "purse cue steward lane lanes told patient quirks voice story".split(" "),
);

const COMMENTS_AND_TEXTS = {
  rs: /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\])*"|'(?:\\.|[^'\\\n])'/g,
  default: /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
};

/** Returns the metaphors in a file's name and in its identifiers. */
export function metaphors(path, text) {
  const [name, extension] = path
    .split("/")
    .at(-1)
    .split(/\.(?=[^.]+$)/);
  const code = text.replace(COMMENTS_AND_TEXTS[extension] ?? COMMENTS_AND_TEXTS.default, " ");
  const identifiers = [name, ...(code.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? [])];
  return [...new Set(identifiers)].filter((identifier) =>
    wordsOf(identifier).some((word) => METAPHORS.has(word)),
  );
}

/** Splits an identifier into words: `toldOnce` -> `told`, `once`; `NO_LANES` -> `no`, `lanes`. */
const wordsOf = (identifier) =>
  (identifier.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

/**
 * Returns the numbers of the lines with more than `columns` characters.
 *
 * These parts do not count: URLs, tables in comments, regular expressions, and JavaScript templates
 * that span lines. In Rust, string literals and the patterns of `matches!` do not count, because
 * rustfmt does not split them.
 */
export function longLines(path, text, columns) {
  const undivided = path.endsWith(".rs")
    ? text.replace(RUST_TOKENS, (token) => (isRustText(token) ? newlinesOf(token) : token))
    : text.replace(TOKENS, (token) => (isUndivided(token) ? newlinesOf(token) : token));
  const lines = undivided.replace(URL, "").split("\n");
  return lines.flatMap((line, i) => {
    const isTable = /^\s*(?:\/\/|\*).*\|/.test(line);
    return [...line].length > columns && !isTable ? [i + 1] : [];
  });
}

const URL = /https?:\/\/[^\s"'`]+/g;

const RUST_TOKENS = new RegExp(
  [/\bb?r(#*)"[\s\S]*?"\1/, COMMENTS_AND_TEXTS.rs, /\bmatches!\([^\n]*/]
    .map(({ source }) => source)
    .join("|"),
  "g",
);
const isRustText = (token) => /^(?:b?r#*)?"|^matches!/.test(token);

const REGEX =
  /(?<=(?:^|[=(,:[!&|?{};\n])\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/\w*/;
/**
 * Matches a JavaScript template. Templates may nest once: `${}` may contain a template without
 * `${}`.
 */
const TEMPLATE =
  /`(?:\\[\s\S]|\$\{(?:[^{}`]|\{[^{}]*\}|`(?:\\[\s\S]|[^`\\])*`)*\}|\$(?!\{)|[^`\\$])*`/;
const TOKENS = new RegExp(
  [COMMENTS_AND_TEXTS.default, REGEX, TEMPLATE].map(({ source }) => source).join("|"),
  "g",
);

const isUndivided = (token) => /^\/[^/*]/.test(token) || /^`[\s\S]*\n/.test(token);

const newlinesOf = (text) => text.replace(/[^\n]+/g, "");
