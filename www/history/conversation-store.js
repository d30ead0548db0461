// Stores conversations in IndexedDB. Each turn is a separate record, and only changed turns are
// written. If two tabs show the same conversation, both can add turns without overwriting each
// other's turns. A turn contains no key, so the database contains none.
import { isTooLargeToKeep } from "../files.js";
import { path, title } from "../state/conversation.js";
import { upgradeTurn, usableAnswer } from "../state/turn.js";
import { database } from "./indexed-db.js";

const BOTH = ["conversations", "turns"];

/**
 * This function is long because the methods share the lists of written and deleted records.
 * @param onFailure called with the reason if a save fails, and with "" if a save succeeds
 * @param onSaved called when the result of `list()` has changed
 */
export function createStore({ onFailure, onSaved }) {
  const transact = database("llm-fuse", 1, (db) => {
    db.createObjectStore("conversations", { keyPath: "id" });
    db.createObjectStore("turns", { keyPath: ["conversation", "id"] });
  });
  /** The stamps of the written turns, by conversation. See `stamp()`. */
  const written = new WeakMap();
  const deleted = new Set();
  const waiting = new Set();
  let isSaving = false;
  /** Resolves when all changes so far are written. */
  let saving = Promise.resolve();
  /** The highest `order` of all conversations, undefined until the first write. */
  let highest;

  async function saveAll() {
    for (const conversation of waiting) {
      waiting.delete(conversation);
      // If the write takes long, warn but let the write continue. If it succeeds later, the warning
      // disappears.
      const silence = setTimeout(() => onFailure(`${NOT_KEPT}: ${reason(SILENT)}`), ANSWER_MS);
      try {
        await write(conversation);
        onFailure("");
        onSaved();
      } catch (error) {
        onFailure(`This conversation is not saved: ${reason(error)}`);
      }
      clearTimeout(silence);
    }
    isSaving = false;
  }

  async function write(conversation) {
    if (deleted.has(conversation.id)) return;
    if (!written.has(conversation)) written.set(conversation, new Map());
    const known = written.get(conversation);
    const stamps = await transact(BOTH, "readwrite", async (conversations, turns) => {
      const before = await conversations.get(conversation.id);
      // If the conversation has no record, another tab has deleted it. Write all turns again.
      if (!before) known.clear();
      highest ??= Math.max(0, ...(await conversations.getAll()).map(orderOf));
      const isChanged = (turn) => !isSame(known.get(turn.id), stamp(turn));
      const changed = conversation.turns.filter(isChanged);
      // Take the stamps before the writes. If a turn changes during the writes, it must be written
      // again.
      const stamps = changed.map((turn) => [turn.id, stamp(turn)]);
      const isNews = changed.some((turn) => known.get(turn.id)?.[LAST] !== turn.last);
      const order = isNews ? nextOrder(before) : orderOf(before);
      await Promise.all([
        ...changed.map((turn) => {
          const record = keepable(turn, conversation);
          return turns.put({ conversation: conversation.id, id: turn.id, turn: record });
        }),
        conversations.put(summary(conversation, before, order)),
      ]);
      return stamps;
    });
    for (const [id, value] of stamps) known.set(id, value);
  }

  /**
   * Returns an `order` that is higher than the order of every other conversation. This works even
   * if the clock was set back.
   */
  function nextOrder(before) {
    if (!before || orderOf(before) < highest) highest = Math.max(Date.now(), highest + 1);
    return highest;
  }

  return {
    /**
     * Saves soon. Many changes cause one save. Never throws, because the page works without
     * storage.
     */
    save(conversation) {
      if (conversation.turns.length === 0 || deleted.has(conversation.id)) return;
      waiting.add(conversation);
      if (isSaving) return;
      isSaving = true;
      saving = saveAll();
    },
    /** Returns the conversation, or null if there is none with this id. */
    async load(id) {
      const read = () =>
        transact(BOTH, "readonly", (conversations, turns) =>
          Promise.all([conversations.get(id), turns.getAll(turnsOf(id))]),
        );
      // Its run may have ended just now.
      const reading = saving.then(read);
      const [record, records] = await answered(reading);
      if (!record || records.length === 0) return null;
      const positions = new Map(record.turns.map((turn, nth) => [turn.id, nth]));
      const turns = records
        .map(({ turn }) => upgradeTurn(turn))
        .sort((a, b) => positions.get(a.id) - positions.get(b.id));
      const { version, created, name, head } = record;
      const conversation = { version, id, created, ...(name && { name }), turns, head };
      written.set(conversation, new Map(turns.map((turn) => [turn.id, stamp(turn)])));
      return conversation;
    },
    /** Returns the summaries, newest first, see `summary()`. */
    async list() {
      const reading = transact(["conversations"], "readonly", (store) => store.getAll());
      const all = await answered(reading);
      highest = Math.max(highest ?? 0, ...all.map(orderOf));
      return all.sort((a, b) => orderOf(b) - orderOf(a));
    },
    rename: (id, name) =>
      transact(["conversations"], "readwrite", async (conversations) => {
        const found = await conversations.get(id);
        if (found) await conversations.put({ ...found, name });
      }),
    /** Deletes one conversation, or all. A pending save does not write them again. */
    async remove(id) {
      const ids = id ? [id] : (await this.list()).map((found) => found.id);
      this.forget(ids);
      try {
        await transact(BOTH, "readwrite", (conversations, turns) =>
          Promise.all(
            ids.flatMap((one) => [conversations.delete(one), turns.delete(turnsOf(one))]),
          ),
        );
      } catch (error) {
        for (const one of ids) deleted.delete(one);
        throw error;
      }
      return ids;
    },
    forget(ids) {
      for (const id of ids) deleted.add(id);
    },
    reason,
  };
}

