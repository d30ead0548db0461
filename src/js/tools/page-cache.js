// Keeps the pages of one run. If several panelists open the same URL, or a panelist reads a page in
// parts, only one request is sent.

/** Limits of one run's pages. The page that was used least recently is dropped first. */
const MAX_PAGES = 20;
const MAX_CHARS = 4_000_000;

/**
 * @template {{ text: string }} Page
 * @typedef {object} Entry
 * @property {Promise<Page>} page
 * @property {AbortController} controller aborts the request
 * @property {number} waiting number of callers that wait for the page
 * @property {number} chars length of the page's text, or 0 while the page is being read
 */

/** @template {{ text: string }} Page */
export class PageCache {
  /** The entries, least recently used first. @type {Map<string, Entry<Page>>} */
  #entries = new Map();

  /**
   * Resolves with the page of a URL. Calls `read` unless the cache has the page or its pending
   * request. Does not keep a page whose request failed. If all callers that wait for a request have
   * aborted, aborts the request.
   * @param {string} url
   * @param {AbortSignal | undefined} signal of this caller
   * @param {(signal: AbortSignal) => Promise<Page>} read
   * @returns {Promise<Page>}
   */
  async get(url, signal, read) {
    signal?.throwIfAborted();
    const entry = this.#entries.get(url) ?? this.#start(url, read);
    this.#entries.delete(url);
    this.#entries.set(url, entry);
    entry.waiting += 1;
    try {
      return await unlessAborted(entry.page, signal);
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0 && entry.chars === 0) this.#abandon(url, entry);
    }
  }

  /** @param {string} url @param {(signal: AbortSignal) => Promise<Page>} read */
  #start(url, read) {
    const controller = new AbortController();
    /** @type {Entry<Page>} */
    const entry = { page: read(controller.signal), controller, waiting: 0, chars: 0 };
    entry.page.then(
      ({ text }) => {
        entry.chars = Math.max(text.length, 1);
        this.#shrink();
      },
      () => this.#abandon(url, entry),
    );
    return entry;
  }

  /** @param {string} url @param {Entry<Page>} entry */
  #abandon(url, entry) {
    entry.controller.abort();
    if (this.#entries.get(url) === entry) this.#entries.delete(url);
  }

  #shrink() {
    let chars = [...this.#entries.values()].reduce((sum, entry) => sum + entry.chars, 0);
    for (const [url, entry] of this.#entries) {
      if (this.#entries.size <= MAX_PAGES && chars <= MAX_CHARS) return;
      if (entry.chars === 0) continue;
      chars -= entry.chars;
      this.#entries.delete(url);
    }
  }
}

/**
 * Resolves or rejects like the promise. If the signal aborts first, rejects with the signal's
 * reason.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
async function unlessAborted(promise, signal) {
  if (!signal) return promise;
  let onAbort = () => {};
  /** @type {Promise<never>} */
  const aborted = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
