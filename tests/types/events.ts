// Type tests of events: the code handles every event type, and an unknown event type does not
// compile. This file is compiled, but never run.
import {
  type EventOf,
  type FusionEvent,
  type FusionEventMap,
  type FusionResult,
  fuse,
  isFusionError,
} from "llm-fuse";

export async function answer(apiKey: string): Promise<string> {
  const analysis_models = ["a/b", { model: "c/d", temperature: 0.5 }];
  const run = fuse({ prompt: "Is water wet?", analysis_models }, { apiKey });
  for await (const event of run) text(event);
  const result: FusionResult = await run.result();
  return result.answer;
}

export function text(event: FusionEvent): string {
  switch (event.type) {
    case "run.started":
      return [...event.panel, ...(event.further ?? [])]
        .map(({ index, model }) => `${index} ${model}`)
        .join();
    case "panel.escalated":
      return `${event.panel.length} ${event.reason} ${event.contradictions?.toFixed()}`;
    case "panel.settled":
      return `${event.reason} ${event.contradictions?.toFixed()} ${event.restored}`;
    case "panelist.queued":
      return String(event.index);
    case "panelist.started":
      return `${event.index} ${event.model} ${event.attempt}`;
    case "panelist.reasoning":
    case "panelist.delta":
      return `${event.index} ${event.delta}`;
    case "panelist.tool":
      return `${event.index} ${event.tool} ${event.status} ${event.summary ?? event.input}`;
    case "panelist.source":
      return `${event.index} ${event.url} ${event.title}`;
    case "panelist.retrying":
      return (
        `${event.index} ${event.next_model ?? event.model} ${event.error.code} ` +
        `${event.delay_ms}`
      );
    case "panelist.completed":
      return `${event.content} ${event.usage.cost?.toFixed(6)} ${event.latency_ms}`;
    case "panelist.failed":
      return `${event.index} ${event.error.message}`;
    case "analysis.started":
      return event.order.join();
    case "analysis.reasoning":
      return event.delta;
    case "analysis.tool":
      return event.tool;
    case "analysis.source":
      return event.url;
    case "analysis.item":
      // The value of `kind` determines the type of `item`.
      if (event.kind === "contradictions") return event.item.topic;
      return event.kind === "unique_insights" ? event.item.insight : event.item.point;
    case "analysis.completed":
      return event.analysis.blind_spots.map(({ point }) => point).join();
    case "analysis.failed":
      return event.next ?? event.error.message;
    case "verification.started":
      return `${event.index} ${event.model} ${event.attempt}`;
    case "verification.tool":
      return `${event.index} ${event.tool}`;
    case "verification.source":
      return `${event.index} ${event.url}`;
    case "verification.completed":
      return event.checked.stances.map(({ verdict }) => verdict).join();
    case "verification.failed":
      return `${event.index} ${event.error.code}`;
    case "answer.started":
      return `${event.model} ${event.attempt}`;
    case "answer.reasoning":
    case "answer.delta":
      return event.delta;
    case "answer.source":
      return event.title;
    case "answer.tool_call":
      return `${event.id} ${event.name} ${event.arguments}`;
    case "answer.completed":
      return event.content;
    case "usage":
      return String(event.usage.by_stage.panel.cost_so_far);
    case "warning":
      return `${event.code} ${event.message}`;
    case "run.completed":
      return event.result.answer;
    case "run.failed":
      return event.error.code;
    default: {
      const none: never = event;
      return none;
    }
  }
}

export function explain(error: unknown): string {
  return isFusionError(error) ? `${error.code} ${error.snapshot.responses.length}` : String(error);
}

/** Tests `EventOf`, the type of one event, and `FusionEventMap`, the map of all events. */
export function delta(event: EventOf<"panelist.delta">): string {
  const type: "panelist.delta" = event.type;
  return `${event.seq} ${event.elapsed_ms} ${type} ${event.index} ${event.delta}`;
}
type Listeners = { [Type in keyof FusionEventMap]?: (event: EventOf<Type>) => void };
export const listeners: Listeners = {
  "run.started": ({ panel }) => console.log(panel.length),
  "answer.delta": (event) => console.log(event.delta),
};
export const event: FusionEvent = { seq: 1, elapsed_ms: 0, type: "panelist.queued", index: 0 };
export const both: EventOf<"answer.delta" | "answer.reasoning">["type"] = "answer.delta";

// @ts-expect-error: there is no such event
export type Unknown = EventOf<"panelist.done">;
// @ts-expect-error: a delta of the answer has no index
export const index = (event: EventOf<"answer.delta">) => event.index;
