// In: JSON from anywhere, a conversation of this page or a snapshot of llm-fuse. Out: a conversation with every field of the shape that views
// draw, under new ids, so that it stands in nobody's place. What does not fit is refused by name; what is not known is left out.
import { webAddress } from "../dom.js";
import { newConversation } from "../state/conversation.js";
import { KINDS, newId, newTurn, upgradeTurn } from "../state/turn.js";
import { fromSnapshot } from "./snapshot.js";

export class Refusal extends Error {}

/** As much as is read of a file. */
export const MOST_BYTES = 20_000_000;

/** @returns a conversation; throws a Refusal */
export function readConversation(json) {
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Refusal("The file is not JSON.");
  }
  if (isObject(value) && "run_id" in value && "request" in value) value = unpacked(value);
  if (!isObject(value) || !Array.isArray(value.turns)) throw new Refusal("The file is neither a conversation of this page nor a snapshot of llm-fuse.");
  if (value.version !== 1) throw new Refusal("The file is from another version of this page, which this version cannot read.");
  const { turns, head, name } = conversation(value, "");
  if (turns.length === 0) throw new Refusal("The file contains no question.");
  const known = new Map();
  for (const [nth, turn] of turns.entries()) {
    const at = `turns[${nth}]`;
    if (known.has(turn.id)) refuse(`${at}.id`, "unique");
    if (turn.parent !== null && !known.has(turn.parent)) refuse(`${at}.parent`, "null or the id of an earlier turn");
    known.set(turn.id, newId());
    fits(turn, at);
  }
  if (!known.has(head)) refuse("head", "the id of a turn");
  return {
    ...newConversation(),
    ...(name && { name }),
    head: known.get(head),
    turns: turns.map((turn) => ({ ...turn, id: known.get(turn.id), parent: turn.parent && known.get(turn.parent) })),
  };
}

function unpacked(snapshot) {
  if (snapshot.version !== 1) throw new Refusal("The snapshot is from another version of llm-fuse, which this page cannot read.");
  try {
    return fromSnapshot(snapshot);
  } catch {
    throw new Refusal("The snapshot is damaged and cannot be read.");
  }
}

/** Members are named by index: each must be there. */
function fits(turn, at) {
  const { panel, comparison, chosen } = turn;
  const seat = (index, where) => panel[index] ?? refuse(`${at}.${where}`, `a panelist index below ${panel.length}`);
  for (const [nth, { index }] of panel.entries()) if (index !== nth) refuse(`${at}.panel[${nth}].index`, String(nth));
  if (chosen !== null) seat(chosen, "chosen");
  for (const index of comparison.order) seat(index, "comparison.order");
  for (const { item } of comparison.items) {
    const quotes = [...(item.quotes ?? []), ...(item.stances ?? []).flatMap((stance) => stance.quotes)];
    for (const index of [...(item.panelists ?? []), ...(item.stances ?? []).map(({ panelist }) => panelist), ...quotes.map((quote) => quote.index)]) seat(index, "comparison.items");
    if (item.panelist !== undefined) seat(item.panelist, "comparison.items");
  }
}

