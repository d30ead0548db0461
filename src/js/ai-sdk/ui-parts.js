// The data parts of a UI message stream: one for each panelist, and one for the analysis. A part
// replaces the earlier one with its id.

/** @typedef {import("../output.js").FusionEvent} FusionEvent */
/** @typedef {import("./index.js").FusionUIChunk} FusionUIChunk */
/** @typedef {import("./index.js").PanelistData} PanelistData */
/** @typedef {import("./index.js").AnalysisData} AnalysisData */

/**
 * A running part is sent again if it has grown by this share. All parts of a text together are then
 * at most nine times as long as the text.
 */
const GROWTH = 1 / 8;

/**
 * A part that grows.
 * @template T
 */
class GrowingPart {
  /** The characters that were added since the last chunk, and before it. */
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

  /** Yields the part if something is not sent yet. @returns {Generator<FusionUIChunk>} */
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

  /** @param {number} throttleMs */
  constructor(throttleMs) {
    this.#throttleMs = throttleMs;
  }

  /** @param {FusionEvent} event @returns {Generator<FusionUIChunk>} */
  *of(event) {
    if (event.type === "run.started") {
      for (const { index, model } of event.panel) yield* this.#addPanelist(index, model).send();
    } else if (event.type.startsWith("panelist.")) {
      const { index } = /** @type {{ index: number }} */ (/** @type {unknown} */ (event));
      yield* this.#ofPanelist(event, this.#panelists.get(index) ?? this.#addPanelist(index, ""));
    } else if (event.type.startsWith("analysis.")) {
      this.#analysis ??= this.#newAnalysis();
      yield* this.#ofAnalysis(event, this.#analysis);
    }
  }

  /**
   * Yields what is not sent yet, at the end of a failed run.
   * @returns {Generator<FusionUIChunk>}
   */
  *end() {
    for (const part of this.#panelists.values()) yield* part.flush();
    yield* this.#analysis?.flush() ?? [];
  }

  /** @param {number} index @param {string} model */
  #addPanelist(index, model) {
    const id = `panelist-${index}`;
    const part = new GrowingPart(
      /** @type {PanelistData} */ (newPanelist(index, model)),
      (data) => ({ type: "data-panelist", id, data }),
      this.#throttleMs,
    );
    this.#panelists.set(index, part);
    return part;
  }

  #newAnalysis() {
    return new GrowingPart(
      /** @type {AnalysisData} */ ({ state: "running", model: "", ...emptyLists() }),
      (data) => ({ type: "data-analysis", id: "analysis", data }),
      this.#throttleMs,
    );
  }

  /**
   * @param {FusionEvent} event
   * @param {GrowingPart<PanelistData>} part
   * @returns {Generator<FusionUIChunk>}
   */
  *#ofPanelist(event, part) {
    const { data } = part;
    switch (event.type) {
      case "panelist.started":
        // Earlier deltas and sources are void.
        part.data = {
          ...newPanelist(event.index, event.model),
          state: "running",
          attempt: event.attempt,
        };
        part.reset();
        return yield* part.send();
      case "panelist.reasoning":
        data.reasoning += event.delta;
        return yield* part.grow(event.delta.length);
      case "panelist.delta":
        data.text += event.delta;
        return yield* part.grow(event.delta.length);
      case "panelist.tool":
        addTool(data, event);
        return yield* part.grow(event.input.length + 1);
      case "panelist.source":
        data.sources.push({ url: event.url, title: event.title });
        return yield* part.grow(event.url.length + event.title.length);
      case "panelist.retrying":
        data.state = "retrying";
        data.error = event.error.code;
        return yield* part.send();
      case "panelist.completed":
        data.state = "completed";
        data.model = event.model;
        data.text = event.content;
        data.usage = event.usage;
        delete data.error;
        return yield* part.send();
      case "panelist.failed":
        data.state = "failed";
        data.error = event.error.code;
        return yield* part.send();
    }
  }

  /**
   * @param {FusionEvent} event
   * @param {GrowingPart<AnalysisData>} part
   * @returns {Generator<FusionUIChunk>}
   */
  *#ofAnalysis(event, part) {
    const { data } = part;
    switch (event.type) {
      case "analysis.started":
        data.state = "running";
        data.model = event.model;
        // A first pass voids the earlier items. A second pass only checks them.
        if (event.pass !== 2) Object.assign(data, emptyLists());
        part.reset();
        return yield* part.send();
      case "analysis.item":
        /** @type {any[]} */ (data[event.kind]).push(event.item);
        return yield* part.grow(JSON.stringify(event.item).length);
      case "analysis.completed":
        Object.assign(data, { state: "completed" }, event.analysis);
        return yield* part.send();
      case "analysis.failed":
        Object.assign(data, { state: "failed", error: event.error.code }, emptyLists());
        return yield* part.send();
    }
  }
}

/** @param {number} index @param {string} model @returns {PanelistData} */
const newPanelist = (index, model) => ({
  index,
  model,
  state: "waiting",
  attempt: 0,
  text: "",
  reasoning: "",
  tools: [],
  sources: [],
});

/** @returns {import("../output.js").Analysis} */
const emptyLists = () => ({
  consensus: [],
  contradictions: [],
  partial_coverage: [],
  unique_insights: [],
  blind_spots: [],
});

/** @param {PanelistData} data @param {import("../output.js").ToolActivity} event */
function addTool({ tools }, { tool, status, input }) {
  const running = tools.find(
    (known) => known.tool === tool && known.input === input && known.status === "started",
  );
  if (running) running.status = status;
  else tools.push({ tool, status, input });
}
