#!/usr/bin/env node
// Asks a panel from the command line: progress on stderr, the answer on stdout.
//
//   OPENROUTER_API_KEY=... node examples/node.mjs "Is fasting safe for type 2 diabetics?"
//   node examples/node.mjs --model ollama:llama3.2 --model ollama:gemma3 "Why is the sky blue?"
//   OPENAI_API_KEY=... ANTHROPIC_API_KEY=... node examples/node.mjs \
//     --model openai:gpt-5.5 --model anthropic:claude-opus-4-6 "..."
//
// In your own project, run `npm install llm-fuse`. Inside this repository, run `npm run build`:
// Node then resolves the package by its own name.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { fuse } from "llm-fuse";
import { braveSearch, webFetch } from "llm-fuse/tools";

const HELP = `Usage: node examples/node.mjs [options] "question"      (or the question on stdin)

  --model <name>      a panel member; repeat it for more, the same one may sit twice. openai:, anthropic:, google:, xai:
                      find their keys in OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, XAI_API_KEY; ollama:, lmstudio:,
                      llamacpp: need none. With BRAVE_API_KEY those that host no web tools search and read all the same
  --analyst <model>   who compares the answers       (default: that of the preset or the first panel member)
  --writer <model>    who writes the final answer    (default: the analyst's default)
  --preset <name>     general-high, general-budget or general-fast, where no --model is given
  --base-url <url>    any OpenAI-compatible API      (default: OPENROUTER_BASE_URL, else OpenRouter)
  --key <key>         its API key                    (default: OPENROUTER_API_KEY, unless --base-url is given)
  --max-tokens <n>    longest answer of each call, thinking included; small local models need a limit
  --max-cost <usd>    what the run may spend at most; needs a price for every model, which OpenRouter tells
  --keep <file>       keeps the run in this file while it goes on; where the file is there, goes on with it
  --json              the whole result as JSON on stdout instead of the answer
  --help              this text
`;

const fail = (message, status = 1) => {
  process.stderr.write(`${message}\n`);
  process.exit(status);
};

async function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", multiple: true },
      analyst: { type: "string" },
      writer: { type: "string" },
      preset: { type: "string" },
      "base-url": { type: "string" },
      key: { type: "string" },
      "max-tokens": { type: "string" },
      "max-cost": { type: "string" },
      keep: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const prompt = positionals.length > 0 ? positionals.join(" ") : process.stdin.isTTY ? "" : (await text(process.stdin)).trim();
  const kept = values.keep && existsSync(values.keep) ? JSON.parse(readFileSync(values.keep, "utf8")) : undefined;
  if (!prompt && !kept) fail(HELP, 2);

  const request = {};
  if (kept) request.resume = kept;
  if (prompt) request.prompt = prompt;
  if (values.model) request.analysis_models = values.model;
  for (const name of ["analyst", "writer", "preset"]) if (values[name]) request[name] = values[name];
  if (values["max-cost"]) request.max_cost = Number(values["max-cost"]);
  if (values["max-tokens"]) request.max_completion_tokens = Number(values["max-tokens"]);

  const options = { providers: {} };
  const keys = { openai: "OPENAI_API_KEY", anthropic: "ANTHROPIC_API_KEY", google: "GEMINI_API_KEY", xai: "XAI_API_KEY" };
  for (const [name, key] of Object.entries(keys)) if (process.env[key]) options.providers[name] = { apiKey: process.env[key] };
  const { BRAVE_API_KEY } = process.env;
  if (BRAVE_API_KEY) options.toolHandlers = { web_search: braveSearch({ apiKey: BRAVE_API_KEY }), web_fetch: webFetch() };
  // The key in the environment is OpenRouter's. It must not be sent to another host.
  const apiKey = values.key ?? (values["base-url"] ? undefined : process.env.OPENROUTER_API_KEY);
  const baseURL = values["base-url"] ?? process.env.OPENROUTER_BASE_URL;
  if (values.keep) options.onSnapshot = keepIn(values.keep);
  if (apiKey) options.apiKey = apiKey;
  if (baseURL) options.baseURL = baseURL;
  return { request, options, json: values.json };
}

/** Writes a new file and renames it, so a process that ends during the write keeps the old file. */
function keepIn(file) {
  return (snapshot) => {
    writeFileSync(`${file}.new`, JSON.stringify(snapshot));
    renameSync(`${file}.new`, file);
  };
}

