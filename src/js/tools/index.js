// Tool handlers for `options.toolHandlers`, for providers that host no web tools. They also work
// without a run.

export { braveSearch } from "./brave.js";
export { exaSearch } from "./exa.js";
export { toolsFromMcp } from "./mcp.js";
export { searxngSearch } from "./searxng.js";
export { tavilySearch } from "./tavily.js";
export { webFetch } from "./web-fetch.js";
