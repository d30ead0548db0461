// Checks the hand-written types. The types must name every event, error and warning of the core,
// and document each member.

/**
 * Returns the names of events, errors and warnings in the core. `files` maps the paths of the
 * core's files to their text.
 */
export function namedByCore(files) {
  const code = (path) => files[path].split("#[cfg(test)]")[0].replace(/\/\/.*/g, "");
  const variants = (path, name) => {
    const [, body] = code(path).match(new RegExp(`enum ${name} \\{([^}]*)\\}`));
    return names(body.replace(/#\[[^\]]*\]/g, ""), /\b([A-Z]\w+),/g).map(snake);
  };
  return {
    events: names(
      code("src/event.rs"),
      /"((?:run|panel|panelist|analysis|verification|answer)\.\w+|usage|warning)"/g,
    ),
    errors: variants("src/error.rs", "Code"),
    warnings: variants("src/event.rs", "WarningCode"),
  };
}

/** Returns the names of events, errors and warnings in the types. */
export function namedByTypes(text) {
  const union = (name) => names(text.match(new RegExp(`type ${name} =([^;]*);`))[1], /"(\w+)"/g);
  const [events] = text.match(/interface FusionEventMap \{[\s\S]*?\n\}/) ?? [""];
  return {
    events: names(events, /^ {2}"?([\w.]+)"?:/gm),
    errors: union("FusionErrorCode"),
    warnings: union("WarningCode"),
  };
}

const names = (text, pattern) =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
const snake = (name) => name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();

/** Names of fields that need no comment, because the names explain the fields. */
const selfExplanatory = new Set(
  `index model models url title content sources usage finish_reason name id type text code message
   status status_code cost point quote error prompt_tokens completion_tokens reasoning_tokens
   responses failed_models analysis answer run_id seed arguments tool reasoning`.split(/\s+/),
);

/** Interfaces whose members are documented elsewhere: in another type, or by the provider. */
const documentedElsewhere = new RegExp(
  `^(FusionIterator|FusionPreset|TextPart|FunctionTool|HostedTool|ScriptedAnalysis|Analysis|
  ReadyOutput|\\w+Parameters)$`.replace(/\s+/g, ""),
);

/** Returns exported declarations and members without a doc comment. */
export function undocumented(text) {
  const lines = text.split("\n");
  const bare = [];
  let inside;
  for (const [i, line] of lines.entries()) {
    const before =
      lines
        .slice(0, i)
        .findLast((line) => line.trim())
        ?.trimEnd() ?? "";
    const hasDoc = before.endsWith("*/") && !/-{9,}.*\*\/$/.test(before);
    const declaration = /^export (?:declare )?(interface|type|function|class|const) (\w+)/;
    const [, kind, name] = line.match(declaration) ?? [];
    if (name && !hasDoc) bare.push(name);
    const hasMembers = ["interface", "class"].includes(kind) || line.endsWith("= {");
    if (name) inside = hasMembers ? name : undefined;
    if (line.startsWith("}")) inside = undefined;
    const [, member] = (inside && line.match(/^ {2}(?:readonly )?(\w+)\??[:(<]/)) || [];
    const needsDoc = member && !selfExplanatory.has(member) && !documentedElsewhere.test(inside);
    if (needsDoc && !hasDoc) bare.push(`${inside}.${member}`);
  }
  return bare;
}
