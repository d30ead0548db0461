// Reads fields of events. A server with another version of the package may omit fields or send
// other types. Such fields are ignored.

/** Maximum length of each list of a state. Each new item copies the list. */
export const MAX_ITEMS = 1_000;

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = (value) => typeof value === "object" && value !== null;
/** @param {unknown} value @returns {any[]} */
export const objects = (value) => (Array.isArray(value) ? value.filter(isObject) : []);
/** @param {unknown} value @returns {value is number} */
export const isIndex = (value) => Number.isInteger(value) && Number(value) >= 0;
/** @param {unknown} value */
export const withIndex = (value) => objects(value).filter(({ index }) => isIndex(index));
/** @param {unknown} value @param {string} [otherwise] */
export const text = (value, otherwise = "") => (typeof value === "string" ? value : otherwise);
/** @param {unknown} value */
export const objectOrNull = (value) => (isObject(value) ? /** @type {any} */ (value) : null);
/** @param {unknown} value */
export const textOrNull = (value) => (typeof value === "string" ? value : null);
/** @param {unknown} value */
export const numberOrNull = (value) => (typeof value === "number" ? value : null);

/**
 * Returns the object with changed fields. Returns the object itself if no field changes.
 * @template {object} T
 * @param {T} object
 * @param {Partial<T>} changes
 * @returns {T}
 */
export function update(object, changes) {
  const names = /** @type {(keyof T)[]} */ (Object.keys(changes));
  const isEqual = names.every((name) => Object.is(object[name], changes[name]));
  return isEqual ? object : { ...object, ...changes };
}

/**
 * Returns the list with at most `MAX_ITEMS` items. Returns the list itself if it is short enough.
 * @template T
 * @param {readonly T[]} list
 * @returns {readonly T[]}
 */
export const limited = (list) => (list.length > MAX_ITEMS ? list.slice(0, MAX_ITEMS) : list);

/**
 * Returns `before` if both values have the same JSON, so that a comparison with `===` finds no
 * change. Otherwise returns `after`.
 * @template T
 * @param {T} before
 * @param {T} after
 * @returns {T}
 */
export function keep(before, after) {
  try {
    return JSON.stringify(before) === JSON.stringify(after) ? before : after;
  } catch {
    // JSON cannot write the value, for example a BigInt.
    return after;
  }
}

/**
 * Returns the list with a further item. Returns the list itself if it is full.
 * @template T
 * @param {readonly T[]} list
 * @param {T} item
 * @returns {readonly T[]}
 */
export const append = (list, item) => (list.length < MAX_ITEMS ? [...list, item] : list);

/**
 * Adds a source if its URL is new. If the list has the URL without a title, adds the title. Returns
 * the list. The core's `add_source` has the same rules.
 * @param {readonly import("../output.js").Source[]} sources
 * @param {{ url: unknown, title: unknown }} source
 */
export function withSource(sources, source) {
  const url = text(source.url);
  const title = text(source.title);
  if (url === "" || sources.length >= MAX_ITEMS) return sources;
  const at = sources.findIndex((known) => known.url === url);
  if (at === -1) return [...sources, { url, title }];
  return sources[at]?.title === "" && title !== "" ? sources.with(at, { url, title }) : sources;
}

/**
 * Returns the list with a tool's activity. If the event ends a call, replaces the entry that was
 * added at the start of this call.
 * @param {readonly import("../output.js").ToolActivity[]} tools
 * @param {import("../output.js").ToolActivity} event
 */
export function withTool(tools, { tool, status, input, summary }) {
  const used = { tool, status, input, ...(summary !== undefined && { summary }) };
  if (status === "started") return append(tools, used);
  const at = tools.findLastIndex(
    (known) => known.status === "started" && known.tool === tool && known.input === input,
  );
  return at === -1 ? append(tools, used) : tools.with(at, used);
}
