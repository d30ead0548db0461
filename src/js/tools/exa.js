// Exa.
// <https://exa.ai/docs/reference/search>
// <https://exa.ai/docs/reference/error-codes>

import { createSearch } from "./search.js";

/** @type {import("./search.js").Adapter} */
const exa = {
  tool: "exaSearch",
  name: "Exa",
  baseURL: "https://api.exa.ai",
  maxResults: 20,
  maxQueryChars: 2000,

  request: ({ query, count, apiKey, parameters }) => ({
    path: "/search",
    headers: apiKey && { "x-api-key": apiKey },
    // Without `contents`, Exa returns titles only.
    body: { contents: { highlights: true }, ...parameters, query, numResults: count },
  }),

  list: (answer) => answer?.results,

  toResult: ({ url, title, highlights, summary, text, publishedDate: date }) => ({
    url,
    title,
    text: (Array.isArray(highlights) && highlights.join(" … ")) || summary || text,
    date,
  }),

  refusal: (_status, answer) => ({ message: answer?.error ?? answer?.tag }),
};

/** @param {any} options */
export const exaSearch = (options) => createSearch(exa, options);
