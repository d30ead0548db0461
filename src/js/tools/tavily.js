// Tavily: <https://docs.tavily.com/documentation/api-reference/endpoint/search>,
// errors: <https://help.tavily.com/articles/8645538886-understanding-http-errors>.

import { NO_CREDIT, searching } from "./search.js";

const tavily = {
  tool: "tavilySearch",
  name: "Tavily",
  baseURL: "https://api.tavily.com",
  most: 20,
  longest: 400,

  request: ({ query, count, apiKey, parameters }) => ({
    path: "/search",
    headers: apiKey && { authorization: `Bearer ${apiKey}` },
    body: { ...parameters, query, max_results: count },
  }),

  list: (answer) => answer?.results,

  entry: ({ url, title, content: text, published_date: date }) => ({ url, title, text, date }),

  refusal: (status, answer) => ({
    means: status === 432 || status === 433 ? NO_CREDIT : undefined,
    says: answer?.detail?.error ?? answer?.detail,
  }),
};

export const tavilySearch = (options) => searching(tavily, options);
