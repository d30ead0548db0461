// Runs the JavaScript examples of README.md and docs/*.md without changes. The loopback provider
// answers.

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { connect } from "../provider/client.mjs";
import { calls as asks, failures, priceList, says } from "../provider/scripts.mjs";
import { equal, ok, within } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { connectsWorkersAi, mcpServer, usesMcp } from "./node-readme-connected.mjs";
import { weighsCriteria } from "./node-readme-criteria.mjs";
import { admitsClients, keepsRuns } from "./node-readme-handler.mjs";
import { readsPdf } from "./node-readme-pdf.mjs";
import { pinsAddresses } from "./node-readme-pinned.mjs";
import { checksContradictions } from "./node-readme-verify.mjs";
import { runExtra } from "./report.mjs";

const root = new URL("../../", import.meta.url);

const pricing = { prompt: "0.000001", completion: "0.000002" };
const BUDGET = Object.fromEntries(
  [
    "~google/gemini-flash-latest",
    "deepseek/deepseek-v4-pro",
    "~moonshotai/kimi-latest",
    "~anthropic/claude-opus-latest",
  ].map((model) => [model, pricing]),
);

/** Variables that the examples use without a definition. */
const given = `
const apiKey = "sk-or-v1-readme", prompt = "Is the sky blue?", { localStorage, output } = globalThis.readme;
const localModel = async (messages, signal) => \`\${signal.aborted} \${messages.at(-1).content}\`;
const priceOf = async (symbol, signal) => \`\${signal.aborted} \${symbol} 7\`;
const note = { type: "function", function: { name: "note", parameters: { type: "object" } } };
const carryOut = ({ name, arguments: args }) => \`\${name} \${args}\`;
`;

/** Scripts of the examples. Models that have tools call them. */
const scripts = {
  ...defaultScripts(),
  "*": defaultScripts()[ALPHA],
  qwen3: {
    rounds: [
      says("", { tool_calls: [asks("stock", { symbol: "ACME" })] }),
      defaultScripts()[ALPHA],
    ],
  },
  [WRITER]: {
    rounds: [
      says("I note it.", { tool_calls: [asks("note", { text: "blue" })] }),
      defaultScripts()[WRITER],
    ],
  },
  "some/model": failures[404],
  "GET /models": priceList(BUDGET),
};
const KEYS = [
  "OPENROUTER_API_KEY",
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "GEMINI_API_KEY",
  "BRAVE_API_KEY",
  "CLIENT_KEY",
];
const HOSTS =
  /^https:\/\/openrouter\.ai\/api\/v1|^https:\/\/api\.(openai|anthropic)\.com\/v1|^https:\/\/generativelanguage\.googleapis\.com\/v1beta\/openai|^http:\/\/localhost:11434\/v1/;

/**
 * One check for each example. The key of a check is a text that occurs in the code of the example.
 * If an example contains several keys, the last of these checks applies. If an example has no
 * check, the test fails.
 */
