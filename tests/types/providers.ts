// Type tests of providers, tool handlers, presets and the writer's options. This file is compiled,
// but never run.
import {
  type ApiKey,
  type FunctionTool,
  type FusionOptions,
  type FusionPreset,
  type FusionResult,
  fuse,
  type ProviderOptions,
  type ToolHandler,
  type ToolOutput,
  type WriterSpec,
} from "llm-fuse";
import { braveSearch, webFetch } from "llm-fuse/tools";

const here: ProviderOptions = {
  dialect: "chat",
  fetch: async (url, { method, headers, body, signal }) => {
    signal.throwIfAborted();
    const type = headers.get("content-type");
    return Response.json({ body: body ?? "", url, method, type });
  },
};

const web_fetch: ToolHandler = async ({ url }, { signal, index }): Promise<ToolOutput> => {
  const page = await fetch(url, { signal });
  return {
    content: await page.text(),
    sources: [{ url }],
    summary: `for ${index ?? "the analyst"}`,
  };
};

const token: ApiKey = () => Promise.resolve("k");

const mine: FusionPreset = {
  analysis_models: ["openai:gpt-5", { model: "llama3.2:3b", provider: "ollama" }],
  analyst: { model: "m", passes: 2 },
};

export const options: FusionOptions = {
  providers: {
    openai: { apiKey: "k" },
    anthropic: { apiKey: "k", max_concurrency: 2 },
    ollama: {},
    mine: {
      baseURL: "https://llm.example/v1",
      dialect: "messages",
      headers: { "x-team": "a" },
    },
    here,
    azure: { baseURL: "https://r.openai.azure.com/openai/v1", apiKey: async () => "token" },
    mistral: { apiKey: token },
  },
  apiKey: () => "k",
  toolHandlers: {
    web_search: ({ query }) => `nothing on ${query}`,
    web_fetch,
    own: () => ({ any: ["data"] }),
    silent: () => {},
  },
  presets: { mine },
};

const note: FunctionTool = {
  type: "function",
  function: { name: "note", parameters: { type: "object" }, strict: true },
};
export const writer: WriterSpec = {
  model: "openai:gpt-5",
  tools: [note],
  tool_choice: { type: "function", function: { name: "note" } },
  response_format: { type: "json_schema", json_schema: { name: "n", schema: {} } },
};

fuse("p", { toolHandlers: { web_search: braveSearch({ apiKey: "k" }), web_fetch: webFetch() } });
fuse(
  {
    prompt: "p",
    preset: "mine",
    tools: [{ type: "openrouter:web_search", parameters: { max_results: 3 } }, note],
    cache_control: { type: "ephemeral", ttl: "1h" },
  },
  options,
);
fuse(
  {
    prompt: "p",
    analysis_models: [{ model: "m", provider: "here", tools: [], fallbacks: ["anthropic:n"] }],
    writer: { model: "w", stop: ["END"] },
  },
  options,
);

/** Continues a conversation after the writer's tool calls. */
export function next({ answer, tool_calls }: FusionResult, results: string[]) {
  const calls = tool_calls.map(({ id, ...call }) => ({ id, type: "function", function: call }));
  const turn = { role: "assistant", content: answer, tool_calls: calls } as const;
  const outputs = tool_calls.map(
    ({ id }, i) => ({ role: "tool", tool_call_id: id, content: results[i] ?? "" }) as const,
  );
  const messages = [{ role: "user", content: "q" }, turn, ...outputs] as const;
  return fuse({ messages, convene: false, writer }, options);
}

// @ts-expect-error: there are three dialects
fuse("p", { providers: { mine: { baseURL: "https://llm.example/v1", dialect: "grpc" } } });
// @ts-expect-error: the field is `apiKey`
fuse("p", { providers: { openai: { apikey: "k" } } });
// @ts-expect-error: handlers are functions
fuse("p", { toolHandlers: { web_search: "https://search.example" } });
// @ts-expect-error: the writer has no research tools
fuse({ prompt: "p", writer: { model: "w", tools: [{ type: "openrouter:web_search" }] } });
// @ts-expect-error: only the writer has `stop`
fuse({ prompt: "p", analysis_models: [{ model: "m", stop: "END" }] });
// @ts-expect-error: only the writer has `tool_choice`
fuse({ prompt: "p", analyst: { model: "m", tool_choice: "none" } });
// @ts-expect-error: a preset has no question
fuse("p", { presets: { mine: { analysis_models: ["m"], prompt: "q" } } });
// @ts-expect-error: a key is a string, or a function that returns one
fuse("p", { apiKey: () => 1 });
// @ts-expect-error: a key is no promise
fuse("p", { apiKey: Promise.resolve("k") });
