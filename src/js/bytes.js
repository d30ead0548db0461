// Helpers for bytes.

/**
 * Returns one array with all chunks.
 * @param {Uint8Array[]} chunks
 * @param {number} length the sum of the lengths of all chunks
 */
export function concat(chunks, length) {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/**
 * Returns random bytes as hexadecimal digits. Does not use `crypto.randomUUID`, which exists only
 * in secure contexts.
 * @param {number} count
 */
export function randomHex(count) {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