/** Prints a line for each relevant event. On a terminal the last line counts tokens. */
function createProgress(stream) {
  let panel = [];
  let live = "";
  let counted = 0;
  const written = new Map();
  const who = (index) => `[${index + 1}] ${panel[index]?.model ?? ""}`;
  const clear = () => {
    if (live) stream.write("\r\x1b[2K");
    live = "";
  };
  const line = (sentence) => {
    clear();
    stream.write(`${sentence}\n`);
  };
  const counter = (sentence) => {
    // Updates ten times a second.
    if (!stream.isTTY || performance.now() - counted < 100) return;
    counted = performance.now();
    clear();
    live = sentence.slice(0, (stream.columns ?? 80) - 1);
    stream.write(live);
  };
  const counts = () => counter([...written].map(([index, length]) => `[${index + 1}] ${length} characters`).join("  "));

  return {
    clear,
    on(event) {
      const { index } = event;
      switch (event.type) {
        case "run.started":
          panel = event.panel;
          for (const member of panel) line(`${who(member.index)}: asked`);
          break;
        case "panelist.delta":
          written.set(index, (written.get(index) ?? 0) + event.delta.length);
          counts();
          break;
        case "panelist.started":
          if (event.attempt > 1) written.set(index, 0);
          break;
        case "panelist.tool":
          // OpenRouter reports its tools after they are done.
          if (event.status === "started" || event.tool.startsWith("openrouter:")) line(`${who(index)}: ${event.tool} ${event.input}`);
          else if (event.status === "failed") line(`${who(index)}: ${event.tool} failed: ${event.summary ?? ""}`);
          break;
        case "panelist.retrying":
          line(`${who(index)}: ${event.error.code}, trying ${event.next_model ?? "again"} in ${seconds(event.delay_ms)}`);
          break;
        case "panelist.completed":
          written.delete(index);
          if (event.restored) line(`${who(index)}: had answered, ${event.content.length} characters`);
          else line(`${who(index)}: done, ${event.content.length} characters in ${seconds(event.latency_ms)}, ${cost(event.usage)}`);
          break;
        case "panelist.failed":
          written.delete(index);
          if (event.error.code !== "cancelled") line(`${who(index)}: failed, ${event.error.code}: ${event.error.message}`);
          break;
        case "analysis.started":
          line(`analyst ${event.model}: comparing`);
          break;
        case "analysis.completed": {
          const { analysis } = event;
          line(
            `analyst: ${analysis.consensus.length} agreed, ${analysis.contradictions.length} disagreed, ${analysis.partial_coverage.length} said by some, ` +
              `${analysis.unique_insights.length} by one, ${analysis.blind_spots.length} by nobody`,
          );
          break;
        }
        case "analysis.failed":
          line(`analyst: failed, ${event.error.code}: ${event.error.message}${event.next ? `; next: ${event.next}` : ""}`);
          break;
        case "answer.started":
          line(`writer ${event.model}: writing${event.attempt > 1 ? ", again from the start" : ""}`);
          break;
        case "warning":
          line(`warning ${event.code}: ${event.message}`);
          break;
        case "run.completed":
          line(`done in ${seconds(event.elapsed_ms)}, ${event.result.usage.completion_tokens || "unknown"} tokens written, ${cost(event.result.usage)}`);
          break;
      }
    },
  };
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

// An unknown cost is null, not zero.
function cost(usage) {
  if (usage.cost !== null) return `$${Number(usage.cost.toPrecision(3))}`;
  return usage.cost_so_far > 0 ? `at least $${Number(usage.cost_so_far.toPrecision(3))}` : "cost unknown";
}

const { request, options, json } = await readArguments().catch((error) => fail(error.message, 2));
const run = fuse(request, options);
const progress = createProgress(process.stderr);
process.once("SIGINT", () => run.cancel("Ctrl-C"));
// `| head` closes the pipe. Stop the run, because nothing reads its output.
process.stdout.on("error", () => run.cancel("output closed"));

try {
  for await (const event of run) {
    progress.on(event);
    if (json) continue;
    // The text of the first attempt is already printed. The second attempt starts on a new line.
    if (event.type === "answer.started" && event.attempt > 1) process.stdout.write("\n\n");
    if (event.type === "answer.delta") process.stdout.write(event.delta);
    if (event.type === "answer.completed") process.stdout.write(event.restored ? `${event.content}\n` : "\n");
  }
  if (json) process.stdout.write(`${JSON.stringify(await run.result(), null, 2)}\n`);
} catch (error) {
  progress.clear();
  if (error.code === "cancelled") fail("cancelled", 130);
  fail(`${error.code ?? "error"}: ${error.message}`);
}
