// A model list in the format of OpenRouter, for tests that choose models.

export const OPENROUTER = "https://openrouter.ai/api/v1";
const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };

const rows = [
  [
    "~anthropic/claude-opus-latest",
    "Anthropic: Claude Opus (latest)",
    "0.000005",
    "0.000025",
    1_000_000,
    ["image"],
    ["tools", "reasoning", "structured_outputs"],
  ],
  [
    "~anthropic/claude-haiku-latest",
    "Anthropic: Claude Haiku (latest)",
    "0.000001",
    "0.000005",
    200_000,
    ["image"],
    ["tools", "reasoning"],
  ],
  [
    "~openai/gpt-sol-latest",
    "OpenAI: GPT Sol (latest)",
    "0.00000125",
    "0.00001",
    400_000,
    ["image"],
    ["tools", "reasoning", "structured_outputs"],
  ],
  [
    "~google/gemini-pro-latest",
    "Google: Gemini Pro (latest)",
    "0.000002",
    "0.000012",
    1_048_576,
    ["image"],
    ["tools", "reasoning", "structured_outputs"],
  ],
  [
    "~google/gemini-flash-latest",
    "Google: Gemini Flash (latest)",
    "0.0000003",
    "0.0000025",
    1_048_576,
    ["image"],
    ["tools", "reasoning"],
  ],
  [
    "deepseek/deepseek-v4-pro",
    "DeepSeek: DeepSeek V4 Pro",
    "0.00000027",
    "0.0000004",
    163_840,
    [],
    ["tools", "reasoning"],
  ],
  [
    "~moonshotai/kimi-latest",
    "MoonshotAI: Kimi (latest)",
    "0.0000006",
    "0.0000025",
    262_144,
    [],
    ["tools", "reasoning"],
  ],
  [
    "meta-llama/llama-4-maverick:free",
    "Meta: Llama 4 Maverick (free)",
    "0",
    "0",
    131_072,
    ["image"],
    ["tools"],
  ],
  ["openrouter/auto", "Auto Router", "-1", "-1", 2_000_000, ["image"], []],
  ["perplexity/sonar", "Perplexity: Sonar", "0.000001", "0.000001", 127_072, [], [], "0.005"],
];

const entry = (
  [id, name, prompt, completion, context_length, sees, supported_parameters, request = "0"],
  nth,
) => ({
  id,
  name,
  created: 1_790_000_000 - nth,
  context_length,
  architecture: {
    modality: "text->text",
    input_modalities: ["text", ...sees],
    output_modalities: ["text"],
  },
  pricing: { prompt, completion, request },
  supported_parameters,
});

/**
 * Returns the model list.
 * @param more the number of invented models to add
 */
export const modelList = (more = 0) => ({
  data: [
    ...rows,
    ...Array.from({ length: more }, (_, n) => [
      `maker-${n % 40}/model-${n}`,
      `Maker ${n % 40}: Model ${n}`,
      `0.${String(n % 900).padStart(8, "0")}`,
      `0.${String(n % 700).padStart(7, "0")}`,
      32_768,
      [],
      ["tools"],
    ]),
  ].map(entry),
});

/** Answers requests to `${base}/models`. Returns an array that collects the requests' headers. */
export async function serveModelList(page, reply = { json: modelList() }, base = OPENROUTER) {
  const asked = [];
  await page.route(`${base}/models*`, (route) => {
    if (route.request().method() === "OPTIONS")
      return route.fulfill({ status: 204, headers: cors });
    asked.push(route.request().headers());
    return reply === "gone" ? route.abort() : route.fulfill({ headers: cors, ...reply });
  });
  return asked;
}
