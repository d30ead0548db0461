// Web search and web fetch, for providers that do not host these tools.

import { braveSearch, exaSearch, tavilySearch, webFetch } from "llm-fuse/tools";

/**
 * Returns the options that add `web_search` and `web_fetch`, if the environment has a key of a
 * search service.
 * @param {Record<string, string | undefined>} env
 */
export function toolOptions({ BRAVE_API_KEY, EXA_API_KEY, TAVILY_API_KEY }) {
  const search = BRAVE_API_KEY
    ? braveSearch({ apiKey: BRAVE_API_KEY })
    : TAVILY_API_KEY
      ? tavilySearch({ apiKey: TAVILY_API_KEY })
      : EXA_API_KEY && exaSearch({ apiKey: EXA_API_KEY });
  return search ? { toolHandlers: { web_search: search, web_fetch: webFetch() } } : {};
}
