// Exa: <https://exa.ai/docs/reference/search>, errors: <https://exa.ai/docs/reference/error-codes>.

import { searching } from "./search.js";

const exa = {
  tool: "exaSearch",
  name: "Exa",
  baseURL: "https://api.exa.ai",
  most: 20,
  longest: 2000,

  request: ({ query, count, apiKey, parameters }) => ({
    path: "/search",
    headers: apiKey && { "x-api-key": apiKey },
    // Without `contents` there would be titles alone.
    body: { contents: { highlights: true }, ...parameters, query, numResults: count },
  }),

  list: (answer) => answer?.results,

  entry: ({ url, title, highlights, summary, text, publishedDate: date }) => ({
    url,
    title,
    text: (Array.isArray(highlights) && highlights.join(" … ")) || summary || text,
    date,
  }),

  refusal: (status, answer) => ({ says: answer?.error ?? answer?.tag }),
};

export const exaSearch = (options) => searching(exa, options);
