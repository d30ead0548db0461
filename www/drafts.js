// Stores the questions that a person has not sent yet. For each conversation, these are the draft
// in the form and the queue. sessionStorage keeps them across a reload, but only in this tab.

const STORAGE_KEY = "llm-fuse.drafts";
const MAX_CONVERSATIONS = 20;
/**
 * Delay before drafts are stored. Drafts may contain large pictures, so the page does not store
 * them at each key press.
 */
const PAUSE_MS = 300;

export const emptyQuestion = () => ({ text: "", images: [], files: [] });

export const isEmpty = ({ text, images, files = [] }) =>
  !text.trim() && images.length === 0 && files.length === 0;

/** @returns `{ read(id), write(id, draft) }`; a draft is `{ question, to, queue }` */
export function createDrafts() {
  const all = new Map(load());
  let timer = null;

  function flush() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    store([...all]);
  }
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", flush);

  return {
    read: (id) => all.get(id) ?? { question: emptyQuestion(), to: null, queue: [] },
    write(id, draft) {
      all.delete(id);
      if (!isEmpty(draft.question) || draft.queue.length > 0 || draft.to) all.set(id, draft);
      for (const oldest of [...all.keys()].slice(0, -MAX_CONVERSATIONS)) all.delete(oldest);
      timer ??= setTimeout(flush, PAUSE_MS);
    },
  };
}

function load() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORAGE_KEY));
    return stored.filter(([id, { question, queue }]) => {
      return typeof id === "string" && [question, ...queue].every(isQuestion);
    });
  } catch {
    return [];
  }
}

const isQuestion = ({ text, images, files }) =>
  typeof text === "string" && Array.isArray(images) && Array.isArray(files);

function store(entries) {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(entries));
  } catch {
    // The pictures may exceed the storage limit. Store only the texts.
    storeTexts(entries);
  }
}

function storeTexts(entries) {
  const textOnly = ({ text }) => ({ text, images: [], files: [] });
  const texts = entries.map(([id, { question, to, queue }]) => {
    return [id, { question: textOnly(question), to, queue: queue.map(textOnly) }];
  });
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(texts));
  } catch {
    // The browser blocks the storage, so the drafts exist only until the page is closed.
  }
}
