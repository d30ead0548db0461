// The conversations that are kept in this browser. Each turn is a record of its own and only those that changed are written, so that two tabs
// with the same conversation add to it and never write over each other. There is no key in a turn, so there is none here.
import { title } from "../state/conversation.js";
import { upgradeTurn, usableAnswer } from "../state/turn.js";
import { database } from "./database.js";

/** @param trouble called with why the last save failed, in words, or "" once one has succeeded
 *  @param kept called when what `list()` gives has changed */
export function createStore({ trouble, kept }) {
  const transact = database("llm-fuse", 1, (db) => {
    db.createObjectStore("conversations", { keyPath: "id" });
    db.createObjectStore("turns", { keyPath: ["conversation", "id"] });
  });
  const BOTH = ["conversations", "turns"];
  /** Of each conversation in memory: its turns as they were last written. */
  const written = new WeakMap();
  const forgotten = new Set();
  const waiting = new Set();
  let saving = null;

  async function saveAll() {
    for (const conversation of waiting) {
      waiting.delete(conversation);
      try {
        await write(conversation);
        trouble("");
        kept();
      } catch (error) {
        trouble(`This conversation is not saved: ${why(error)}`);
      }
    }
    saving = null;
  }

  async function write(conversation) {
    if (forgotten.has(conversation.id)) return;
    if (!written.has(conversation)) written.set(conversation, new Map());
    const known = written.get(conversation);
    const stamps = await transact(BOTH, "readwrite", async (conversations, turns) => {
      const before = await conversations.get(conversation.id);
      // Deleted by another tab while it is used here: it comes back whole.
      if (!before) known.clear();
      const changed = conversation.turns.filter((turn) => !same(known.get(turn.id), stamp(turn)));
      // Taken now: a turn that changes during the writes has to be written again.
      const stamps = changed.map((turn) => [turn.id, stamp(turn)]);
      await Promise.all([
        ...changed.map((turn) => turns.put({ conversation: conversation.id, id: turn.id, turn })),
        conversations.put(summary(conversation, before)),
      ]);
      return stamps;
    });
    for (const [id, as] of stamps) known.set(id, as);
  }

  return {
    /** Soon, and once for many changes. It never throws: what is on the screen does not depend on it. */
    save(conversation) {
      if (conversation.turns.length === 0 || forgotten.has(conversation.id)) return;
      waiting.add(conversation);
      saving ??= saveAll();
    },
    /** @returns the conversation, or null if there is none of this id */
    async load(id) {
      const [head, records] = await transact(BOTH, "readonly", (conversations, turns) => Promise.all([conversations.get(id), turns.getAll(within(id))]));
      if (!head || records.length === 0) return null;
      const nth = new Map(head.turns.map((turn, at) => [turn.id, at]));
      const turns = records.map(({ turn }) => upgradeTurn(turn)).sort((a, b) => nth.get(a.id) - nth.get(b.id));
      const { version, created, name } = head;
      const conversation = { version, id, created, ...(name && { name }), turns, head: head.head };
      written.set(conversation, new Map(turns.map((turn) => [turn.id, stamp(turn)])));
      return conversation;
    },
    /** @returns of each conversation, the newest first: `{ id, name, title, updated, state, turns: [{ id, text }] }` */
    async list() {
      const all = await transact(["conversations"], "readonly", (conversations) => conversations.getAll());
      return all.sort((a, b) => b.updated - a.updated);
    },
    rename: (id, name) =>
      transact(["conversations"], "readwrite", async (conversations) => {
        const found = await conversations.get(id);
        if (found) await conversations.put({ ...found, name });
      }),
    /** @param id one, or none for all. They are not written again by what is still under way here. */
    async remove(id) {
      const ids = id ? [id] : (await this.list()).map((found) => found.id);
      this.forget(ids);
      try {
        await transact(BOTH, "readwrite", (conversations, turns) => Promise.all(ids.flatMap((one) => [conversations.delete(one), turns.delete(within(one))])));
      } catch (error) {
        for (const one of ids) forgotten.delete(one);
        throw error;
      }
      return ids;
    },
    forget: (ids) => ids.forEach((id) => forgotten.add(id)),
    why,
  };
}

const within = (id) => IDBKeyRange.bound([id], [id, []]);

// A snapshot is made anew at each change, so that looking at which one it is suffices.
const stamp = ({ state, last, began, chosen, snapshot }) => [state, last, began, chosen, snapshot];
const same = (a, b) => a?.every((part, nth) => part === b[nth]);

/** What the list shows and searches. Turns that only another tab knows stay in it. */
function summary(conversation, before) {
  const turns = new Map((before?.turns ?? []).map((turn) => [turn.id, turn]));
  for (const turn of conversation.turns) turns.set(turn.id, { id: turn.id, text: `${turn.question.text}\n${usableAnswer(turn)}` });
  return {
    version: conversation.version,
    id: conversation.id,
    created: conversation.created,
    name: before ? before.name : (conversation.name ?? null),
    title: before?.title ?? title(conversation),
    updated: Math.max(before?.updated ?? 0, ...conversation.turns.map(({ last }) => last)),
    head: conversation.head,
    state: conversation.turns.find(({ id }) => id === conversation.head)?.state ?? "done",
    turns: [...turns.values()],
  };
}

function why({ name, message }) {
  if (name === "QuotaExceededError") return "storage is full. Delete old conversations to make room.";
  if (["SecurityError", "InvalidStateError", "ReferenceError", "TypeError"].includes(name)) return "this browser blocks storage, for example in a private window. Export conversations that you want to keep.";
  return `the browser's storage failed (${message || name}). Export conversations that you want to keep.`;
}
