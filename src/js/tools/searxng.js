// SearXNG, one's own or somebody's: <https://docs.searxng.org/dev/search_api.html>.

import { searching } from "./search.js";

const searxng = {
  tool: "searxngSearch",
  name: "SearXNG",
  keyless: true,
  most: 20,
  longest: 2000,

  // It cannot be told how many.
  request: ({ query, parameters }) => ({ path: "/search", search: { ...parameters, q: query, format: "json" } }),

  list(answer) {
    // Nothing found is not the same as nobody there who could search.
    if (answer?.results?.length === 0 && answer.unresponsive_engines?.length > 0) throw new Error("none of SearXNG's engines has answered");
    return answer?.results;
  },

  entry: ({ url, title, content: text, publishedDate: date }) => ({ url, title, text, date }),

  refusal: (status) => ({ means: status === 403 ? "gives no JSON here: its settings.yml must have `json` in search.formats" : undefined }),
};

export const searxngSearch = (options) => searching(searxng, options);
