// A provider for the tests of `llm-fuse eval`. Each model has a function that makes the answer from
// the request. The answers are therefore the same in any order of the calls.

import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
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
    /** Resolves when a call is held and no other call has ended for 0.8 s. */
    async idle(within_ms = 60_000) {
      const until = Date.now() + within_ms;
      let last = -1;
      for (let quiet = 0; quiet < 8; quiet++) {
        if (Date.now() > until) throw new Error("no call is held");
        if (provider.held === 0 || provider.answered.length !== last) quiet = 0;
        last = provider.answered.length;
        await new Promise((wake) => setTimeout(wake, 100));
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
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
