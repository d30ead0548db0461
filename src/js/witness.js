// What the events of a run have told, as a snapshot: for whoever only reads it.

import { snapshotOf } from "./snapshot.js";

/** What a server of another version leaves out, or has otherwise, is no reason to fail. */
const list = (value) => (Array.isArray(value) ? value.filter((entry) => typeof entry === "object" && entry !== null) : []);
const members = (value) => list(value).filter(({ index }) => Number.isInteger(index));
const text = (value) => (typeof value === "string" ? value : "");

export class Witness {
  #snapshot = snapshotOf({}, "waiting");
  /** Models by index, from `run.started`. */
  #models = [];
  /** Texts that go on, by index, and the writer's. */
  #panel = new Map();
  #answer;
  #sources = { panel: new Map(), answer: [] };

  see(event) {
    const { index } = event;
    const snapshot = this.#snapshot;
    if (event.type.startsWith("panelist.") && !Number.isInteger(index)) return;
    switch (event.type) {
      case "run.started":
        // It may come again: a server that lost the run goes on from its last snapshot, and tells what of it stands.
        this.#forget();
        Object.assign(this.#snapshot, { run_id: event.run_id, seed: event.seed, status: "running" });
        this.#models = Array.isArray(event.panel) ? event.panel.map((member) => member?.model) : [];
        break;
      case "panelist.started":
        this.#panel.set(index, "");
        this.#sources.panel.set(index, []);
        snapshot.failed_models = snapshot.failed_models.filter((failed) => failed.index !== index);
        break;
      case "panelist.delta":
        this.#panel.set(index, (this.#panel.get(index) ?? "") + text(event.delta));
        break;
      case "panelist.source":
        this.#sources.panel.set(index, [...this.#sourcesOf(index), { url: event.url, title: event.title }]);
        break;
      case "panelist.completed": {
        const { model, content, usage, finish_reason } = event;
        this.#panel.delete(index);
        snapshot.responses = [...snapshot.responses, { index, model, content, sources: this.#sourcesOf(index), usage, finish_reason }];
        break;
      }
      case "panelist.failed": {
        const { message, code, status_code } = event.error ?? {};
        const failed = { index, model: event.model, error: message, code, ...(status_code !== undefined && { status_code }) };
        snapshot.failed_models = [...snapshot.failed_models, failed];
        break;
      }
      case "analysis.source":
        snapshot.analysis_sources = [...snapshot.analysis_sources, { url: event.url, title: event.title }];
        break;
      case "analysis.completed":
        snapshot.analysis = event.analysis;
        break;
      case "answer.started":
        this.#answer = { model: event.model, content: "", tool_calls: [] };
        this.#sources.answer = [];
        break;
      case "answer.delta":
        if (this.#answer) this.#answer.content += text(event.delta);
        break;
      case "answer.source":
        this.#sources.answer.push({ url: event.url, title: event.title });
        break;
      case "answer.tool_call":
        this.#answer?.tool_calls.push({ id: event.id, name: event.name, arguments: event.arguments });
        break;
      case "answer.completed":
        snapshot.answer = { ...this.#answer, content: event.content, sources: this.#sources.answer, finish_reason: event.finish_reason };
        this.#answer = undefined;
        break;
      case "run.completed": {
        const { responses, failed_models, analysis = null, activity } = event.result ?? {};
        Object.assign(snapshot, { status: "completed", responses: members(responses), failed_models: members(failed_models), analysis, activity: list(activity) });
        break;
      }
      case "run.failed":
        snapshot.status = "failed";
        break;
    }
  }

  #sourcesOf(index) {
    return this.#sources.panel.get(index) ?? [];
  }

  #forget() {
    this.#snapshot = snapshotOf({}, "running");
    this.#panel.clear();
    this.#answer = undefined;
    this.#sources = { panel: new Map(), answer: [] };
  }

  snapshot() {
    const partial = [...this.#panel]
      .filter(([, content]) => content !== "")
      .map(([index, content]) => ({ stage: "panel", index, model: this.#models[index] ?? "", content }));
    if (this.#answer?.content) partial.push({ stage: "answer", model: this.#answer.model, content: this.#answer.content });
    const responses = [...this.#snapshot.responses].sort((a, b) => a.index - b.index);
    return structuredClone({ ...this.#snapshot, responses, partial });
  }
}
