// The body of a request, within its limit, as JSON.

import { plain } from "../plain.js";
import { Refusal } from "./failure.js";

export async function readJson(request, limit) {
  // A page of another origin may send any text without asking, but not this.
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    throw new Refusal("invalid_request", "the content type must be application/json", { status: 415 });
  }
  const text = await read(request, limit);
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal("invalid_request", "the body is no valid JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Refusal("invalid_request", "the body must be a JSON object");
  try {
    // Some of it goes into JSON again, which ends at some depth.
    return plain(body, "");
  } catch (rule) {
    throw new Refusal("invalid_request", rule);
  }
}

/** A request that is refused unread is read all the same: under a client that still sends, workerd would reset the connection, and the
 *  client would never see why. */
export async function discard(request, limit) {
  if (!request.bodyUsed) await read(request, limit).catch(() => {});
}

/** Counted as it arrives: `content-length` may be absent, or a lie. What is too large is read on as far again, for the reason above. */
async function read(request, limit) {
  const tooLarge = () => new Refusal("invalid_request", `the body is larger than ${limit} bytes`, { status: 413 });
  if (Number(request.headers.get("content-length")) > 2 * limit) throw tooLarge();
  if (!request.body) return "";
  const reader = request.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (bytes > limit && (done || bytes > 2 * limit)) break;
    if (done) return text + decoder.decode();
    bytes += value.length;
    text = bytes > limit ? "" : text + decoder.decode(value, { stream: true });
  }
  reader.cancel().catch(() => {});
  throw tooLarge();
}
