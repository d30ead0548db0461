// A session belongs to one test. A session has scripts by model name, returns a model's next
// script, and records each call. Many tests use one server at the same time, and each sees only its
// own calls.

import { refuses } from "./scripts.mjs";

export class Session {
  #scripts = {};
  #turns = new Map();
  #order = 0;
  calls = [];

  script(scripts) {
    Object.assign(this.#scripts, scripts);
  }

  /**
   * Returns the model's script. If the script has a `sequence`, returns the next entry of the
   * sequence at each call. After the last entry, returns this entry again.
   */
  nextScript(model) {
    const script = this.#scripts[model] ?? this.#scripts["*"];
    if (!script) return unknownModel(model);
    if (!script.sequence) return script;
    const turn = this.#turns.get(model) ?? 0;
    this.#turns.set(model, turn + 1);
    return script.sequence[Math.min(turn, script.sequence.length - 1)];
  }

  call(request, response, body) {
    const call = new Call(request, response, body, () => ++this.#order);
    const earlier = this.calls.filter(({ record }) => record.model === call.record.model).length;
    call.record.turn = earlier + 1;
    this.calls.push(call);
    return call;
  }

  /** Lets the held calls continue. */
  release() {
    for (const call of this.calls) call.release();
  }

  reset() {
    for (const call of this.calls) call.drop();
    this.calls = [];
    this.#scripts = {};
    this.#turns.clear();
  }
}

class Call {
  #response;
  #cut = false;

  constructor(request, response, body, tick) {
    const parsed = parse(body);
    this.#response = response;
    this.record = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: parsed,
      model: parsed?.model ?? null,
      turn: 1,
      // Starts and ends of calls have numbers from one counter, so that tests can compare their
      // order without times.
      arrived: tick(),
      ended: null,
      end: "open",
      sent_bytes: 0,
      sent_events: 0,
    };
    this.released = new Promise((resolve) => {
      this.release = resolve;
    });
    this.closed = new Promise((resolve) => {
      response.once("close", () => {
        this.record.ended = tick();
        this.record.end = this.#cut
          ? "cut"
          : response.writableFinished
            ? "completed"
            : "client_closed";
        resolve();
      });
    });
  }

  get open() {
    return this.record.end === "open";
  }

  cut() {
    this.#cut = true;
    this.#response.destroy();
  }

  drop() {
    if (this.open) this.cut();
  }
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

const unknownModel = (model) =>
  refuses(404, `No endpoints found for ${model}.`, { metadata: { error_type: "not_found" } });
