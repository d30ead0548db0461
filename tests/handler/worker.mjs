// Runs inside the Worker: the first segment of a path is the handler's options, the rest is the handler's own.

import { createHandler } from "llm-fuse/handler";

const handlers = new Map();
const rejections = [];
// workerd reports a read that ends with its connection even where every promise is handled, as plain `fetch` code shows.
const ITS_OWN = /^AbortError: The operation was aborted|^Error: Network connection lost/;
addEventListener("unhandledrejection", ({ reason }) => ITS_OWN.test(reason) || rejections.push(String(reason)));

const errors = [];

export default {
  async fetch(request) {
    const [, options, ...path] = new URL(request.url).pathname.split("/");
    if (options === "rejections") return Response.json({ rejections, errors });
    if (!handlers.has(options)) handlers.set(options, createHandler({ ...JSON.parse(decodeURIComponent(options)), onError: ({ code }) => errors.push(code) }));
    const url = new URL(request.url);
    url.pathname = `/${path.join("/")}`;
    return handlers.get(options)(new Request(url, request));
  },
};
