// The public types of `llm-fuse/tools`, written by hand.

/** What a ready handler gives: `content` for the model, `sources` and `summary` for people. */
export interface ReadyOutput {
  content: string;
  sources: { url: string; title: string }[];
  summary: string;
}

/** `options.toolHandlers` takes it; alone it is called with what the model would give. What it throws is told to the model. */
export type ReadyHandler<Input> = (input: Input, context?: { signal?: AbortSignal; index?: number }) => Promise<ReadyOutput>;

/* ------------------------------------------------------------------ web_fetch */

/** Where `webFetch()` may go, and how much it reads. */
export interface WebFetchOptions {
  /** Used instead of the global `fetch`; called with `(url, { method, headers, redirect, signal })`, in browsers and Node also `credentials`.
   *  It must leave redirects to the tool (`redirect: "manual"`). */
  fetch?: typeof globalThis.fetch;
  /** Hosts that may be fetched although they are private or local: names (`"wiki.local"`), hosts with their port (`"10.0.0.5:8080"`), origins
   *  (`"http://localhost:3000"`), or a function. Other public hosts stay open; a function sees every URL, redirects included. */
  allow?: string[] | ((url: URL) => boolean);
  /** Gives the addresses of a host, each of which must be public. Default: the system's resolver in Node from 20.16, Deno and Bun; none in
   *  browsers and Workers. `false`: names are not resolved, as behind a proxy that does it. */
  resolve?: false | ((hostname: string) => Promise<readonly (string | { address: string })[]> | readonly (string | { address: string })[]);
  /** Sent as `User-Agent`. Default: the runtime's own. */
  user_agent?: string;
  /** For everything, redirects and body included. Default 15,000. */
  timeout_ms?: number;
  /** Of the body, unpacked; what comes after them is not read. Default 2,000,000. */
  max_bytes?: number;
  /** Of the text that the model gets. Default 20,000; a run gives a model 100,000 at most. */
  max_chars?: number;
}

/** A handler for `web_fetch`: HTML as Markdown, other text as it is. Throws `TypeError` for options that do not fit. */
export function webFetch(options?: WebFetchOptions): ReadyHandler<{ url: string }>;

/* ----------------------------------------------------------------- web_search */

/** What every search needs. */
export interface SearchOptions<Parameters> {
  /** Sent to `baseURL` and nowhere else. */
  apiKey?: string;
  /** Default: the provider's own. */
  baseURL?: string;
  /** Filters in the provider's own words, sent along with each search. */
  parameters?: Parameters & Record<string, unknown>;
  /** How many results where the model does not say. 1 to 20, default 5. */
  count?: number;
  /** Used instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Default 15,000. */
  timeout_ms?: number;
}

/** A handler for `web_search`. */
export type SearchHandler = ReadyHandler<{ query: string; count?: number }>;

/** Some of <https://api-dashboard.search.brave.com/app/documentation/web-search/query>; others are sent as they are. */
export interface BraveParameters {
  country?: string;
  search_lang?: string;
  safesearch?: "off" | "moderate" | "strict";
  /** `pd`, `pw`, `pm`, `py`: within a day, week, month, year; or `2026-01-01to2026-02-28`. */
  freshness?: string;
  extra_snippets?: boolean;
}

/** Some of <https://docs.tavily.com/documentation/api-reference/endpoint/search>; others are sent as they are. */
export interface TavilyParameters {
  search_depth?: "basic" | "advanced" | "fast" | "ultra-fast";
  topic?: "general" | "news" | "finance";
  time_range?: "day" | "week" | "month" | "year";
  include_domains?: string[];
  exclude_domains?: string[];
  country?: string;
}

/** Some of <https://docs.exa.ai/reference/search>; others are sent as they are. */
export interface ExaParameters {
  type?: string;
  category?: string;
  includeDomains?: string[];
  excludeDomains?: string[];
  startPublishedDate?: string;
  endPublishedDate?: string;
  /** Default `{ highlights: true }`. */
  contents?: Record<string, unknown>;
}

/** Some of <https://docs.searxng.org/dev/search_api.html>; others are sent as they are. */
export interface SearxngParameters {
  /** Comma-separated. */
  categories?: string;
  /** Comma-separated. */
  engines?: string;
  language?: string;
  time_range?: "day" | "month" | "year";
  safesearch?: 0 | 1 | 2;
}

/** Handlers for `web_search`. They throw `TypeError` for options that do not fit, and for a missing key. */
export function braveSearch(options: SearchOptions<BraveParameters>): SearchHandler;
/** As {@link braveSearch}. */
export function tavilySearch(options: SearchOptions<TavilyParameters>): SearchHandler;
/** As {@link braveSearch}. */
export function exaSearch(options: SearchOptions<ExaParameters>): SearchHandler;
/** The instance must give JSON: `json` under `search.formats` in its settings.yml. */
export function searxngSearch(options: Omit<SearchOptions<SearxngParameters>, "apiKey"> & { baseURL: string }): SearchHandler;
