/**
 * llm-fuse: a panel of models answers in parallel, an analyst compares the answers, a writer gives the final one.
 *
 * Data is `snake_case`, with OpenRouter's names; methods and live options are `camelCase`.
 * Event types, error codes and warning codes are open sets: a `switch` over them needs a `default`.
 */

import type { Estimate, FusionEvent, FusionResult, FusionSnapshot } from "./output.js";

export * from "./output.js";

/** Starts nothing yet: the run begins when it is first iterated, or when `result()` or `toReadableStream()` is called.
 *  Never throws; a bad request fails on first use with a {@link FusionError} that names the field. */
export function fuse(request: string | FusionRequest, options?: FusionOptions): FusionRun;

/** Optional warm-up: compiles the WebAssembly core ahead of the first run. `fuse()` does it by itself otherwise.
 *  @param source the core's bytes, module or response, where the caller would rather bring it. */
export function init(source?: WebAssembly.Module | BufferSource | Response | PromiseLike<Response>): Promise<void>;

/** What a run may cost, told before it begins; it rejects as the run would fail. Prices come from `options.prices`, otherwise for OpenRouter
 *  from one `GET {baseURL}/models`. What a resumed run has settled costs nothing more. */
export function estimate(request: string | FusionRequest, options?: FusionOptions): Promise<Estimate>;

/** A run that a server drives, read in a page: `response` is the server's answer with `toReadableStream()` as its body. The same events, errors
 *  and result, without the key, and without the WebAssembly core. A refusal of the server is a {@link FusionError}, too.
 *
 *  Leaving (`break`, `cancel()`) closes the connection, which ends the run where it lives no longer than that. `cancelPanelist()`,
 *  `retryPanelist()` and `proceed()` are the server's and give `false` here. `snapshot()` is what has been seen: to show, not to resume.
 *
 *  @param options.reconnect called when the connection breaks before the run has ended, or is silent for 45 s (keep-alive comments count as life),
 *  with the `seq` of the last event (`"0"` before the first), to be sent as `Last-Event-ID`. What comes twice is left out; a gap is an error. It
 *  waits about 0.5 s before the first attempt, longer before each further one, up to 10 s (or what the stream's `retry:` says, an hour at most). An attempt has 45 s
 *  to give its Response; after 10 in a row without an event it gives up. */
export function fromResponse(response: Response | PromiseLike<Response>, options?: { reconnect?: (lastEventId: string) => Response | PromiseLike<Response> }): FusionRun;

/** One deliberation. One reader per run: a second iterator, or `toReadableStream()` beside one, throws `TypeError`. */
export interface FusionRun extends AsyncIterable<FusionEvent> {
  /** `break` cancels the run, unless `result()` was called: then it only stops listening. */
  [Symbol.asyncIterator](): FusionIterator;
  /** Drives the run when nobody iterates. May be called before, during or after iteration; always the same promise. */
  result(): Promise<FusionResult>;
  /** Ends the run now and closes every open connection. Reading then fails with code `cancelled` and `reason` as its `cause`. */
  cancel(reason?: unknown): void;
  /** Sends one panelist home, which then fails with code `cancelled`. `false`: it was not at work (any more).
   *  Throws `TypeError` for what is no index. */
  cancelPanelist(index: number): boolean;
  /** While the panel is open, that is, while any panelist is at work: one that failed is seated again, one that works begins anew,
   *  with the next attempt number; at once the first time, then after 0.5 s, 1 s and so on to 30 s. `false`: there was nothing to do anew. An answer that is in is not asked for again.
   *  Throws `TypeError` for what is no index. */
  retryPanelist(index: number): boolean;
  /** Go on with what is ready: panelists at work fail with code `cancelled`, if at least one has answered; an analysis at work is given
   *  up, and the writer works from the answers. `false`: there was nothing to go on from. */
  proceed(): boolean;
  /** What has happened so far, at any moment, also after the end. */
  snapshot(): FusionSnapshot;
  /** The events as server-sent events: `id:` is the event's `seq`, `data:` its JSON; a comment every 15 s of silence. */
  toReadableStream(): ReadableStream<Uint8Array>;
}

/** Hand-written, not a generator: `return()` acts at once, even while a `next()` is pending. */
export interface FusionIterator extends AsyncIterableIterator<FusionEvent, undefined, undefined> {
  next(): Promise<IteratorResult<FusionEvent, undefined>>;
  return(): Promise<IteratorResult<FusionEvent, undefined>>;
}

