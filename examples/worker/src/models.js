// Which models answer. If the Worker has the binding `AI` (see wrangler.jsonc), Workers AI answers
// without a key. Otherwise OpenRouter answers, or the API at BASE_URL.
import { workersAI } from "llm-fuse/workers-ai";

const WORKERS_AI = {
  analysis_models: [
    "workers:@cf/openai/gpt-oss-120b",
    "workers:@cf/meta/llama-4-scout-17b-16e-instruct",
    "workers:@cf/mistralai/mistral-small-3.1-24b-instruct",
  ],
  model: "workers:@cf/openai/gpt-oss-120b",
  // Workers AI hosts no web tools.
  tools: [],
};

/** Returns the default fields of requests. */
export const defaultsOf = ({ AI }) => (AI ? WORKERS_AI : {});

/** Returns the options of `fuse()` that name the server. */
export function serverOf({ AI, AI_GATEWAY, OPENROUTER_API_KEY, BASE_URL }) {
  const gateway = AI_GATEWAY ? { id: AI_GATEWAY } : undefined;
  return {
    apiKey: OPENROUTER_API_KEY || undefined,
    baseURL: BASE_URL || undefined,
    ...(AI && { providers: { workers: workersAI(AI, { gateway }) } }),
  };
}
