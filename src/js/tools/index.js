// Ready tool handlers, for providers that host no web tools of their own: `options.toolHandlers`, or alone.

export { braveSearch } from "./brave.js";
export { exaSearch } from "./exa.js";
export { searxngSearch } from "./searxng.js";
export { tavilySearch } from "./tavily.js";
export { webFetch } from "./web-fetch.js";
