// Serves a page about bridges and holds examples of tool calls for small models.

import { createServer } from "node:http";

/** Serves a site of one page. `opened` collects the paths that were requested. */
export async function bridgeSite() {
  const opened = [];
  const server = createServer((request, response) => {
    opened.push(request.url);
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(
        "<!doctype html><title>Bridges of Bergen</title><main><p>The longest bridge of " +
          "Bergen is the Askøy Bridge, 1057 m.</main>",
      );
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/bergen`, opened, close };
}

/** Examples of tool calls. A small model calls a tool only if it has seen calls. */
export const shown = [
  { role: "user", content: "What is the tallest tower of Oslo? Search the web." },
  {
    role: "assistant",
    content: null,
    tool_calls: [
      {
        id: "call_1",
        type: "function",
        function: { name: "web_search", arguments: '{"query":"tallest tower of Oslo"}' },
      },
    ],
  },
  {
    role: "tool",
    tool_call_id: "call_1",
    content: "1. Towers of Oslo\n   http://127.0.0.1:9/oslo",
  },
  {
    role: "assistant",
    content: null,
    tool_calls: [
      {
        id: "call_2",
        type: "function",
        function: { name: "web_fetch", arguments: '{"url":"http://127.0.0.1:9/oslo"}' },
      },
    ],
  },
  {
    role: "tool",
    tool_call_id: "call_2",
    content: "The tallest tower of Oslo is Radisson Blu, 117 m.",
  },
  { role: "assistant", content: "It is Radisson Blu with 117 m." },
];
