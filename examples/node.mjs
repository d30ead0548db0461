#!/usr/bin/env node
// Asks a panel from the command line: progress on stderr, the answer on stdout.
//
//   OPENROUTER_API_KEY=... node examples/node.mjs "Is fasting safe for type 2 diabetics?"
//   node examples/node.mjs --model ollama:llama3.2 --model ollama:gemma3 "Why is the sky blue?"
//   OPENAI_API_KEY=... ANTHROPIC_API_KEY=... node examples/node.mjs \
//     --model openai:gpt-5.5 --model anthropic:claude-opus-4-6 "..."
//
// In your own project, run `npm install llm-fuse` and copy printable.mjs, too.
// Inside this repository, run `npm run build`:
// Node then resolves the package by its own name.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { fuse } from "llm-fuse";
import { braveSearch, webFetch } from "llm-fuse/tools";
import { printable, printableJson } from "./printable.mjs";

const HELP = `Usage: node examples/node.mjs [options] "question"      (or the question on stdin)

  --model <name>      a panelist; repeat it for more, also for the same model
                      openai:, anthropic:, google:, xai: read OPENAI_API_KEY, ANTHROPIC_API_KEY,
                      GEMINI_API_KEY, XAI_API_KEY; ollama:, lmstudio:, llamacpp: need no key
                      BRAVE_API_KEY gives web search and fetch to providers without them
  --analyst <model>   compares the answers       (default: of the preset, or the first panelist)
  --writer <model>    writes the final answer    (default: as for the analyst)
  --preset <name>     general-high, general-budget or general-fast, if there is no --model
  --base-url <url>    any OpenAI-compatible API  (default: OPENROUTER_BASE_URL, else OpenRouter)
  --key <key>         its API key                (default: OPENROUTER_API_KEY without --base-url)
  --max-tokens <n>    token limit of each call, reasoning included; small models need one
  --max-cost <usd>    cost limit of the run; every model needs a price, OpenRouter has a list
  --keep <file>       stores the run in this file; if the file exists, resumes its run
  --json              the whole result as JSON on stdout instead of the answer
  --help              this text
`;

const fail = (message, status = 1) => {
  process.stderr.write(`${printable(message)}\n`);
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
  const request = await requestOf(values, positionals);
  if (!request.prompt && !request.resume) fail(HELP, 2);
  return { request, options: optionsOf(values), json: values.json };
}

/** The first argument of `fuse()`: the question and the models. */
async function requestOf(values, positionals) {
  const request = {};
  if (values.keep && existsSync(values.keep))
    request.resume = JSON.parse(readFileSync(values.keep, "utf8"));
  const piped = async () => (process.stdin.isTTY ? "" : (await text(process.stdin)).trim());
  const prompt = positionals.length > 0 ? positionals.join(" ") : await piped();
  if (prompt) request.prompt = prompt;
  if (values.model) request.analysis_models = values.model;
  for (const name of ["analyst", "writer", "preset"])
    if (values[name]) request[name] = values[name];
  if (values["max-cost"]) request.max_cost = Number(values["max-cost"]);
  if (values["max-tokens"]) request.max_completion_tokens = Number(values["max-tokens"]);
  return request;
}

/** The second argument of `fuse()`: the providers with their keys, and the tools. */
function optionsOf(values) {
  const options = { providers: {} };
  const keys = {
    openai: "OPENAI_API_KEY",
    anthropic: "ANTHROPIC_API_KEY",
    google: "GEMINI_API_KEY",
    xai: "XAI_API_KEY",
  };
  for (const [name, key] of Object.entries(keys))
    if (process.env[key]) options.providers[name] = { apiKey: process.env[key] };
  const { BRAVE_API_KEY } = process.env;
  if (BRAVE_API_KEY)
    options.toolHandlers = {
      web_search: braveSearch({ apiKey: BRAVE_API_KEY }),
      web_fetch: webFetch(),
    };
  // The key in the environment is OpenRouter's. It must not be sent to another host.
  const apiKey = values.key ?? (values["base-url"] ? undefined : process.env.OPENROUTER_API_KEY);
  const baseURL = values["base-url"] ?? process.env.OPENROUTER_BASE_URL;
  if (values.keep) options.onSnapshot = keepIn(values.keep);
  if (apiKey) options.apiKey = apiKey;
  if (baseURL) options.baseURL = baseURL;
  return options;
}