/* ------------------------------------------------------------------ request */

/** Plain JSON without secrets. A field that is unknown is refused by name. */
export interface FusionRequest {
  /** The question. Exactly one of `prompt` and `messages`, or neither with `resume`. */
  prompt?: string;
  /** A conversation in OpenAI's chat format; its last message is the user's or, with `convene: false`, a tool's result. */
  messages?: ChatMessage[];
  /** The panel, 1 to 8 members; the same model may sit twice. Default: the preset's. */
  analysis_models?: (string | ModelSpec)[];
  /** Analyst and writer. Default: the preset's analyst; away from OpenRouter the panel's first model. */
  model?: string;
  /** Overrides `model` for the analyst. */
  analyst?: string | AnalystSpec;
  /** Overrides `model` for the writer. */
  writer?: string | WriterSpec;
  /** Default `"general-high"`. `analysis_models` and `model` take precedence over what it names. `options.presets` adds names. */
  preset?: "general-high" | "general-budget" | "general-fast" | (string & {});
  /** Research tools of panel and analyst. Default: web search and web fetch, hosted by the provider or run by `options.toolHandlers`, where one of
   *  the two is there. `[]`: none. At most 8. A function needs its callback in `toolHandlers`. What a provider does not host and nobody runs is refused. */
  tools?: (HostedTool | FunctionTool)[];
  /** Tool-calling steps of each panelist and of the analyst; after the last there is one turn without tools. Integer 1..16, default 4. */
  max_tool_calls?: number;
  /** Per call, reasoning included. Integer >= 1, default 16000. */
  max_completion_tokens?: number;
  /** 0..2, panel only; the analyst always runs at 0. Default: the provider's. */
  temperature?: number;
  /** For panel and analyst. Default: the provider's. */
  reasoning?: Reasoning;
  /** What the provider may keep of the prompt; for OpenRouter and the `messages` dialect, others cache by themselves. */
  cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
  /** Milliseconds. */
  timeouts?: Timeouts;
  /** When the panel may stop waiting for its stragglers. Default: it waits for all. */
  quorum?: Quorum;
  /** Repeats per call after a failure that may pass. Integer 0..10, default 2. */
  max_retries?: number;
  /** In USD, above 0. Every model that may be called needs a price, from `prices` or OpenRouter's list. A call starts only if its prompt still
   *  fits; open calls are metered by what they say and closed when the limit is reached (code `budget_exceeded`; what was bought is in
   *  the snapshot). Where a provider runs tools, what these cost is known only when the call has ended; OpenRouter is told the limit. */
  max_cost?: number;
  /** Integer 0..2^53-1: the order in which the analyst sees the answers, and retry jitter. Default: random, reported in `run.started`. */
  seed?: number;
  /** `false`: no panel and no analyst, the writer answers alone. Default `true`. */
  convene?: boolean;
  /** Goes on with an earlier run, in any tab, process or runtime: no call that had finished is repeated. Fields given beside it override
   *  those of the snapshot's request; panelists match by equal specification. Another question is refused. A snapshot of another version,
   *  or a damaged one, is refused with code `invalid_snapshot`. `rerun`: panelists of the snapshot, by index, that answer anew. */
  resume?: FusionSnapshot | { snapshot: FusionSnapshot; rerun?: number[] };
}

/** One member, with what is particular to it; what is left out is as the request has it for all. */
export interface ModelSpec {
  /** As its provider knows it. May begin with a provider's name and a colon (`"openai:gpt-5"`), unless `provider` is given. */
  model: string;
  /** A name of `options.providers`, or a built-in one. */
  provider?: ProviderName;
  /** 0..2. */
  temperature?: number;
  reasoning?: Reasoning;
  /** Put before the conversation as a system message, for this member only. */
  system?: string;
  /** Integer >= 1. */
  max_completion_tokens?: number;
  /** Research tools of this member, instead of the request's. */
  tools?: (HostedTool | FunctionTool)[];
  /** Models to try, in order, when this one fails for good. At most 8. With `provider` they are asked there, unless a prefix says otherwise. */
  fallbacks?: string[];
  /** Merged into the provider's request as it is; cannot replace `model`, `messages`, `stream` or `n`, nor, beside `max_cost`, what bounds a call. */
  extra_body?: Record<string, unknown>;
}

