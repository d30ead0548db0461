// Serves the endpoint over HTTP on loopback. Each session has its own handler, its own scripted
// provider and its own counts.

import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";

const PANEL = ["panel/alpha", "panel/beta"];
const WRITER = "desk/writer";
const ANSWER = "Yes, it is blue.";
const KEY = "sk-client";

/** A script for a writer that sends nothing until its connection is closed. */
const SILENT = { text: "", stall: true };

/**
 * The writer's responses in each case. The first call of the writer has the fault. At this time,
 * the panel has already answered.
 */
const WRITERS = {
  "the writer fails": () => ({ status: 503, error: "No provider available" }),
  "the connection breaks": ({ nth }, cut) => {
    if (nth > 1) return ANSWER;
    setTimeout(cut, 50);
    return SILENT;
  },
  "the client times out": ({ nth }) => (nth > 1 ? ANSWER : SILENT),
  nothing: () => ANSWER,
};
export const CASES = Object.keys(WRITERS).filter((name) => name !== "nothing");

/**
 * Starts the server.
 * @param api the package's `createHandler`, `createMemoryStore` and `scriptedFetch`
 */
export async function startSessions({ createHandler, createMemoryStore, scriptedFetch }) {
  const sessions = new Map();
  const server = createServer(
    getRequestListener((request, { incoming }) => {
      const url = new URL(request.url);
      const session = sessions.get(url.pathname.split("/")[1]);
      session.requests += 1;
      session.cut = () => incoming.socket.destroy();
      return session.handler(request);
    }),
  );
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;

  return {
    /** Opens a session. If `isKept` is true, the handler has `keepRuns`. */
    open(what, isKept) {
      const session = { requests: 0, cut: () => {} };
      const provider = scriptedFetch({
        "*": "Blue.",
        [WRITER]: (call) => WRITERS[what](call, () => session.cut()),
      });
      session.handler = createHandler({
        apiKey: "sk-server",
        fetch: provider,
        clientKeys: [KEY],
        defaults: {
          analysis_models: PANEL,
          writer: WRITER,
          analyst: "desk/analyst",
          max_retries: 0,
        },
        ...(isKept && { keepRuns: { store: createMemoryStore() } }),
      });
      const id = `s${sessions.size}`;
      sessions.set(id, session);
      return {
        url: `${address}/${id}`,
        key: KEY,
        /** Returns how often each panelist, the writer and the endpoint were called. */
        counts: () => ({
          panel: PANEL.map((model) => provider.calls.filter((call) => call.model === model).length),
          writer: provider.calls.filter(({ model }) => model === WRITER).length,
          requests: session.requests,
        }),
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
