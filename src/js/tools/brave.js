// Brave Search: <https://api-dashboard.search.brave.com/api-reference/web/search/get>.

import { BAD_KEY, NO_CREDIT, searching } from "./search.js";

const MAX_WORDS = 50;

const brave = {
  tool: "braveSearch",
  name: "Brave Search",
  baseURL: "https://api.search.brave.com/res/v1",
  most: 20,
  longest: 400,

  request: ({ query, count, apiKey, parameters }) => ({
    path: "/web/search",
    search: { ...parameters, q: query.split(" ").slice(0, MAX_WORDS).join(" "), count },
    headers: apiKey && { "x-subscription-token": apiKey },
  }),

  // Where nothing was found there is no `web` at all.
  list: (answer) => (answer?.type === "search" && answer.web === undefined ? [] : answer?.web?.results),

  entry: ({ url, title, description, extra_snippets: more, page_age: date }) => ({
    url,
    title,
    text: [description, ...(Array.isArray(more) ? more : [])].join(" … "),
    date,
  }),

  // A bad key is a 422, as other mistakes are; the code tells them apart.
  refusal(status, answer) {
    const { code, detail } = answer?.error ?? answer?.errors?.[0] ?? {};
    const means = /^SUBSCRIPTION_/.test(code) ? BAD_KEY : code === "QUOTA_LIMITED" ? NO_CREDIT : undefined;
    return { means, says: detail ?? code };
  },
};

export const braveSearch = (options) => searching(brave, options);