/** A {@link ModelSpec} whose `model` may be left to the request. */
type Role = Partial<Pick<ModelSpec, "model">> & Omit<ModelSpec, "model">;
/** With two `passes` (default 1) the same model looks again, at the answers in reversed order, and items get their `survived`. */
export type AnalystSpec = Omit<Role, "temperature" | "system"> & { passes?: 1 | 2 };
/** What the caller wants of the final answer. */
export type WriterSpec = Omit<Role, "tools"> & {
  /** The caller's own functions. Those with a callback in `options.toolHandlers` run here; a call of another ends the answer, as `answer.tool_call`
   *  and `result.tool_calls`, and a run with `convene: false` goes on from their results. */
  tools?: FunctionTool[];
  /** Default: the provider's. */
  tool_choice?: "auto" | "none" | "required" | { type: "function"; function: { name: string } };
  /** Default: free text. A provider that refuses it is asked once more without, and a warning says so (`parameter_dropped`). */
  response_format?:
    | { type: "text" }
    | { type: "json_object" }
    | { type: "json_schema"; json_schema: { name: string; description?: string; schema?: Record<string, unknown>; strict?: boolean | null } };
  /** Up to four. Does not exist in the `responses` dialect. */
  stop?: string | string[];
};

/** How much a model may think before it answers. */
export interface Reasoning {
  /** How hard to think; what a model does not know is the provider's to map or refuse. */
  effort?: "max" | "xhigh" | "high" | "medium" | "low" | "minimal" | "none";
  /** OpenRouter, and the `messages` dialect. */
  max_tokens?: number;
}

/** A function in OpenAI's chat format. */
export interface FunctionTool {
  type: "function";
  function: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null };
}

/** A research tool under OpenRouter's name, which other providers get in their own words, such as `{ type: "openrouter:web_search", parameters: { max_results: 3 } }`. */
export interface HostedTool {
  type: `openrouter:${string}`;
  parameters?: Record<string, unknown>;
}

/** Milliseconds, 1..2147483647. What is reached fails with code `timeout`. */
export interface Timeouts {
  /** From sending a call to its first byte. Default 60,000. */
  first_byte_ms?: number;
  /** Longest silence within a stream; keep-alive comments count as life. Default 60,000. */
  idle_ms?: number;
  /** One panelist with all its attempts. Default 300,000. */
  panelist_ms?: number;
  /** The whole run. Default 600,000. */
  run_ms?: number;
}

/** When the panel stops waiting; who is late fails with code `cancelled`. */
export interface Quorum {
  /** Answers that suffice. Integer 1..8. Default: the size of the panel. */
  min_responses?: number;
  /** How long the others may still take after that, in milliseconds. Default: without limit. */
  grace_ms?: number;
}

/** A message in OpenAI's chat format. */
export type ChatMessage =
  | { role: "system" | "developer"; content: string | TextPart[]; name?: string }
  | { role: "user"; content: string | ContentPart[]; name?: string }
  | { role: "assistant"; content?: string | TextPart[] | null; name?: string; [field: string]: unknown }
  | { role: "tool"; content: string | TextPart[]; tool_call_id: string };

/** Text within a message's content. */
export interface TextPart {
  type: "text";
  text: string;
}
/** A part of a user's message. What a model can read of it is the model's affair. */
export type ContentPart =
  | TextPart
  | { type: "image_url"; image_url: { url: string; detail?: string } }
  | { type: "file"; file: Record<string, unknown> }
  | { type: "input_audio"; input_audio: { data: string; format: string } };

/* ------------------------------------------------------------------ options */

