// Runs inside the Worker. The first segment of a path has the handler's options as JSON.

import { createHandler, createMemoryStore } from "llm-fuse/handler";

const handlers = new Map();
const rejections = [];
// Errors that workerd reports as unhandled rejections if a connection ends during a read. workerd
// reports these errors even if every promise is handled. It also reports them for code that only
// calls `fetch`.
const ITS_OWN = /^AbortError: The operation was aborted|^Error: Network connection lost/;
addEventListener(
  "unhandledrejection",
  ({ reason }) => ITS_OWN.test(reason) || rejections.push(String(reason)),
);

const errors = [];

/** Adds a store inside the Worker, because a store cannot be sent to the Worker. */
const withStore = ({ keepRuns, ...options }) =>
  keepRuns ? { ...options, keepRuns: { store: createMemoryStore() } } : options;

export default {
  async fetch(request) {
    const [, options, ...path] = new URL(request.url).pathname.split("/");
    if (options === "rejections") return Response.json({ rejections, errors });
    if (!handlers.has(options))
      handlers.set(
        options,
        createHandler({
          ...withStore(JSON.parse(decodeURIComponent(options))),
          onError: ({ code }) => errors.push(code),
        }),
      );
    const url = new URL(request.url);
    url.pathname = `/${path.join("/")}`;
    return handlers.get(options)(new Request(url, request));
  },
};
