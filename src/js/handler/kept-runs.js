// Stores the snapshots of runs. A repeated request resumes the run of the first request, so nothing
// is paid twice. While the first request is still running, a repeated request is refused.
// <https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07>

import { ApiError } from "./api-error.js";
import { sha256 } from "./auth.js";
import { hasPaid } from "./paid.js";
import { isObject } from "./values.js";

/** How long a run is kept. */
const TTL_MS = 600_000;
/**
 * How long the store reserves a running run for its process. The process renews this lease while
 * the run continues. If the process dies, another request can resume the run after this time.
 */
const LEASE_MS = 60_000;
const RENEWAL_MS = 20_000;
/**
 * Time limit of a call to the store, in milliseconds. A call that takes longer counts as failed.
 */
const STORE_MS = 5_000;
/** Maximum number of runs in `KeptRuns.ended`: runs whose end could not be stored. */
const MAX_ENDED = 1_000;
/**
 * The delay in the header `retry-after`, in seconds. A repeated request gets it while the first
 * request is still running.
 */
const BUSY_SECONDS = 5;

/**
 * The value that the store gets, as JSON.
 * @typedef {object} StoredRun
 * @property {1} version
 * @property {string} body the hash of the request's body
 * @property {number} until the time at which the lease of a running run ends, or 0 after the run
 * @property {import("../output.js").FusionSnapshot} [snapshot]
 *
 * @typedef {object} Asked a request that may be kept
 * @property {string | undefined} client the client's key or id. Only its hash is stored
 * @property {string} endpoint
 * @property {boolean} isNested
 * @property {Headers} headers
 * @property {string} text of the body
 */

/** The runs that a handler stores for `keepRuns`. */
export class KeptRuns {
  store;
  ttlMs;
  /** The live runs of this process, by key. @type {Map<string, KeptRun>} */
  live = new Map();
  /**
   * Runs that have ended, although the store still has them as running, because the store failed at
   * their end. Maps the run's key to the end of the stored lease.
   * @type {Map<string, number>}
   */
  ended = new Map();

  /** @param {NonNullable<import("../handler.js").HandlerOptions["keepRuns"]>} options */
  constructor({ store, ttlMs }) {
    this.store = store;
    this.ttlMs = ttlMs ?? TTL_MS;
  }

  /**
   * Returns the stored run of a request. Returns `undefined` if the request's run is not stored.
   * Throws 409 if the run is still running. Throws 422 if a request with another body has used the
   * same `Idempotency-Key`.
   * @param {Asked} asked
   * @param {(error: unknown) => void} onFailure called once if the store fails
   */
  async open({ client, endpoint, isNested, headers, text }, onFailure) {
    const own = idempotencyKey(headers);
    const count = headers.get("x-stainless-retry-count");
    if (client === undefined || (own === undefined && count === null)) return undefined;
    const body = await sha256(text);
    const identity = own === undefined ? { body } : { own };
    const key = await sha256(JSON.stringify([client, endpoint, isNested, identity]));
    const isRepeat = own !== undefined || Number(count) > 0;
    const live = this.live.get(key);
    if (isRepeat && live) throw live.body === body ? busy() : otherBody();
    const run = new KeptRun(this, key, body, onFailure);
    await run.begin(isRepeat);
    return run;
  }
}

/** A run in the store. The store keeps it until the run ends, and for some time afterwards. */
export class KeptRun {
  /** The snapshot to resume from. @type {import("../output.js").FusionSnapshot | undefined} */
  snapshot;
  /** The hash of the request's body. */
  body;
  /** Resolves when the run has ended and its last snapshot is stored. */
  done;
  #runs;
  #key;
  #onFailure;
  /** @type {() => void} */
  #resolveDone = () => {};
  /** Whether the store has failed. After a failure, only the end of the run is stored. */
  #hasFailed = false;
  /** The value that was last stored for this run, and the end of the lease in this value. */
  #stored = { text: "", until: 0 };
  #isOver = false;
  /** @type {Promise<unknown>} */
  #writing = Promise.resolve();
  /**
   * The next write to the store. `undefined` after the write has begun.
   * @type {(() => unknown) | undefined}
   */
  #next;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #renewal;

  /**
   * @param {KeptRuns} runs
   * @param {string} key
   * @param {string} body
   * @param {(error: unknown) => void} onFailure
   */
  constructor(runs, key, body, onFailure) {
    this.#runs = runs;
    this.#key = key;
    this.body = body;
    this.#onFailure = onFailure;
    this.done = new Promise((resolve) => {
      this.#resolveDone = () => resolve(undefined);
    });
  }

