// Writes a conversation as text: as Markdown, as JSON that this page can open again, and as JSON
// for a link.
import { webAddress } from "../dom.js";
import { nameOf, path } from "../state/conversation.js";
import { KINDS, usableAnswer } from "../state/turn.js";
import { cost, KIND_TITLES, modelName, tokens } from "../text/format.js";
import { escalationText } from "../views/escalation.js";
import { cleanAddress } from "./read.js";

/** Returns all data of the conversation. `turns[].snapshot` is the snapshot of llm-fuse. */
export function toJson(conversation) {
  const turns = conversation.turns.map(withoutSecrets);
  const all = { format: "llm-fuse conversation", ...conversation, turns };
  return `${JSON.stringify(all, null, 1)}\n`;
}

const withoutSecrets = (turn) => ({
  ...turn,
  setup: { ...turn.setup, baseURL: cleanAddress(turn.setup.baseURL) },
});

/**
 * Returns the shown turns as JSON for a link. Leaves out reasoning, single calls and snapshots, so
 * that the link stays short.
 */
export function toLinkJson({ name, ...conversation }) {
  const turns = path(conversation).map(linkTurn);
  const all = { version: 1, head: turns.at(-1).id, turns, ...(name && { name }) };
  return JSON.stringify(all, (_key, value) => value ?? undefined);
}

function linkTurn(turn, nth) {
  const { question, setup, comparison, usage } = turn;
  const { text, images, files = [] } = question;
  const names = files.map(({ name }) => ({ name }));
  return {
    id: String(nth),
    ...(nth > 0 && { parent: String(nth - 1) }),
    question: {
      text,
      ...(images.length > 0 && { images }),
      ...(names.length > 0 && { files: names }),
    },
    ...(turn.to && { to: { turn: "0", index: 0, name: turn.to.name } }),
    ...(setup.isSample && { setup: { isSample: true } }),
    ...pick(turn, ["state", "took_ms"]),
    panel: turn.panel.map(linkPanelist),
    comparison: {
      ...pick(comparison, ["state", "model", "order", "second", "round", "error"]),
      items: comparison.items.map(withoutModels),
    },
    answer: pick(turn.answer, ["state", "model", "content", "sources", "finish_reason"]),
    chosen: turn.chosen,
    ...pick(turn, ["escalation", "kinship", "warnings"]),
    usage: usage && pick(usage, ["prompt_tokens", "completion_tokens", "cost", "cost_so_far"]),
    error: turn.error,
  };
}

function linkPanelist(panelist) {
  const { model, served } = panelist;
  return {
    ...pick(panelist, ["index", "model", "state", "content", "sources", "error"]),
    ...pick(panelist, ["took_ms", "finish_reason"]),
    ...(served !== model && { served }),
  };
}

const pick = (object, names) => Object.fromEntries(names.map((name) => [name, object[name]]));

/** Returns an item without names of models. The item names panelists by their index. */
function withoutModels({ kind, item: { models, model, stances, ...item } }) {
  const slim = stances?.map(({ model, ...stance }) => stance);
  return { kind, item: { ...item, ...(slim && { stances: slim }) } };
}

export function toMarkdown(conversation) {
  const heading = `# ${oneLine(nameOf(conversation))}`;
  const sections = [heading, ...path(conversation).flatMap(sectionsOf)];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

/** Returns the sections of a turn. Absent sections are falsy. */
function sectionsOf(turn) {
  const { question, panel, comparison, answer, chosen, usage, setup } = turn;
  const { sources, model } = chosen === null ? answer : panel[chosen];
  const text = usableAnswer(turn) || `*None: ${STATES[turn.state]}.*`;
  const { files = [] } = question;
  const count = question.images.length;
  return [
    `## Question\n\n${question.text || (count > 0 ? "About a picture" : "About a file")}`,
    files.length > 0 && `*Files: ${files.map(({ name }) => oneLine(name)).join(", ")}.*`,
    count > 0 && `*With ${count === 1 ? "a picture" : `${count} pictures`}.*`,
    setup.isSample && "*Sample: written for the demo of llm-fuse, not from a model.*",
    `## Answer${model ? ` by ${modelName(model).name}` : ""}\n\n${text}`,
    sources.length > 0 && `Sources:\n\n${sources.map(sourceLine).join("\n")}`,
    usage && `*${tokens(usage)}, ${cost(usage)}*`,
    comparison.items.length > 0 && "### Comparison",
    escalationText(turn),
    ...KINDS.map((kind) => findingsOf(kind, turn)),
    panel.length > 0 && "### Panel",
    ...panel.map(replySection),
  ];
}

const STATES = {
  running: "the run was still running",
  interrupted: "the run was interrupted",
  stopped: "the run was stopped",
  failed: "the run failed",
  done: "the model sent no text",
};

const sourceLine = ({ url, title }, nth) => `${nth + 1}. ${link(url, title)}`;

function findingsOf(kind, { comparison, panel }) {
  const items = comparison.items.filter((found) => found.kind === kind);
  if (items.length === 0) return "";
  const name = (index) => modelName(panel[index]?.model ?? "").name;
  const quoteLine = ({ index, quote, verified }) =>
    `\n  - ${name(index)}: “${oneLine(quote)}”${verified ? "" : " (quote not found exactly)"}`;
  const quoteLines = (quotes = []) => quotes.map(quoteLine).join("");
  const stanceLine = ({ stance, panelist, quotes }, outcome) => {
    const indented = `${quoteLines(quotes)}${outcomeLines(outcome)}`.replaceAll("\n", "\n  ");
    return `\n  - ${name(panelist)}: ${oneLine(stance)}${indented}`;
  };
  const itemLines = ({ item }) => {
    if (kind === "contradictions") {
      const { topic, stances, checked } = item;
      const lines = stances.map((stance, nth) => stanceLine(stance, checked?.stances[nth]));
      return `- ${oneLine(topic)}${lines.join("")}`;
    }
    const indexes = item.panelists ?? (item.panelist === undefined ? [] : [item.panelist]);
    const names = indexes.length > 0 ? ` (${indexes.map(name).join(", ")})` : "";
    return `- ${oneLine(item.point ?? item.insight)}${names}${quoteLines(item.quotes)}`;
  };
  return `**${KIND_TITLES[kind]}**\n\n${items.map(itemLines).join("\n")}`;
}

const EVIDENCE_NOTES = new Map([
  [true, "quote found on the page"],
  [false, "quote not found on the page"],
  [null, "quote not compared with the page"],
]);

/** Returns what a check on the web has found about a stance. */
function outcomeLines(outcome) {
  if (!outcome) return "";
  const lines = outcome.evidence.map(({ url, quote, verified }) => {
    const text = quote ? `“${oneLine(quote)}” (${EVIDENCE_NOTES.get(verified)}): ` : "";
    return `\n  - ${text}${link(url)}`;
  });
  return `\n  - Checked on the web: ${outcome.verdict}${lines.join("").replaceAll("\n", "\n  ")}`;
}

function replySection({ index, model, content, state, error }) {
  const failure = `Failed: ${oneLine(error?.message || error?.code || "")}`;
  const text = content || `*${state === "failed" ? failure : "No reply"}*`;
  return `#### ${index + 1}. ${oneLine(model)}\n\n${text}`;
}

const oneLine = (text) => text.replace(/\s+/g, " ").trim();

function link(url, title) {
  const safe = webAddress(url);
  const label = oneLine(title || safe?.host || url).replace(/[[\]\\]/g, "\\$&");
  return safe ? `[${label}](<${safe.href.replaceAll(">", "%3E")}>)` : label;
}
