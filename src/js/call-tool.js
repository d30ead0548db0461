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

/** @param {any} source */
const toSource = (source) => ({
  url: String(source?.url ?? ""),
  title: String(source?.title ?? ""),
});
