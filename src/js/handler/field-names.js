// The names of the core's fields in a client's request.

/** Matches the field at the start of a message of the core. */
const FIELD = /^`([^`]+)`/;

/**
 * Returns the core's field at the start of a message.
 * @param {string} message
 */
export const fieldAt = (message) => FIELD.exec(message)?.[1];

/** @param {string} path @param {string} field whether the path is that field, or inside of it */
const isInside = (path, field) =>
  path === field || (path.startsWith(field) && /^[.[]/.test(path.slice(field.length)));

/**
 * Returns a function that says whether a client's request sets a field of the core.
 * @param {import("./build-request.js").Params} params
 * @param {Record<string, string>} names
 * @param {boolean} namesPreset whether the client's request names a preset
 * @returns {(path: string) => boolean}
 */
export const clientFields = (params, names, namesPreset) => (path) => {
  const own = [
    ...Object.keys(names).filter((name) => !Object.hasOwn(params.names, name)),
    ...Object.keys(params.writer).map((name) => `writer.${name}`),
    "writer.extra_body",
    ...(params.models?.length > 0 ? ["writer.fallbacks"] : []),
    ...(namesPreset ? ["preset"] : []),
  ];
  return own.some((field) => isInside(path, field));
};

/**
 * Replaces the core's field name at the start of a message by the client's name.
 * @param {string} message
 * @param {Record<string, string>} names
 * @param {(string | undefined)[]} [places] of the messages
 */
export function renameField(message, names, places = []) {
  return message.replace(FIELD, (whole, /** @type {string} */ path) => {
    const moved = path.replace(
      /^messages\[(\d+)\]/,
      (place, /** @type {string} */ i) => places[Number(i)] ?? place,
    );
    if (moved !== path) return `\`${moved}\``;
    const [longest] = Object.keys(names)
      .filter((name) => isInside(path, name))
      .sort((a, b) => b.length - a.length);
    if (longest !== undefined) return `\`${names[longest]}${path.slice(longest.length)}\``;
    if (!path.startsWith("writer.")) return whole;
    return `\`${path.replace(/^writer\.(?:extra_body\.)?/, "")}\``;
  });
}
