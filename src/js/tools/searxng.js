// SearXNG.
// <https://docs.searxng.org/dev/search_api.html>

import { createSearch } from "./search.js";

/** @type {import("./search.js").Adapter} */
const searxng = {
  tool: "searxngSearch",
  name: "SearXNG",
  keyless: true,
  maxResults: 20,
  maxQueryChars: 2000,

  // SearXNG has no parameter for the number of results.
  request: ({ query, parameters }) => ({
    path: "/search",
    search: { ...parameters, q: query, format: "json" },
  }),

  list(answer) {
    // If all of SearXNG's search engines fail, the list of results is empty. In this case,
    // `unresponsive_engines` contains the names of the engines.
    if (answer?.results?.length === 0 && answer.unresponsive_engines?.length > 0) {
      throw new Error("none of SearXNG's engines has answered");
    }
    return answer?.results;
  },

  toResult: ({ url, title, content: text, publishedDate, pubdate }) => ({
    url,
    title,
    text,
    date: publishedDate ?? pubdate,
  }),

  refusal: (status) => ({
    reason:
      status === 403
        ? "gives no JSON here: its settings.yml must have `json` in search.formats"
        : undefined,
  }),
};

/** @param {any} options */
export const searxngSearch = (options) => createSearch(searxng, options);
