// How a run is read, wherever its events come from: one reader, a result that needs none, and an end that reaches both.

const done = () => ({ done: true, value: undefined });

export class Reading {
  #source;
  /** Events that are here and not handed out yet. */
  #events = [];
  #next = 0;
  #waiters = [];
  #claimed = false;
  #closed = false;
  #ended = false;
  #failure;
  #resultAsked = false;
  #settled = Promise.withResolvers ? Promise.withResolvers() : resolvers();

  /** @param source `start()`: it is read now, once or again; `more()`: a reader waits, and nothing is here; `stop()`: nobody reads on, and
   *  nobody has asked for the result. */
  constructor(source) {
    this.#source = source;
    // Nobody has to read a run; its failure is no unhandled rejection.
    this.#settled.promise.catch(() => {});
  }

  iterator() {
    if (this.#claimed) throw new TypeError("a run has one reader: it is already being iterated or streamed");
    this.#claimed = true;
    const iterator = {
      next: () => this.#pull(),
      return: async () => this.#close(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  result() {
    this.#resultAsked = true;
    this.#source.start();
    return this.#settled.promise;
  }

  get isWaiting() {
    return this.#waiters.length > 0;
  }

  get resultAsked() {
    return this.#resultAsked;
  }

  add(events) {
    if (this.#closed) return;
    if (this.#next === this.#events.length) {
      this.#events = events;
      this.#next = 0;
    } else {
      // Not at every call: where nobody reads, all that is here would be copied for each event.
      if (this.#next * 2 >= this.#events.length) {
        this.#events = this.#events.slice(this.#next);
        this.#next = 0;
      }
      for (const event of events) this.#events.push(event);
    }
    this.#serve();
  }

  /** With `{ thrown }` reading fails, after the events that are here; otherwise `result` is what the run gives. */
  end(failure, result) {
    this.#ended = true;
    this.#failure = failure;
    if (failure) this.#settled.reject(failure.thrown);
    else this.#settled.resolve(result);
    this.#serve();
  }

  #pull() {
    if (this.#closed) return Promise.resolve(done());
    this.#source.start();
    const pulled = new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.#serve();
    if (this.isWaiting) this.#source.more();
    return pulled;
  }

  #serve() {
    while (this.isWaiting) {
      if (this.#next < this.#events.length) {
        this.#waiters.shift().resolve({ done: false, value: this.#events[this.#next++] });
      } else if (this.#ended) {
        const { resolve, reject } = this.#waiters.shift();
        if (this.#failure && !this.#closed) {
          reject(this.#failure.thrown);
          this.#closed = true;
        } else {
          resolve(done());
        }
      } else {
        return;
      }
    }
  }

  #close() {
    this.#closed = true;
    this.#events = [];
    this.#next = 0;
    for (const { resolve } of this.#waiters.splice(0)) resolve(done());
    if (!this.#resultAsked) this.#source.stop();
    return done();
  }
}

function resolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
