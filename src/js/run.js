// FusionRun: one deliberation, from the caller's side. The core holds the events that wait; this file hands them out, one by one.

import { FusionError } from "./error.js";
import { closeCalls, enter, leave, runTool, send } from "./host.js";
import { fetchOf, separate } from "./options.js";
import { json, plain } from "./plain.js";
import { Reading } from "./reading.js";
import { snapshotOf } from "./snapshot.js";
import { toReadableStream } from "./stream.js";

/** Much less than what anybody sees, much more than what lies between two tokens of a panel. */
const PACE_MS = 4;

export class FusionRun {
  #core;
  #request;
  #options;
  /** `waiting`, `running`, `ended`. */
  #phase = "waiting";
  #id = 0;
  #handle;
  #scheduled = false;
  /** When bytes last led to a poll, and the timer of those that wait for the next one. */
  #paced_ms = -Infinity;
  #timer;
  /** One for each call, so that the calls can be closed when the core no longer can. */
  #controllers = [];
  #seq = 0;
  /** Why the run was ended from outside, if it was: what reading then fails with is derived from it. */
  #stop;
  /** JSON, as text or as the core's bytes. */
  #lastSnapshot;
  /** The last snapshot that was taken by itself, and how many panelists and stages had ended then. */
  #kept;
  #milestones = 0;
  #reading = new Reading({ start: () => this.#start(), more: () => this.#take(), stop: () => this.cancel() });

  constructor(core, request, options) {
    this.#core = core;
    // Copied now: what the caller changes later belongs to the caller.
    try {
      this.#request = plain(request, "");
      this.#options = separate(options);
    } catch (reason) {
      this.#request ??= null;
      const message = typeof reason === "string" ? reason : "the request or its options can't be read: a property throws";
      this.#stop = { error: { code: "invalid_request", message } };
    }
  }

  [Symbol.asyncIterator]() {
    return this.#reading.iterator();
  }

  toReadableStream() {
    const iterator = this.#reading.iterator();
    this.#start();
    return toReadableStream(iterator);
  }

  result() {
    return this.#reading.result();
  }

  cancel(reason) {
    this.#cancel({ error: { code: "cancelled", message: "the run was cancelled" }, cause: reason });
  }

  cancelPanelist(index) {
    const seat = seatOf(index);
    return this.#control((handle) => handle.cancelPanelist(seat));
  }

  retryPanelist(index) {
    const seat = seatOf(index);
    return this.#control((handle) => handle.retryPanelist(seat));
  }

  proceed() {
    return this.#control((handle) => handle.proceed());
  }

  snapshot() {
    if (this.#handle) return this.#guard(() => withRequest(this.#handle.snapshot())) ?? this.snapshot();
    if (this.#lastSnapshot) return parsed(this.#lastSnapshot);
    return this.#emptySnapshot();
  }

  /** Called by the core when it wants to be polled, in the context of whatever woke it: this run's own I/O. */
  wake() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#poll);
  }

  /** Bytes have come. Those of all calls within a few milliseconds make one poll, and one batch of events; the first does not wait, nor does,
   *  `now`, a beginning, an end or a full buffer. By the clock and not by timers alone, for those of pages in the background ring once a second or less. */
  #arrived = (now) => {
    if (this.#scheduled || (this.#timer && !now)) return;
    const wait_ms = now ? 0 : this.#paced_ms + PACE_MS - performance.now();
    if (wait_ms > 0) this.#timer = setTimeout(this.#paced, wait_ms);
    else this.#paced();
  };

  #paced = () => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#paced_ms = performance.now();
    this.wake();
  };

