// Reads untrusted JSON: a conversation of this page, or a snapshot of llm-fuse. Returns a
// conversation in which every field that views draw has the right type. The conversation and its
// turns get new ids, so a stored conversation is never replaced. An error names the path of a wrong
// field. Unknown fields are dropped.
import { webAddress } from "../dom.js";
import { newConversation } from "../state/conversation.js";
import { KINDS, newId, newTurn, upgradeTurn } from "../state/turn.js";
import { fromSnapshot, TooManyItems } from "./snapshot.js";

/** An error whose message the page shows to the user. */
export class ReadError extends Error {
  name = "ReadError";
}

export const MAX_FILE_BYTES = 20_000_000;

/** Returns the conversation in a JSON text. Throws a ReadError if the text is invalid. */
export function readConversation(json) {
  const { turns, head, name } = readFields(parse(json), "");
  if (turns.length === 0) throw new ReadError("The file contains no question.");
  const newIds = new Map();
  for (const [nth, turn] of turns.entries()) {
    const at = `turns[${nth}]`;
    if (newIds.has(turn.id)) fail(`${at}.id`, "unique");
    if (turn.parent !== null && !newIds.has(turn.parent)) {
      fail(`${at}.parent`, "null or the id of an earlier turn");
    }
    newIds.set(turn.id, newId());
    checkIndexes(turn, at);
  }
  if (!newIds.has(head)) fail("head", "the id of a turn");
  return {
    ...newConversation(),
    ...(name && { name }),
    head: newIds.get(head),
    turns: turns.map((turn) => ({
      ...turn,
      id: newIds.get(turn.id),
      parent: turn.parent && newIds.get(turn.parent),
      to: turn.to && { ...turn.to, turn: newIds.get(turn.to.turn) },
    })),
  };
}

function parse(json) {
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ReadError("The file is not JSON.");
  }
  if (isObject(value) && "run_id" in value && "request" in value) value = readSnapshot(value);
  if (!isObject(value) || !Array.isArray(value.turns)) {
    throw new ReadError(
      "The file is neither a conversation of this page nor a snapshot of llm-fuse.",
    );
  }
  if (value.version !== 1) {
    throw new ReadError(
      "The file is from another version of this page, which this version cannot read.",
    );
  }
  return value;
}

function readSnapshot(snapshot) {
  if (![1, 2].includes(snapshot.version)) {
    throw new ReadError(
      "The snapshot is from another version of llm-fuse, which this page cannot read.",
    );
  }
  try {
    return fromSnapshot(snapshot);
  } catch (error) {
    if (error instanceof TooManyItems) throw new ReadError(error.message);
    throw new ReadError("The snapshot is damaged and cannot be read.");
  }
}

/** Fails if an index names a panelist that does not exist. */
function checkIndexes({ panel, comparison, chosen }, at) {
  const check = (index, field) => {
    if (!panel[index]) fail(`${at}.${field}`, `a panelist index below ${panel.length}`);
  };
  for (const [nth, { index }] of panel.entries()) {
    if (index !== nth) fail(`${at}.panel[${nth}].index`, String(nth));
  }
  if (chosen !== null) check(chosen, "chosen");
  for (const index of comparison.order) check(index, "comparison.order");
  for (const { item } of comparison.items) {
    for (const index of indexesIn(item)) check(index, "comparison.items");
  }
}

function indexesIn({ panelists = [], panelist, quotes = [], stances = [] }) {
  const allQuotes = [...quotes, ...stances.flatMap((stance) => stance.quotes)];
  return [
    ...panelists,
    ...(panelist === undefined ? [] : [panelist]),
    ...stances.map((stance) => stance.panelist),
    ...allQuotes.map(({ index }) => index),
  ];
}

