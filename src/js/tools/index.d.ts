/**
 * llm-fuse/tools: handlers of `web_search` and `web_fetch`, for providers that host no web tools,
 * and tools of MCP servers.
 */

/** The output of a handler: `content` for the model, `sources` and `summary` for people. */
export interface ReadyOutput {
  content: string;
  sources: { url: string; title: string }[];
  summary: string;
}

/**
 * A handler for `options.toolHandlers`. The handler also works without a run. If the handler
 * throws, the model gets the error.
 */
export type ReadyHandler<Input> = (
  input: Input,
  context?: {
    signal?: AbortSignal | undefined;
    index?: number | undefined;
    run?: object | undefined;
  },
) => Promise<ReadyOutput>;

/* ------------------------------------------------------------------ web_fetch */

/** Options of `webFetch()`. They limit which URLs it reads, and how much of a page. */
export interface WebFetchOptions {
  /**
   * Replaces the global `fetch`. Receives `(url, { method, headers, redirect, signal })`. In
   * browsers and Node, the second argument also has `credentials`. The function must not follow
   * redirects (`redirect: "manual"`).
   */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * Private or local hosts that `webFetch` may read. A list contains names (`"wiki.local"`), hosts
   * with a port (`"10.0.0.5:8080"`) or origins (`"http://localhost:3000"`). A function is called
   * for every URL, also for the target of a redirect. Public hosts are always allowed.
   */
  allow?: readonly string[] | ((url: URL) => boolean) | undefined;
  /**
   * Returns the addresses of a host. `webFetch` refuses the host if one of the addresses is not
   * public. If `false`, host names are not resolved. Use `false` behind a proxy that resolves the
   * names. In Node from 20.16, Deno and Bun, the default is the system's resolver. In browsers and
   * Workers, host names are not resolved by default.
   */
  resolve?: false | ((hostname: string) => Addresses | Promise<Addresses>) | undefined;
  /** The header `User-Agent`. Default: the runtime's own value. */
  user_agent?: string | undefined;
  /**
   * Whether `webFetch` checks robots.txt (RFC 9309) before each page. The first word of
   * `user_agent` selects the rules. If there are no rules for this word, the rules for `*` apply.
   * Default `false`.
   */
  robots?: boolean | undefined;
  /**
   * Functions that read documents, by media type in lower case: `{ "application/pdf": async (bytes)
   * => text }`. A reader also gets the URL and a signal. A function for a media type that
   * `webFetch` can already read takes precedence.
   */
  readers?: Record<string, DocumentReader> | undefined;
  /** Timeout in milliseconds, including redirects and the body. Default 15,000. */
  timeout_ms?: number | undefined;
  /** Maximum number of bytes that are read of a body, after decompression. Default 2,000,000. */
  max_bytes?: number | undefined;
  /**
   * Maximum number of characters that one call returns. Default 20,000. A run cuts a tool's result
   * after 100,000 characters.
   */
  max_chars?: number | undefined;
}

/** Returns the text of a document. If it throws, the model gets the error. */
export type DocumentReader = (
  bytes: Uint8Array,
  context: { url: string; signal: AbortSignal },
) => string | Promise<string>;

/** Addresses of a host. */
export type Addresses = readonly (string | { address: string })[];

/**
 * Returns a handler for `web_fetch`. The handler returns the main content of HTML as Markdown, and
 * other text in a readable form. A call returns at most `max_chars` characters, from `offset` on.
 * In one run, each URL is fetched once. Throws `TypeError` if an option is wrong.
 */
export function webFetch(
  options?: WebFetchOptions,
): ReadyHandler<{ url: string; offset?: number | undefined }>;

/* ----------------------------------------------------------------- web_search */

/** Options of every search. */
export interface SearchOptions<Parameters> {
  /** The key. It is sent only to the host of `baseURL`. */
  apiKey?: string | undefined;
  /** Default: the provider's URL. */
  baseURL?: string | undefined;
  /** The provider's own parameters, sent with each search. */
  parameters?: (Parameters & Record<string, unknown>) | undefined;
  /** Number of results if the model requests none. From 1 to 20, default 5. */
  count?: number | undefined;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Timeout in milliseconds. Default 15,000. */
  timeout_ms?: number | undefined;
}

/** A handler for `web_search`. */
export type SearchHandler = ReadyHandler<{ query: string; count?: number }>;

/**
 * Some parameters of Brave Search. Parameters that are not listed here are sent unchanged.
 * <https://api-dashboard.search.brave.com/app/documentation/web-search/query>
 */
export interface BraveParameters {
  /** Country of the results in two letters: `DE`. */
  country?: string | undefined;
  /** Language of the results in two letters or more: `de`. */
  search_lang?: string | undefined;
  safesearch?: "off" | "moderate" | "strict" | undefined;
  /**
   * Age of the results: `pd`, `pw`, `pm` or `py` for the last day, week, month or year. A range has
   * the form `2026-01-01to2026-02-28`.
   */
  freshness?: string | undefined;
  extra_snippets?: boolean | undefined;
}

