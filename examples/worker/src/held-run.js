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
/** How long a run can be read after its end, where the variable KEPT_MINUTES says nothing else. */
const KEPT_MINUTES = 24 * 60;
/** An object is evicted once in a while. A run whose object is gone so often in its middle is the reason, and each time pays again for what was open. */
const MAX_LIVES = 5;

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
    const over = this.#over();
    // The alarm of a run that has just ended may be on its way already.
    if (over <= Date.now()) return this.ctx.storage.deleteAll();
    await this.ctx.storage.setAlarm(over ?? Date.now() + HEARTBEAT_MS);
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
          // It may have been deleted under a reader that is slower than that.
          if (!this.#exists()) return controller.close();
          const rows = this.#after(seen);
          for (const { seq, json } of rows) controller.enqueue(encoder.encode(`id: ${(seen = seq)}\ndata: ${json}\n\n`));
          if (rows.length > 0) return;
          if (this.#over()) return controller.close();
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

  /** Until when a run is kept that has ended. */
  #over() {
    return this.ctx.storage.kv.get("over");
  }

  #after(seq) {
    return this.ctx.storage.sql.exec("SELECT seq, json FROM events WHERE seq > ? ORDER BY seq LIMIT 100", seq).toArray();
  }

  /** Drives the run, once in this object's life. */
  #goOn() {
    const { kv } = this.ctx.storage;
    if (!this.#run && !this.#over()) {
      const lives = (kv.get("lives") ?? 0) + 1;
      // One that was cancelled makes no more calls, and ends as such.
      if (lives > MAX_LIVES && !kv.get("cancelled")) return this.#giveUp();
      kv.put("lives", lives);
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

  async #record(run) {
    try {
      for await (const event of run) {
        this.#write(event);
        if (event.type.endsWith(".delta")) await scheduler.wait(PACE_MS);
      }
      this.#end();
    } catch (error) {
      // A run that failed has said so in its last event.
      if (isFusionError(error)) this.#end();
      else this.#giveUp(String(error));
    }
  }

  #giveUp(message = `the object that held this run was gone ${MAX_LIVES} times`) {
    this.#write({ elapsed_ms: 0, type: "run.failed", error: { code: "unexpected_error", message } });
    this.#end();
  }

  #end() {
    const over = Date.now() + (Number(this.env.KEPT_MINUTES) || KEPT_MINUTES) * 60_000;
    this.ctx.storage.kv.put("over", over);
    this.ctx.storage.setAlarm(over);
    this.#tell();
  }

  /** A run that goes on counts its events from 1 again; the rows count through. */
  #write(event) {
    const { sql } = this.ctx.storage;
    const { seq } = sql.exec("SELECT COALESCE(MAX(seq), 0) + 1 AS seq FROM events").one();
    sql.exec("INSERT INTO events (seq, json) VALUES (?, ?)", seq, JSON.stringify({ ...event, seq }));
    this.#tell();
  }

  #tell() {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
