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
  // Typed arrays and bytes instead of `charCodeAt()` make the decoding a third faster in a process
  // that has just started, in which nothing is optimised.
  const byteOf = new Uint8Array(128);
  const rank = new Uint8Array(128);
  for (const [i, code] of rest.entries()) {
    byteOf[code] = parseInt(singles.slice(2 * i, 2 * i + 2), 16);
    rank[code] = i;
  }
  const seen = new Set(rest.map((code) => byteOf[code]));
  const bytesInOrder = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytesInOrder.filter((byte) => !seen.has(byte));

  // Decode in place. The text is ASCII, and each byte of the core needs one or two characters.
  // Therefore no write overtakes the reads.
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
