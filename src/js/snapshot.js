// Creates snapshots without the core, and parses the core's snapshots.

/** The request's fields that readers of version 1 do not know. `src/snapshot.rs` has the list. */
const FIELDS_OF_VERSION_2 = [
  ["analyst", "criteria"],
  ["analyst", "verify"],
  ["quorum", "fail_below"],
  ["quorum", "accept_partial"],
  ["escalate"],
];

/**
 * Returns the lowest version of the snapshot format that has all fields of a request.
 * @param {any} request
 */
function lowestVersion(request) {
  const isSet = (/** @type {string[]} */ path) =>
    path.reduce((value, name) => value?.[name], request) != null;
  return FIELDS_OF_VERSION_2.some(isSet) ? 2 : 1;
}

/**
 * Returns the snapshot of a run that has done nothing yet.
 * @param {any} request
 * @param {import("./output.js").FusionSnapshot["status"]} status
 * @returns {import("./output.js").FusionSnapshot}
 */
export function emptySnapshot(request, status) {
  return {
    version: lowestVersion(request),
    run_id: "",
    seed: null,
    status,
    request,
    responses: [],
    failed_models: [],
    partial: [],
    analysis: null,
    analysis_sources: [],
    answer: null,
    activity: [],
  };
}

/**
 * Returns the snapshot of a run that the core has not started. This is the snapshot that the
 * request resumes, or an empty snapshot.
 * @param {any} request
 * @param {import("./output.js").FusionSnapshot["status"]} status
 * @returns {import("./output.js").FusionSnapshot}
 */
export function initialSnapshot(request, status) {
  const earlier = request?.resume?.snapshot ?? request?.resume;
  if (Array.isArray(earlier?.responses)) return structuredClone(earlier);
  const fields = typeof request === "string" ? { prompt: request } : (request ?? {});
  return emptySnapshot(structuredClone(fields), status);
}

/**
 * Parses the parts of a core snapshot that are JSON text: the request and the answer's message.
 * @param {any} snapshot
 * @returns {import("./output.js").FusionSnapshot}
 */
const withParsedJson = ({ request, answer, ...snapshot }) => ({
  ...snapshot,
  request: JSON.parse(request),
  answer: answer && withParsedMessage(answer),
});

/**
 * Parses `message`, which the core passes as JSON text. `answer` is an answer or a result from the
 * core.
 * @param {any} answer
 */
export const withParsedMessage = ({ message, ...answer }) => ({
  ...answer,
  ...(message !== undefined && { message: JSON.parse(message) }),
});

/**
 * Parses a snapshot.
 * @param {string | Uint8Array | undefined} json a string made by this file, or the core's UTF-8
 */
export const parseSnapshot = (json = "null") =>
  typeof json === "string"
    ? JSON.parse(json)
    : withParsedJson(JSON.parse(new TextDecoder().decode(json)));
