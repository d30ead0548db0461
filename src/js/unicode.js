// Normalises text for the core, which has no Unicode tables.

/**
 * Returns the text in normalisation form NFC. Imported by the core.
 * @param {string} text
 */
export function nfc(text) {
  return String(text.normalize("NFC"));
}

/**
 * Returns the text in lower case. Imported by the core.
 * @param {string} text
 */
export function lowercase(text) {
  return String(text.toLowerCase());
}
