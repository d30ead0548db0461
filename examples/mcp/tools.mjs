// Offers a fusion as tools of an MCP server. A run takes minutes, but MCP clients end a call after
// one minute. So one tool starts the run, and another tool returns its state.
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

const MAX_WAIT_S = 45;

/**
 * Returns the handler of the server, `{ fetch, close }`.
 * @param {import("./runs.mjs").Runs} runs is shared by all requests, because each request has a new
 * server
 * @param request fields of every request, such as `preset` and `max_cost`
 */
export const fusionServer = (runs, request) =>
  createMcpHandler(() => {
    const server = new McpServer({ name: "llm-fuse", version: "0.1.0" });
    server.registerTool(
      "fusion_start",
      {
        description:
          "Asks a panel of models a question, compares their answers and writes one. Returns the " +
          "id for fusion_result. Takes one to five minutes, and costs money.",
        inputSchema: z.object({
          question: z.string().min(1).max(100_000).describe("The whole question with its context"),
        }),
        outputSchema: z.object({ id: z.string() }),
        annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
      },
      async ({ question }) => attempt(() => ({ id: runs.start({ ...request, prompt: question }) })),
    );
    server.registerTool(
      "fusion_result",
      {
        description:
          "The answer of a fusion, or its progress if it is still running. Call it again then.",
        inputSchema: z.object({
          id: z.string().describe("The id that fusion_start returned"),
          wait_seconds: z.number().min(0).max(MAX_WAIT_S).default(20),
        }),
        annotations: { readOnlyHint: true, idempotentHint: true },
      },
      async ({ id, wait_seconds }, { mcpReq }) => {
        const state = await runs.read(id, wait_seconds * 1000, mcpReq.signal);
        return state ? toResult(state, state.status === "failed") : unknown(id);
      },
    );
    server.registerTool(
      "fusion_stop",
      {
        description: "Stops a fusion that is no longer needed.",
        inputSchema: z.object({ id: z.string() }),
        annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
      },
      async ({ id }) => (runs.stop(id) ? toResult({ stopped: id }) : unknown(id)),
    );
    return server;
  });

function attempt(work) {
  try {
    return toResult(work());
  } catch (error) {
    return toResult({ message: error.message }, true);
  }
}

const unknown = (id) => toResult({ message: `no running or recent fusion has the id ${id}` }, true);

/** Returns a tool's result. Clients read either the structured content or the text. */
const toResult = (data, isError = false) => ({
  content: [{ type: "text", text: data.answer ?? JSON.stringify(data) }],
  structuredContent: data,
  isError,
});
