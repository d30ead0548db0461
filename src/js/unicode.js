// Normalises text for the core, which has no Unicode tables.

/**
 * Returns the text in normalisation form NFKC and in lower case. Imported by the core.
 * @param {string} text
 */
export function nfkcLowercase(text) {
  return String(text.normalize("NFKC").toLowerCase());
}
