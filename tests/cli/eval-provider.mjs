// A provider for the tests of `llm-fuse eval`. Each model has a function that makes the answer from
// the request. The answers are therefore the same in any order of the calls.

import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { ALPHA, BETA, tasks } from "./eval-tasks.mjs";

/**
 * Starts the provider. `answers[model]` receives the text of a request and returns `{ text, cost,
 * status }`. If `holds(call)` returns true, the provider never answers the call. If `refuses(call)`
 * returns true, it refuses the call's key with status 401.
 */
export async function startEvalProvider(answers) {
  const provider = { answered: [], held: 0, holds: () => false, refuses: () => false };
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const { model, messages } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const prompt = messages.map(({ content }) => content).join("\n");
    const { text = "", cost = 0, name = "", ...more } = answers[model]?.(prompt) ?? { status: 404 };
    const call = { model, prompt, name: `${model} ${name}`, text };
    const status = provider.refuses(call) ? 401 : (more.status ?? 200);
    if (provider.holds(call)) {
      provider.held += 1;
      return;
    }
    if (status !== 200) {
      res.writeHead(status, { "content-type": "application/json" });
      res.end(JSON.stringify({ error: { code: status, message: "refused by the script" } }));
    } else {
      const choice = (delta, finish_reason) => ({ index: 0, delta, finish_reason });
      const chunk = { id: "1", object: "chat.completion.chunk", model };
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost };
      const events = [
        { choices: [choice({ role: "assistant", content: text }, null)] },
        { choices: [choice({}, "stop")] },
        { choices: [], usage },
      ];
      res.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of events) res.write(`data: ${JSON.stringify({ ...chunk, ...event })}\n\n`);
      res.end("data: [DONE]\n\n");
    }
    provider.answered.push(call);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(provider, {
    baseURL: `http://127.0.0.1:${server.address().port}/v1`,
    /**
     * Resolves when one call is held, `count` calls are answered, and the folder of the evaluation
     * has all answers. The limit only ends a test that hangs.
     */
    async idle(folder, count, within_ms = 120_000) {
      const until = Date.now() + within_ms;
      for (;;) {
        const { held, answered } = provider;
        const isAnswered = held === 1 && answered.length === count;
        if (isAnswered && (await keeps(folder, answered))) return;
        if (answered.length > count || Date.now() > until)
          throw new Error(`${held} held, ${answered.length} of ${count} answered or not kept`);
        await new Promise((wake) => setTimeout(wake, 20));
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
}

/**
 * Returns whether the files of an evaluation have the text of each call, and one open run or
 * grading.
 */
async function keeps(folder, calls) {
  const tasks = join(folder, "tasks");
  const names = (await readdir(tasks)).filter((name) => name.endsWith(".json"));
  const files = await Promise.all(names.map((name) => readFile(join(tasks, name), "utf8")));
  const open = files.flatMap((file) => JSON.parse(file).open);
  const all = files.join("\n");
  // An analysis is kept as data and not as its text. A refused call has no text.
  const isKept = ({ model, text }) => model !== "desk/analyst" && text !== "";
  const texts = calls.filter(isKept).map(({ text }) => text);
  return open.length === 1 && texts.every((text) => all.includes(JSON.stringify(text)));
}

/** Returns how often each call was answered. */
export function countsOf(calls) {
  const counts = {};
  for (const { name } of calls) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Writes the tasks into a folder of their own. Returns the arguments of the usual evaluation. */
export async function prepareEval(t, name, provider, { lines = tasks, more = [] } = {}) {
  const path = join(t.folder, `${name}.jsonl`);
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const args = [
    ...["eval", path, "--yes", "--base-url", provider.baseURL, "--no-tools"],
    ...["--models", `${ALPHA},${BETA}`, "--analyst", "desk/analyst", "--writer", "desk/writer"],
    ...["--grader", "judge/grader", ...more],
  ];
  return { path, args, folder: path.replace(/\.jsonl$/, "-eval") };
}

export const reportIn = async (folder) =>
  JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
