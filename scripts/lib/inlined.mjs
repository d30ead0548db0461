// Writes the bytes of the core as an ASCII string in JavaScript. The default entry of the package
// contains this string, and `src/js/inlined.js` decodes it.
//
// The most frequent bytes become one character each, and the other bytes two characters.
// Repetitions in the bytes stay repetitions in the text, so gzip and brotli can compress them.
// Base64 would be 26 % larger without compression, 28 % larger with gzip and 22 % larger with
// brotli.

// The printable ASCII characters, except quotation marks and the backslash. `<` is also missing,
// because `</script` would end a script element.
const characters = Array.from({ length: 0x7f - 0x20 }, (_, i) =>
  String.fromCharCode(0x20 + i),
).filter((char) => !`"\\<`.includes(char));

/**
 * Returns a module whose default export is `{ singles, text }`. `singles` lists, in hex, the bytes
 * that become one character.
 */
export function inlined(bytes) {
  const [first, second, ...rest] = characters;
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const frequent = [...counts.keys()].sort((a, b) => counts[b] - counts[a]).slice(0, rest.length);
  const codes = [];
  for (const [i, byte] of frequent.entries()) codes[byte] = rest[i];
  let at = 0;
  for (const byte of counts.keys()) {
    if (codes[byte]) continue;
    codes[byte] = (at < rest.length ? first : second) + rest[at % rest.length];
    at++;
  }
  const singles = Buffer.from(frequent).toString("hex");
  const text = Array.from(bytes, (byte) => codes[byte]).join("");
  return `export default { singles: "${singles}", text: "${text}" };\n`;
}
