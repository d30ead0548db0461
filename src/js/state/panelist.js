// The state of one panelist.

import {
  keep,
  limited,
  numberOrNull,
  objectOrNull,
  objects,
  text,
  textOrNull,
  update,
  withSource,
  withTool,
} from "./values.js";

/**
 * @typedef {import("./index.js").PanelistState} PanelistState
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 */

/** @type {readonly never[]} */
const NONE = Object.freeze([]);

const newAttempt = {
  content: "",
  reasoning: "",
  tools: NONE,
  sources: NONE,
  usage: null,
  finish_reason: null,
  latency_ms: null,
  error: null,
  retry: null,
  restored: false,
  partial: false,
};

/**
 * @param {any} member
 * @returns {PanelistState}
 */
export function newPanelist(member) {
  const { index } = member;
  const model = text(member.model);
  const provider = text(member.provider);
  const start = { status: "waiting", attempt: 0, model_used: model, started_ms: null };
  return { index, model, provider, ...start, ...newAttempt };
}

const ENDED = new Set(["completed", "failed", "stopped"]);
/** @param {PanelistState} panelist */
export const isLive = ({ status }) => !ENDED.has(status);

/**
 * Returns the state of a panelist after an event.
 * This function is long because it has one case for each type of event.
 * @param {PanelistState} panelist
 * @param {any} event
 * @returns {PanelistState}
 */
export function reducePanelist(panelist, event) {
  switch (event.type) {
    case "panelist.queued":
      return update(panelist, { status: "queued" });
    case "panelist.started":
      return {
        ...panelist,
        ...newAttempt,
        status: "started",
        attempt: numberOrNull(event.attempt) ?? 1,
        model_used: text(event.model, panelist.model),
        started_ms: panelist.started_ms ?? numberOrNull(event.elapsed_ms),
      };
    case "panelist.reasoning": {
      const reasoning = panelist.reasoning + text(event.delta);
      return update(panelist, { status: "thinking", reasoning });
    }
    case "panelist.delta": {
      const content = panelist.content + text(event.delta);
      return update(panelist, { status: "writing", content });
    }
    case "panelist.tool": {
      const status = event.status === "started" ? "calling_tool" : panelist.status;
      return update(panelist, { status, tools: withTool(panelist.tools, event) });
    }
    case "panelist.source":
      return update(panelist, { sources: withSource(panelist.sources, event) });
    case "panelist.retrying":
      return { ...panelist, status: "retrying", retry: toRetry(panelist, event) };
    case "panelist.completed":
      return completed(panelist, event);
    case "panelist.failed":
      return failed(panelist, event);
    default:
      return panelist;
  }
}

/** @param {PanelistState} panelist @param {any} event */
const toRetry = ({ model_used }, event) => ({
  error: objectOrNull(event.error),
  model: text(event.next_model, model_used),
  delay_ms: numberOrNull(event.delay_ms) ?? 0,
});

/** @param {PanelistState} panelist @param {any} event @returns {PanelistState} */
const completed = (panelist, event) => ({
  ...panelist,
  status: "completed",
  model_used: text(event.model, panelist.model_used),
  content: text(event.content, panelist.content),
  usage: objectOrNull(event.usage),
  finish_reason: textOrNull(event.finish_reason),
  latency_ms: numberOrNull(event.latency_ms),
  // Only an answer that was cut off has an error.
  error: objectOrNull(event.error),
  retry: null,
  restored: event.restored === true,
  partial: event.partial === true,
});

/** @param {PanelistState} panelist @param {any} event @returns {PanelistState} */
function failed(panelist, event) {
  const { started_ms } = panelist;
  const now = numberOrNull(event.elapsed_ms);
  return {
    ...panelist,
    status: "failed",
    error: objectOrNull(event.error) ?? { code: "unexpected_error", message: "" },
    retry: null,
    // The failure of a resumed run was timed by the earlier run.
    latency_ms: started_ms === null || now === null ? panelist.latency_ms : now - started_ms,
  };
}

/**
 * Returns a panelist of a resumed run. Keeps what the events of a resumed run do not repeat: the
 * attempt, the reasoning, the tools and the sources of a restored answer. For a restored failure,
 * also keeps the text and the duration.
 * @param {PanelistState} member
 * @param {PanelistState | undefined} earlier
 * @returns {PanelistState}
 */
export function resumedPanelist(member, earlier) {
  if (!earlier || earlier.model !== member.model) return member;
  const { status, attempt, reasoning, tools, sources } = earlier;
  const kept = { ...member, attempt, reasoning, tools, sources };
  if (status === "completed") return kept;
  if (status !== "failed") return member;
  const { model_used, content, latency_ms } = earlier;
  return { ...kept, model_used, content, latency_ms };
}

/**
 * Adds the fields of `response`, the panelist's entry in the run's result. Only the result contains
 * the sources of a restored answer.
 * @param {PanelistState} panelist
 * @param {any} response
 */
export function withResponse(panelist, response) {
  const { content, sources, usage, finish_reason, partial } = response;
  const listed = limited(objects(sources));
  const isEqual =
    listed.length === panelist.sources.length &&
    listed.every(({ url, title }, i) => {
      const known = panelist.sources[i];
      return known?.url === url && known?.title === title;
    });
  return update(panelist, {
    status: "completed",
    content: text(content, panelist.content),
    sources: isEqual ? panelist.sources : listed.map(({ url, title }) => ({ url, title })),
    usage: keep(panelist.usage, objectOrNull(usage)),
    finish_reason: textOrNull(finish_reason),
    partial: partial === true,
    error: keep(panelist.error, objectOrNull(response.error)),
  });
}
