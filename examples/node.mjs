#!/usr/bin/env node
// Asks a panel: progress on stderr, the answer on stdout while it is written.
//
//   OPENROUTER_API_KEY=... node examples/node.mjs "Is fasting safe for type 2 diabetics?"
//
// This is a short example of the API. `npx llm-fuse` is the complete command; docs/command.md
// describes it. In your own project, run `npm install llm-fuse` and copy printable.mjs, too.
// Inside this repository, run `npm run build`: Node then resolves the package by its own name.

import { fuse } from "llm-fuse";
import { printable } from "./printable.mjs";

const { OPENROUTER_API_KEY: apiKey, OPENROUTER_BASE_URL: baseURL } = process.env;
const prompt = process.argv.slice(2).join(" ");
const run = fuse({ prompt, preset: "general-budget" }, { apiKey, baseURL });

/**
 * Prints a line on stderr. Text of models and providers may contain terminal control characters.
 */
const note = (text) => process.stderr.write(`${printable(text)}\n`);

process.once("SIGINT", () => run.cancel("Ctrl-C"));
// `| head` closes the pipe. Stop the run, because nothing reads its output.
process.stdout.on("error", () => run.cancel("output closed"));

try {
  for await (const event of run) {
    switch (event.type) {
      case "panelist.completed":
        note(`${event.model}: ${event.content.length} characters`);
        break;
      case "panelist.failed":
        note(`${event.model}: ${event.error.code}, ${event.error.message}`);
        break;
      case "analysis.completed":
        note(`${event.analysis.contradictions.length} contradictions`);
        break;
      case "answer.started":
        // The text of the previous attempt is already printed, so separate the new text.
        if (event.attempt > 1) process.stdout.write("\n\n");
        break;
      case "answer.delta":
        process.stdout.write(printable(event.delta));
        break;
      default:
        break;
    }
  }
  const { usage } = await run.result();
  process.stdout.write("\n");
  note(usage.cost === null ? "cost unknown" : `$${usage.cost}`);
} catch (error) {
  note(`${error.code ?? "error"}: ${error.message}`);
  process.exitCode = error.code === "cancelled" ? 130 : 1;
}
