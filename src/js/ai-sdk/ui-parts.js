// Makes the data parts of a UI message stream: one part for each panelist, and one part for the
// analysis. In the page, a new part replaces the earlier part with the same id.

/** @typedef {import("../output.js").FusionEvent} FusionEvent */
/** @typedef {import("./index.js").FusionUIChunk} FusionUIChunk */
/** @typedef {import("./index.js").PanelistData} PanelistData */
/** @typedef {import("./index.js").AnalysisData} AnalysisData */
/** @typedef {import("../output.js").AnalysisItem} AnalysisItem */

/**
 * A part whose text grows is sent again when the text has grown by this fraction since the last
 * time. With 1/8, all sent versions together are at most nine times as long as the final text.
 */
const GROWTH = 1 / 8;

const LISTS = /** @type {const} */ ([
  "consensus",
  "contradictions",
  "partial_coverage",
  "unique_insights",
  "blind_spots",
]);

/**
 * A data part whose text grows. Limits how often the part is sent.
 * @template T
 */
class GrowingPart {
  /**
   * `#sent` is the number of characters when the part was last sent. `#added` is the number of
   * characters since then.
   */
  #added = 0;
  #sent = 0;
  #sentAt = -Infinity;
  #throttleMs;
  #chunk;
  data;

  /** @param {T} data @param {(data: T) => FusionUIChunk} chunk @param {number} throttleMs */
  constructor(data, chunk, throttleMs) {
    this.data = data;
    this.#chunk = chunk;
    this.#throttleMs = throttleMs;
  }

  /** Yields the part. @returns {Generator<FusionUIChunk>} */
  *send() {
    this.#sent += this.#added;
    this.#added = 0;
    this.#sentAt = performance.now();
    yield this.#chunk(structuredClone(this.data));
  }

  /**
   * Yields the part if it has grown enough.
   * @param {number} chars
   * @returns {Generator<FusionUIChunk>}
   */
  *grow(chars) {
    this.#added += chars;
    const isDue = performance.now() - this.#sentAt >= this.#throttleMs;
    if (isDue && this.#added >= this.#sent * GROWTH) yield* this.send();
  }

  /** Yields the part if it has unsent characters. @returns {Generator<FusionUIChunk>} */
  *flush() {
    if (this.#added > 0) yield* this.send();
  }

  reset() {
    this.#added = 0;
    this.#sent = 0;
  }
}

export class PanelParts {
  #throttleMs;
  /** @type {Map<number, GrowingPart<PanelistData>>} */
  #panelists = new Map();
  /** @type {GrowingPart<AnalysisData> | undefined} */
  #analysis;
  /**
   * The last complete analysis. If a later analysis fails, the part contains this one.
   * @type {object | undefined}
   */
  #complete;

  /** @param {number} throttleMs */
  constructor(throttleMs) {
    this.#throttleMs = throttleMs;
  }

  /** @param {FusionEvent} event @returns {Generator<FusionUIChunk>} */
  *of(event) {
    if (event.type === "run.started" || event.type === "panel.escalated") {
      for (const member of event.panel) yield* this.#addPanelist(member).send();
    } else if (event.type === "run.completed") {
      yield* this.#addSources(event.result);
    } else if (event.type.startsWith("panelist.")) {
      const { index } = /** @type {{ index: number }} */ (/** @type {unknown} */ (event));
      const part = this.#panelists.get(index);
      if (part) yield* this.#ofPanelist(event, part);
    } else if (event.type.startsWith("analysis.")) {
      this.#analysis ??= this.#newAnalysis();
      yield* this.#ofAnalysis(event, this.#analysis);
    } else if (event.type === "verification.completed" && this.#analysis) {
      yield* this.#ofCheck(event, this.#analysis);
    }
  }

  /**
   * Yields the unsent parts at the end of a failed run.
   * @returns {Generator<FusionUIChunk>}
   */
  *end() {
    for (const part of this.#panelists.values()) yield* part.flush();
    yield* this.#analysis?.flush() ?? [];
  }

  /** @param {import("../output.js").PanelMember} member */
  #addPanelist({ index, model, provider }) {
    const id = `panelist-${index}`;
    /** @type {PanelistData} */
    const data = { index, model, provider, status: "waiting", ...newAttempt(0, model) };
    /** @type {(data: PanelistData) => FusionUIChunk} */
    const chunk = (data) => ({ type: "data-panelist", id, data });
    const part = new GrowingPart(data, chunk, this.#throttleMs);
    this.#panelists.set(index, part);
    return part;
  }

  /**
   * Adds the sources of restored panelists. No event has these sources: they are only in the
   * result.
   * @param {import("../output.js").FusionResult} result
   */
  *#addSources({ responses }) {
    for (const { index, sources } of responses) {
      const part = this.#panelists.get(index);
      if (!part || part.data.sources.length > 0 || sources.length === 0) continue;
      part.data.sources = sources;
      yield* part.send();
    }
  }

  #newAnalysis() {
    /** @type {AnalysisData} */
    const data = { status: "running", model: "", attempt: 0, items: [], error: null };
    /** @type {(data: AnalysisData) => FusionUIChunk} */
    const chunk = (data) => ({ type: "data-analysis", id: "analysis", data });
    return new GrowingPart(data, chunk, this.#throttleMs);
  }

  /**
   * @param {FusionEvent} event
   * @param {GrowingPart<PanelistData>} part
   * @returns {Generator<FusionUIChunk>}
   */
  *#ofPanelist(event, part) {
    const { data } = part;
    switch (event.type) {
      case "panelist.queued":
        data.status = "queued";
        return yield* part.send();
      case "panelist.started":
        // A new attempt makes the deltas and sources of the earlier attempt invalid.
        Object.assign(data, newAttempt(event.attempt, event.model), { status: "started" });
        part.reset();
        return yield* part.send();
      case "panelist.reasoning":
        data.status = "thinking";
        data.reasoning += event.delta;
        return yield* part.grow(event.delta.length);
      case "panelist.delta":
        data.status = "writing";
        data.content += event.delta;
        return yield* part.grow(event.delta.length);
      case "panelist.tool":
        data.status = event.status === "started" ? "calling_tool" : data.status;
        addTool(data, event);
        return yield* part.grow(event.input.length + 1);
      case "panelist.source":
        data.sources.push({ url: event.url, title: event.title });
        return yield* part.grow(event.url.length + event.title.length);
      case "panelist.retrying":
        Object.assign(data, { status: "retrying", error: codeOf(event.error) });
        return yield* part.send();
      case "panelist.completed": {
        const { model: model_used, content, usage } = event;
        Object.assign(data, { status: "completed", model_used, content, usage, error: null });
        return yield* part.send();
      }
      case "panelist.failed":
        Object.assign(data, { status: "failed", error: codeOf(event.error) });
        return yield* part.send();
    }
  }

  /**
   * Puts the outcome of a check into its contradiction.
   * @param {import("../output.js").EventOf<"verification.completed">} event
   * @param {GrowingPart<AnalysisData>} part
   */
  *#ofCheck({ index, checked }, part) {
    const { items } = part.data;
    const found = items.filter(({ kind }) => kind === "contradictions")[index];
    if (!found) return;
    part.data.items = items.map((item) =>
      item === found
        ? /** @type {AnalysisItem} */ ({ ...item, item: { ...item.item, checked } })
        : item,
    );
    yield* part.send();
  }

