// Handles a Response that `authorize` has returned. The class of this object may differ from the
// global `Response`. The object may come from another realm, from the npm package undici, or from a
// framework.

/**
 * @param {any} value what `authorize` returned
 * @returns {value is Response}
 */
export const isResponse = (value) =>
  Number.isInteger(value?.status) &&
  typeof value.headers?.get === "function" &&
  typeof value.arrayBuffer === "function";

/**
 * Adds the headers that every response of the handler has to a response of `authorize`.
 * @param {Response} response
 * @param {Record<string, string>} added
 */
export async function withHeaders(response, added) {
  const { status, statusText, headers: own } = response;
  // Copy the headers into a `Headers` object, which keeps several `set-cookie` headers separate.
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return new Response(await bodyOf(response), { status, statusText, headers });
}

/**
 * Returns the body of a response. If the body is not a global `ReadableStream`, returns its bytes,
 * because `new Response()` would turn it into the text "[object Object]".
 * @param {Response} response
 */
function bodyOf(response) {
  const { body } = response;
  if (!body) return body;
  // `authorize` may return the same Response again, and a body can be read only once.
  const copy =
    typeof response.clone === "function" && !response.bodyUsed ? response.clone() : response;
  return copy.body instanceof ReadableStream ? copy.body : copy.arrayBuffer();
}
