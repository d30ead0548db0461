// Checks of names and of line lengths.

/** Words that describe code by a metaphor. docs and issue 16 have the terms that replace them. */
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

/** `toldOnce` -> `told`, `once`; `NO_LANES` -> `no`, `lanes`. */
const wordsOf = (identifier) =>
  (identifier.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

/** Returns the numbers of the lines over `columns`. URLs and tables in comments may be longer. */
export function longLines(text, columns) {
  return text.split("\n").flatMap((line, i) => {
    const isTable = /^\s*(?:\/\/|\*).*\|/.test(line);
    const length = [...line.replace(/https?:\/\/\S+/g, "")].length;
    return length > columns && !isTable ? [i + 1] : [];
  });
}