/** Returns the range of keys of a conversation's turns. */
const turnsOf = (id) => IDBKeyRange.bound([id], [id, []]);

/**
 * Returns values that identify a state of the turn. After each change of the turn, at least one of
 * the values is different. Each change during a run creates a new snapshot object.
 */
const stamp = ({ state, last, began, chosen, snapshot }) => [state, last, began, chosen, snapshot];
/** The position of `last` in a stamp. */
const LAST = 1;
const isSame = (a, b) => a?.every((part, nth) => part === b[nth]);

/**
 * Returns a conversation's record, which contains what the history shows and searches. Another tab
 * may have stored turns that this tab does not have. The record keeps these turns.
 */
function summary(conversation, before, order) {
  const { version, id, created, head } = conversation;
  const turns = new Map((before?.turns ?? []).map((turn) => [turn.id, turn]));
  for (const turn of conversation.turns) {
    const text = `${turn.question.text}\n${usableAnswer(turn)}`;
    turns.set(turn.id, { id: turn.id, text });
  }
  return {
    version,
    id,
    created,
    name: before ? before.name : (conversation.name ?? null),
    title: before?.title ?? title(conversation),
    order,
    updated: Math.max(before?.updated ?? 0, ...conversation.turns.map(({ last }) => last)),
    head,
    state: conversation.turns.find((turn) => turn.id === head)?.state ?? "done",
    turns: [...turns.values()],
  };
}

/** Earlier versions of this page stored no order. */
const orderOf = (record) => record?.order ?? record?.updated ?? 0;

/**
 * Returns the turn in the form in which it is stored. If the files of the conversation are too
 * large, removes their texts. A run could not continue without these texts, so the snapshot is
 * removed, too.
 */
function keepable(turn, conversation) {
  const isLarge = ({ question }) => isTooLargeToKeep(question);
  if (!path(conversation, turn.id).some(isLarge)) return turn;
  const { question } = turn;
  const files = question.files?.map(({ text, ...file }) => file);
  return { ...turn, snapshot: null, question: isLarge(turn) ? { ...question, files } : question };
}

/**
 * Maximum time to wait for the database. It may never answer, for example because it waits for the
 * disk or for another tab.
 */
const ANSWER_MS = 6000;
const SILENT = new DOMException("", "TimeoutError");
const NOT_KEPT = "This conversation is not being kept";

async function answered(reading) {
  let timer;
  const silence = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(SILENT), ANSWER_MS);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns why storage failed. The text is the second half of a sentence. */
function reason({ name, message }) {
  const advice = "Export conversations that you want to keep.";
  if (name === "QuotaExceededError") {
    return "storage is full. Delete old conversations to make room.";
  }
  if (["SecurityError", "InvalidStateError", "ReferenceError", "TypeError"].includes(name)) {
    return `this browser blocks storage, for example in a private window. ${advice}`;
  }
  if (name === "TimeoutError") return `the browser's storage does not answer. ${advice}`;
  return `the browser's storage failed (${message || name}). ${advice}`;
}
