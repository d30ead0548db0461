// Type tests of toolsFromMcp() with the official client's types. This file is compiled, but never
// run.
import { Client } from "@modelcontextprotocol/client";
import { fuse } from "llm-fuse";
import { toolsFromMcp } from "llm-fuse/tools";

const client = new Client({ name: "app", version: "1" });
const { tools, toolHandlers } = await toolsFromMcp(client, ["search"], { allow: ["search"] });
export const run = fuse({ prompt: "?", tools }, { toolHandlers });
