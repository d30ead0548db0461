// Compiles toolsFromMcp() with the official client's types. Never runs.
import { Client } from "@modelcontextprotocol/client";
import { fuse } from "llm-fuse";
import { toolsFromMcp } from "llm-fuse/tools";

const client = new Client({ name: "app", version: "1" });
const { tools, toolHandlers } = await toolsFromMcp(client, ["search"], { allow: ["search"] });
export const run = fuse({ prompt: "?", tools }, { toolHandlers });
