// The state of the writer's answer.

import {
  append,
  isObject,
  limited,
  numberOrNull,
  objects,
  text,
  textOrNull,
  update,
  withSource,
} from "./values.js";

/** @typedef {import("./index.js").AnswerState} AnswerState */

/** @type {AnswerState} */
export const newAnswer = Object.freeze({
  status: "idle",
  model: "",
  attempt: 0,
  content: "",
  reasoning: "",
  sources: Object.freeze([]),
  tool_calls: Object.freeze([]),
  message: null,
  finish_reason: null,
  restored: false,
});

/**
 * @param {AnswerState} answer
 * @param {any} event
 * @returns {AnswerState}
 */
export function reduceAnswer(answer, event) {
  switch (event.type) {
    case "answer.started": {
      const attempt = numberOrNull(event.attempt) ?? 1;
      return { ...newAnswer, status: "running", model: text(event.model), attempt };
    }
    case "answer.reasoning":
      return update(answer, { reasoning: answer.reasoning + text(event.delta) });
    case "answer.delta":
      return update(answer, { content: answer.content + text(event.delta) });
    case "answer.source":
      return update(answer, { sources: withSource(answer.sources, event) });
    case "answer.tool_call": {
      const { id, name, arguments: json } = event;
      return update(answer, {
        tool_calls: append(answer.tool_calls, { id, name, arguments: json }),
      });
    }
    case "answer.completed":
      return {
        ...answer,
        status: "completed",
        content: text(event.content, answer.content),
        finish_reason: textOrNull(event.finish_reason),
        restored: event.restored === true,
      };
    default:
      return answer;
  }
}

/**
 * Returns the state of the answer at the start of a resumed run. Keeps the fields that the events
 * of the resumed run do not repeat.
 * @param {AnswerState} earlier
 * @returns {AnswerState}
 */
export function resumedAnswer({ status, model, attempt, reasoning, sources }) {
  if (status !== "completed") return newAnswer;
  return { ...newAnswer, model, attempt, reasoning, sources };
}

/**
 * Returns the state of the answer with the fields of the result.
 * @param {AnswerState} answer
 * @param {any} result
 */
export const withResult = (answer, { answer: content, tool_calls, message }) =>
  update(answer, {
    status: "completed",
    content: text(content, answer.content),
    tool_calls: answer.tool_calls.length > 0 ? answer.tool_calls : limited(objects(tool_calls)),
    message: isObject(message) ? /** @type {any} */ (message) : null,
  });
