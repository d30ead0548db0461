// Suggests a known name for an unknown name. For fields that the core reads,
// src/request/did_you_mean.rs makes the same suggestions. tests/fixtures/did-you-mean.json has test
// cases for both files.

/**
 * Maximum length of a name. For a longer name, nothing is suggested, because the time grows with
 * the square of the length.
 */
const MAX_LENGTH = 64;

/**
 * Returns the end of the message for an unknown field: a suggestion and the known names.
 * @param {string} unknown
 * @param {readonly string[]} known
 */
export const unknownRule = (unknown, known) => `is unknown here${suggestion(unknown, known)}`;

/**
 * Returns the end of a message about an unknown name: the probable name and the known names.
 * @param {string} unknown
 * @param {readonly string[]} known
 */
export function suggestion(unknown, known) {
  const name = didYouMean(unknown, known);
  const names = known.join(", ");
  return name === undefined
    ? `; known are ${names}`
    : `; did you mean \`${name}\`? Known are ${names}`;
}

/**
 * Returns the known name that `unknown` probably means, if there is one.
 * @param {string} unknown
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
export function didYouMean(unknown, known) {
  if (unknown.length > MAX_LENGTH) return undefined;
  const letters = lettersOf(unknown);
  let nearest;
  let least = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const other = lettersOf(name);
    const found = distance(letters, other);
    const most = Math.min(2, Math.floor(Math.min(letters.length, other.length) / 3));
    if (found > most || found >= least) continue;
    [nearest, least] = [name, found];
  }
  return nearest ?? byWords(unknown, known);
}

/**
 * Returns the known name that has the most words in common with `unknown`. If several names have
 * equally many, returns undefined.
 * @param {string} unknown
 * @param {readonly string[]} known
 */
function byWords(unknown, known) {
  const words = wordsOf(unknown);
  const shares = known.map((name) => sharedWords(words, wordsOf(name)));
  const most = Math.max(...shares);
  const best = known.filter((_, i) => shares[i] === most);
  return most > 0 && best.length === 1 ? best[0] : undefined;
}

/**
 * Returns how similar two names are, as a percentage: the number of common words, divided by the
 * number of words of the longer name.
 *
 * Returns 0 if the names are not similar enough. They are similar if one name has all words of the
 * other name. They are also similar if two thirds of the longer name's words are common.
 * @param {string[]} words
 * @param {string[]} others
 */
function sharedWords(words, others) {
  const shared = words.filter((word) => others.includes(word)).length;
  const shorter = Math.min(words.length, others.length);
  const longer = Math.max(words.length, others.length);
  const isSimilar = shared > 0 && (shared >= shorter || 3 * shared >= 2 * longer);
  return isSimilar ? Math.floor((100 * shared) / longer) : 0;
}

/** @param {string} name */
const lettersOf = (name) => name.replace(/[_-]/g, "").toLowerCase();

/**
 * Splits `max_tokens`, `max-tokens` or `maxTokens` into words. Removes the `s` of a plural.
 * @param {string} name
 */
const wordsOf = (name) =>
  name
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[_-]+/)
    .filter(Boolean)
    .map((word) => word.replace(/s$/, ""));

/**
 * Returns how many edits turn one name into the other. An edit inserts, deletes or replaces a
 * letter, or swaps two neighbouring letters.
 * <https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance#Optimal_string_alignment_distance>
 * @param {string} from
 * @param {string} to
 */
function distance(from, to) {
  /** @type {number[][]} */
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1][j - 1] + Number(from[i - 1] !== to[j - 1]);
      let least = Math.min(replaced, rows[i - 1][j] + 1, row[j - 1] + 1);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (i > 1 && j > 1 && isSwap) least = Math.min(least, rows[i - 2][j - 2] + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[from.length][to.length];
}