function fail(at, expected) {
  throw new ReadError(`${at.replace(/^\./, "")} must be ${expected}.`);
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Each of these functions takes a value and the path `at` of its field. It returns the value, or
// fails with an error that names the path.

const text = (value, at) => (typeof value === "string" ? value : fail(at, "text"));
const flag = (value, at) => (typeof value === "boolean" ? value : fail(at, "true or false"));
const number = (value, at) => (Number.isFinite(value) ? value : fail(at, "a number"));
const address = (value, at) => cleanAddress(text(value, at));

/** Reads a time. The largest time of a `Date` is 8.64e15 ms. */
function time(value, at) {
  const isTime = Number.isFinite(value) && Math.abs(value) < 8.64e15;
  return isTime ? value : fail(at, "a time in milliseconds");
}

function index(value, at) {
  return Number.isInteger(value) && value >= 0 ? value : fail(at, "a whole number");
}

function oneOf(...words) {
  return (value, at) => (words.includes(value) ? value : fail(at, `one of ${words.join(", ")}`));
}

function id(value, at) {
  const isId = typeof value === "string" && /^[0-9a-f]{1,40}$/.test(value);
  return isId ? value : fail(at, "an id");
}

function picture(value, at) {
  const isPicture = /^data:image\/(png|jpeg|webp|gif);base64,[\w+/=]+$/.test(text(value, at));
  return isPicture ? value : fail(at, "an image as a data URL");
}

function optional(read, fallback = null) {
  const isMissing = (value) => value === undefined || value === null;
  return (value, at) => (isMissing(value) ? structuredClone(fallback) : read(value, at));
}

function list(read, max = 1000) {
  return (value, at) => {
    if (!Array.isArray(value)) fail(at, "a list");
    if (value.length > max) fail(at, `a list of at most ${max}`);
    return value.map((entry, nth) => read(entry, `${at}[${nth}]`));
  };
}

function object(fields) {
  return (value, at) => {
    if (!isObject(value)) fail(at, "an object");
    const entries = Object.entries(fields).map(([name, read]) => {
      const field = Object.hasOwn(value, name) ? value[name] : undefined;
      return [name, read(field, `${at}.${name}`)];
    });
    return Object.fromEntries(entries);
  };
}

/**
 * Returns a URL without user name, password, query and fragment, because they may contain a key.
 */
export function cleanAddress(url) {
  const parsed = webAddress(url);
  return parsed ? parsed.origin + parsed.pathname.replace(/\/$/, "") : "";
}

// The shape of a stored conversation. `newTurn()` describes the fields.

const optionalNumber = optional(number);
const optionalText = optional(text);
const textOrEmpty = optional(text, "");

const error = optional(
  object({
    code: text,
    message: textOrEmpty,
    status_code: optionalNumber,
    retry_after_ms: optionalNumber,
  }),
);
const usage = optional(
  object({
    prompt_tokens: optionalNumber,
    completion_tokens: optionalNumber,
    reasoning_tokens: optionalNumber,
    cost: optionalNumber,
    cost_so_far: optional(number, 0),
    unknown_calls: optional(number, 0),
  }),
);
const tools = optional(
  list(
    object({
      tool: text,
      input: textOrEmpty,
      status: oneOf("started", "completed", "failed"),
      summary: optionalText,
    }),
  ),
  [],
);
const sources = optional(list(object({ url: text, title: textOrEmpty })), []);
const quotes = optional(list(object({ index, quote: text, verified: flag })), []);
const survived = (value, at) => (value === undefined ? undefined : flag(value, at));
const sharedItem = object({ point: text, panelists: list(index), quotes, survived });
const stance = object({ stance: text, panelist: index, quotes });
const evidence = object({ url: text, quote: textOrEmpty, verified: optional(flag) });
const stanceCheck = object({
  verdict: oneOf("supported", "refuted", "unresolved"),
  evidence: optional(list(evidence, 10), []),
});
const checked = optional(object({ stances: list(stanceCheck, 8) }), undefined);
const check = object({
  index,
  status: oneOf("running", "completed", "failed", "stopped", "interrupted"),
  tools,
  error,
});
const escalation = optional(
  object({
    status: oneOf("open", "escalated", "settled"),
    further: list(object({ index, model: text }), 8),
    reason: optionalText,
    contradictions: optionalNumber,
  }),
);
const ITEMS = {
  consensus: sharedItem,
  contradictions: object({ topic: text, stances: list(stance), survived, checked }),
  partial_coverage: sharedItem,
  unique_insights: object({ insight: text, panelist: index, quotes, survived }),
  blind_spots: object({ point: text }),
};

function item(value, at) {
  const { kind } = object({ kind: oneOf(...KINDS) })(value, at);
  return { kind, item: ITEMS[kind](value.item, `${at}.item`) };
}

const panelistFields = object({
  index,
  model: text,
  provider: textOrEmpty,
  state: oneOf(
    "waiting",
    "queued",
    "thinking",
    "searching",
    "reading",
    "writing",
    "retrying",
    "done",
    "failed",
    "stopped",
  ),
  began: optional(time, 0),
  took_ms: optionalNumber,
  attempt: optional(number, 1),
  content: textOrEmpty,
  reasoning: textOrEmpty,
  tools,
  sources,
  usage,
  finish_reason: optionalText,
  error,
  restored: optional(flag, false),
  served: optionalText,
});

const activityRow = object({
  stage: text,
  index: optional(index),
  model: textOrEmpty,
  model_served: optionalText,
  provider: textOrEmpty,
  generation_id: optionalText,
  attempt: optional(number, 1),
  prompt_tokens: optionalNumber,
  completion_tokens: optionalNumber,
  reasoning_tokens: optionalNumber,
  cost: optionalNumber,
  latency_ms: optional(number, 0),
  status: text,
});

const emptyTurn = newTurn({ parent: null, question: null, setup: null });
const emptySetup = {
  provider: "",
  host: "",
  baseURL: "",
  hasKey: false,
  isSample: false,
  budget: null,
};

const setup = object({
  provider: textOrEmpty,
  host: textOrEmpty,
  baseURL: optional(address, ""),
  hasKey: optional(flag, false),
  isSample: optional(flag, false),
  budget: optionalNumber,
});

const comparison = object({
  state: oneOf("idle", "working", "done", "failed", "stopped", "skipped"),
  model: optionalText,
  order: optional(list(index, 8), []),
  second: optional(flag, false),
  round: optionalNumber,
  items: optional(list(item), []),
  checks: optional(list(check), []),
  reasoning: textOrEmpty,
  tools,
  error,
  next: optionalText,
});

const answer = object({
  state: oneOf("idle", "writing", "done", "stopped"),
  model: optionalText,
  attempt: optional(number, 1),
  content: textOrEmpty,
  reasoning: textOrEmpty,
  sources,
  finish_reason: optionalText,
});

const image = object({ name: optional(text, "picture"), url: picture });

/** A file in a link has only a name, no text. */
const file = object({ name: text, text: textOrEmpty, note: textOrEmpty });

const turnFields = object({
  id,
  parent: optional(id),
  question: object({
    text,
    images: optional(list(image, 6), []),
    files: optional(list(file, 6), []),
  }),
  to: optional(object({ turn: id, index, name: text })),
  setup: optional(setup, emptySetup),
  state: oneOf("running", "done", "stopped", "failed", "interrupted"),
  began: optional(time, 0),
  last: optional(time, 0),
  took_ms: optionalNumber,
  panel: optional(list(readPanelist, 8), []),
  comparison: optional(comparison, emptyTurn.comparison),
  answer: optional(answer, emptyTurn.answer),
  chosen: optional(index),
  usage,
  escalation,
  kinship: optional(list(list(index, 8), 8), []),
  warnings: optional(list(object({ code: text, message: text })), []),
  error,
  activity: optional(list(activityRow), []),
  // llm-fuse validates the snapshot, because only llm-fuse reads it.
  snapshot: optional((value, at) => (isObject(value) ? value : fail(at, "a snapshot"))),
});

const readFields = object({ name: optionalText, head: id, turns: list(readTurn) });

function readPanelist(value, at) {
  const panelist = panelistFields(value, at);
  // An export does not contain the error and the delay of a pending retry. Therefore `retrying`
  // becomes `waiting`.
  const state = panelist.state === "retrying" ? "waiting" : panelist.state;
  return { ...panelist, retry: null, served: panelist.served ?? panelist.model, state };
}

function readTurn(value, at) {
  const turn = turnFields(upgradeTurn(value), at);
  for (const part of [turn, turn.comparison, ...turn.panel]) {
    if (part.state === "failed") part.error ??= { code: "unexpected_error", message: "" };
  }
  return turn;
}
