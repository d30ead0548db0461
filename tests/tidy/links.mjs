// Finds and checks the relative links of Markdown files.
import { posix } from "node:path";

/** Returns the broken links.
 *  @param files text by path
 *  @param exists whether a path of the checkout exists */
export function brokenLinks(files, exists) {
  return Object.entries(files).flatMap(([path, text]) =>
    relativeLinks(text).flatMap((link) => {
      const [target, heading] = link.split("#");
      const file = target === "" ? path : posix.join(posix.dirname(path), target);
      if (file.startsWith("../") || !exists(file)) return [`${path}: ${link} does not exist`];
      if (heading && files[file] !== undefined && !headings(files[file]).includes(heading))
        return [`${path}: ${link} has no such heading`];
      return [];
    }),
  );
}

/** Returns the targets of links and pictures, except absolute URLs. */
export function relativeLinks(text) {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/**
 * Returns the anchors of the headings. Like GitHub, uses lower case, removes punctuation and
 * replaces spaces by hyphens.
 */
function headings(text) {
  const seen = new Map();
  return [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm)].map(
    ([, title]) => {
      const anchor = title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replace(/\s/g, "-");
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    },
  );
}

/** Removes code blocks and code spans, because they may contain text that looks like a link. */
const withoutCode = (text) => text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "code");
