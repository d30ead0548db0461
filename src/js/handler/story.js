// A run's events, as far as an answer to a client tells them: what each endpoint writes is made of this.

import { wordsOf } from "./failure.js";

export class Story {
  #ownKey;
  /** `[{ index, model }]`; empty where the run does not convene. */
  panel = [];
  analyst = null;
  /** By index; what a panelist said. */
  responses = [];
  failed = [];
  analysis;
  analysisError;
  #sources = new Map();
  searches = 0;
  fetches = 0;
  /** As asked for, until the result tells who served it. */
  writer = "";
  text = "";
  reasoning = "";
  toolCalls = [];
  finishReason = null;
  result;
  error;

  /** @param ownKey the key of the run is the server's: what a provider says of it is not for the client. */
  constructor(ownKey) {
    this.#ownKey = ownKey;
  }

  add(event) {
    switch (event.type) {
      case "run.started":
        ({ panel: this.panel, analyst: this.analyst, writer: this.writer } = event);
        break;
      case "panelist.tool":
      case "analysis.tool":
        if (event.status === "started") break;
        if (event.tool.endsWith("web_search")) this.searches += 1;
        if (event.tool.endsWith("web_fetch")) this.fetches += 1;
        break;
      case "panelist.source":
      case "analysis.source":
      case "answer.source":
        if (!this.#sources.has(event.url)) this.#sources.set(event.url, event.title);
        break;
      case "panelist.completed":
        this.responses[event.index] = { model: this.modelAt(event.index), content: event.content };
        break;
      case "panelist.failed": {
        const { status_code } = event.error;
        this.failed[event.index] = { model: this.modelAt(event.index), error: wordsOf(event.error, this.#ownKey), ...(status_code !== undefined && { status_code }) };
        break;
      }
      case "analysis.completed":
        this.analysis = strict(event.analysis);
        break;
      case "analysis.failed":
        this.analysisError = { ...event.error, message: wordsOf(event.error, this.#ownKey) };
        break;
      case "answer.started":
        this.writer = event.model;
        // Thinking that was shown stays.
        this.text = "";
        this.toolCalls = [];
        break;
      case "answer.reasoning":
        this.reasoning += event.delta;
        break;
      case "answer.delta":
        this.text += event.delta;
        break;
      case "answer.tool_call":
        this.toolCalls.push({ id: event.id, name: event.name, arguments: event.arguments });
        break;
      case "answer.completed":
        this.finishReason = event.finish_reason;
        break;
      case "run.completed":
        this.result = event.result;
        this.writer = served(event.result.activity) ?? this.writer;
        break;
      case "run.failed":
        this.error = event.error;
        break;
    }
  }

  get convened() {
    return this.panel.length > 0;
  }

  /** What the writer has said can't be unsaid. */
  get hasAnswered() {
    return this.text !== "" || this.toolCalls.length > 0;
  }

  /** As the request named it; a fallback may have answered. */
  modelAt(index) {
    return this.panel.find((member) => member.index === index)?.model ?? "";
  }

  get sources() {
    return [...this.#sources].map(([url, title]) => ({ url, title }));
  }

  /** Sources, with the place where a text names them; `[0, 0]` where it does not. */
  citationsIn(text) {
    return this.sources.map((source) => {
      const start_index = Math.max(0, text.indexOf(source.url));
      return { ...source, start_index, end_index: text.startsWith(source.url, start_index) ? start_index + source.url.length : 0 };
    });
  }

  /** What the fusion found: the tool's result, without its status. */
  get findings() {
    const [responses, failed_models, sources] = [this.responses.filter(Boolean), this.failed.filter(Boolean), this.sources];
    return {
      ...(this.analysis && { analysis: this.analysis }),
      responses,
      ...(sources.length > 0 && { sources }),
      ...(failed_models.length > 0 && { failed_models }),
    };
  }
}

function served(activity) {
  const call = activity.findLast(({ stage, status }) => stage === "answer" && status === "completed");
  return call && (call.model_served ?? call.model);
}

/** OpenRouter's `FusionAnalysisResult`: bare strings and model names instead of panelists and quotes. */
export function strict({ consensus, contradictions, partial_coverage, unique_insights, blind_spots }) {
  return {
    consensus: consensus.map(({ point }) => point),
    contradictions: contradictions.map(({ topic, stances }) => ({ topic, stances: stances.map(({ model, stance }) => ({ model, stance })) })),
    partial_coverage: partial_coverage.map(({ models, point }) => ({ models, point })),
    unique_insights: unique_insights.map(({ model, insight }) => ({ model, insight })),
    blind_spots: blind_spots.map(({ point }) => point),
  };
}