  /**
   * @param {FusionEvent} event
   * @param {GrowingPart<AnalysisData>} part
   * @returns {Generator<FusionUIChunk>}
   */
  *#ofAnalysis(event, part) {
    const { data } = part;
    switch (event.type) {
      case "analysis.started": {
        const { model, attempt } = event;
        // The start of a first pass makes earlier items invalid. A second pass only confirms items.
        const items = event.pass === 2 ? data.items : [];
        Object.assign(data, { status: "running", model, attempt, items, error: null });
        part.reset();
        return yield* part.send();
      }
      case "analysis.item":
        data.items.push(itemOf(event));
        return yield* part.grow(JSON.stringify(event.item).length);
      case "analysis.completed":
        Object.assign(data, { status: "completed", items: itemsOf(event.analysis) });
        this.#complete = { ...data };
        return yield* part.send();
      case "analysis.failed":
        Object.assign(data, {
          status: event.next === undefined ? "failed" : "running",
          items: [],
          ...(event.next === undefined && this.#complete),
          error: codeOf(event.error),
        });
        return yield* part.send();
    }
  }
}

/** @param {number} attempt @param {string} model_used */
const newAttempt = (attempt, model_used) => ({
  attempt,
  model_used,
  content: "",
  reasoning: "",
  tools: /** @type {PanelistData["tools"]} */ ([]),
  sources: /** @type {PanelistData["sources"]} */ ([]),
  usage: null,
  error: null,
});

/**
 * Returns an error with its code only. The message may contain details about the server's API key.
 * @param {import("../output.js").ErrorData} error
 */
const codeOf = ({ code }) => ({ code });

/** @param {AnalysisItem} event @returns {AnalysisItem} */
const itemOf = ({ kind, item }) => /** @type {AnalysisItem} */ ({ kind, item });

/** @param {import("../output.js").Analysis} analysis @returns {AnalysisItem[]} */
const itemsOf = (analysis) =>
  LISTS.flatMap((kind) =>
    analysis[kind].map((item) => itemOf(/** @type {AnalysisItem} */ ({ kind, item }))),
  );

/** @param {PanelistData} data @param {import("../output.js").ToolActivity} event */
function addTool({ tools }, { tool, status, input }) {
  const running = tools.find(
    (known) => known.tool === tool && known.input === input && known.status === "started",
  );
  if (running) running.status = status;
  else tools.push({ tool, status, input });
}
