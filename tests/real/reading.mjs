#!/usr/bin/env node

// Counts the tokens that two web pages add to the panelists' prompts, with the tokenizers of real
// servers. The pages are served on loopback and read through `webFetch`. Small models do not call
// tools by themselves, so this script makes the calls, and sends the results to the models as
// messages. `npm test` does not run this file.
//
//   npm run build
//   BASE_URLS=http://127.0.0.1:8080/v1,http://127.0.0.1:8081/v1 node tests/real/reading.mjs
//
// BASE_URLS  a base URL for each panelist. The last server also has the analyst and the writer.
// PAGES      two HTML files, separated by a comma. The default is two pages that this script makes.
// TOOLS      the module with `webFetch`, to compare versions. The default is llm-fuse/tools.
// COUNT      "tokenize" counts with llama-server's tokenizer, without an answer
// MAX_CHARS  `max_chars` of `webFetch`, for models with a small context

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fuse } from "llm-fuse";

const { BASE_URLS, PAGES, TOOLS = "llm-fuse/tools", MAX_CHARS = "20000", COUNT } = process.env;
const servers = BASE_URLS.split(",");
const { webFetch } = await import(TOOLS);

/** Returns a page with an article. Around the article is three times as much other text. */
function page(topic) {
  const sentence = `The ${topic} is described here in a sentence of usual length, as in a report. `;
  const links = (name) =>
    Array.from({ length: 15 }, (_, i) => `<li><a href=/${i}>${name} number ${i}</a>`).join("");
  const comment = `<li class=comment><p>Somebody says: ${sentence.repeat(2)}</p>`;
  return (
    `<title>On the ${topic}</title><nav><ul>${links("Section")}</ul></nav><div class=menu><ul>` +
    `${links("Menu")}</ul></div><div class=text><h1>On the ${topic}</h1>` +
    `${`<p>${sentence.repeat(3)}</p>`.repeat(8)}</div><div class=related>` +
    `${links("Related page")}</div><ol class=commentlist>${comment.repeat(8)}</ol>`
  );
}

const pages = PAGES
  ? await Promise.all(PAGES.split(",").map((file) => readFile(file, "utf8")))
  : ["sky", "sea"].map(page);
const site = createServer(({ url }, response) =>
  response
    .writeHead(200, { "content-type": "text/html; charset=utf-8" })
    .end(pages[Number(url.slice(1))]),
);
await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
const host = `127.0.0.1:${site.address().port}`;

const prompts = [];
const lines = (chunks) =>
  new Response(
    [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"].join(""),
    { headers: { "content-type": "text/event-stream" } },
  );

/** @param {string} url @param {unknown} body */
const post = async (url, body) =>
  (
    await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json();

/**
 * Returns the number of tokens of a prompt. By default, the server answers the prompt with one
 * token and reports the number in the usage. With `COUNT=tokenize`, llama-server's tokenizer counts
 * the tokens without an answer. The prompt may then be longer than the model's context.
 */
async function count(url, model, messages) {
  if (COUNT !== "tokenize") {
    const { usage, error } = await post(url, { model, messages, max_tokens: 1 });
    return { prompt_tokens: usage?.prompt_tokens, ...(error && { error: error.message }) };
  }
  const { prompt } = await post(new URL("/apply-template", url), { messages });
  const { tokens } = await post(new URL("/tokenize", url), { content: prompt, add_special: true });
  return { prompt_tokens: tokens.length };
}

/** Answers the first request with calls of the tool. Passes the second request to the server. */
async function callTools(url, init) {
  const { messages, tools, ...body } = JSON.parse(init.body);
  const results = messages.filter(({ role }) => role === "tool");
  if (tools && results.length === 0) {
    const tool_calls = pages.map((_, index) => ({
      index,
      id: `call_${index}`,
      type: "function",
      function: {
        name: "web_fetch",
        arguments: JSON.stringify({ url: `http://${host}/${index}` }),
      },
    }));
    return lines([{ choices: [{ index: 0, delta: { tool_calls }, finish_reason: "tool_calls" }] }]);
  }
  // Templates of small models do not support messages of tools, so the user sends the results.
  const plain = messages
    .filter(({ role, content }) => role !== "assistant" || content)
    .map(({ role, content }) => ({ role: role === "tool" ? "user" : role, content }));
  const merged = [];
  for (const message of plain) {
    if (merged.at(-1)?.role === message.role) merged.at(-1).content += `\n\n${message.content}`;
    else merged.push({ ...message });
  }
  if (results.length > 0) {
    const chars = results.reduce((sum, { content }) => sum + content.length, 0);
    const usage = await count(url, body.model, merged);
    prompts.push({ server: new URL(url).port, chars, ...usage });
    return lines([
      { choices: [{ index: 0, delta: { content: "Read." }, finish_reason: "stop" }], usage },
    ]);
  }
  return lines([{ choices: [{ index: 0, delta: { content: "Read." }, finish_reason: "stop" }] }]);
}

try {
  const names = servers.map((_, i) => `local${i}`);
  const providers = Object.fromEntries(
    names.map((name, i) => [name, { baseURL: servers[i], fetch: callTools }]),
  );
  const run = fuse(
    {
      prompt: "What do the two pages say?",
      analysis_models: names.map((name) => `${name}:model`),
      writer: `${names.at(-1)}:model`,
      timeouts: { first_byte_ms: 600_000, idle_ms: 600_000, panelist_ms: 600_000 },
    },
    {
      providers,
      toolHandlers: { web_fetch: webFetch({ allow: [host], max_chars: Number(MAX_CHARS) }) },
    },
  );
  await run.result().catch((error) => console.error(`the run failed after reading: ${error}`));
  console.table(prompts);
} finally {
  site.close();
}
