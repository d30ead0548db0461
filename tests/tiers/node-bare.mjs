// Tests the package in a process that lacks some globals. With the argument `text`, the process
// lacks the same globals as jsdom. With the argument `wasm`, it lacks the same globals as Hermes of
// React Native.

import { once } from "node:events";
import { createServer } from "node:http";
import { equal, failure, includes } from "./assert.mjs";

const [lacking] = process.argv.slice(2);
const names = {
  text: ["TextDecoder", "TextEncoder", "fetch", "Request", "Response", "Headers", "ReadableStream"],
  wasm: ["WebAssembly"],
}[lacking];
// Make a request before the globals are removed: Node's own `fetch` compiles WebAssembly at its
// first request.
const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
await once(server, "listening");
await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
server.close();

const kept = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
for (const name of names) delete globalThis[name];

const { estimate, fuse, fromResponse, isFusionError } = await import("llm-fuse");
await import("llm-fuse/handler");
await import("llm-fuse/inline");
await import("llm-fuse/slim");
await import("llm-fuse/tools");
await import("llm-fuse/url");
const { scriptedFetch } = await import("llm-fuse/testing");

const request = { prompt: "Is the sky blue?", analysis_models: ["a"], model: "a" };
const options = () => ({ apiKey: "none", fetch: scriptedFetch({ "*": "Blue \u{1f535}." }) });
const words = {
  text: ["TextDecoder", "TextEncoder", "jsdom"],
  wasm: ["WebAssembly", "Hermes", "fromResponse()"],
}[lacking];
for (const refused of [fuse(request, options()).result(), estimate(request, options())]) {
  const error = await failure(refused);
  equal([isFusionError(error), error.code], [true, "unexpected_error"]);
  for (const word of words) includes(error.message, word);
}

if (lacking === "wasm") {
  const event = { seq: 1, elapsed_ms: 0, type: "run.completed", result: { answer: "Blue." } };
  const headers = { "content-type": "text/event-stream" };
  const response = new Response(`data: ${JSON.stringify(event)}\n\n`, { headers });
  equal((await fromResponse(response).result()).answer, "Blue.");
}

// Add the removed globals again, as the set-up of a test may do. From now on, the package must use
// them.
for (const [name, descriptor] of kept) Object.defineProperty(globalThis, name, descriptor);
equal((await fuse(request, options()).result()).answer, "Blue \u{1f535}.");

// Answer an unknown path with the page, like a development server.
globalThis.fetch = async () =>
  new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
const { fuse: fuseByUrl } = await import("llm-fuse/url");
const misled = await failure(fuseByUrl(request, options()).result());
includes(misled.message, 'optimizeDeps: { exclude: ["llm-fuse"] }');
console.log("as it should be");