  /** Called when the core has panicked. What it held is lost with it, but for what was kept. */
  abandon(message, cause) {
    this.#handle = undefined;
    if (this.#kept) this.#lastSnapshot = JSON.stringify({ ...parsed(this.#kept), status: "failed" });
    closeCalls(this.#controllers);
    this.#failHere({ code: "unexpected_error", message: `the core of llm-fuse failed: ${message ?? cause}` }, cause);
  }

  #start() {
    if (this.#phase !== "waiting") return;
    this.#phase = "running";
    if (this.#stop) return this.#failHere(this.#stop.error, this.#stop.cause);
    const { signal } = this.#options;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const fail = (what) => (cause) => this.#failHere({ code: "unexpected_error", message: `${what}: ${cause?.message ?? cause}` }, cause);
    this.#core.load().then(this.#begin, fail("the WebAssembly core could not be loaded")).catch(fail("the run could not begin"));
  }

  #begin = (glue) => {
    if (this.#phase !== "running") return;
    const { run_id, seed, nonce } = entropy();
    this.#id = enter(this);
    this.#guard(() => {
      this.#handle = new glue.Run(this.#id, json(this.#request), json(this.#options.data), this.#send, this.#tool, run_id, seed, nonce);
    });
    if (this.#handle) this.wake();
  };

  #send = (url, init, controller, provider) => {
    this.#controllers.push(controller);
    return send(fetchOf(this.#options, provider) ?? this.#core.fetch, url, init, this.#arrived);
  };

  #tool = (name, args, controller, index) => {
    this.#controllers.push(controller);
    return runTool(this.#options.toolHandlers[name], args, controller.signal, index);
  };

  #poll = () => {
    this.#scheduled = false;
    if (!this.#handle) return;
    const over = this.#guard(() => this.#handle.poll());
    if (!this.#handle) return;
    // Taken before anybody hears of the end: a caller's code may read on at once.
    const last = over && this.#guard(() => this.#handle.take());
    this.#keep();
    if (last) this.#end(last);
    else if (this.#reading.isWaiting) this.#take();
  };

  /** Takes a snapshot after each panelist and stage, for the caller and for the day the core fails with everything it holds. */
  #keep() {
    const milestones = this.#guard(() => this.#handle.milestones());
    if (!milestones || milestones === this.#milestones) return;
    this.#milestones = milestones;
    this.#kept = this.#guard(() => this.#handle.checkpoint());
    const { onSnapshot } = this.#options;
    if (!onSnapshot || !this.#kept) return;
    const complain = (reason) => this.#guard(() => this.#handle?.warn(`\`onSnapshot\` failed: ${reason?.message ?? reason}`));
    try {
      Promise.resolve(onSnapshot(parsed(this.#kept))).catch((reason) => {
        complain(reason);
        if (this.#reading.isWaiting) this.#take();
      });
    } catch (reason) {
      complain(reason);
    }
  }

  /** `false` before the run begins and after its end. */
  #control(act) {
    return (this.#phase === "running" && this.#handle && this.#guard(() => act(this.#handle))) || false;
  }

  #take() {
    const json = this.#guard(() => this.#handle?.take());
    if (!json) return;
    const events = JSON.parse(json);
    this.#seq = events.at(-1).seq;
    this.#reading.add(events);
  }

  #end(json) {
    const handle = this.#handle;
    if (!handle) return;
    const result = this.#guard(() => handle.result());
    // The end is a milestone too: nothing has happened since. A request that is refused has none, and what it would have gone on from stays.
    this.#lastSnapshot = this.#kept ?? this.#failedSnapshot();
    this.#handle = undefined;
    this.#guard(() => handle.free());
    const events = JSON.parse(json);
    const last = events.at(-1);
    if (last.type === "run.completed") this.#settle(events, undefined, (last.result = result));
    else this.#settle(events, this.#errorOf(this.#stop?.error ?? last.error, this.#stop?.cause));
  }

  /** Fails a run that the core does not know, or no longer knows. */
  #failHere(error, cause) {
    if (this.#phase === "ended") return;
    this.#phase = "running";
    this.#lastSnapshot ??= this.#failedSnapshot();
    this.#settle([{ seq: this.#seq + 1, elapsed_ms: 0, type: "run.failed", error }], this.#errorOf(error, cause));
  }

  #settle(events, failure, result) {
    this.#phase = "ended";
    leave(this.#id);
    clearTimeout(this.#timer);
    this.#options?.signal?.removeEventListener?.("abort", this.#onAbort);
    this.#controllers = [];
    this.#reading.add(events);
    this.#reading.end(failure, result);
  }

  #errorOf(error, cause) {
    // The caller's signal: everything rejects with its reason, untouched.
    if (this.#stop?.signalled) return { thrown: this.#stop.reason };
    return { thrown: new FusionError(error, parsed(this.#lastSnapshot), cause) };
  }

  #onAbort = () => {
    const { reason } = this.#options.signal;
    this.#cancel({ signalled: true, reason, error: { code: "cancelled", message: "the run was cancelled by its signal" } });
  };

  #cancel(stop) {
    if (this.#phase === "ended" || this.#stop) return;
    this.#stop = stop;
    if (this.#handle) {
      this.#guard(() => this.#handle.cancel());
      // A poll that is under way ends the run itself; this one comes after it.
      this.wake();
      this.#poll();
    } else {
      this.#failHere(stop.error, stop.cause);
    }
  }

  /** Calls into the core. A trap there ends every run of the instance. */
  #guard(call) {
    try {
      return call();
    } catch (cause) {
      this.#core.contain(cause);
      return undefined;
    }
  }

  #failedSnapshot() {
    return JSON.stringify({ ...this.#emptySnapshot(), status: "failed" });
  }

  /** Before the first poll, or where the core could not be loaded: what is known is what the caller gave, an earlier run included. */
  #emptySnapshot() {
    const resumed = this.#request?.resume;
    const earlier = resumed?.snapshot ?? resumed;
    if (Array.isArray(earlier?.responses)) return structuredClone(earlier);
    const request = typeof this.#request === "string" ? { prompt: this.#request } : (this.#request ?? {});
    return snapshotOf(structuredClone(request), this.#phase === "ended" ? "failed" : this.#phase);
  }
}

if (Symbol.asyncDispose) {
  FusionRun.prototype[Symbol.asyncDispose] = async function () {
    this.cancel();
  };
}

/** A snapshot from the core carries its request as JSON text. */
const withRequest = (snapshot) => ({ ...snapshot, request: JSON.parse(snapshot.request) });

/** A snapshot of our own as text, or the core's as bytes. */
const parsed = (json) => (typeof json === "string" ? JSON.parse(json) : withRequest(JSON.parse(new TextDecoder().decode(json))));

/** The core has 32 bits for it, and nobody sits so far out. */
function seatOf(index) {
  if (!Number.isInteger(index) || index < 0) throw new TypeError(`a panelist's index is an integer from 0, got ${String(index)}`);
  return Math.min(index, 0xffff);
}

/** `crypto.randomUUID` exists on secure pages only. */
function entropy() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { run_id: `run_${hex.slice(0, 20)}`, seed: parseInt(hex.slice(20, 33), 16), nonce: hex.slice(33) };
}
