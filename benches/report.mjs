// Tables for the terminal and for RESULTS.md, and a description of the machine on which they were
// measured.

import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

const clients = [
  "openai",
  "@openrouter/sdk",
  "@langchain/openai",
  "@langchain/core",
  "ai",
  "@openrouter/ai-sdk-provider",
];
const others = ["eventsource-parser", "esbuild", "miniflare", "workerd"];

/** @param folder the node_modules of the newest clients */
export function machine(folder) {
  const [{ model }, ...more] = cpus();
  const versionIn = (folder) => (name) =>
    `${name} ${JSON.parse(readFileSync(new URL(`${name}/package.json`, folder))).version}`;
  const ours = new URL("../node_modules/", import.meta.url);
  const versions = [...clients.map(versionIn(folder)), ...others.map(versionIn(ours))];
  return [
    `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    `${more.length + 1} x ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${type()} ` +
      `${release()}; Node ${process.version}; load at the start ${loadavg()[0].toFixed(1)}`,
    versions.join(", "),
  ];
}

export const legend = [
  [
    "All clients take turns within a round. Each ratio compares two clients of the same round. The",
    "tables show the median of all rounds, and the minimum and the maximum in brackets. Other work",
    "on the machine changes the absolute numbers, but changes the ratios much less.",
  ].join(" "),
  [
    "The client `drain` calls `fetch` and `reader.read()`, and drops the bytes. The client `loop`",
    "is a hand-written loop with eventsource-parser and `JSON.parse`. The client `llm-fuse` makes",
    "whole runs, in which the analyst and the writer get all answers of the panel. For `llm-fuse`,",
    "64 streams are eight runs. The client `ai` uses `@openrouter/ai-sdk-provider`. All clients",
    "read the same bytes from one provider on loopback, and each client has its own process.",
  ].join(" "),
];

export function text({ title, head, rows }) {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column].length)),
  );
  const line = (row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column] + 2),
      )
      .join("");
  return [`\n${title}`, ...[head, ...rows].map((row) => `  ${line(row)}`)].join("\n");
}

export function markdown({ title, head, rows }) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    `\n### ${title}\n`,
    line(head),
    line(head.map((_, column) => (column === 0 ? "---" : "---:"))),
    ...rows.map(line),
  ].join("\n");
}