/** What is live or secret, and so no part of the request. */
export interface FusionOptions {
  /** Sent as `Authorization: Bearer ...` to `baseURL` and nowhere else. OpenRouter needs one. In a web page, every visitor can read it. */
  apiKey?: string;
  /** Absolute `https:` or `http:` URL of an API with OpenAI's Chat Completions. Default `https://openrouter.ai/api/v1`. Models that name no
   *  provider are asked there. */
  baseURL?: string;
  /** Further providers, by name (small letters, digits, `_`, `-`). The built-in ones need no more than their key; `ollama`, `lmstudio` and
   *  `llamacpp` not even that, nor to be named here. */
  providers?: { [name in ProviderName]?: ProviderOptions };
  /** Callbacks for tools that a provider does not host: `web_search` and `web_fetch` (ready ones are in `llm-fuse/tools`), and functions of the
   *  request's or the writer's `tools`. */
  toolHandlers?: Record<string, ToolHandler>;
  /** The caller's own, by name, for `preset`. */
  presets?: Record<string, FusionPreset>;
  /** Used instead of the global `fetch`; called with `(url, { method, headers, body, signal })`. */
  fetch?: typeof globalThis.fetch;
  /** Aborting it ends the run; everything then rejects with the signal's own `reason`. */
  signal?: AbortSignal;
  /** Called with a snapshot after each finished panelist and stage, and at the end. Not awaited; if it throws or rejects, the run goes on
   *  with a `warning` (`on_snapshot_failed`), unless that was at the end. Never called for a request that is refused. */
  onSnapshot?: (snapshot: FusionSnapshot) => unknown;
  /** What models cost, by name: OpenRouter's `pricing` objects, in USD per token. They fill in where a provider does not tell the cost of a
   *  call, and come before OpenRouter's own list. What a provider takes less for cached tokens is not known. */
  prices?: Record<string, Pricing>;
  /** Attribution; sent to OpenRouter only. */
  app?: { title?: string; url?: string; categories?: string[] };
  /** How much is read of a provider's answer before its call fails with code `provider_error`. So does one with more than 8,388,608 bytes of text. */
  limits?: {
    /** Longest line of a provider's stream, in bytes. Default 8,388,608. */
    line_bytes?: number;
    /** Longest body of a provider's answer, in bytes. Default 67,108,864. */
    body_bytes?: number;
  };
}

/** Built-in names, and those of `options.providers`. */
export type ProviderName = "openrouter" | "openai" | "anthropic" | "google" | "xai" | "ollama" | "lmstudio" | "llamacpp" | (string & {});

/** Who answers calls. A name that is not built in needs `baseURL` or `fetch`. */
export interface ProviderOptions {
  /** Absolute `https:` or `http:` URL. Default: the built-in provider's. */
  baseURL?: string;
  /** Sent to this provider alone: as a bearer token, in the `messages` dialect away from OpenRouter as `x-api-key`. */
  apiKey?: string;
  /** Its wire format. Default: the built-in provider's; otherwise `"chat"`. */
  dialect?: "chat" | "responses" | "messages";
  /** Sent with every call, and kept out of errors. A page's browser asks the server's leave (CORS preflight) for each. */
  headers?: Record<string, string>;
  /** Answers instead of the network: a model in this page, a Worker's service binding. Called with `(url, { method, headers, body, signal })`. */
  fetch?: (url: string, init: { method: string; headers: Headers; body?: string; signal: AbortSignal }) => Promise<Response> | Response;
  /** Panelists at work there at a time; the others are `panelist.queued`. Default 6 for plain `http:`, otherwise without limit. */
  max_concurrency?: number;
}

/** Runs a tool. What it throws is told to the model as an error; so is that it took longer than `timeouts.idle_ms`. */
export type ToolHandler = (
  /** The arguments, as the model wrote them. */
  input: any,
  /** `signal` aborts when nobody waits any more. `index`: the panelist's; absent for analyst and writer. */
  context: { signal: AbortSignal; index?: number },
) => unknown | Promise<unknown | ToolOutput>;

/** What a tool may return beside text or JSON data. */
export interface ToolOutput {
  /** For the model; cut after 100,000 characters. */
  content: string;
  /** Become `*.source` events. */
  sources?: { url: string; title?: string }[];
  /** For people; up to 200 characters of the `*.tool` event. */
  summary?: string;
}

/** A named panel with its analyst and writer; the fields are those of a request. */
export interface FusionPreset {
  analysis_models: (string | ModelSpec)[];
  model?: string;
  analyst?: string | AnalystSpec;
  writer?: string | WriterSpec;
}

/** As `GET https://openrouter.ai/api/v1/models` has it for each model; amounts in USD, as strings so that no digit is lost. */
export interface Pricing {
  /** Per token. */
  prompt: string | number;
  /** Per token. */
  completion: string | number;
  /** Per call. */
  request?: string | number;
  /** Per reasoning token, where it differs from `completion`. */
  internal_reasoning?: string | number;
  /** Per search that the provider makes; in `estimate()`, and against `max_cost` where the provider tells tokens and no cost. */
  web_search?: string | number;
  /** 0..1, taken off everything. */
  discount?: number;
  /** Later ones that apply win, price by price. */
  overrides?: ({ min_prompt_tokens?: number; utc_start?: number; utc_end?: number } & Partial<Record<"prompt" | "completion" | "request" | "internal_reasoning" | "web_search", string | number>>)[];
  [other: string]: unknown;
}
