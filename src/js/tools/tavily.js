// Tavily.
// <https://docs.tavily.com/documentation/api-reference/endpoint/search>
// <https://help.tavily.com/articles/8645538886-understanding-http-errors>

import { createSearch, NO_CREDIT } from "./search.js";

/** @type {import("./search.js").Adapter} */
const tavily = {
  tool: "tavilySearch",
  name: "Tavily",
  baseURL: "https://api.tavily.com",
  maxResults: 20,
  maxQueryChars: 400,

  request: ({ query, count, apiKey, parameters }) => ({
    path: "/search",
    headers: apiKey && { authorization: `Bearer ${apiKey}` },
    body: { ...parameters, query, max_results: count },
  }),

  list: (answer) => answer?.results,

  toResult: ({ url, title, content: text, published_date: date }) => ({ url, title, text, date }),

  refusal: (status, answer) => ({
    reason: status === 432 || status === 433 ? NO_CREDIT : undefined,
    message: answer?.detail?.error ?? answer?.detail,
  }),
};

/** @param {any} options */
export const tavilySearch = (options) => createSearch(tavily, options);
