#!/usr/bin/env node

// Makes runs with real servers of the three dialects, such as llama.cpp's llama-server. `npm test`
// does not run this file.
//
//   npm run build
//   BASE_URLS=http://127.0.0.1:8080/v1 node tests/real/local-llm.mjs
//
// BASE_URLS   one or more base URLs, separated by commas. The first server has the panel. The last
//             server has the analyst and the writer.
// TOOLS_URL   a server whose model can call tools. Without this variable, the run with tools is
//             left out. Small models need a template with examples:
//             llama-server -m SmolLM2-135M-Instruct.gguf --jinja \
//               --chat-template-file tests/real/tools.jinja
// EXTRA_BODY  additional fields of the analyst's request. The default is llama.cpp's repeat
//             penalty, because small models repeat themselves.
// ONLY        the only part to run: node, chromium or tools

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { build } from "esbuild";
import { webFetch } from "llm-fuse/tools";
import { chromium } from "playwright-core";
import { printable, printableJson } from "../../examples/printable.mjs";
import { ask } from "./ask.mjs";
import { bridgeSite, shown } from "./bridges.mjs";

const {
  BASE_URLS,
  TOOLS_URL,
  ONLY,
  EXTRA_BODY = '{"repeat_penalty":1.15,"repeat_last_n":200}',
} = process.env;
const DIALECTS = ["chat", "responses", "messages"];
const timeouts = {
  first_byte_ms: 600_000,
  idle_ms: 600_000,
  panelist_ms: 1_200_000,
  run_ms: 3_600_000,
};

/** Returns the server's model and a provider for each dialect. */
async function served(baseURL) {
  const { data } = await (await fetch(`${baseURL}/models`)).json();
  return {
    model: data[0].id,
    providers: Object.fromEntries(DIALECTS.map((dialect) => [dialect, { baseURL, dialect }])),
  };
}

/** Runs three panelists, one for each dialect. Checks that the analyst follows its schema. */
async function panel(urls) {
  const { model, providers } = await served(urls[0]);
  const analyst = await served(urls.at(-1));
  const desk = Object.fromEntries(
    Object.entries(analyst.providers).map(([name, provider]) => [`desk_${name}`, provider]),
  );
  const request = {
    prompt: "Why is the sky blue? Answer in one sentence.",
    analysis_models: DIALECTS.map((dialect) => `${dialect}:${model}`),
    analyst: {
      model: `desk_chat:${analyst.model}`,
      max_completion_tokens: 1500,
      extra_body: JSON.parse(EXTRA_BODY),
    },
    writer: `desk_messages:${analyst.model}`,
    max_completion_tokens: 60,
    max_retries: 0,
    seed: 7,
    timeouts,
  };
  return [request, { providers: { ...providers, ...desk } }];
}

function checkPanel({ counts, result, error }) {
  assert.equal(error, undefined);
  assert.deepEqual(
    result.responses.map(({ content }) => content.trim().length > 0),
    [true, true, true],
  );
  assert.deepEqual(
    result.activity
      .filter(({ stage }) => stage === "panel")
      .map(({ provider, status }) => [provider, status])
      .sort(),
    [
      ["chat", "completed"],
      ["messages", "completed"],
      ["responses", "completed"],
    ],
  );
  assert.ok(result.analysis, "an analysis");
  assert.ok(
    result.answer.trim() && result.usage.completion_tokens > 0 && counts["panelist.delta"] > 0,
  );
}

/**
 * Checks that a model searches the web and reads a page. The request sets no `tool_choice`, so the
 * model decides to call the tools.
 */
async function research(url) {
  const { model, providers } = await served(url);
  const page = await bridgeSite();
  const called = [];
  const read = webFetch({ allow: ["127.0.0.1"] });
  const toolHandlers = {
    web_search: (input) => {
      called.push(["web_search", input]);
      return {
        content: `1. Bridges of Bergen\n   ${page.url}`,
        sources: [{ url: page.url, title: "Bridges of Bergen" }],
        summary: "1 page",
      };
    },
    web_fetch: (input, context) => {
      called.push(["web_fetch", input]);
      return read(input, context);
    },
  };
  const seen = [];
  for (const dialect of DIALECTS) {
    const member = { model: `${dialect}:${model}`, temperature: 0 };
    const request = {
      messages: [
        ...shown,
        { role: "user", content: "What is the longest bridge of Bergen? Search the web." },
      ],
      analysis_models: [member],
      // This test ignores the analysis.
      analyst: { model: member.model, tools: [], max_completion_tokens: 20 },
      writer: member,
      max_completion_tokens: 80,
      max_retries: 0,
      timeouts,
    };
    called.length = 0;
    const outcome = await ask(request, { providers, toolHandlers });
    report(`tools, ${dialect}`, outcome);
    seen.push({ dialect, called: [...called], pages: page.opened.splice(0) });
    console.log(printableJson(seen.at(-1)));
  }
  page.close();
  assert.ok(
    seen.some(({ called }) => called.some(([name]) => name === "web_search")),
    "some model searched",
  );
  assert.ok(
    seen.some(({ pages }) => pages.length > 0),
    "and read the page",
  );
}

/** Makes the run in a page of Chromium. */
async function inChromium(request, options) {
  const contents = `import { ask } from "./ask.mjs"; window.ask = ask;`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(
      isScript
        ? outputFiles[0].contents
        : '<!doctype html><title>real</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const executablePath = process.env.CHROME_PATH ?? "/usr/bin/chromium";
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.ask);
    return await page.evaluate(
      ([request, options]) => window.ask(request, options),
      [request, options],
    );
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

function report(name, { counts, marks, result, error }) {
  console.log(printable(`\n${name}${error ? `: ${error}` : ""}`));
  console.log(
    Object.entries(counts)
      .map(([type, count]) => `${type} ${count}`)
      .join(", "),
  );
  for (const { elapsed_ms, type, index, tool, status, input, code, message, error } of marks) {
    const more = [index, tool, status, input, code, message, error?.message]
      .filter((part) => part !== undefined)
      .join(" ");
    console.log(printable(`${String(elapsed_ms).padStart(8)} ms  ${type} ${more}`));
  }
  if (result)
    console.log(
      printableJson({
        answer: result.answer.slice(0, 200),
        sources: result.sources,
        analysis:
          result.analysis &&
          Object.fromEntries(
            Object.entries(result.analysis).map(([kind, items]) => [kind, items.length]),
          ),
      }),
    );
}

if (!BASE_URLS && !TOOLS_URL) {
  console.error("Set BASE_URLS or TOOLS_URL to a server of the three dialects.");
  process.exit(2);
}
const wants = (name) => !ONLY || ONLY === name;
if (BASE_URLS) {
  const asked = await panel(BASE_URLS.split(","));
  for (const [name, run] of Object.entries({ node: ask, chromium: inChromium })) {
    if (!wants(name)) continue;
    const outcome = await run(...asked);
    report(name, outcome);
    checkPanel(outcome);
  }
}
if (TOOLS_URL && wants("tools")) await research(TOOLS_URL);
console.log("\nok");
