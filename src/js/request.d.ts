/**
 * The request of a run.
 */

import type { FusionSnapshot } from "./output.js";

/**
 * A request: plain JSON without secrets. It has `prompt`, `messages` or `resume`. An unknown field
 * is an error that names the field.
 */
export type FusionRequest<Messages extends readonly ChatMessage[] = readonly ChatMessage[]> =
  FusionRequestFields & (PromptRequest | ConversationRequest<Messages> | ResumeRequest);

/** A request with a prompt. */
export interface PromptRequest {
  /** The question. */
  prompt: string;
  /** Not allowed together with `prompt`. */
  messages?: undefined;
  /** Not allowed together with `prompt`; see {@link ResumeRequest}. */
  resume?: undefined;
}

/** A request with a conversation. */
export interface ConversationRequest<Messages extends readonly ChatMessage[]> {
  /**
   * A conversation in OpenAI's chat format. The last message must be a user message or, with
   * `convene: false`, a tool result. An empty list is refused.
   */
  messages: Messages & (Messages extends readonly [] ? never : unknown);
  /** Not allowed together with `messages`. */
  prompt?: undefined;
  /** Not allowed together with `messages`; see {@link ResumeRequest}. */
  resume?: undefined;
}

/** A request that resumes an earlier run. */
export interface ResumeRequest {
  /**
   * Resumes a run from its snapshot, in any tab, process or runtime. Finished calls are not
   * repeated.
   *
   * The other fields of this request override the fields of the snapshot's request. A panelist
   * whose specification is unchanged keeps its answer. A different question is refused. If the
   * snapshot is damaged or has another version, the run fails with code `invalid_snapshot`. `rerun`
   * lists the indexes of panelists that must answer again.
   */
  resume: FusionSnapshot | { snapshot: FusionSnapshot; rerun?: readonly number[] | undefined };
  /** The question of the snapshot. */
  prompt?: string | undefined;
  /** The conversation of the snapshot. */
  messages?: readonly ChatMessage[] | undefined;
}

/** The fields of a request other than its question. */
export interface FusionRequestFields {
  /** The panel, 1 to 8 members. A model may occur twice. Default: the panel of the preset. */
  analysis_models?: readonly (string | ModelSpec)[] | undefined;
  /**
   * The model of the analyst and the writer. For OpenRouter, the default is the model of the
   * preset. For other providers, the default is the first model of the panel. If a default model
   * fails, the model of a panelist that answered replaces it, and the run emits the warning
   * `default_replaced`.
   */
  model?: string | undefined;
  /** Overrides `model` for the analyst. */
  analyst?: string | AnalystSpec | undefined;
  /** Overrides `model` for the writer. */
  writer?: string | WriterSpec | undefined;
  /**
   * The name of a preset: a panel with an analyst and a writer. `analysis_models`, `model`,
   * `analyst` and `writer` override the preset. An `analyst` or `writer` without a `model`
   * overrides only the fields that it has. The names in `options.presets` are also allowed. Default
   * `"general-high"`.
   */
  preset?: "general-high" | "general-budget" | "general-fast" | (string & {}) | undefined;
  /**
   * Research tools of the panel and the analyst, at most 8. `[]` means no tools. Default: web
   * search and web fetch. Each of them is used only if the provider hosts it or
   * `options.toolHandlers` has it.
   *
   * A function needs a handler in `toolHandlers`. A tool is refused if neither the provider nor a
   * handler can run it.
   */
  tools?: readonly (HostedTool | FunctionTool)[] | undefined;
  /**
   * Maximum tool-calling steps of each panelist, of the analyst and of each check. After the last
   * step, the model answers without tools. Integer from 1 to 16, default 4.
   */
  max_tool_calls?: number | undefined;
  /**
   * Maximum number of tokens that a model may write in one call, including reasoning. Integer from
   * 1, default 16,000.
   */
  max_completion_tokens?: number | undefined;
  /**
   * Temperature of the panelists, from 0 to 2. By default, the provider decides. The temperature of
   * the analyst is 0.
   */
  temperature?: number | undefined;
  /** Reasoning of the panelists and the analyst. By default, the provider decides. */
  reasoning?: Reasoning | undefined;
  /**
   * Lets the provider cache the prompt. Only OpenRouter and the `messages` dialect get this field.
   * Other providers cache prompts without it.
   */
  cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" | undefined } | undefined;
  /** Timeouts, in milliseconds. */
  timeouts?: Timeouts | undefined;
  /**
   * Lets the panel close before all panelists have answered. Default: the panel waits for all.
   */
  quorum?: Quorum | undefined;
  /**
   * Further panelists, which answer only if the first panelists disagree. First, the panel answers,
   * and the analyst compares the answers. If this analysis has contradictions, the further
   * panelists answer, and the analyst compares all answers. Otherwise the further panelists are
   * skipped.
   *
   * If `options.shouldEscalate` is set, that function decides instead. Not allowed together with
   * `convene: false`.
   */
  escalate?: Escalate | undefined;
  /** Retries of each call after a transient failure. Integer from 0 to 10, default 2. */
  max_retries?: number | undefined;
  /**
   * The limit of the run's cost in USD, above 0. Every model that may be called needs a price, from
   * `options.prices` or from OpenRouter's list.
   *
   * A call starts only if the cost of its prompt fits into the limit. During a call, the run counts
   * the cost of the output. At the limit, the run stops all calls and fails with code
   * `budget_exceeded`. The snapshot contains everything that was paid for.
   *
   * If the provider runs tools, their cost is known only at the end of the call. The limit is also
   * sent to OpenRouter.
   */
  max_cost?: number | undefined;
  /**
   * Determines the order in which the analyst sees the answers, and the random part of retry
   * delays. Integer from 0 to 2^53-1. Default: a random seed, which `run.started` reports.
   */
  seed?: number | undefined;
  /** If `false`, the writer answers alone, without panel and analyst. Default `true`. */
  convene?: boolean | undefined;
}

