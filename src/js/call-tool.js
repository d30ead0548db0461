// Runs a tool handler of the caller.

/**
 * Calls a handler and returns its output as JSON: `{ content, sources, summary? }`. A handler may
 * return text, an object with `content`, or any other data. Other data becomes JSON text for the
 * model.
 * @param {import("./index.js").ToolHandler} handler
 * @param {string} args JSON
 * @param {{ signal: AbortSignal, index?: number | undefined, run: object }} given
 */
export async function callTool(handler, args, given) {
  const context = /** @type {{ signal: AbortSignal, index?: number, run?: object }} */ (given);
  const result = /** @type {any} */ (await handler(JSON.parse(args), context));
  const isToolOutput =
    typeof result === "object" && result !== null && typeof result.content === "string";
  const { content, sources, summary } = isToolOutput
    ? result
    : { content: result, sources: undefined, summary: undefined };
  return JSON.stringify({
    content: typeof content === "string" ? content : (JSON.stringify(content) ?? ""),
    sources: Array.isArray(sources) ? sources.map(toSource) : [],
    summary: typeof summary === "string" ? summary : undefined,
  });
}

/** A URL without a scheme: a host with a dot, and perhaps a port and a path. */
const WITHOUT_SCHEME = /^(?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?::\d+)?(?:[/?#]\S*)?)$/u;

/** @param {any} source */
const toSource = (source) => ({
  // A page would read a URL without a scheme as a path of its own site.
  url: String(source?.url ?? "").replace(WITHOUT_SCHEME, "https://$1"),
  title: String(source?.title ?? ""),
});
