// What the wasm core calls by itself, and the runs that live in its instance. The glue imports this file; it holds no I/O of any run.

const live = new Map();
let ids = 0;
let lastPanic;

/** Registers a run; its `wake()` is called when the core wants to be polled. */
export function enter(run) {
  // The core holds ids as u32; a Worker can outlive four billion runs only in theory, but wrapping is free.
  ids = (ids + 1) >>> 0;
  live.set(ids, run);
  return ids;
}

export function leave(id) {
  live.delete(id);
}

/** The instance is no longer to be trusted: hands out its runs, so that each can fail, and what the panic said. */
export function evacuate() {
  const runs = [...live.values()];
  const message = lastPanic;
  live.clear();
  lastPanic = undefined;
  return { runs, message };
}

/** Imported by the core. */
export function wake(id) {
  live.get(id)?.wake();
}

/** Sends one call and gives the core what it needs of the answer, as plain values. `fetch` may be anybody's and give anything.
 *  `arrived`: see [`Body`]. */
export async function send(fetch, url, init, arrived) {
  const response = await fetch(url, init);
  const status = response?.status;
  const { body, headers } = response ?? {};
  const streams = body === null || typeof body?.getReader === "function";
  if (!Number.isInteger(status) || status < 100 || status > 999 || typeof headers?.get !== "function" || !streams) {
    throw "fetch gave something that is no Response";
  }
  const header = (name) => {
    const value = headers.get(name);
    return typeof value === "string" ? value : undefined;
  };
  return { status, contentType: header("content-type"), retryAfter: header("retry-after"), body: body && new Body(body.getReader(), arrived, init.signal) };
}

/** Imported by the core. Aborts one call, if the runtime lets it. */
export function abort(controller) {
  try {
    controller.abort();
  } catch {
    // On workerd only the request that opened a connection may close it. If another request runs, the connection ends with its own.
  }
}

/** Ends calls from outside the core. */
export function closeCalls(controllers) {
  for (const controller of controllers) abort(controller);
}

/** Further than this nobody reads ahead of the core. */
const AHEAD_BYTES = 65_536;

/** A connection that has not ended by itself so long, or so many reads, after the last word on it is closed. */
const LEFT_MS = 100;
const LEFT_READS = 16;

/** A body that is read ahead of the core, so that it crosses in few pieces. `arrived(now)` is told of all that comes; the core has to be polled
 *  at once where it is the beginning or the end, or nothing more is read before. */
class Body {
  #reader;
  #arrived;
  #chunks = [];
  #bytes = 0;
  #isFirst = true;
  #ended = false;
  #failure;
  #resume;
  #left;
  #spare = 0;
  #timer;

  constructor(reader, arrived, signal) {
    this.#reader = reader;
    this.#arrived = arrived;
    this.#read();
    if (signal.aborted) this.#close();
    else signal.addEventListener("abort", this.#close, { once: true });
  }

  /** The call is over. The body of `fetch` itself hears of that first, and workerd does not bear to be told twice; somebody else's may not hear. */
  #close = () => {
    setTimeout(() => this.#ended || this.#cancel());
  };

  async #cancel() {
    try {
      await this.#reader.cancel();
    } catch {
      // It is closed, or never will be.
    }
  }

  /** Called by the core: what has come; `undefined` if nothing has, `null` at the end. Throws what reading failed with. */
  take() {
    if (this.#bytes === 0) {
      if (!this.#ended) return undefined;
      if (this.#failure) throw this.#failure.reason;
      return null;
    }
    const [chunks, bytes] = [this.#chunks, this.#bytes];
    this.#chunks = [];
    this.#bytes = 0;
    this.#resume?.();
    if (chunks.length === 1) return chunks[0];
    const whole = new Uint8Array(bytes);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  /** Called by the core: it has heard enough. What is broken off is no connection for the next call, so this one gets the time to end. */
  leave(controller) {
    this.#left = controller;
    this.#resume?.();
    if (!this.#ended) this.#timer = setTimeout(() => controller.abort(), LEFT_MS);
  }

  async #read() {
    try {
      for (let read; !(read = await this.#reader.read()).done; ) {
        if (this.#left) {
          this.#spare += 1;
          if (this.#spare === LEFT_READS) this.#left.abort();
          if (this.#spare <= LEFT_READS) continue;
          this.#cancel();
          break;
        }
        const { buffer, byteOffset, byteLength } = read.value;
        // A native array, whatever the stream gave: a proxy or a subclass would throw, or lie about its length, inside the core.
        const chunk = new Uint8Array(buffer, byteOffset, byteLength);
        this.#chunks.push(chunk);
        this.#bytes += chunk.length;
        const full = this.#bytes >= AHEAD_BYTES;
        this.#arrived(full || this.#isFirst);
        this.#isFirst = false;
        if (full) await new Promise((resolve) => (this.#resume = resolve));
      }
    } catch (reason) {
      this.#failure = { reason };
    }
    this.#ended = true;
    clearTimeout(this.#timer);
    if (!this.#left) this.#arrived(true);
  }
}

/** Runs a caller's tool, and gives the core what came of it as JSON text: `{ content, sources?, summary? }`. A tool may return text, such an
 *  object (its `content` is for the model, its sources become events), or any other data, which the model reads as JSON. */
export async function runTool(handler, args, signal, index) {
  const result = await handler(JSON.parse(args), { signal, index });
  const told = typeof result === "object" && result !== null && typeof result.content === "string" ? result : { content: result };
  const { content, sources, summary } = told;
  return JSON.stringify({
    content: typeof content === "string" ? content : (JSON.stringify(content) ?? ""),
    sources: Array.isArray(sources) ? sources.map((source) => ({ url: String(source?.url ?? ""), title: String(source?.title ?? "") })) : [],
    summary: typeof summary === "string" ? summary : undefined,
  });
}

/** Imported by the core, which has no Unicode tables. */
export function small(text) {
  return String(text.normalize("NFKC").toLowerCase());
}

/** Imported by the core: the panic hook runs before the trap that JavaScript then catches. */
export function panicked(message) {
  lastPanic = message;
}
