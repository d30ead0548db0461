// Checks and rewrites the links in the Markdown files of the package. Also checks the fields of
// package.json that a release needs.

/** The owner in package.json until the project has a public repository. */
const PLACEHOLDER = "OWNER";

/**
 * Returns `{ owner, name }` of the GitHub repository in package.json. Returns undefined if
 * package.json names no repository or has the placeholder as the owner.
 */
export function repositoryOf({ repository }) {
  const url = typeof repository === "string" ? repository : repository?.url;
  const [, owner, name] =
    url?.match(/^(?:github:|(?:git\+)?https:\/\/github\.com\/)([\w.-]+)\/([\w.-]+?)(?:\.git)?$/) ??
    [];
  return owner && owner !== PLACEHOLDER ? { owner, name } : undefined;
}

/**
 * Returns the faults of package.json that must be corrected before a release.
 * @param tag the Git tag of the release, if there is one
 */
export function releaseFaults(manifest, tag) {
  const faults = ["repository", "homepage", "bugs"].flatMap((field) => {
    const value = JSON.stringify(manifest[field] ?? "");
    if (value === '""') return [`package.json has no \`${field}\`.`];
    return value.includes(PLACEHOLDER)
      ? [`\`${field}\` in package.json still has the placeholder ${PLACEHOLDER}.`]
      : [];
  });
  if (faults.length === 0 && !repositoryOf(manifest))
    faults.push("`repository` in package.json is not a GitHub repository.");
  if (tag !== undefined && tag !== `v${manifest.version}`)
    faults.push(`The tag is ${tag}, and package.json has version ${manifest.version}.`);
  return faults;
}

/**
 * Makes relative links and pictures absolute. The absolute URLs contain the Git tag of the version.
 * Does not change links to a heading of the same page.
 */
export function withAbsoluteLinks(markdown, { owner, name }, version) {
  const blob = `https://github.com/${owner}/${name}/blob/v${version}/`;
  const raw = `https://raw.githubusercontent.com/${owner}/${name}/v${version}/`;
  // For a picture, the pattern matches the whole Markdown syntax. For a link, the pattern matches
  // only the closing bracket of the label and the target. The label itself may contain a picture.
  const absolute = (text) =>
    text.replace(/(!\[[^\]]*\]|\])\(([^)\s]+)\)/g, (link, label, target) =>
      /^(?:[a-z][a-z+.-]*:|#|\/)/i.test(target)
        ? link
        : `${label}(${label.startsWith("!") ? raw : blob}${target.replace(/^\.\//, "")})`,
    );
  // Skip code blocks and code spans, because they may contain text that looks like a link.
  return markdown
    .split(/(^```[\s\S]*?^```|`[^`\n]*`)/m)
    .map((part) => (part.startsWith("`") ? part : absolute(part)))
    .join("");
}
