// The body of a request, within its limit, as JSON.

import { Refusal } from "./failure.js";

export async function readJson(request, limit) {
  // A page of another origin may send any text without asking, but not this.
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    throw new Refusal("invalid_request", "the content type must be application/json", 415);
  }
  const text = await read(request, limit);
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal("invalid_request", "the body is no valid JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Refusal("invalid_request", "the body must be a JSON object");
  return body;
}

/** Counted as it arrives: `content-length` may be absent, or a lie. */
async function read(request, limit) {
  const tooLarge = () => new Refusal("invalid_request", `the body is larger than ${limit} bytes`, 413);
  if (Number(request.headers.get("content-length")) > limit) throw tooLarge();
  if (!request.body) return "";
  const reader = request.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > limit) {
      reader.cancel().catch(() => {});
      throw tooLarge();
    }
    text += decoder.decode(value, { stream: true });
  }
}
