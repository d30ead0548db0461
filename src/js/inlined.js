// Decodes the core from the text that scripts/lib/inlined.mjs writes.

/**
 * Returns the bytes of the core.
 * @param {{ singles: string, text: string }} inlined
 */
export function bytesOf({ singles, text }) {
  const characters = [];
  for (let code = 0x20; code < 0x7f; code++) {
    if (code !== 0x22 && code !== 0x5c && code !== 0x3c) characters.push(code);
  }
  const [first, second, ...rest] = characters;
  /** @type {number[]} */
  const byteOf = [];
  /** @type {boolean[]} */
  const seen = [];
  for (const [i, code] of rest.entries()) {
    byteOf[code] = parseInt(singles.slice(2 * i, 2 * i + 2), 16);
    seen[byteOf[code]] = true;
  }
  const bytesInOrder = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytesInOrder.filter((byte) => !seen[byte]);
  /** @type {number[]} */
  const rank = [];
  for (const [i, code] of rest.entries()) rank[code] = i;

  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === first) bytes[length++] = others[rank[text.charCodeAt(++i)]];
    else if (code === second) bytes[length++] = others[rest.length + rank[text.charCodeAt(++i)]];
    else bytes[length++] = byteOf[code];
  }
  return bytes.subarray(0, length);
}
