// A conversation as text to take along: Markdown to read, JSON to open here again, and the little of it that fits into a link.
import { webAddress } from "../dom.js";
import { path, title } from "../state/conversation.js";
import { KINDS, usableAnswer } from "../state/turn.js";
import { cost, KIND_TITLES, modelName, tokens } from "../text/format.js";
import { cleanAddress } from "./read.js";

export const called = (conversation) => conversation.name || title(conversation);

/** Everything, with llm-fuse's own snapshot of each run under `turns[].snapshot`. */
export const toJSON = (conversation) => `${JSON.stringify({ format: "llm-fuse conversation", ...conversation, turns: conversation.turns.map(withoutSecrets) }, null, 1)}\n`;

const withoutSecrets = (turn) => ({ ...turn, setup: { ...turn.setup, baseURL: cleanAddress(turn.setup.baseURL) } });

/** What is shown, without reasoning, single calls and what a run needs to go on. */
export function slim(conversation) {
  const turns = path(conversation).map((turn, nth, all) => ({
    id: String(nth),
    ...(nth > 0 && { parent: String(nth - 1) }),
    question: turn.question.images.length > 0 ? turn.question : { text: turn.question.text },
    ...(turn.setup.isSample && { setup: { isSample: true } }),
    state: turn.state,
    took_ms: turn.took_ms,
    panel: turn.panel.map(({ index, model, served, state, content, sources, error, took_ms, finish_reason }) => ({ index, model, ...(served !== model && { served }), state, content, sources, error, took_ms, finish_reason })),
    comparison: (({ state, model, order, second, items, error }) => ({ state, model, order, second, items: items.map(withoutModels), error }))(turn.comparison),
    answer: (({ state, model, content, sources, finish_reason }) => ({ state, model, content, sources, finish_reason }))(turn.answer),
    chosen: turn.chosen,
    usage: turn.usage && (({ prompt_tokens, completion_tokens, cost, cost_so_far }) => ({ prompt_tokens, completion_tokens, cost, cost_so_far }))(turn.usage),
    error: turn.error,
  }));
  return JSON.stringify({ version: 1, head: turns.at(-1).id, turns, ...(conversation.name && { name: conversation.name }) }, (key, value) => value ?? undefined);
}

// They stand in the panel, which the indexes name.
const withoutModels = ({ kind, item: { models, model, stances, ...item } }) => ({ kind, item: { ...item, ...(stances && { stances: stances.map(({ model, ...stance }) => stance) }) } });

export function toMarkdown(conversation) {
  return `${[`# ${line(called(conversation))}`, ...path(conversation).flatMap(turnLines)].filter(Boolean).join("\n\n")}\n`;
}

function turnLines(turn) {
  const { question, panel, comparison, answer, chosen, usage, setup } = turn;
  const sources = chosen === null ? answer.sources : panel[chosen].sources;
  const by = chosen === null ? answer.model : panel[chosen].model;
  return [
    `## Question\n\n${question.text || "About a picture"}`,
    question.images.length > 0 && `*With ${question.images.length === 1 ? "a picture" : `${question.images.length} pictures`}.*`,
    setup.isSample && "*Sample: written for the demo of llm-fuse, not from a model.*",
    `## Answer${by ? ` by ${modelName(by).name}` : ""}\n\n${usableAnswer(turn) || `*None: ${STATES[turn.state]}.*`}`,
    sources.length > 0 && `Sources:\n\n${sources.map(({ url, title }, nth) => `${nth + 1}. ${link(url, title)}`).join("\n")}`,
    usage && `*${tokens(usage)}, ${cost(usage)}*`,
    comparison.items.length > 0 && "### Comparison",
    ...KINDS.map((kind) => group(kind, comparison.items.filter((found) => found.kind === kind), panel)),
    panel.length > 0 && "### Panel",
    ...panel.map(reply),
  ];
}

const STATES = { running: "the run was still running", interrupted: "the run was interrupted", stopped: "the run was stopped", failed: "the run failed", done: "the model sent no text" };

function group(kind, items, panel) {
  if (items.length === 0) return "";
  const name = (index) => modelName(panel[index]?.model ?? "").name;
  const quoted = (quotes = []) => quotes.map(({ index, quote, verified }) => `\n  - ${name(index)}: “${line(quote)}”${verified ? "" : " (quote not found exactly)"}`).join("");
  const entry = ({ item }) => {
    if (kind === "contradictions") return `- ${line(item.topic)}${item.stances.map(({ stance, panelist, quotes }) => `\n  - ${name(panelist)}: ${line(stance)}${quoted(quotes).replaceAll("\n", "\n  ")}`).join("")}`;
    const behind = (item.panelists ?? (item.panelist === undefined ? [] : [item.panelist])).map(name);
    return `- ${line(item.point ?? item.insight)}${behind.length > 0 ? ` (${behind.join(", ")})` : ""}${quoted(item.quotes)}`;
  };
  return `**${KIND_TITLES[kind]}**\n\n${items.map(entry).join("\n")}`;
}

const reply = ({ index, model, content, state, error }) => `#### ${index + 1}. ${line(model)}\n\n${content || `*${state === "failed" ? `Failed: ${line(error?.message || error?.code || "")}` : "No reply"}*`}`;
const line = (text) => text.replace(/\s+/g, " ").trim();

function link(url, title) {
  const safe = webAddress(url);
  const words = line(title || safe?.host || url).replace(/[[\]\\]/g, "\\$&");
  return safe ? `[${words}](<${safe.href.replaceAll(">", "%3E")}>)` : words;
}
