// A Durable Object that holds one run. The run's events are rows of the object's database. A reader
// continues after the last event that it has received. If the object is evicted, a reader or the
// alarm restarts it, and the run resumes from its last snapshot.
import { DurableObject } from "cloudflare:workers";
import { fuse, isFusionError } from "llm-fuse";
import { defaultsOf, serverOf } from "./models.js";

const encoder = new TextEncoder();
/**
 * Interval of the alarm. The platform evicts an object that has had no request for 1 to 2 minutes.
 * An alarm counts as a request.
 */
const HEARTBEAT_MS = 20_000;
/** Delay after each delta. Deltas that arrive meanwhile are merged, so there are fewer rows. */
const PACE_MS = 50;
/** Interval of keep-alive comments. Proxies close silent connections. */
const SILENCE_MS = 15_000;
/** How many minutes a run can be read after its end, if KEPT_MINUTES is not set. */
const KEPT_MINUTES = 24 * 60;
/**
 * Maximum number of starts. A run that itself crashes the object would restart without end, and
 * each restart pays again for the open calls.
 */
const MAX_LIVES = 5;

export class HeldRun extends DurableObject {
  #run;
  #news = Promise.withResolvers();

  async begin(request) {
    const { kv, sql } = this.ctx.storage;
    // Set the alarm first, because it deletes the stored data if the next steps fail.
    await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
    try {
      sql.exec("CREATE TABLE events (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)");
      kv.put("request", request);
    } catch (error) {
      await this.ctx.storage.deleteAll();
      throw error;
    }
    this.#goOn();
  }

  /** Cancels the run. Returns false if it does not exist. */
  cancel() {
    if (!this.#exists()) return false;
    this.ctx.storage.kv.put("cancelled", true);
    this.#goOn();
    return true;
  }

  async alarm() {
    const over = this.#over();
    // The run may have ended after this alarm started. Then `over` is in the future, and the data
    // must stay. If there is no request, `begin()` has failed.
    if (over <= Date.now() || !this.#exists()) return this.ctx.storage.deleteAll();
    await this.ctx.storage.setAlarm(over ?? Date.now() + HEARTBEAT_MS);
    this.#goOn();
  }

  /** Streams the events after `Last-Event-ID` in the format of `toReadableStream()`. */
  fetch(request) {
    if (!this.#exists()) return new Response("not found", { status: 404 });
    this.#goOn();
    let seen = Number(request.headers.get("last-event-id")) || 0;
    const body = new ReadableStream({
      pull: async (controller) => {
        for (;;) {
          // The run may be deleted before a slow reader reaches its end.
          if (!this.#exists()) return controller.close();
          const rows = this.#after(seen);
          for (const { seq, json } of rows) {
            controller.enqueue(encoder.encode(`id: ${seq}\ndata: ${json}\n\n`));
            seen = seq;
          }
          if (rows.length > 0) return;
          if (this.#over()) return controller.close();
          const silence = scheduler.wait(SILENCE_MS).then(() => true);
          if (await Promise.race([silence, this.#news.promise]))
            return controller.enqueue(encoder.encode(": keep-alive\n\n"));
        }
      },
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  }

  #exists() {
    return this.ctx.storage.kv.get("request") !== undefined;
  }

  /** Returns the time until which an ended run is kept, or undefined if the run has not ended. */
  #over() {
    return this.ctx.storage.kv.get("over");
  }

  #after(seq) {
    return this.ctx.storage.sql
      .exec("SELECT seq, json FROM events WHERE seq > ? ORDER BY seq LIMIT 100", seq)
      .toArray();
  }

  /** Starts or resumes the run, once for each start of the object. */
  #goOn() {
    const { kv } = this.ctx.storage;
    if (!this.#run && !this.#over()) {
      const lives = (kv.get("lives") ?? 0) + 1;
      // A cancelled run makes no more calls and ends as cancelled.
      if (lives > MAX_LIVES && !kv.get("cancelled")) return this.#giveUp();
      kv.put("lives", lives);
      const snapshot = kv.get("snapshot");
      const asked = () => ({ ...defaultsOf(this.env), ...kv.get("request") });
      this.#run = fuse(snapshot ? { resume: snapshot } : asked(), {
        ...serverOf(this.env),
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
      // The last event of a failed run already contains the error.
      if (isFusionError(error)) this.#end();
      else this.#giveUp(String(error));
    }
  }

  #giveUp(message = `the object that held this run was gone ${MAX_LIVES} times`) {
    this.#write({
      elapsed_ms: 0,
      type: "run.failed",
      error: { code: "unexpected_error", message },
    });
    this.#end();
  }

  #end() {
    const over = Date.now() + (Number(this.env.KEPT_MINUTES) || KEPT_MINUTES) * 60_000;
    this.ctx.storage.kv.put("over", over);
    this.ctx.storage.setAlarm(over);
    this.#tell();
  }

  /**
   * Stores an event as a row. A resumed run numbers its events from 1 again, so the row gets the
   * next number of the table.
   */
  #write(event) {
    const { sql } = this.ctx.storage;
    const { seq } = sql.exec("SELECT COALESCE(MAX(seq), 0) + 1 AS seq FROM events").one();
    sql.exec(
      "INSERT INTO events (seq, json) VALUES (?, ?)",
      seq,
      JSON.stringify({ ...event, seq }),
    );
    this.#tell();
  }

  #tell() {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
