// Tests the examples of docs/node.md, and the types of llm-fuse/node with the servers' types.

import { spawn } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { frameworksFolder } from "../../scripts/setup.mjs";
import { equal, ok } from "../scenarios/assert.mjs";

const ours = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const OPENROUTER = "https://openrouter.ai/api/v1/";

/** Returns the checks as `{ name, run }`. @param api the exports of the packed package */
export const nodeDocs = (api) => [
  { name: "docs/node.md: the endpoint in Express", run: () => inExample(0, api, endpoint) },
  { name: "docs/node.md: the endpoint in Fastify", run: () => inExample(1, api, endpoint) },
  { name: "docs/node.md: a run for a page in Express", run: () => inExample(2, api, ask) },
  { name: "llm-fuse/node has the types of Node, Express and Fastify", run: types },
];

/**
 * Starts the app of an example. Requests to OpenRouter are scripted. Requests to the app are real.
 */
async function inExample(nth, api, check) {
  const text = await readFile(ours("docs/node.md"), "utf8");
  const code = [...text.matchAll(/^```mjs\n([\s\S]*?)^```$/gm)][nth][1];
  const file = join(frameworksFolder, `node-example-${nth}.mjs`);
  await writeFile(file, code);
  const { fetch } = globalThis;
  const { log } = console;
  const printed = [];
  const provider = api.scriptedFetch({ "*": "Blue." });
  globalThis.fetch = (url, init) =>
    (String(url).startsWith(OPENROUTER) ? provider : fetch)(url, init);
  console.log = (...words) => printed.push(words);
  Object.assign(process.env, { OPENROUTER_API_KEY: "sk-or-v1-docs", CLIENT_KEY: "client" });
  let close = () => {};
  try {
    const { app } = await import(pathToFileURL(file));
    const server = app.server ? app : createServer(app);
    close = () => (server.server ?? server).closeAllConnections() ?? server.close();
    if (app.server) await app.listen({ host: "127.0.0.1", port: 0 });
    else await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = (app.server ?? server).address();
    await check(`http://127.0.0.1:${port}`, { api, provider, printed });
  } finally {
    close();
    globalThis.fetch = fetch;
    console.log = log;
  }
}

async function endpoint(url) {
  const plugins = [{ id: "fusion", preset: "general-fast" }];
  const messages = [{ role: "user", content: "Why?" }];
  const body = JSON.stringify({ model: "openrouter/fusion", messages, plugins });
  const post = (key) =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body,
    });
  equal((await (await post("client")).json()).choices[0].message.content, "Blue.");
  equal((await post("guess")).status, 401);
}

async function ask(url, { api, provider, printed }) {
  const response = fetch(`${url}/ask`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "Why?" }),
  });
  equal((await api.fromResponse(response).result()).answer, "Blue.");
  equal(printed.at(-1)[0], "Blue.");
  ok(provider.calls.every(({ headers }) => headers.authorization === "Bearer sk-or-v1-docs"));
}

async function types() {
  await copyFile(ours("tests/frameworks/types.ts"), join(frameworksFolder, "types.ts"));
  const tsc = ours("node_modules/typescript/bin/tsc");
  const flags = "--noEmit --strict --target es2022 --module nodenext --types node --skipLibCheck";
  const child = spawn(process.execPath, [tsc, ...flags.split(" "), "types.ts"], {
    cwd: frameworksFolder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  equal([code, output], [0, ""]);
}
