// What the hand-written types must not leave out: names that the core says, and a word on everything public.

/** What the core says, by kind. In: the text of its files by path. */
export function saidByCore(files) {
  const code = (path) => files[path].split("#[cfg(test)]")[0].replace(/\/\/.*/g, "");
  const all = Object.keys(files).filter((path) => !/tests?\.rs$/.test(path)).map(code).join("\n");
  return {
    events: names(code("src/event.rs"), /"((?:run|panelist|analysis|answer)\.\w+|usage|warning)"/g),
    errors: names(code("src/error.rs").match(/enum Code \{([^}]*)\}/)[1].replace(/#\[[^\]]*\]/g, ""), /\b([A-Z]\w+),/g).map(snake),
    warnings: names(all, /\bwarn\(\s*"(\w+)"/g),
  };
}

/** What the types name, by kind. */
export function namedByTypes(text) {
  const union = (name) => names(text.match(new RegExp(`type ${name} =([^;]*);`))[1], /"(\w+)"/g);
  const [events] = text.match(/interface FusionEventMap \{[^]*?\n\}/) ?? [""];
  return { events: names(events, /^  "([\w.]+)":/gm), errors: union("FusionErrorCode"), warnings: union("WarningCode") };
}

const names = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
const snake = (name) => name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();

/** Names that say all there is to say, wherever they stand. */
const plain = new Set(
  `index model models url title content sources usage finish_reason name id type text code message status status_code cost point quote error
   prompt_tokens completion_tokens reasoning_tokens responses failed_models analysis answer run_id seed arguments tool reasoning`.split(/\s+/),
);
/** Interfaces whose members are told elsewhere: by the type they repeat, or by the service whose words they are. */
const told = /^(FusionIterator|FusionPreset|TextPart|FunctionTool|HostedTool|ScriptedAnalysis|Analysis|ReadyOutput|\w+Parameters)$/;

/** Exported declarations and their members that no doc comment precedes. */
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
    if (member && !hasDoc && !plain.has(member) && !told.test(inside)) bare.push(`${inside}.${member}`);
  }
  return bare;
}