  /**
   * Reads the earlier run from the store, and reserves the run's key for this request.
   * @param {boolean} isRepeat
   */
  async begin(isRepeat) {
    const { live, store } = this.#runs;
    // Claim the key before the first `await`, so that two requests of this process cannot both
    // claim it.
    live.set(this.#key, this);
    try {
      const text = isRepeat ? await this.#ask(() => store.get(this.#key)) : undefined;
      const earlier = text == null ? undefined : this.#parse(text);
      if (earlier && earlier.body !== this.body) throw otherBody();
      if (earlier && this.#isLive(earlier)) throw busy();
      this.snapshot = earlier?.snapshot;
      // A first request does not wait for the store. A repeated request waits until the store has
      // reserved the key for it.
      if (!isRepeat) this.#write(() => this.#put());
      else if ((await this.#ask(() => this.#put({ previous: text ?? null }))) === false) {
        throw busy();
      }
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#renewal = setInterval(() => this.#write(() => this.#putLive()), RENEWAL_MS);
  }

  /** @param {StoredRun} earlier */
  #isLive({ until }) {
    return until > Date.now() && this.#runs.ended.get(this.#key) !== until;
  }

  /** Removes this run from `live`, unless a later request has replaced it in this map. */
  #release() {
    const { live } = this.#runs;
    if (live.get(this.#key) === this) live.delete(this.#key);
  }

  /**
   * Stores a snapshot. If the snapshot is the last one of the run, also calls {@link end}.
   * @param {import("../output.js").FusionSnapshot} snapshot
   */
  save = (snapshot) => {
    if (this.#isOver) return;
    this.snapshot = snapshot;
    if (snapshot.status === "completed" || snapshot.status === "failed") this.end();
    else this.#write(() => this.#putLive());
  };

  /**
   * Drops a snapshot that cannot be resumed.
   * @param {unknown} error
   */
  drop(error) {
    this.snapshot = undefined;
    this.#onFailure(error);
  }

  /**
   * Ends the run. If the run has cost nothing, deletes it from the store.
   * @param {import("../output.js").FusionSnapshot} [snapshot]
   */
  end(snapshot = this.snapshot) {
    if (this.#isOver) return;
    this.snapshot = snapshot;
    this.#isOver = true;
    clearInterval(this.#renewal);
    const isKept = this.snapshot !== undefined && hasPaid(this.snapshot);
    this.#next = undefined;
    this.#writing = this.#writing.then(async () => {
      await this.#storeEnd(isKept ? () => this.#put() : () => this.#delete());
      this.#release();
      this.#resolveDone();
    });
  }

  /**
   * Stores the end of the run, even if the store has failed before. Tries twice. If both tries
   * fail, remembers the end in this process. Otherwise a repeated request would have to wait until
   * the lease ends.
   * @param {() => Promise<unknown>} write
   */
  async #storeEnd(write) {
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        return await withinLimit(write);
      } catch (error) {
        this.#fail(error);
      }
    }
    const { ended } = this.#runs;
    if (ended.size >= MAX_ENDED) ended.clear();
    ended.set(this.#key, this.#stored.until);
  }

  /** Deletes the stored run, unless another run with the same key has replaced it. */
  async #delete() {
    const { store } = this.#runs;
    const text = await store.get(this.#key);
    if (text != null && text === this.#stored.text) await store.delete(this.#key);
  }

  /** Stores the live run, unless a later request with the same key has replaced it. */
  #putLive() {
    if (this.#runs.live.get(this.#key) === this) return this.#put();
    return undefined;
  }

  /** @param {{ previous?: string | null }} [condition] */
  async #put(condition) {
    const { store, ttlMs } = this.#runs;
    const until = this.#isOver ? 0 : Date.now() + LEASE_MS;
    /** @type {StoredRun} */
    const stored = { version: 1, body: this.body, until, snapshot: this.snapshot };
    const info = { expires: Date.now() + ttlMs, ...condition };
    const text = JSON.stringify(stored);
    const result = await store.put(this.#key, text, info);
    if (result !== false) this.#stored = { text, until };
    return result;
  }

  /**
   * Writes to the store in order. If an earlier write has not begun yet, the new write replaces it.
   * @param {() => unknown} write
   */
  #write(write) {
    const isWaiting = this.#next !== undefined;
    this.#next = write;
    if (isWaiting) return;
    this.#writing = this.#writing.then(() => {
      const next = this.#next;
      this.#next = undefined;
      return next && this.#ask(next);
    });
  }

  /**
   * Calls the store. If the call fails, returns `undefined`. After a failed call, only the end of
   * the run is stored.
   * @template T
   * @param {() => T | PromiseLike<T>} call
   * @returns {Promise<Awaited<T> | undefined>}
   */
  async #ask(call) {
    if (this.#hasFailed) return undefined;
    try {
      return await withinLimit(call);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Reports the first failure of the store. @param {unknown} error */
  #fail(error) {
    if (!this.#hasFailed) this.#onFailure(error);
    this.#hasFailed = true;
  }

  /**
   * Returns a stored run. A damaged run is reported to `onFailure` and counts as absent.
   * @param {unknown} text
   * @returns {StoredRun | undefined}
   */
  #parse(text) {
    try {
      const run = JSON.parse(/** @type {string} */ (text));
      if (run?.version === 1 && typeof run.body === "string" && Number.isFinite(run.until)) {
        return isObject(run.snapshot) ? run : { ...run, snapshot: undefined };
      }
    } catch {
      // `#onFailure()` below reports the error.
    }
    this.#onFailure(new Error("the store returned a damaged run"));
    return undefined;
  }
}

/**
 * Returns the result of a store's call. Rejects if the store does not answer in time.
 * @template T
 * @param {() => T | PromiseLike<T>} call
 * @returns {Promise<Awaited<T>>}
 */
async function withinLimit(call) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const timeout = new Promise((_, reject) => {
    const message = `the store did not answer within ${STORE_MS} ms`;
    timer = setTimeout(() => reject(new Error(message)), STORE_MS);
  });
  try {
    return /** @type {any} */ (await Promise.race([call(), timeout]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns the client's `Idempotency-Key`. The draft standard puts the key in quotes, but clients
 * send the key without quotes.
 * @param {Headers} headers
 */
const idempotencyKey = (headers) =>
  headers
    .get("idempotency-key")
    ?.trim()
    .replace(/^"(.*)"$/, "$1") || undefined;

function busy() {
  const message = "the first request with this key or body is still running";
  const error = new ApiError("invalid_request", message, { status: 409 });
  error.retry_after_ms = BUSY_SECONDS * 1000;
  return error;
}

const otherBody = () =>
  new ApiError("invalid_request", "this `Idempotency-Key` was used for another request", {
    status: 422,
  });
