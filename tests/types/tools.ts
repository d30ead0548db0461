// Type tests of the tool handlers of llm-fuse/tools, alone and as options. This file is compiled,
// but never run.
import { fuse, type ToolHandler } from "llm-fuse";
import {
  braveSearch,
  exaSearch,
  type ReadyHandler,
  type ReadyOutput,
  type SearchHandler,
  searxngSearch,
  tavilySearch,
  type WebFetchOptions,
  webFetch,
} from "llm-fuse/tools";

const options: WebFetchOptions = {
  allow: ["wiki.local", "http://localhost:3000"],
  timeout_ms: 5000,
  max_bytes: 1,
  max_chars: 1,
  user_agent: "me/1",
};
export const page: Promise<ReadyOutput> = webFetch(options)({ url: "https://a.example/" });
export const read: ReadyHandler<{ url: string }> = webFetch({
  allow: (url) => url.port === "8080",
  resolve: false,
  fetch,
});
webFetch({ resolve: async (hostname) => [{ address: hostname, family: 4 }] });
webFetch({ resolve: () => ["10.0.0.1"] });
webFetch({
  robots: true,
  readers: { "application/pdf": async (bytes, { url }) => url + bytes.length },
});
webFetch()({ url: "https://a.example/", offset: 20_000 }, { run: {} });

const made: SearchHandler[] = [
  braveSearch({ apiKey: "k", parameters: { freshness: "pw", goggles: "any other" } }),
  tavilySearch({ apiKey: "k", baseURL: "https://proxy.example", parameters: { topic: "news" } }),
  exaSearch({ apiKey: "k", count: 10, parameters: { contents: { text: true } } }),
  searxngSearch({ baseURL: "http://localhost:8888", parameters: { safesearch: 1 } }),
];
export const found = made.map((search) =>
  search({ query: "q", count: 3 }, { signal: AbortSignal.timeout(1), index: 0 }),
);

export const handlers: Record<string, ToolHandler> = {
  web_search: made[0]!,
  web_fetch: webFetch(),
};
fuse("q", {
  toolHandlers: { web_search: tavilySearch({ apiKey: "k" }), web_fetch: webFetch() },
});
const hosts = ["wiki.local"] as const;
webFetch({ allow: hosts, user_agent: undefined });

export async function titles(): Promise<string[]> {
  const { content, sources } = await page;
  return [content, ...sources.map(({ url, title }) => `${title} ${url}`)];
}

// @ts-expect-error: a URL is a string
webFetch()({ url: 5 });
// @ts-expect-error: a reader returns text
webFetch({ readers: { "application/pdf": () => 5 } });
// @ts-expect-error: the names of options that hold data are snake_case
webFetch({ maxChars: 1 });
// @ts-expect-error: `allow` is a list or a function
webFetch({ allow: "localhost" });
// @ts-expect-error: `baseURL` is required
searxngSearch({});
// @ts-expect-error: SearXNG has no key
searxngSearch({ baseURL: "http://localhost:8888", apiKey: "k" });
// @ts-expect-error: a time range that does not exist
tavilySearch({ apiKey: "k", parameters: { time_range: "decade" } });
