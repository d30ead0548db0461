// One run, held by a Durable Object: its events are rows of the object's own database, and whoever connects reads them from where they
// left off. The object may be evicted in the middle; its alarm wakes it, and the run goes on from its last snapshot.
import { DurableObject } from "cloudflare:workers";
import { fuse } from "llm-fuse";

const encoder = new TextEncoder();
// An object without a connection is evicted after a minute or two, whatever it is waiting for; an alarm counts as a visit.
const HEARTBEAT_MS = 20_000;
// Events that wait are merged by the run, so a slower reader writes fewer rows.
const PACE_MS = 100;

export class HeldRun extends DurableObject {
  #run;
  #news = Promise.withResolvers();

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)");
  }

  async begin(request) {
    const { storage } = this.ctx;
    if (storage.kv.get("request")) return;
    storage.kv.put("request", request);
    await storage.setAlarm(Date.now() + HEARTBEAT_MS);
    this.#goOn();
  }

  cancel() {
    this.ctx.storage.kv.put("over", true);
    this.#run?.cancel();
  }

  async alarm() {
    if (this.#isOver()) return;
    await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
    this.#goOn();
  }

  /** The events after `Last-Event-ID`, as they come. */
  fetch(request) {
    if (!this.ctx.storage.kv.get("request")) return new Response("no such run", { status: 404 });
    this.#goOn();
    let seen = Number(request.headers.get("last-event-id") ?? 0);
    const { sql } = this.ctx.storage;
    const body = new ReadableStream({
      pull: async (controller) => {
        for (;;) {
          const rows = sql.exec("SELECT seq, json FROM events WHERE seq > ? ORDER BY seq LIMIT 100", seen).toArray();
          for (const { seq, json } of rows) controller.enqueue(encoder.encode(`id: ${(seen = seq)}\ndata: ${json}\n\n`));
          if (rows.length > 0) return;
          if (this.#isOver()) return controller.close();
          const silence = scheduler.wait(15_000).then(() => true);
          // Proxies close what says nothing.
          if (await Promise.race([silence, this.#news.promise])) return controller.enqueue(encoder.encode(": waiting\n\n"));
        }
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }

  #isOver() {
    return this.ctx.storage.kv.get("over") === true;
  }

  /** Drives the run, once in this object's life. */
  #goOn() {
    if (this.#run || this.#isOver()) return;
    const { kv } = this.ctx.storage;
    const snapshot = kv.get("snapshot");
    this.#run = fuse(snapshot ? { resume: snapshot } : kv.get("request"), {
      apiKey: this.env.OPENROUTER_API_KEY,
      baseURL: this.env.BASE_URL,
      onSnapshot: (snapshot) => kv.put("snapshot", snapshot),
    });
    this.ctx.waitUntil(this.#record(this.#run));
  }

  /** A run that goes on counts its events from 1 again; the rows count through. */
  async #record(run) {
    const { kv, sql } = this.ctx.storage;
    const { last } = sql.exec("SELECT COALESCE(MAX(seq), 0) AS last FROM events").one();
    try {
      for await (const event of run) {
        const seq = last + event.seq;
        sql.exec("INSERT INTO events (seq, json) VALUES (?, ?)", seq, JSON.stringify({ ...event, seq }));
        this.#tell();
        if (event.type.endsWith(".delta")) await scheduler.wait(PACE_MS);
      }
    } catch {
      // The last row, `run.failed`, says why.
    }
    kv.put("over", true);
    await this.ctx.storage.deleteAlarm();
    this.#tell();
  }

  #tell() {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
