// A snapshot of version 1, made in Node in November 2026. One panelist has answered, and one was
// cut off. Do not replace this snapshot. Every later version of the package must be able to resume
// it.

export default {
  version: 1,
  run_id: "run_0123456789abcdef0123",
  seed: 7,
  status: "failed",
  request: {
    analysis_models: ["panel/alpha-7b", "panel/beta-70b"],
    analyst: "desk/analyst",
    max_retries: 0,
    model: "panel/alpha-7b",
    prompt: "Is the sky blue?",
    seed: 7,
    writer: "desk/writer",
  },
  responses: [
    {
      index: 0,
      model: "panel/alpha-7b",
      content: "Alpha finds all common ground in blue.",
      sources: [
        {
          url: "https://example.com/blue",
          title: "Blue",
        },
      ],
      usage: {
        cost: 0.000123,
        prompt_tokens: 12,
        completion_tokens: 7,
        reasoning_tokens: 0,
      },
      finish_reason: "stop",
    },
  ],
  failed_models: [
    {
      index: 1,
      model: "panel/beta-70b",
      error: "the run was cancelled",
      code: "cancelled",
    },
  ],
  partial: [
    {
      stage: "panel",
      index: 1,
      model: "panel/beta-70b",
      content: "Alpha stalls ",
    },
  ],
  analysis: null,
  analysis_sources: [],
  answer: null,
  activity: [
    {
      stage: "panel",
      index: 0,
      model: "panel/alpha-7b",
      model_served: "panel/alpha-7b",
      provider: "provider.example",
      generation_id: "gen-panel/alpha-7b-1",
      attempt: 1,
      cost: 0.000123,
      prompt_tokens: 12,
      completion_tokens: 7,
      reasoning_tokens: 0,
      latency_ms: 40,
      status: "completed",
    },
    {
      stage: "panel",
      index: 1,
      model: "panel/beta-70b",
      model_served: "panel/beta-70b",
      provider: "provider.example",
      generation_id: "gen-panel/beta-70b-1",
      attempt: 1,
      cost: null,
      prompt_tokens: null,
      completion_tokens: null,
      reasoning_tokens: null,
      latency_ms: 40,
      status: "cancelled",
    },
  ],
};
