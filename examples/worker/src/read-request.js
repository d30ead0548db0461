// Reads the FusionRequest of a client, with the same limits as the endpoint under /api/v1.
import { refuse } from "./admit.js";

/**
 * Maximum bytes of a body. A value in the storage has at most 2 MB, and a snapshot contains the
 * request and all answers.
 */
const MAX_BODY = 500_000;
/**
 * Maximum bytes that are read. A larger body is read to this limit, because a client that is still
 * sending would not receive the refusal.
 */
const MAX_READ = 2 * MAX_BODY;
/** Fields that only the server may set: they could exceed its limits or name another server. */
const SERVER_FIELDS = ["extra_body", "provider", "resume"];

/** Returns `{ asked }` with the request, or `{ refusal }` with a response. */
export async function readRequest(request, env) {
  const text = await readText(request);
  if (text === undefined)
    return { refusal: refuse(413, `the body is larger than ${MAX_BODY} bytes`) };
  const asked = parse(text);
  if (typeof asked !== "object" || asked === null || Array.isArray(asked))
    return { refusal: refuse(400, "the body must be a FusionRequest as JSON") };
  const field = SERVER_FIELDS.find((name) => isSet(asked, name));
  if (field) return { refusal: refuse(400, `\`${field}\` is the server's to set`) };
  const model = namedModels(asked).find((name) => !isServed(name));
  if (model)
    return { refusal: refuse(400, `\`${model}\` names a provider that is not served here`) };
  const { max_cost } = asked;
  if (max_cost != null && !(typeof max_cost === "number" && max_cost > 0))
    return { refusal: refuse(400, "`max_cost` must be a number above 0") };
  // The limit is in USD. A client may set a lower one.
  if (env.MAX_COST) asked.max_cost = Math.min(max_cost ?? Infinity, Number(env.MAX_COST));
  return { asked };
}

/**
 * Returns the text of the body, or undefined if it is too large. Counts the bytes, because a
 * chunked body has no content-length.
 */
async function readText({ headers, body }) {
  if (Number(headers.get("content-length")) > MAX_READ) return undefined;
  if (!body) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return bytes > MAX_BODY ? undefined : text + decoder.decode();
    bytes += value.length;
    text = bytes > MAX_BODY ? "" : text + decoder.decode(value, { stream: true });
    if (bytes > MAX_READ) {
      reader.cancel().catch(() => {});
      return undefined;
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the parts of a request that may name a model. */
const parts = (asked) =>
  [asked, asked.analyst, asked.writer, ...[asked.analysis_models ?? []].flat()].filter(
    (part) => typeof part === "object" && part !== null,
  );

const isSet = (asked, name) => parts(asked).some((part) => part[name] != null);

function namedModels(asked) {
  const named = parts(asked).flatMap(({ model, fallbacks }) => [model, fallbacks].flat());
  const roles = [asked.analyst, asked.writer, ...[asked.analysis_models ?? []].flat()];
  return [...named, ...roles].filter((name) => typeof name === "string");
}

/**
 * Returns whether a model belongs to the server's provider. A prefix before a colon could name
 * another provider, which may be a server in this network. A colon after a slash begins a variant,
 * such as `:free`.
 */
const isServed = (model) => /^[^:]*(?:\/[^:]*:.*)?$/s.test(model);