/**
 * Some parameters of Tavily. Parameters that are not listed here are sent unchanged.
 * <https://docs.tavily.com/documentation/api-reference/endpoint/search>
 */
export interface TavilyParameters {
  search_depth?: "basic" | "advanced" | "fast" | "ultra-fast" | undefined;
  topic?: "general" | "news" | "finance" | undefined;
  time_range?: "day" | "week" | "month" | "year" | undefined;
  include_domains?: readonly string[] | undefined;
  exclude_domains?: readonly string[] | undefined;
  /**
   * English name of the country whose results come first, such as `germany`. Works only with the
   * topic `general`.
   */
  country?: string | undefined;
}

/**
 * Some parameters of Exa. Parameters that are not listed here are sent unchanged.
 * <https://docs.exa.ai/reference/search>
 */
export interface ExaParameters {
  type?: string | undefined;
  /** Country of the reader in two letters: `DE`. */
  userLocation?: string | undefined;
  category?: string | undefined;
  includeDomains?: readonly string[] | undefined;
  excludeDomains?: readonly string[] | undefined;
  startPublishedDate?: string | undefined;
  endPublishedDate?: string | undefined;
  /** The parts of a page that Exa returns. Default `{ highlights: true }`. */
  contents?: Record<string, unknown> | undefined;
}

/**
 * Some parameters of SearXNG. Parameters that are not listed here are sent unchanged.
 * <https://docs.searxng.org/dev/search_api.html>
 */
export interface SearxngParameters {
  /** Names of search categories, separated by commas. */
  categories?: string | undefined;
  /** Names of search engines, separated by commas. */
  engines?: string | undefined;
  /** Language, or language and country: `de`, `de-CH`, `all`. */
  language?: string | undefined;
  time_range?: "day" | "month" | "year" | undefined;
  safesearch?: 0 | 1 | 2 | undefined;
}

/**
 * Returns a handler for `web_search`. Throws `TypeError` if an option is wrong or the key is
 * missing.
 */
export function braveSearch(options: SearchOptions<BraveParameters>): SearchHandler;
/** Returns a handler for `web_search`, as {@link braveSearch} does. */
export function tavilySearch(options: SearchOptions<TavilyParameters>): SearchHandler;
/** Returns a handler for `web_search`, as {@link braveSearch} does. */
export function exaSearch(options: SearchOptions<ExaParameters>): SearchHandler;
/**
 * Returns a handler for `web_search`. The SearXNG server must return JSON, so its settings.yml
 * needs `json` in `search.formats`.
 */
export function searxngSearch(
  options: Omit<SearchOptions<SearxngParameters>, "apiKey" | "baseURL"> & { baseURL: string },
): SearchHandler;

/* ------------------------------------------------------------------------ MCP */

/** Options of `toolsFromMcp()`. */
export interface McpToolsOptions {
  /**
   * Names of tools that may be called although the server does not mark them as read-only
   * (`annotations.readOnlyHint`). The argument `names` must also contain each of these names.
   * Default: none.
   */
  allow?: readonly string[] | undefined;
  /** Text that is added before the name of each tool, such as `"wiki_"`. Default: none. */
  prefix?: string | undefined;
  /** Other handlers of the run. A tool with the same name as one of these handlers is refused. */
  beside?: Record<string, unknown> | undefined;
  /** Maximum number of characters of a result that the model gets. Default 20,000. */
  max_chars?: number | undefined;
  /** Timeout of a call in milliseconds. Default 60,000. */
  timeout_ms?: number | undefined;
}

/** What `toolsFromMcp()` returns: `tools` for the request, `toolHandlers` for the options. */
export interface McpTools {
  /** For `request.tools`. */
  tools: {
    type: "function";
    function: { name: string; description?: string; parameters: Record<string, unknown> };
  }[];
  /** For `options.toolHandlers`. */
  toolHandlers: Record<string, ReadyHandler<Record<string, unknown>>>;
}

/** The members of `Client` of `@modelcontextprotocol/client` that `toolsFromMcp()` needs. */
export interface McpClient {
  /** Lists the server's tools. */
  listTools(params?: any): Promise<any>;
  /** Calls a tool with `{ name, arguments }` and `{ signal, timeout }`. */
  callTool(params: any, options?: any): Promise<any>;
}

/**
 * Returns tools of an MCP server as functions of a run. The text of a result is cut after
 * `max_chars`, and put between markers that label the text as data for the model. If the run is
 * cancelled, its open tool calls are cancelled too.
 *
 * Characters that providers refuse in a name become `_`. Rejects with `TypeError` if a tool is
 * missing, is neither read-only nor in `allow`, or has the name of another tool.
 *
 * @param client a connected client
 * @param names the tools that models may call
 */
export function toolsFromMcp(
  client: McpClient,
  names: readonly string[],
  options?: McpToolsOptions,
): Promise<McpTools>;
