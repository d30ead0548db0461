// Runs the JavaScript examples of docs/ai-sdk.md with scripted providers.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readUIMessageStream } from "ai";
import { equal, ok, within } from "../scenarios/assert.mjs";
import { runExtra } from "../tiers/report.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const ANSWER = "It is blue.";

/** One check for each example. A key is a text that occurs only in the code of this example. */
const checks = {
  "providerMetadata }": async ({ text, responses, analysis }) =>
    equal([text, responses.length, analysis.consensus], [ANSWER, 2, []]),
  "tools: { weather }": async (_, { said }) => equal(said(), ANSWER),
  "createGroq(": async ({ answer, run }, { urls }) => {
    equal([answer, (await run.result()).responses.length], [ANSWER, 2]);
    ok(urls.has("api.groq.com"), [...urls].join());
  },
  "async function POST": async ({ POST }) => {
    const messages = [{ role: "user", parts: [{ type: "text", text: "?" }] }];
    const body = JSON.stringify({ messages });
    const response = await POST(new Request("https://app.example/", { method: "POST", body }));
    ok((await response.text()).endsWith("data: [DONE]\n\n"), "the response has no end");
  },
  reconnectToStream: async ({ transport }) => {
    const messages = [{ role: "user", parts: [{ type: "text", text: "?" }] }];
    const stream = await transport.sendMessages({ messages });
    let last;
    for await (const message of readUIMessageStream({ stream })) last = message;
    equal(last.parts.find(({ type }) => type === "text").text, ANSWER);
  },
};

export async function snippets({ api, installed }) {
  const page = await readFile(join(root, "docs/ai-sdk.md"), "utf8");
  const examples = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  const folder = join(root, `target/ai-sdk-snippets-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const { fetch } = globalThis;
  const results = [];
  try {
    for (const [i, code] of examples.entries()) {
      const words = Object.keys(checks).find((words) => code.includes(words));
      const run = () => within(30_000, example({ api, installed, folder, code, i, words }), words);
      results.push(await runExtra(`docs/ai-sdk.md: the example with ${words}`, run));
    }
  } finally {
    globalThis.fetch = fetch;
    await rm(folder, { recursive: true });
  }
  equal(examples.length, Object.keys(checks).length);
  return results;
}

async function example({ api, installed, folder, code, i, words }) {
  ok(words, `no check for this example:\n${code}`);
  const urls = new Set();
  const scripted = api.scriptedFetch({
    "*": ({ body }) => {
      const prompt = JSON.stringify(body);
      return prompt.includes("Compare the answers.") ? { analysis: {} } : ANSWER;
    },
  });
  globalThis.fetch = (url, init) => {
    urls.add(new URL(url).host);
    return scripted(url, init);
  };
  process.env.OPENROUTER_API_KEY = process.env.GROQ_API_KEY = "key";
  // The example gets the packed `llm-fuse` and the tier's version of `ai`.
  const user = join(installed, `snippet-${i}.mjs`);
  const file = join(folder, `${i}.mjs`);
  await writeFile(user, 'export * from "llm-fuse";\nexport * from "llm-fuse/ai-sdk";\n');
  await writeFile(file, `const apiKey = "key";\n${withExports(code, pathToFileURL(user).href)}`);
  let said = "";
  const { write } = process.stdout;
  process.stdout.write = (text) => {
    said += text;
    return true;
  };
  let module;
  try {
    module = await import(pathToFileURL(file));
  } finally {
    process.stdout.write = write;
  }
  await checks[words](module, { said: () => said, urls });
}

/** Exports the constants of an example, and makes the example import the packed package. */
const withExports = (code, packed) =>
  code
    .replace(/from "llm-fuse(?:\/ai-sdk)?"/g, `from ${JSON.stringify(packed)}`)
    .replace(/^const /gm, "export const ");
