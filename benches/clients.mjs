// The measured clients. Each client reads the same streams and returns the number of characters of
// text, so that no client can skip work. Only `drain` returns the number of chunks. A client calls
// `onText(i, length)` for each text of stream `i`. It imports its package when it is called.

import { pathToFileURL } from "node:url";

/** Imports the newest major version of a package, through the file that BENCH_CLIENTS names. */
async function load(name) {
  return (await import(pathToFileURL(process.env.BENCH_CLIENTS))).load(name);
}

const messages = [{ role: "user", content: "Is intermittent fasting safe for type 2 diabetics?" }];

/** The models of analyst and writer in the scripts of bench.mjs. */
const [ANALYST, WRITER] = ["analyst", "writer"];

export const clients = {
  /** The minimum of work: reads the bytes and drops them. */
  drain: (round) =>
    all(round, async (model, onText) => {
      const reader = (await ask(round.baseURL, model)).body.getReader();
      let chunks = 0;
      while (!(await reader.read()).done) if (++chunks === 1) onText(1);
      return chunks;
    }),

  /** A hand-written loop with eventsource-parser and `JSON.parse`. */
  loop: (round) => all(round, (model, onText) => loop(round.baseURL, model, onText)),

  /** The hand-written loop for a whole run: the panel, an analyst and a writer. */
  "by hand": async (round) => {
    const read = await clients.loop(round);
    await loop(round.baseURL, ANALYST);
    await loop(round.baseURL, WRITER);
    return read;
  },

  "llm-fuse": (round) => runs(round, () => import("llm-fuse")),

  /** The package of another checkout, which `--before` names. */
  "llm-fuse before": (round) =>
    runs(round, () => import(pathToFileURL(`${process.env.BENCH_BEFORE}/dist/entry/inline.js`))),

  openai: async (round) => {
    const { default: OpenAI } = await load("openai");
    const client = new OpenAI({ baseURL: round.baseURL, apiKey: "key", maxRetries: 0 });
    return all(round, async (model, onText) => {
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      return textOf(stream, (chunk) => chunk.choices[0]?.delta?.content, onText);
    });
  },

  "@openrouter/sdk": async (round) => {
    const { OpenRouter } = await load("@openrouter/sdk");
    const client = new OpenRouter({
      apiKey: "key",
      serverURL: round.baseURL,
      retryConfig: { strategy: "none" },
    });
    return all(round, async (model, onText) => {
      const stream = await client.chat.send({ chatRequest: { model, messages, stream: true } });
      return textOf(stream, (chunk) => chunk.choices[0]?.delta?.content, onText);
    });
  },

  "@langchain/openai": async (round) => {
    const { ChatOpenAI } = await load("@langchain/openai");
    return all(round, async (model, onText) => {
      const chat = new ChatOpenAI({
        model,
        apiKey: "key",
        maxRetries: 0,
        configuration: { baseURL: round.baseURL },
      });
      return textOf(await chat.stream(messages), (chunk) => chunk.content, onText);
    });
  },

  ai: async (round) => {
    const names = ["ai", "@openrouter/ai-sdk-provider"];
    const [{ streamText }, { createOpenRouter }] = await Promise.all(names.map(load));
    const openrouter = createOpenRouter({ apiKey: "key", baseURL: round.baseURL });
    return all(round, (model, onText) => {
      const { textStream } = streamText({ model: openrouter.chat(model), messages, maxRetries: 0 });
      return textOf(textStream, (text) => text, onText);
    });
  },
};

/** Whole runs of up to eight panelists. Analyst and writer get all answers and reply briefly. */
async function runs({ baseURL, models, onText, flush_ms }, loadPackage) {
  const { fuse } = await loadPackage();
  // Uses https URLs, like real providers, and sends the calls over http. More than six panelists at
  // a plain-http host would have to wait.
  const plainHttp = (url, init) => fetch(url.replace("https:", "http:"), init);
  const options = {
    baseURL: baseURL.replace("http:", "https:"),
    apiKey: "key",
    fetch: plainHttp,
    flush_ms,
  };
  const one = async (panel, from) => {
    const run = fuse(
      { messages, analysis_models: panel, analyst: ANALYST, writer: WRITER, max_retries: 0 },
      options,
    );
    const lengths = panel.map(() => 0);
    let analysed = false;
    for await (const event of run) {
      if (event.type === "panelist.delta") {
        onText(from + event.index, event.delta.length);
        lengths[event.index] += event.delta.length;
      } else if (event.type === "analysis.completed") analysed = true;
    }
    if (!analysed) throw new Error("the run had no analysis");
    return sum(lengths);
  };
  const parts = [];
  for (let from = 0; from < models.length; from += 8)
    parts.push(one(models.slice(from, from + 8), from));
  return sum(await Promise.all(parts));
}

async function loop(baseURL, model, onText) {
  const { createParser } = await import("eventsource-parser");
  const reader = (await ask(baseURL, model)).body.getReader();
  const decoder = new TextDecoder();
  let length = 0;
  const parser = createParser({
    onEvent({ data }) {
      const text = data === "[DONE]" ? "" : (JSON.parse(data).choices[0]?.delta?.content ?? "");
      if (text) onText?.(text.length);
      length += text.length;
    },
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

async function textOf(chunks, read, onText) {
  let length = 0;
  for await (const chunk of chunks) {
    const text = read(chunk) ?? "";
    if (text) onText(text.length);
    length += text.length;
  }
  return length;
}

const ask = (baseURL, model) =>
  fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer key" },
    body: JSON.stringify({ model, messages, stream: true }),
  });

const all = async ({ models, onText }, each) =>
  sum(await Promise.all(models.map((model, i) => each(model, (length) => onText(i, length)))));

const sum = (lengths) => lengths.reduce((a, b) => a + b, 0);
