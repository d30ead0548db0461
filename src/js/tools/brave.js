// Brave Search.
// <https://api-dashboard.search.brave.com/api-reference/web/search/get>

import { BAD_KEY, createSearch, NO_CREDIT } from "./search.js";

const MAX_WORDS = 50;

/** @type {import("./search.js").Adapter} */
const brave = {
  tool: "braveSearch",
  name: "Brave Search",
  baseURL: "https://api.search.brave.com/res/v1",
  maxResults: 20,
  maxQueryChars: 400,

  request: ({ query, count, apiKey, parameters }) => ({
    path: "/web/search",
    search: { ...parameters, q: query.split(" ").slice(0, MAX_WORDS).join(" "), count },
    headers: apiKey && { "x-subscription-token": apiKey },
  }),

  // If there are no results, the answer has no field `web`.
  list(answer) {
    const isEmpty = answer?.type === "search" && answer.web === undefined;
    return isEmpty ? [] : answer?.web?.results;
  },

  toResult: ({ url, title, description, extra_snippets: more, page_age, age }) => ({
    url,
    title,
    text: [description, ...(Array.isArray(more) ? more : [])].join(" … "),
    date: page_age ?? age,
  }),

  // Brave answers with 422 to a bad key and to other errors. Only the error code distinguishes
  // them.
  refusal(_status, answer) {
    const { code, detail } = answer?.error ?? answer?.errors?.[0] ?? {};
    const reason = /^SUBSCRIPTION_/.test(code)
      ? BAD_KEY
      : code === "QUOTA_LIMITED"
        ? NO_CREDIT
        : undefined;
    return { reason, message: detail ?? code };
  },
};

/** @param {any} options */
export const braveSearch = (options) => createSearch(brave, options);
