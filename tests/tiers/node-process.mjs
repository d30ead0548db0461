// A program such as users write. node.mjs starts it as a process.

import { fuse } from "llm-fuse";

const [mode, baseURL, request] = process.argv.slice(2);
const run = fuse(JSON.parse(request), { baseURL });

if (mode === "complete") await run.result();
if (mode === "break") for await (const event of run) if (event.type === "panelist.delta") break;
if (mode === "unread") await run[Symbol.asyncIterator]().next();
if (mode === "wait") for await (const event of run) void event;
console.log("done");