/** Writes a new file and renames it, so a process that ends during the write keeps the old file. */
function keepIn(file) {
  return (snapshot) => {
    writeFileSync(`${file}.new`, JSON.stringify(snapshot));
    renameSync(`${file}.new`, file);
  };
}

/** Prints a line for each relevant event. On a terminal the last line counts characters. */
function createProgress(stream) {
  let live = "";
  let counted = 0;
  const panel = [];
  const written = new Map();
  const clear = () => {
    if (live) stream.write("\r\x1b[2K");
    live = "";
  };
  const count = () => {
    // Updates ten times a second.
    if (!stream.isTTY || performance.now() - counted < 100) return;
    counted = performance.now();
    clear();
    const counts = [...written].map(([index, length]) => `[${index + 1}] ${length} characters`);
    live = counts.join("  ").slice(0, (stream.columns ?? 80) - 1);
    stream.write(live);
  };

  return {
    clear,
    on(event) {
      const { type, index } = event;
      if (type === "run.started") panel.push(...event.panel);
      if (type === "panelist.started" && event.attempt > 1) written.set(index, 0);
      if (type === "panelist.completed" || type === "panelist.failed") written.delete(index);
      if (type === "panelist.delta") {
        written.set(index, (written.get(index) ?? 0) + event.delta.length);
        count();
      }
      const text = describe[type]?.(event, `[${index + 1}] ${panel[index]?.model ?? ""}`);
      if (!text) return;
      clear();
      stream.write(`${printable(text)}\n`);
    },
  };
}

/** The line for an event, by type. A type without a line has none. */
const describe = {
  "run.started": ({ panel }) =>
    panel.map(({ index, model }) => `[${index + 1}] ${model}: called`).join("\n"),
  // OpenRouter reports its tools after they are done.
  "panelist.tool": ({ tool, status, input, summary = "" }, who) => {
    if (status === "started" || tool.startsWith("openrouter:")) return `${who}: ${tool} ${input}`;
    return status === "failed" && `${who}: ${tool} failed: ${summary}`;
  },
  "panelist.retrying": ({ error, next_model = "again", delay_ms }, who) =>
    `${who}: ${error.code}, trying ${next_model} in ${seconds(delay_ms)}`,
  "panelist.completed": ({ restored, content, latency_ms, usage }, who) =>
    restored
      ? `${who}: restored, ${content.length} characters`
      : `${who}: done, ${content.length} characters in ${seconds(latency_ms)}, ${cost(usage)}`,
  "panelist.failed": ({ error }, who) =>
    error.code !== "cancelled" && `${who}: failed, ${error.code}: ${error.message}`,
  "analysis.started": ({ model }) => `analyst ${model}: comparing`,
  "analysis.completed": ({ analysis }) =>
    `analyst: ${analysis.consensus.length} agreed, ${analysis.contradictions.length} disagreed, ` +
    (`${analysis.partial_coverage.length} said by some, ${analysis.unique_insights.length} by ` +
      "one, ") +
    `${analysis.blind_spots.length} blind spots`,
  "analysis.failed": ({ error, next }) =>
    `analyst: failed, ${error.code}: ${error.message}${next ? `; next: ${next}` : ""}`,
  "answer.started": ({ model, attempt }) =>
    `writer ${model}: writing${attempt > 1 ? ", again from the start" : ""}`,
  warning: ({ code, message }) => `warning ${code}: ${message}`,
  "run.completed": ({ elapsed_ms, result: { usage } }) =>
    `done in ${seconds(elapsed_ms)}, ${usage.completion_tokens || "unknown"} tokens written, ` +
    cost(usage),
};

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

// An unknown cost is null, not zero.
function cost(usage) {
  if (usage.cost !== null) return `$${Number(usage.cost.toPrecision(3))}`;
  return usage.cost_so_far > 0
    ? `at least $${Number(usage.cost_so_far.toPrecision(3))}`
    : "cost unknown";
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
    // The text of the earlier attempt is already printed, so start the next attempt on a new line.
    if (event.type === "answer.started" && event.attempt > 1) process.stdout.write("\n\n");
    if (event.type === "answer.delta") process.stdout.write(printable(event.delta));
    if (event.type === "answer.completed")
      process.stdout.write(event.restored ? `${printable(event.content)}\n` : "\n");
  }
  if (json) process.stdout.write(`${printableJson(await run.result())}\n`);
} catch (error) {
  progress.clear();
  if (error.code === "cancelled") fail("cancelled", 130);
  fail(`${error.code ?? "error"}: ${error.message}`);
}