function refuse(at, right) {
  throw new Refusal(`${at.replace(/^\./, "")} must be ${right}.`);
}
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Each reads a value at a place and gives it back as it may be used.
const text = (value, at) => (typeof value === "string" ? value : refuse(at, "text"));
const flag = (value, at) => (typeof value === "boolean" ? value : refuse(at, "true or false"));
const number = (value, at) => (Number.isFinite(value) ? value : refuse(at, "a number"));
const time = (value, at) => (Number.isFinite(value) && Math.abs(value) < 8.64e15 ? value : refuse(at, "a time in milliseconds"));
const index = (value, at) => (Number.isInteger(value) && value >= 0 ? value : refuse(at, "a whole number"));
const word = (...words) => (value, at) => (words.includes(value) ? value : refuse(at, `one of ${words.join(", ")}`));
const id = (value, at) => (typeof value === "string" && /^[0-9a-f]{1,40}$/.test(value) ? value : refuse(at, "an id"));
const picture = (value, at) => (/^data:image\/(png|jpeg|webp|gif);base64,[\w+/=]+$/.test(text(value, at)) ? value : refuse(at, "an image as a data URL"));
const address = (value, at) => cleanAddress(text(value, at));
const maybe = (read, otherwise = null) => (value, at) => (value === undefined || value === null ? structuredClone(otherwise) : read(value, at));
const list = (read, most = 1000) => (value, at) => {
  if (!Array.isArray(value)) refuse(at, "a list");
  if (value.length > most) refuse(at, `a list of at most ${most}`);
  return value.map((entry, nth) => read(entry, `${at}[${nth}]`));
};
const object = (fields) => (value, at) => {
  if (!isObject(value)) refuse(at, "an object");
  return Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`)]));
};

/** Without a name, a password or anything after a question mark: a key may stand there. */
export function cleanAddress(url) {
  const parsed = webAddress(url);
  return parsed ? parsed.origin + parsed.pathname.replace(/\/$/, "") : "";
}

const error = maybe(object({ code: text, message: maybe(text, ""), status_code: maybe(number), retry_after_ms: maybe(number) }));
const usage = maybe(object({ prompt_tokens: maybe(number), completion_tokens: maybe(number), reasoning_tokens: maybe(number), cost: maybe(number), cost_so_far: maybe(number, 0), unknown_calls: maybe(number, 0) }));
const tools = maybe(list(object({ tool: text, input: maybe(text, ""), status: word("started", "completed", "failed"), summary: maybe(text) })), []);
const sources = maybe(list(object({ url: text, title: maybe(text, "") })), []);
const quotes = maybe(list(object({ index, quote: text, verified: flag })), []);
const survived = (value, at) => (value === undefined ? undefined : flag(value, at));
const shared = object({ point: text, panelists: list(index), quotes, survived });
const ITEMS = {
  consensus: shared,
  contradictions: object({ topic: text, stances: list(object({ stance: text, panelist: index, quotes })), survived }),
  partial_coverage: shared,
  unique_insights: object({ insight: text, panelist: index, quotes, survived }),
  blind_spots: object({ point: text }),
};
const item = (value, at) => {
  const { kind } = object({ kind: word(...KINDS) })(value, at);
  return { kind, item: ITEMS[kind](value.item, `${at}.item`) };
};
const member = object({
  index,
  model: text,
  provider: maybe(text, ""),
  state: word("waiting", "queued", "thinking", "searching", "reading", "writing", "retrying", "done", "failed", "stopped"),
  began: maybe(time, 0),
  took_ms: maybe(number),
  attempt: maybe(number, 1),
  content: maybe(text, ""),
  reasoning: maybe(text, ""),
  tools,
  sources,
  usage,
  finish_reason: maybe(text),
  error,
  restored: maybe(flag, false),
  served: maybe(text),
});
const row = object({
  stage: text, index: maybe(index), model: maybe(text, ""), model_served: maybe(text), provider: maybe(text, ""), generation_id: maybe(text), attempt: maybe(number, 1),
  prompt_tokens: maybe(number), completion_tokens: maybe(number), reasoning_tokens: maybe(number), cost: maybe(number), latency_ms: maybe(number, 0), status: text,
});
const fresh = newTurn({ parent: null, question: null, setup: null });
const turn = object({
  id,
  parent: maybe(id),
  question: object({ text, images: maybe(list(object({ name: maybe(text, "picture"), url: picture }), 6), []) }),
  setup: maybe(object({ provider: maybe(text, ""), host: maybe(text, ""), baseURL: maybe(address, ""), hasKey: maybe(flag, false), isSample: maybe(flag, false), budget: maybe(number) }), { provider: "", host: "", baseURL: "", hasKey: false, isSample: false, budget: null }),
  state: word("running", "done", "stopped", "failed", "interrupted"),
  began: maybe(time, 0),
  last: maybe(time, 0),
  took_ms: maybe(number),
  panel: maybe(list(drawable, 8), []),
  comparison: maybe(
    object({
      state: word("idle", "working", "done", "failed", "stopped", "skipped"), model: maybe(text), order: maybe(list(index, 8), []), second: maybe(flag, false),
      items: maybe(list(item), []), reasoning: maybe(text, ""), tools, error, next: maybe(text),
    }),
    fresh.comparison,
  ),
  answer: maybe(
    object({ state: word("idle", "writing", "done", "stopped"), model: maybe(text), attempt: maybe(number, 1), content: maybe(text, ""), reasoning: maybe(text, ""), sources, finish_reason: maybe(text) }),
    fresh.answer,
  ),
  chosen: maybe(index),
  usage,
  warnings: maybe(list(object({ code: text, message: text })), []),
  error,
  activity: maybe(list(row), []),
  // It is only ever given to llm-fuse, which reads it as strictly as this.
  snapshot: maybe((value, at) => (isObject(value) ? value : refuse(at, "a snapshot"))),
});
const conversation = object({ name: maybe(text), head: id, turns: list(settled) });

function drawable(value, at) {
  const read = member(value, at);
  // What was between two attempts when it was kept is at work no more.
  return { ...read, retry: null, served: read.served ?? read.model, state: read.state === "retrying" ? "waiting" : read.state };
}

function settled(value, at) {
  const read = turn(upgradeTurn(value), at);
  if (read.state === "failed" && !read.error) read.error = { code: "unexpected_error", message: "" };
  for (const one of read.panel) if (one.state === "failed" && !one.error) one.error = { code: "unexpected_error", message: "" };
  if (read.comparison.state === "failed" && !read.comparison.error) read.comparison.error = { code: "unexpected_error", message: "" };
  return read;
}
