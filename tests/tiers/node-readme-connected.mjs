// Checks examples in the documentation that connect llm-fuse to other software.

import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { AIBinding } from "../integrations/ai-binding.mjs";
import { equal, includes } from "../scenarios/assert.mjs";

/**
 * Checks the example of Workers AI. The panelists and the writer answer with the same stream of the
 * imitated binding.
 */
export async function connectsWorkersAi({ module }) {
  const binding = new AIBinding();
  const AI = {
    run(model, inputs, options) {
      equal(options.gateway, { id: "default" });
      if (JSON.stringify(inputs).includes("Compare the answers.")) return { response: "{}", model };
      return binding.run("@cf/old/stream", inputs, options);
    },
  };
  const body = JSON.stringify({ prompt: "Is the sky blue?" });
  const request = new Request("https://worker.example/", { method: "POST", body });
  const response = await module.default.fetch(request, { AI });
  includes(await response.text(), '"answer":"old étream"');
  equal(binding.calls.length, 4, "three panelists and the writer");
}

/** The server of the example. This server gets the requests to https://docs.example/mcp. */
export const mcpServer = createMcpHandler(() => {
  const server = new McpServer({ name: "docs", version: "1" });
  for (const name of ["search_docs", "read_page"])
    server.registerTool(name, { annotations: { readOnlyHint: true } }, async () => ({
      content: [{ type: "text", text: name }],
    }));
  return server;
});

/** Checks that the models get the tools of the example's server. */
export async function usesMcp({ module, calls }) {
  equal((await module.run.result()).answer, "Yes, it is blue.");
  const [asked] = await calls();
  equal(
    asked.body.tools.map((tool) => tool.function.name),
    ["search_docs", "read_page"],
  );
  includes((await module.toolHandlers.read_page({})).content, "read_page");
  await module.client.close();
}
