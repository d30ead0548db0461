// Buffers the events of a run and passes them one by one to the run's only reader. FusionRun and
// RemoteRun add the events. The promise of the result settles even if nothing reads the events.

/**
 * @typedef {import("./output.js").FusionEvent} FusionEvent
 * @typedef {import("./output.js").FusionResult} FusionResult
 * @typedef {IteratorResult<FusionEvent, undefined>} Next
 * @typedef {{ resolve: (next: Next) => void, reject: (reason: unknown) => void }} Waiter
 */

/**
 * @typedef {object} EventSource
 * @property {() => void} start called each time an event or the result is requested
 * @property {() => void} pull called when the reader waits and the buffer is empty
 * @property {() => void} stop called when the reader stops and the result was not requested
 */

/** @returns {IteratorReturnResult<undefined>} */
const done = () => ({ done: true, value: undefined });

export class EventBuffer {
  #source;
  /** @type {FusionEvent[]} */
  #events = [];
  /** Index of the next event for the reader. */
  #next = 0;
  /**
   * The calls of `next()` that wait for an event, in order. A `Set` removes its first item without
   * moving the others.
   * @type {Set<Waiter>}
   */
  #waiters = new Set();
  /** Whether the run already has a reader. */
  #locked = false;
  #closed = false;
  #ended = false;
  /** @type {{ thrown: unknown } | undefined} */
  #failure;
  #resultRequested = false;
  /** @type {PromiseWithResolvers<FusionResult>} */
  #result = Promise.withResolvers ? Promise.withResolvers() : withResolvers();

  /** @param {EventSource} source */
  constructor(source) {
    this.#source = source;
    // Prevents an unhandled rejection if the caller never asks for the result.
    this.#result.promise.catch(() => {});
  }

  /** Returns the iterator of the run. Throws if it is called a second time. */
  iterator() {
    if (this.#locked) {
      throw new TypeError("a run has one reader: it is already being iterated or streamed");
    }
    this.#locked = true;
    /** @type {import("./index.js").FusionIterator} */
    const iterator = {
      next: () => this.#pull(),
      return: async () => this.#close(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  result() {
    this.#resultRequested = true;
    this.#source.start();
    return this.#result.promise;
  }

  /** Whether the reader waits for an event. */
  get isWaiting() {
    return this.#waiters.size > 0;
  }

  get resultRequested() {
    return this.#resultRequested;
  }

  /** @param {FusionEvent[]} events */
  add(events) {
    if (this.#closed) return;
    if (this.#next === this.#events.length) {
      this.#events = events;
      this.#next = 0;
    } else {
      // Remove the read events only if they are at least half of the buffer. Otherwise each call
      // would copy all events.
      if (this.#next * 2 >= this.#events.length) {
        this.#events = this.#events.slice(this.#next);
        this.#next = 0;
      }
      for (const event of events) this.#events.push(event);
    }
    this.#serve();
  }

  /**
   * Ends the run with a result. The reader first gets the events in the buffer.
   * @param {FusionResult} result
   */
  complete(result) {
    this.#ended = true;
    this.#result.resolve(result);
    this.#serve();
  }

  /**
   * Ends the run with an error. The reader first gets the events in the buffer.
   * @param {unknown} thrown
   */
  fail(thrown) {
    this.#ended = true;
    this.#failure = { thrown };
    this.#result.reject(thrown);
    this.#serve();
  }

  /** @returns {Promise<Next>} */
  #pull() {
    if (this.#closed) return Promise.resolve(done());
    this.#source.start();
    // Most events are in the buffer before the reader asks for them. For such an event, return it
    // at once.
    const event = this.isWaiting ? undefined : this.#shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    /** @type {Promise<Next>} */
    const pulled = new Promise((resolve, reject) => this.#waiters.add({ resolve, reject }));
    this.#serve();
    if (this.isWaiting) this.#source.pull();
    return pulled;
  }

  /** Removes and returns the next event, if there is one. */
  #shift() {
    const event = this.#events[this.#next];
    if (event !== undefined) this.#next += 1;
    return event;
  }

  #serve() {
    while (this.#next < this.#events.length || this.#ended) {
      const [waiter] = this.#waiters;
      if (!waiter) return;
      this.#waiters.delete(waiter);
      const event = this.#shift();
      if (event !== undefined) {
        waiter.resolve({ done: false, value: event });
      } else if (this.#failure && !this.#closed) {
        waiter.reject(this.#failure.thrown);
        this.#closed = true;
      } else {
        waiter.resolve(done());
      }
    }
  }

  #close() {
    this.#closed = true;
    this.#events = [];
    this.#next = 0;
    for (const { resolve } of this.#waiters) resolve(done());
    this.#waiters.clear();
    if (!this.#resultRequested) this.#source.stop();
    return done();
  }
}

/**
 * `Promise.withResolvers()` for Node before 22.
 * @returns {PromiseWithResolvers<any>}
 */
function withResolvers() {
  const parts = /** @type {PromiseWithResolvers<any>} */ ({});
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