const checks = {
  'event.type === "answer.delta"': async ({ said }) =>
    ok(said().includes("Yes, it is blue."), said()),
  "llm-fuse/state": async ({ module }) => {
    const { status, answer, panel } = module.state;
    equal([status, answer.content, panel.length], ["completed", "Yes, it is blue.", 3]);
  },
  "const { escalation }": async ({ module }) =>
    equal(module.escalation, { escalated: true, reason: "contradictions" }),
  "Answer for a physician.": async ({ module }) =>
    equal((await module.run.result()).responses.length, 2),
  "localhost:11434": async ({ module, calls }) => {
    equal((await module.run.result()).responses.length, 3);
    equal((await calls()).length, 5);
  },
  "llm-fuse/tools": async ({ module }) => {
    equal((await module.run.result()).responses.length, 3);
    const results = [{ title: "Sky", url: "https://a.example/", description: "Blue" }];
    globalThis.fetch = async (url) =>
      url.startsWith("https://api.search.brave.com/")
        ? Response.json({ web: { results } })
        : new Response("<p>Blue", { headers: { "content-type": "text/html" } });
    equal((await module.toolHandlers.web_search({ query: "sky" })).sources, [
      { url: "https://a.example/", title: "Sky" },
    ]);
    ok((await module.toolHandlers.web_fetch({ url: "https://1.1.1.1/" })).content.includes("Blue"));
  },
  'llm-fuse/tools";\n\n/** Pins': pinsAddresses,
  "extractText(": readsPdf,
  "google:gemini-3-pro": async ({ module, calls }) => {
    equal((await module.run.result()).answer, "Yes, it is blue.");
    equal((await calls()).map(({ dialect }) => dialect).sort(), [
      "chat",
      "chat",
      "messages",
      "messages",
      "responses",
    ]);
  },
  "localModel(messages, signal)": async ({ module, calls }) => {
    const { responses, failed_models } = await module.run.result();
    equal(
      [responses.map(({ content }) => content), failed_models],
      [["false Is the sky blue?", "Alpha finds all common ground in blue."], []],
    );
    equal((await calls()).length, 3);
  },
  "priceOf(symbol, signal)": async ({ module, calls }) => {
    const { responses, sources } = await module.run.result();
    equal([responses.length, sources], [2, [{ url: "https://stocks.example/ACME", title: "" }]]);
    equal(
      (await calls()).find(({ tool_results }) => tool_results.length).tool_results[0].content,
      "ACME: false ACME 7",
    );
  },
  "convene: false": async ({ module, calls }) => {
    equal(
      [module.message.content, module.tool_calls.map(({ name }) => name)],
      ["I note it.", ["note"]],
    );
    equal(
      [module.next.answer, (await calls()).at(-1).tool_results[0].content],
      ["Alpha finds all common ground in blue.", 'note {"text":"blue"}'],
    );
  },
  "analyst: { criteria }": weighsCriteria,
  'verify: "contradictions"': checksContradictions,
  "run.proceed()": async ({ module }) => equal((await module.run.result()).status, "ok"),
  "localStorage.setItem": async ({ module, storage, again, calls }) => {
    equal([module.answer, storage.size], ["Yes, it is blue.", 0]);
    const first = (await calls()).length;
    storage.set("run", JSON.stringify(module.run.snapshot()));
    equal((await again()).answer, "Yes, it is blue.");
    equal((await calls()).length, first, "resumed without a call");
  },
  "max_cost: 0.5": async ({ module, calls }) => {
    ok(module.low > 0 && module.unknown.length === 0, `${module.low}`);
    equal(
      [
        (await module.run.result()).status,
        (await calls()).filter(({ method }) => method === "GET").length,
      ],
      ["ok", 2],
    );
  },
  // The panelist answers the rerun with the same text, so the run keeps analysis and answer.
  "rerun: [1]": async ({ calls }) => equal((await calls()).length, 5 + 1 + 2 + 3 + 1),
  'error.code !== "writer_failed"': async ({ module, calls }) => {
    equal(module.result.answer, "Yes, it is blue.");
    equal((await calls()).length, 6);
  },
  "scriptedFetch(": async ({ module, calls }) => {
    equal(module.answer, "Answer 1 to 1 messages.");
    equal(
      module.analysis.consensus[0].quotes.map(({ quote, verified }) => [quote, verified]),
      [["Azure, I would say", true]],
    );
    equal(
      module.failed_models.map(({ model, code }) => [model, code]),
      [["c/three", "network_error"]],
    );
    equal(module.asked.sort(), [
      "a/one 1 completed",
      "b/two 1 completed",
      "b/two 2 completed",
      "c/three 1 cut",
      "desk/analyst 1 completed",
      "desk/writer 1 completed",
    ]);
    equal(await calls(), []);
  },
  '"c/judge"': async ({ module, said, calls }) => {
    equal(
      [module.answer, said()],
      [
        "Blue: air scatters short waves most.",
        "Blue: air scatters short waves most. It is blue.\n",
      ],
    );
    equal(await calls(), []);
  },
  '"openai/gpt-5.5"': async ({ module, calls }) => {
    equal((await module.run.result()).responses.length, 3);
    equal((await calls()).map(({ dialect }) => dialect).sort(), [
      "chat",
      "chat",
      "chat",
      "chat",
      "messages",
    ]);
  },
  "export default": async ({ module }) => {
    const request = new Request("https://worker.example/", {
      method: "POST",
      body: JSON.stringify({ prompt: "Is the sky blue?" }),
    });
    const response = await module.default.fetch(request, { OPENROUTER_API_KEY: "sk-or-v1-readme" });
    equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    ok((await response.text()).includes('"type":"run.completed"'));
  },
  "workersAI(env.AI": connectsWorkersAi,
  "toolsFromMcp(client": usesMcp,
  "traced(fuse(": async ({ module }) => equal(module.answer, "Yes, it is blue."),
  "new OpenAI(": async ({ said, calls }) => {
    ok(said().includes("Yes, it is blue."), said());
    equal(
      [...new Set((await calls()).map(({ headers }) => headers.authorization))],
      [`Bearer ${process.env.OPENROUTER_API_KEY}`],
    );
  },
  "new Anthropic(": async ({ module, calls }) => {
    equal([module.message.content[0].text, (await calls()).length], ["Yes, it is blue.", 4]);
  },
  "clientKeys:": admitsClients,
  "createMemoryStore(": keepsRuns,
  "createServer(": async ({ module: { server } }) => {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${server.address().port}/`;
      const response = await fetch(url);
      equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
      ok((await response.text()).includes("run.completed"));
      const again = await fetch(url, { headers: { "last-event-id": "9" } });
      equal([again.status, await again.text()], [204, ""]);
    } finally {
      server.close();
    }
  },
  'fetch("/ask"': async ({ module, output }) =>
    equal([output(), module.answer, module.sources], ["Yes, it is blue.", "Yes, it is blue.", []]),
};

export async function readmeExamples({ installed, provider }) {
  const examples = await allExamples();
  const unused = Object.keys(checks).filter(
    (words) => !examples.some(({ code }) => code.includes(words)),
  );
  const server = examples.find(({ code }) => code.includes("run.toResponse("))?.code;
  const results = [
    await runExtra("docs: every check has its example", async () => equal(unused, [])),
  ];
  results.push(await runExtra("docs: errors.md has every code and no other", codes));
  for (const [i, { page, code }] of examples.entries()) {
    const words = Object.keys(checks).findLast((words) => code.includes(words));
    const check = async () => {
      ok(words, `no check for this example:\n${code}`);
      await example({
        installed,
        session: connect(provider).session(`readme-${i}`),
        code,
        i,
        check: checks[words],
        server,
      });
    };
    results.push(
      await runExtra(`${page}: the example with ${words}`, () =>
        within(30_000, check(), "the example"),
      ),
    );
  }
  return results;
}

/** Returns `[{ page, code }]`: the code blocks marked as `js` in README.md and docs/*.md. */
async function allExamples() {
  const docs = (await readdir(new URL("docs/", root)))
    // The tier `ai-sdk` runs the examples of docs/ai-sdk.md.
    .filter((name) => name.endsWith(".md") && name !== "ai-sdk.md")
    .sort();
  const pages = ["README.md", ...docs.map((name) => `docs/${name}`)];
  const texts = await Promise.all(pages.map((page) => readFile(new URL(page, root), "utf8")));
  return pages.flatMap((page, i) =>
    [...texts[i].matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => ({ page, code })),
  );
}

/** Checks that docs/errors.md, the types and the core name the same codes. */
async function codes() {
  const source = (path) => readFile(new URL(`src/${path}`, root), "utf8");
  const text = await readFile(new URL("docs/errors.md", root), "utf8");
  const section = (all, from, to) =>
    all.slice(all.indexOf(from), all.indexOf(to, all.indexOf(from)));
  const [head] = text.match(/^\| code +\|/m);
  const table = section(text, head, "\n\n")
    .split("\n")
    .slice(2)
    .flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)]);
  const types = section(
    await source("js/output.d.ts"),
    "FusionErrorCode =",
    "(string & {})",
  ).matchAll(/"(\w+)"/g);
  const core = section(await source("error.rs"), "enum Code", "\n}").matchAll(/^ {4}(\w+),$/gm);
  const [documented, ...others] = [table, types, core].map((found) =>
    [...found].map(([, name]) => name.replace(/\B[A-Z]/g, "_$&").toLowerCase()).sort(),
  );
  ok(documented.length > 10, `${documented}`);
  for (const known of others) equal(documented, known);
}

/**
 * Replaces the model of the analyst's and the writer's calls, because an example may use one model
 * for all roles. The prompt identifies the role.
 */
function withRoleModel(body) {
  const asked = JSON.parse(body);
  const part = body.includes("Compare the answers.")
    ? ANALYST
    : body.includes("Write the final answer")
      ? WRITER
      : undefined;
  return JSON.stringify(part && asked.model !== "some/model" ? { ...asked, model: part } : asked);
}

/** Runs an example, then its check. @param server the code that answers a page's `/ask` */
async function example({ installed, session, code, i, check, server }) {
  await session.script(scripts);
  const storage = new Map();
  const hosted = globalThis.fetch;
  const { write } = process.stdout;
  let said = "";
  let put = "";
  const output = { append: (text) => (put += text) };
  globalThis.readme = {
    output,
    localStorage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => storage.set(key, value),
      removeItem: (key) => storage.delete(key),
    },
  };
  globalThis.fetch = async (url, init) => {
    if (url === "/ask")
      return (await load("server", server)).default.fetch(
        new Request("https://worker.example/ask", init),
        { OPENROUTER_API_KEY: "sk-or-v1-readme" },
      );
    if (String(url).startsWith("https://docs.example/mcp"))
      return mcpServer.fetch(new Request(url, init));
    const here = String(url).replace(HOSTS, session.baseURL);
    return hosted(here, init?.body ? { ...init, body: withRoleModel(init.body) } : init);
  };
  process.stdout.write = (chunk) => {
    said += chunk;
    return true;
  };
  const files = [];
  const load = async (turn, text = code) => {
    const names = [...text.matchAll(/^(?:const|let) (?:\{ (.+?) \}|(\w+)\b)/gm)].flatMap(
      ([, inner, outer]) => inner?.split(", ") ?? outer,
    );
    const file = join(installed, `readme-${i}-${turn}.mjs`);
    files.push(file);
    const imports = text.includes('from "llm-fuse"')
      ? ""
      : 'import { fuse, isFusionError } from "llm-fuse";\n';
    const exported = text.includes("export default")
      ? ""
      : `\nexport { ${[...new Set(names)].join(", ")} };\n`;
    // The SDKs are installed in this repository. The package is installed in `installed`.
    const resolved = text.replace(
      /from "(openai|@anthropic-ai\/sdk|@modelcontextprotocol\/client|undici|unpdf)"/g,
      (_, name) => `from "${import.meta.resolve(name)}"`,
    );
    await writeFile(file, `${imports}${given}\n${resolved}${exported}`);
    return import(pathToFileURL(file));
  };
  try {
    for (const name of KEYS) process.env[name] ??= `${name.toLowerCase()}-readme`;
    const module = await load(0);
    await check({
      module,
      storage,
      calls: session.calls,
      said: () => said,
      output: () => put,
      again: () => load(1),
    });
  } finally {
    globalThis.fetch = hosted;
    process.stdout.write = write;
    delete globalThis.readme;
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }
}
