// Runs the Python SDKs. All jobs run in one process.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { python } from "../../scripts/lib/python.mjs";

/** The clients of clients.py. */
export const PYTHON = [
  "openai, chat",
  "openai, responses",
  "anthropic",
  "litellm, openai",
  "litellm, anthropic",
];

/** Runs the jobs. Resolves to `{ id, text?, error?, warnings? }` for each job. */
export async function runPython(jobs) {
  const file = fileURLToPath(new URL("./clients.py", import.meta.url));
  const child = spawn(python, [file], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(
    JSON.stringify(
      jobs.map(({ id, client, session: { url, key }, timeoutMs, stream, headers, strict }) => ({
        ...{ id, client, url, key, stream, headers, strict },
        timeout_s: timeoutMs / 1000,
      })),
    ),
  );
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) text += chunk;
  return JSON.parse(text);
}
