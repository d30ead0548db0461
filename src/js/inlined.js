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
  // Use typed arrays and bytes instead of `charCodeAt()`. In a process that has just started, code
  // is not optimised yet, and the decoding is then a third faster.
  const byteOf = new Uint8Array(128);
  const rank = new Uint8Array(128);
  for (const [i, code] of rest.entries()) {
    byteOf[code] = parseInt(singles.slice(2 * i, 2 * i + 2), 16);
    rank[code] = i;
  }
  const seen = new Set(rest.map((code) => byteOf[code]));
  const bytesInOrder = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytesInOrder.filter((byte) => !seen.has(byte));

  // Write the bytes of the core into the array that contains the text. Each byte needs one or two
  // characters, so a write never reaches characters that are not read yet.
  const bytes = new TextEncoder().encode(text);
  const end = bytes.length;
  let length = 0;
  for (let i = 0; i < end; i++) {
    const code = bytes[i];
    if (code === first) bytes[length++] = others[rank[bytes[++i]]];
    else if (code === second) bytes[length++] = others[rest.length + rank[bytes[++i]]];
    else bytes[length++] = byteOf[code];
  }
  return bytes.subarray(0, length);
}