/** A member of the panel. If a field is absent, the field of the request applies. */
export interface ModelSpec {
  /**
   * The model's name at the provider. If `provider` is absent, the model's name may begin with a
   * provider's name and a colon, such as `"openai:gpt-5"`.
   */
  model: string;
  /** The temperature of this member, from 0 to 2. */
  provider?: ProviderName | undefined;
  /** From 0 to 2. */
  temperature?: number | undefined;
  reasoning?: Reasoning | undefined;
  /** The maximum number of tokens of each call of this member. Integer from 1. */
  system?: string | undefined;
  /** Integer from 1. */
  max_completion_tokens?: number | undefined;
  /** Research tools of this member. */
  tools?: readonly (HostedTool | FunctionTool)[] | undefined;
  /**
   * Names of at most 8 models. If this model fails, the run tries these models in order. Their
   * provider is `provider`, unless a prefix names another provider.
   */
  fallbacks?: readonly string[] | undefined;
  /**
   * Additional fields for the provider's request. They cannot replace `model`, `messages`, `stream`
   * or `n`. If the request has `max_cost`, only fields whose cost the run can count are allowed.
   */
  extra_body?: Record<string, unknown> | undefined;
}

/** A {@link ModelSpec} without a required model. */
type Role = { model?: string | undefined } & Omit<ModelSpec, "model">;
/**
 * The analyst. If `passes` is 2 (default 1), the same model compares the answers a second time, in
 * reversed order. The items of the analysis then have the field `survived`, which says whether the
 * second pass confirmed them.
 */
export type AnalystSpec = Omit<Role, "temperature" | "system"> & {
  passes?: 1 | 2 | undefined;
  /**
   * The criteria of the comparison, in 1 to 4,000 characters. The analyst reads the criteria as
   * instructions, in both passes. The criteria cannot change the form of the analysis.
   */
  criteria?: string | undefined;
  /**
   * The contradictions to check on web pages. `"contradictions"` means the first 8. A list contains
   * the indexes of at most 8 contradictions. For each contradiction, the analyst's model makes one
   * call, with at most `max_tool_calls` steps of web tools. If no model of the analyst has a tool
   * that opens pages, the run fails.
   *
   * The model may open only results of its own searches, and sources of the panelists' answers. The
   * contradiction's field `checked` contains the outcome. If a check fails, the run continues, and
   * the contradiction has no `checked`.
   *
   * If a request with `resume` sets only `verify` in `analyst`, the other fields of the earlier
   * analyst apply. The run keeps the analysis and the answer, and makes only the checks. If the
   * request also has `writer`, the writer answers again.
   */
  verify?: "contradictions" | readonly number[] | undefined;
};
/** The writer, and the form of the final answer. */
export type WriterSpec = Omit<Role, "tools"> & {
  /**
   * Functions of the caller. If `options.toolHandlers` has a handler for a function, the run calls
   * the handler. A call of any other function ends the answer. The event `answer.tool_call` and
   * `result.tool_calls` contain the call. To continue, run the function yourself, and send its
   * result in a request with `convene: false`.
   */
  tools?: readonly FunctionTool[] | undefined;
  /** If absent, the provider's default applies. */
  tool_choice?:
    | "auto"
    | "none"
    | "required"
    | { type: "function"; function: { name: string } }
    | undefined;
  /**
   * The required format of the answer. Default: free text. If a provider refuses the format, the
   * run repeats the call without the format, and emits the warning `parameter_dropped`.
   */
  response_format?:
    | { type: "text" }
    | { type: "json_object" }
    | {
        type: "json_schema";
        json_schema: {
          name: string;
          description?: string | undefined;
          schema?: Record<string, unknown> | undefined;
          strict?: boolean | null | undefined;
        };
      }
    | undefined;
  /**
   * At most four strings. The answer ends before the first of these strings. The `responses`
   * dialect does not support this field.
   */
  stop?: string | readonly string[] | undefined;
};

