// Makes a sentence about the members of a panel whose models belong to the same family.
import { modelName, plural } from "./format.js";

/**
 * @param groups lists of indexes, see `kinship.panel` of llm-fuse
 * @param models the names of the panel's models
 */
export function kinshipText(groups, models) {
  const sentences = (groups ?? [])
    .map((group) => group.filter((index) => models[index]))
    .filter((group) => group.length > 1)
    .map((group) => {
      const names = group.map((index) => modelName(models[index]).name);
      const same = group.length === models.length ? "All models are" : `${joined(names)} are`;
      return `${same} of one family.`;
    });
  if (sentences.length === 0) return "";
  const meaning = "Models of one family share errors, so their agreement counts less.";
  return `${sentences.join(" ")} ${meaning}`;
}

/** Joins names: "a", "a and b", "a, b and c". */
function joined(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Returns the names of members, or their number if there are many. */
export const namesOrCount = (names) =>
  names.length > 3 ? plural(names.length, "model") : joined(names);
