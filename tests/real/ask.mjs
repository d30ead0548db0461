// Makes one run with a real server, in Node or in a page. Returns plain data: the result or the
// error, the number of events of each type, and a list of the important events with their times.

import { fuse } from "llm-fuse";

export async function ask(request, options) {
  const run = fuse(request, options);
  const counts = {};
  const marks = [];
  try {
    for await (const {
      type,
      elapsed_ms,
      index,
      tool,
      status,
      input,
      summary,
      code,
      message,
      error,
    } of run) {
      counts[type] = (counts[type] ?? 0) + 1;
      if (/completed|failed|tool|warning|started/.test(type))
        marks.push({ elapsed_ms, type, index, tool, status, input, summary, code, message, error });
    }
    return { counts, marks, result: await run.result() };
  } catch (error) {
    return { counts, marks, error: String(error), snapshot: run.snapshot() };
  }
}