/** How much a model thinks before it answers. */
export interface Reasoning {
  /** The provider maps or refuses values that a model does not support. */
  effort?: "max" | "xhigh" | "high" | "medium" | "low" | "minimal" | "none" | undefined;
  /**
   * Token limit of the model's thinking. Only OpenRouter and the `messages` dialect support this
   * field.
   */
  max_tokens?: number | undefined;
}

/** A function in OpenAI's chat format. */
export interface FunctionTool {
  type: "function";
  function: {
    name: string;
    description?: string | undefined;
    parameters?: Record<string, unknown> | undefined;
    strict?: boolean | null | undefined;
  };
}

/**
 * A research tool with OpenRouter's name for it, such as `{ type: "openrouter:web_search",
 * parameters: { max_results: 3 } }`. In a call to another provider, the run uses that provider's
 * name for the tool.
 */
export interface HostedTool {
  type: `openrouter:${string}`;
  parameters?: Record<string, unknown> | undefined;
}

/**
 * Timeouts in milliseconds, from 1 to 2147483647. If a timeout expires, the call or run fails with
 * code `timeout`.
 */
export interface Timeouts {
  /** Time from the request to the first byte of the response. Default 60,000. */
  first_byte_ms?: number | undefined;
  /** Longest silence of a stream. Keep-alive comments count as activity. Default 60,000. */
  idle_ms?: number | undefined;
  /** Time for all attempts of one panelist, or of one check of a contradiction. Default 300,000. */
  panelist_ms?: number | undefined;
  /** Time for the whole run. Default 600,000. */
  run_ms?: number | undefined;
}

/** Further panelists, which answer only if the panel disagrees. */
export interface Escalate {
  /**
   * The further panelists. Their indexes follow those of the panel. The panel and the further
   * panelists together have at most 8 members.
   */
  analysis_models: readonly (string | ModelSpec)[];
  /**
   * If the first analysis has at least this number of contradictions, the run asks the further
   * panelists. Integer from 1, default 1.
   */
  min_contradictions?: number | undefined;
}

/**
 * Determines when the run stops waiting for panelists. Panelists that are still running at this
 * time fail with code `cancelled`.
 */
export interface Quorum {
  /**
   * After this number of answers, the run waits at most `grace_ms` for the other panelists. Integer
   * from 1 to 8. Default: the size of the panel.
   */
  min_responses?: number | undefined;
  /**
   * Time for the other panelists after `min_responses` answers, in milliseconds. Default: 0 if
   * `min_responses` is set, otherwise no limit.
   */
  grace_ms?: number | undefined;
  /**
   * Minimum number of answers. As soon as the panel cannot reach this number, the run fails with
   * code `quorum_not_met`. With fewer answers, `proceed()` returns `false`. If all panelists fail
   * with the same code, the run fails with that code.
   *
   * Integer from 1. Must not exceed `min_responses` or the size of the panel. Default 1.
   */
  fail_below?: number | undefined;
  /**
   * If `true`, a text of at least 200 characters counts as an answer although a timeout or a broken
   * stream cut it off. The run tries the panelist's fallbacks first. The response has `partial` and
   * `error`. The prompts of the analyst and the writer say that the text was cut off. Default
   * `false`.
   */
  accept_partial?: boolean | undefined;
}

/** A message in OpenAI's chat format. */
export type ChatMessage =
  | {
      role: "system" | "developer";
      content: string | readonly TextPart[];
      name?: string | undefined;
    }
  | { role: "user"; content: string | readonly ContentPart[]; name?: string | undefined }
  | {
      role: "assistant";
      content?: string | readonly TextPart[] | null | undefined;
      name?: string | undefined;
      [field: string]: unknown;
    }
  | { role: "tool"; content: string | readonly TextPart[]; tool_call_id: string };

/** Text in a message's content. */
export interface TextPart {
  type: "text";
  text: string;
}
/** A part of a user's message. Some models cannot read every kind of part. */
export type ContentPart =
  | TextPart
  | { type: "image_url"; image_url: { url: string; detail?: string | undefined } }
  | { type: "file"; file: Record<string, unknown> }
  | { type: "input_audio"; input_audio: { data: string; format: string } };

/**
 * A built-in provider, or a name in `options.providers`. In the list below, `azure` and all names
 * after it need an entry in `options.providers`. Without the entry, such a name is not a prefix of
 * model names.
 */
export type ProviderName =
  | "openrouter"
  | "openai"
  | "anthropic"
  | "google"
  | "xai"
  | "ollama"
  | "lmstudio"
  | "llamacpp"
  | "azure"
  | "perplexity"
  | "mistral"
  | "groq"
  | "deepseek"
  | "cerebras"
  | "together"
  | "cloudflare"
  | (string & {});
