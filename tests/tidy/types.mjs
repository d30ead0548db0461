// Checks of the hand-written types: they name everything that the core reports, and document all of it.

/** Returns the names of events, errors and warnings in the core. In: the text of its files by path. */
export function saidByCore(files) {
  const code = (path) => files[path].split("#[cfg(test)]")[0].replace(/\/\/.*/g, "");
  const all = Object.keys(files).filter((path) => !/tests?\.rs$/.test(path)).map(code).join("\n");
  return {
    events: names(code("src/event.rs"), /"((?:run|panelist|analysis|answer)\.\w+|usage|warning)"/g),
    errors: names(code("src/error.rs").match(/enum Code \{([^}]*)\}/)[1].replace(/#\[[^\]]*\]/g, ""), /\b([A-Z]\w+),/g).map(snake),
    warnings: names(all, /\bwarn\(\s*"(\w+)"/g),
  };
}

/** Returns the names of events, errors and warnings in the types. */
export function namedByTypes(text) {
  const union = (name) => names(text.match(new RegExp(`type ${name} =([^;]*);`))[1], /"(\w+)"/g);
  return { events: names(text, /\bOf<"([\w.]+)"/g), errors: union("FusionErrorCode"), warnings: union("WarningCode") };
}

const names = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
const snake = (name) => name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();

/** Members whose names need no comment. */
const selfExplanatory = new Set(
  `index model models url title content sources usage finish_reason name id type text code message status status_code cost point quote error
   prompt_tokens completion_tokens reasoning_tokens responses failed_models analysis answer run_id seed arguments tool reasoning`.split(/\s+/),
);
/** Interfaces whose members are documented elsewhere: at another type, or by a service. */
const documentedElsewhere = /^(FusionIterator|FusionPreset|TextPart|FunctionTool|HostedTool|ScriptedAnalysis|Analysis|ReadyOutput|\w+Parameters)$/;

/** Returns exported declarations and members without a doc comment. */
export function undocumented(text) {
  const lines = text.split("\n");
  const bare = [];
  let inside;
  for (const [i, line] of lines.entries()) {
    const hasDoc = lines.slice(0, i).findLast((before) => before.trim())?.trimEnd().endsWith("*/") && !/-{9,}.*\*\/$/.test(lines.slice(0, i).findLast((before) => before.trim()));
    const [, kind, name] = line.match(/^export (?:declare )?(interface|type|function|class|const) (\w+)/) ?? [];
    if (name && !hasDoc) bare.push(name);
    if (name) inside = ["interface", "class"].includes(kind) || line.endsWith("{") ? name : undefined;
    if (line.startsWith("}")) inside = undefined;
    const [, member] = (inside && line.match(/^  (?:readonly )?(\w+)\??[:(<]/)) || [];
    if (member && !hasDoc && !selfExplanatory.has(member) && !documentedElsewhere.test(inside)) bare.push(`${inside}.${member}`);
  }
  return bare;
}
