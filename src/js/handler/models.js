// GET .../models: lists the models that a client may request, in the form of OpenRouter's list. A
// price of -1 means that the price depends on the models of the panel.
// <https://openrouter.ai/docs/api/api-reference/models/get-models>

/** @param {{ presets?: Record<string, unknown> }} options */
export function listModels({ presets = {} }) {
  const own = Object.keys(presets).map((name) =>
    row(`openrouter/fusion-${name}`, `Fusion: ${name}`, `The preset ${name} of this server.`),
  );
  const builtIn = [
    row(
      "openrouter/fusion",
      "Fusion",
      "A panel of models answers, an analyst compares the answers, a writer gives the final one.",
    ),
    row("openrouter/fusion-flash", "Fusion Flash", "The same with the preset general-fast."),
  ];
  const rows = [...builtIn.filter(({ id }) => !own.some((other) => other.id === id)), ...own];
  return { data: rows, total_count: rows.length, links: { next: null } };
}

/** @param {string} id @param {string} name @param {string} description */
function row(id, name, description) {
  return {
    id,
    canonical_slug: id,
    name,
    created: 0,
    description,
    // A field of OpenAI's list.
    object: "model",
    context_length: null,
    architecture: {
      modality: "text+image+file->text",
      input_modalities: ["text", "image", "file"],
      output_modalities: ["text"],
      tokenizer: "Router",
      instruct_type: null,
    },
    pricing: { prompt: "-1", completion: "-1" },
    top_provider: { context_length: null, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [
      "max_tokens",
      "max_completion_tokens",
      "reasoning",
      "response_format",
      "stop",
      "temperature",
      "tool_choice",
      "tools",
      "top_p",
    ],
    default_parameters: null,
    supported_voices: null,
    knowledge_cutoff: null,
    expiration_date: null,
    links: { details: `/models/${id}` },
  };
}
