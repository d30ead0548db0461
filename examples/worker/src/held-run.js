// One run, held by a Durable Object: its events are rows of the object's own database, and whoever connects reads them from where they
// left off. The object may be evicted in the middle; a reader or its alarm wakes it, and the run goes on from its last snapshot.
import { DurableObject } from "cloudflare:workers";
import { fuse, isFusionError } from "llm-fuse";

const encoder = new TextEncoder();
/** An object that nobody visits is evicted after a minute or two, whatever it is waiting for; an alarm is a visit. */
const HEARTBEAT_MS = 20_000;
/** Events that wait are merged by the run: a slower reader writes fewer rows. */
const PACE_MS = 50;
/** Proxies close what says nothing. */
const SILENCE_MS = 15_000;
/** How long a run can be read after its end. */
const KEPT_MS = 24 * 60 * 60_000;

export class HeldRun extends DurableObject {
  #run;
  #news = Promise.withResolvers();

  async begin(request) {
    const { kv, sql } = this.ctx.storage;
    sql.exec("CREATE TABLE events (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)");
    kv.put("request", request);
    await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
    this.#goOn();
  }

  /** `false`: there is no such run. */
  cancel() {
    if (!this.#exists()) return false;
    this.ctx.storage.kv.put("cancelled", true);
    this.#goOn();
    return true;
  }

  async alarm() {
    if (this.#isOver()) return this.ctx.storage.deleteAll();
    await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
    this.#goOn();
  }

  /** The events after `Last-Event-ID`, as they come; framed as `toReadableStream()` does. */
  fetch(request) {
    if (!this.#exists()) return new Response("not found", { status: 404 });
    this.#goOn();
    let seen = Number(request.headers.get("last-event-id")) || 0;
    const body = new ReadableStream({
      pull: async (controller) => {
        for (;;) {
          const rows = this.#after(seen);
          for (const { seq, json } of rows) controller.enqueue(encoder.encode(`id: ${(seen = seq)}\ndata: ${json}\n\n`));
          if (rows.length > 0) return;
          if (this.#isOver()) return controller.close();
          const silence = scheduler.wait(SILENCE_MS).then(() => true);
          if (await Promise.race([silence, this.#news.promise])) return controller.enqueue(encoder.encode(": keep-alive\n\n"));
        }
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }

  #exists() {
    return this.ctx.storage.kv.get("request") !== undefined;
  }

  #isOver() {
    return this.ctx.storage.kv.get("over") === true;
  }

  #after(seq) {
    return this.ctx.storage.sql.exec("SELECT seq, json FROM events WHERE seq > ? ORDER BY seq LIMIT 100", seq).toArray();
  }

  /** Drives the run, once in this object's life. */
  #goOn() {
    const { kv } = this.ctx.storage;
    if (!this.#run && !this.#isOver()) {
      const snapshot = kv.get("snapshot");
      this.#run = fuse(snapshot ? { resume: snapshot } : kv.get("request"), {
        apiKey: this.env.OPENROUTER_API_KEY,
        baseURL: this.env.BASE_URL,
        onSnapshot: (snapshot) => kv.put("snapshot", snapshot),
      });
      this.ctx.waitUntil(this.#record(this.#run));
    }
    if (kv.get("cancelled")) this.#run?.cancel();
  }

  /** A run that goes on counts its events from 1 again; the rows count through. */
  async #record(run) {
    const { kv, sql } = this.ctx.storage;
    let { seq } = sql.exec("SELECT COALESCE(MAX(seq), 0) AS seq FROM events").one();
    const write = (event) => {
      seq += 1;
      sql.exec("INSERT INTO events (seq, json) VALUES (?, ?)", seq, JSON.stringify({ ...event, seq }));
      this.#tell();
    };
    try {
      for await (const event of run) {
        write(event);
        if (event.type.endsWith(".delta")) await scheduler.wait(PACE_MS);
      }
    } catch (error) {
      // A run that failed has said so in its last event.
      if (!isFusionError(error)) write({ elapsed_ms: 0, type: "run.failed", error: { code: "unexpected_error", message: String(error) } });
    }
    kv.put("over", true);
    await this.ctx.storage.setAlarm(Date.now() + KEPT_MS);
    this.#tell();
  }

  #tell() {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
