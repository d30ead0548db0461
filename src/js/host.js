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

/** Imported by the core: the next bytes of a body, or nothing at its end. What comes back is a native array, whatever the stream gave:
 *  a proxy or a subclass would throw, or lie about its length, inside the core. */
export async function read(reader) {
  const { done, value } = await reader.read();
  return done ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Sends one call and gives the core what it needs of the answer, as plain values. `fetch` may be anybody's and give anything. */
export async function send(fetch, url, init) {
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
  return { status, contentType: header("content-type"), retryAfter: header("retry-after"), reader: body?.getReader() };
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
