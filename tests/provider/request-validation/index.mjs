// Validates a call. Returns the refusal that the real API would send, or undefined.

import * as chat from "./chat.mjs";
import * as messages from "./messages.mjs";
import * as responses from "./responses.mjs";

const dialects = { chat, responses, messages };

/** @returns the refusal as `{ status, error }`, like the fields of a script */
export function refused({ dialect, headers, body }, script) {
  const { rules, malformed, rejected } = dialects[dialect];
  const host = script.host;
  const complaints = function* () {
    if (
      !/^application\/json\b/.test(headers["content-type"] ?? "") ||
      body === null ||
      typeof body !== "object" ||
      Array.isArray(body)
    )
      yield malformed;
    yield* rules({ headers, body, openRouter: host === "openrouter", script });
    yield* rejects(script.rejects, body, rejected);
  };
  const [first] = complaints();
  if (!first) return undefined;
  const { status = 400, ...error } = first;
  return {
    status,
    error: { code: status, ...error },
    error_as: host === "openrouter" ? host : dialect === "chat" ? "openai" : undefined,
  };
}

/**
 * Yields a refusal for each rejected parameter that the body contains. `rejected` is a list of
 * names, or an object that maps names to messages.
 */
function* rejects(rejected = [], body, word) {
  const named = Array.isArray(rejected) ? rejected.map((path) => [path]) : Object.entries(rejected);
  for (const [path, message] of named) {
    const given = path.split(".").reduce((value, key) => value?.[key], body);
    if (given !== undefined) yield message ? { ...word(path), message } : word(path);
  }
}
