// Reads robots.txt, and says whether a path may be fetched. <https://www.rfc-editor.org/rfc/rfc9309>

/**
 * A rule that allows or disallows paths. If several rules match, the rule with the longest pattern
 * counts.
 * @typedef {{ isAllowed: boolean, pattern: string }} RobotsRule
 */

/** Bytes of a robots.txt that are read. The specification requires at least 500 KiB. */
export const MAX_ROBOTS_BYTES = 512_000;
const MAX_RULES = 5000;
const MAX_PATTERN = 1000;

/**
 * Returns the rules for a user agent. If robots.txt has no rules for it, returns the rules for all
 * agents.
 * @param {string} text
 * @param {string} agent the product token, such as `MyBot` of `MyBot/1.0`
 */
export function parseRobots(text, agent) {
  /** @type {{ own: RobotsRule[], all: RobotsRule[] }} */
  const rules = { own: [], all: [] };
  /** The lists to which rules of the current group are added. @type {Set<RobotsRule[]>} */
  let group = new Set();
  let isNamed = false;
  let hasGroup = false;
  for (const line of text.split(/\r\n?|\n/)) {
    const [, key = "", value = ""] = /^\s*([a-z-]+)\s*:([^#]*)/i.exec(line) ?? [];
    const name = key.toLowerCase();
    if (name === "user-agent") {
      // Consecutive `User-agent` lines name the agents of one group.
      if (!isNamed) group = new Set();
      isNamed = true;
      if (value.trim() === "*") group.add(rules.all);
      if (agent && value.trim().toLowerCase() === agent.toLowerCase()) {
        group.add(rules.own);
        hasGroup = true;
      }
    } else if (name === "allow" || name === "disallow") {
      isNamed = false;
      const pattern = value.trim().slice(0, MAX_PATTERN);
      if (pattern === "") continue;
      for (const list of group) {
        if (list.length < MAX_RULES) list.push({ isAllowed: name === "allow", pattern });
      }
    }
  }
  return hasGroup ? rules.own : rules.all;
}

/**
 * Returns whether the rules allow a path. If an allowing and a disallowing pattern have the same
 * length, the path is allowed.
 * @param {RobotsRule[]} rules
 * @param {string} path with its query
 */
export function mayFetch(rules, path) {
  let best = { isAllowed: true, pattern: "" };
  for (const rule of rules) {
    const { length } = rule.pattern;
    const isBetter =
      length > best.pattern.length || (length === best.pattern.length && rule.isAllowed);
    if (isBetter && matches(rule.pattern, path)) best = rule;
  }
  return best.isAllowed;
}

/**
 * Returns whether a pattern matches the beginning of a path. `*` stands for any characters, and `$`
 * for the end. Uses no regular expression, because a regular expression could backtrack.
 * @param {string} pattern
 * @param {string} path
 */
function matches(pattern, path) {
  const isWhole = pattern.endsWith("$");
  const [first = "", ...parts] = (isWhole ? pattern.slice(0, -1) : pattern).split("*");
  if (!path.startsWith(first)) return false;
  const last = isWhole ? parts.pop() : undefined;
  let at = first.length;
  for (const part of parts) {
    const found = path.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  if (!isWhole) return true;
  return last === undefined ? at === path.length : path.slice(at).endsWith(last);
}
