// toolsFromMcp(): tools of an MCP server as functions of a run, with their handlers.
// <https://modelcontextprotocol.io/specification>

import { validateOptions } from "./options.js";
import { singleLine, truncate, wrap } from "./untrusted.js";
import { visible } from "./visible.js";

/** Names of the tools that a run defines itself. */
const RESERVED = ["web_search", "web_fetch"];
/** Matches a function name that every provider accepts. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_PAGES = 100;
const MAX_DESCRIPTION_CHARS = 4_000;
const MAX_SCHEMA_CHARS = 50_000;
const MAX_SUMMARY_CHARS = 200;
const MAX_ERROR_CHARS = 2_000;
/** Limits of the sources in a result: their number, and the lengths of a URL and of a title. */
const MAX_SOURCES = 50;
const MAX_URL_CHARS = 2_000;
const MAX_TITLE_CHARS = 200;

const DEFAULTS = {
  allow: [],
  prefix: "",
  beside: {},
  max_chars: 20_000,
  timeout_ms: 60_000,
};
/** @type {Record<string, import("./options.js").Rule>} */
const RULES = {
  allow: {
    isValid: (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
    expected: "a list of names",
  },
  prefix: {
    isValid: (value) => typeof value === "string" && /^[a-zA-Z0-9_-]*$/.test(value),
    expected: "letters, digits, `_` and `-`",
  },
  beside: {
    isValid: (value) => typeof value === "object" && value !== null,
    expected: "an object with handlers",
  },
};

/** @type {typeof import("./index.js").toolsFromMcp} */
export async function toolsFromMcp(client, names, given = {}) {
  const options = validateOptions("toolsFromMcp", given, DEFAULTS, RULES);
  if (typeof client?.listTools !== "function" || typeof client.callTool !== "function")
    throw new TypeError("toolsFromMcp: the first argument must be a client of an MCP server");
  if (!RULES.allow?.isValid(names) || names.length === 0)
    throw new TypeError("toolsFromMcp: the second argument must be a list of names of tools");
  refuseUnnamed(options.allow, names);
  const listed = await listTools(client);
  const chosen = names.map((name) => choose(name, listed, options));
  refuseCollisions(chosen, options.beside);
  return {
    tools: chosen.map(({ as, tool }) => toFunction(as, tool)),
    toolHandlers: Object.fromEntries(
      chosen.map(({ as, tool }) => [as, toHandler(client, tool.name, options)]),
    ),
  };
}

/** @param {string[]} allow @param {readonly string[]} names */
function refuseUnnamed(allow, names) {
  const unnamed = allow.find((name) => !names.includes(name));
  if (unnamed === undefined) return;
  throw new TypeError(`toolsFromMcp: \`allow\` has ${quoted(unnamed)}, which is not asked for`);
}

/** @param {any} client @returns {Promise<any[]>} */
async function listTools(client) {
  const tools = [];
  /** @type {string | undefined} */
  let cursor;
  for (let page = 0; page < MAX_PAGES; page++) {
    /** @type {any} */
    const list = await client.listTools(cursor === undefined ? undefined : { cursor });
    tools.push(...(Array.isArray(list?.tools) ? list.tools : []));
    cursor = list?.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Error(`toolsFromMcp: the server lists its tools on more than ${MAX_PAGES} pages`);
}

/** @param {string} name @param {any[]} listed @param {any} options */
function choose(name, listed, { allow, prefix }) {
  const found = listed.filter((tool) => tool?.name === name);
  const [tool] = found;
  if (!tool) {
    const known = listed.map((tool) => quoted(tool?.name)).slice(0, 50);
    throw refused(name, `is not on the server, which has ${known.join(", ") || "none"}`);
  }
  if (found.length > 1) throw refused(name, "is listed more than once by the server");
  if (tool.annotations?.readOnlyHint !== true && !allow.includes(name))
    throw refused(name, "is not marked as read-only: name it in `allow` to permit its calls");
  const as = prefix + name.replace(/[^a-zA-Z0-9_-]/g, "_");
  if (!NAME.test(as)) throw refused(name, "has a name of more than 64 characters");
  if (RESERVED.includes(as)) throw refused(name, "has the name of a web tool: use a `prefix`");
  return { as, tool };
}

/** @param {{ as: string, tool: any }[]} chosen @param {any} beside */
function refuseCollisions(chosen, beside) {
  const taken = new Map(Object.keys(beside).map((name) => [name, "a handler of `beside`"]));
  for (const { as, tool } of chosen) {
    const other = taken.get(as);
    if (other) throw refused(tool.name, `collides with ${other}: use a \`prefix\``);
    taken.set(as, quoted(tool.name));
  }
}

/** @param {string} name @param {string} why */
const refused = (name, why) => new TypeError(`toolsFromMcp: the tool ${quoted(name)} ${why}`);

/** @param {unknown} name */
const quoted = (name) => `\`${singleLine(String(name), 128)}\``;

/**
 * Converts an MCP tool to a function tool. Limits the lengths of the description and of the schema,
 * because the server wrote them.
 * @param {string} name
 * @param {any} tool
 */
function toFunction(name, { name: own, description, inputSchema }) {
  const schema = JSON.stringify(inputSchema ?? { type: "object" });
  if (schema.length > MAX_SCHEMA_CHARS)
    throw refused(own, `has a schema of more than ${MAX_SCHEMA_CHARS} characters`);
  const text = typeof description === "string" ? visible(description) : "";
  return {
    type: /** @type {const} */ ("function"),
    function: {
      name,
      ...(text && { description: truncate(text, MAX_DESCRIPTION_CHARS) }),
      parameters: JSON.parse(schema),
    },
  };
}

/**
 * @param {any} client
 * @param {string} name
 * @param {{ max_chars: number, timeout_ms: number }} options
 * @returns {import("./index.js").ReadyHandler<Record<string, unknown>>}
 */
function toHandler(client, name, { max_chars, timeout_ms }) {
  return async (input, { signal } = {}) => {
    const asked = { name, arguments: input };
    const result = await client
      .callTool(asked, { signal, timeout: timeout_ms })
      .catch((/** @type {unknown} */ error) => fail(error, signal));
    const { text, sources } = read(result);
    const isCut = text.length > max_chars;
    const after = isCut ? `The text was cut after ${max_chars} characters.` : undefined;
    const what = result?.isError === true ? "The error of a tool" : "The result of a tool";
    return {
      content: wrap("results", what, truncate(text, max_chars), after),
      sources,
      summary: singleLine(truncate(text, max_chars), MAX_SUMMARY_CHARS),
    };
  };
}

/**
 * Throws the error of a call. Marks the error's message as data, because the server may have
 * written it.
 * @param {any} error
 * @param {AbortSignal | undefined} signal
 * @returns {never}
 */
function fail(error, signal) {
  if (signal?.aborted) throw error;
  const words = truncate(String(error?.message ?? error), MAX_ERROR_CHARS);
  const marked = wrap("results", "What the server or its client says", words);
  // Do not set `cause`. A run would add the cause's message to the text for the model, and this
  // message is not marked as data.
  throw new Error(`the tool has failed.\n${marked}`);
}

/**
 * Returns the text of a result, and the pages that the result links to. Reads `structuredContent`
 * only if there is no text, because the specification asks servers to repeat it as text.
 * @param {any} result
 */
function read(result) {
  /** @type {any[]} */
  const blocks = Array.isArray(result?.content) ? result.content : [];
  const texts = blocks.map(toText).filter(Boolean);
  const data = result?.structuredContent;
  if (texts.length === 0 && data !== undefined) texts.push(JSON.stringify(data));
  return { text: texts.join("\n\n"), sources: blocks.flatMap(toSource).slice(0, MAX_SOURCES) };
}

/** Returns a list with the web page to which a block links, or `[]`. @param {any} block */
function toSource(block) {
  const uri = String(block?.uri);
  if (block?.type !== "resource_link" || uri.length > MAX_URL_CHARS || !URL.canParse(uri))
    return [];
  const { href, protocol, username, password } = new URL(uri);
  if (!/^https?:$/.test(protocol) || username || password) return [];
  return [
    { url: href, title: singleLine(String(block.title ?? block.name ?? ""), MAX_TITLE_CHARS) },
  ];
}

/** @param {any} block @returns {string} */
function toText(block) {
  switch (block?.type) {
    case "text":
      return String(block.text ?? "");
    case "resource":
      return String(block.resource?.text ?? `[a file: ${block.resource?.uri}]`);
    case "resource_link":
      return `[a link: ${block.uri}]`;
    default:
      return block?.type ? `[${block.type}, which is not shown]` : "";
  }
}
