// One run against a real server, in whatever runtime this is loaded. Out: plain data, what was told and when.

import { fuse } from "llm-fuse";

export async function ask(request, options) {
  const run = fuse(request, options);
  const told = {};
  const marks = [];
  try {
    for await (const { type, elapsed_ms, index, tool, status, input, summary, code, message, error } of run) {
      told[type] = (told[type] ?? 0) + 1;
      if (/completed|failed|tool|warning|started/.test(type)) marks.push({ elapsed_ms, type, index, tool, status, input, summary, code, message, error });
    }
    return { told, marks, result: await run.result() };
  } catch (error) {
    return { told, marks, error: String(error), snapshot: run.snapshot() };
  }
}
