/** llm-fuse/workers-ai: the AI binding of a Cloudflare Worker as a provider, without a key. */

import type { ProviderOptions } from "../fusion-options.js";

/**
 * Returns a Worker's AI binding as a provider for `options.providers`. If you name the provider
 * `workers`, a model's name is, for example, `"workers:@cf/meta/llama-3.3-70b-instruct-fp8-fast"`.
 *
 * The provider reads the two output forms of Workers AI, streamed or not. Older models use the
 * field `response`, and newer models use OpenAI's field `choices`. An error's code becomes an HTTP
 * status. If the run aborts a call, the provider aborts the call of the binding too.
 *
 * Throws `TypeError` if `binding` has no `run()`, and for an unknown option.
 *
 * @param binding such as `env.AI`
 */
export function workersAI(binding: WorkersAIBinding, options?: WorkersAIOptions): ProviderOptions;

/** The options of `workersAI()`. */
export interface WorkersAIOptions {
  /** Sends the calls through Cloudflare's AI Gateway. Default: no gateway. */
  gateway?: WorkersAIGateway | undefined;
}

/** The binding's option `gateway`. The provider passes it on unchanged. */
export interface WorkersAIGateway {
  /** The gateway's name, such as `"default"`. */
  id: string;
  /** The key under which the answer is cached. */
  cacheKey?: string;
  /** How long the answer is cached, in seconds. */
  cacheTtl?: number;
  /** Whether to bypass the cache. */
  skipCache?: boolean;
  /** Values that the gateway writes into its log. */
  metadata?: Record<string, number | string | boolean | null | bigint>;
  /** Whether the gateway logs the call. */
  collectLog?: boolean;
  /** The id of the log's entry. */
  eventId?: string;
  /** The gateway's timeout in milliseconds. */
  requestTimeoutMs?: number;
  /** The gateway's retries. They are in addition to the retries of a run. */
  retries?: {
    maxAttempts?: 1 | 2 | 3 | 4 | 5;
    retryDelayMs?: number;
    backoff?: "constant" | "linear" | "exponential";
  };
}

/**
 * The members of the binding that `workersAI()` needs. `Ai` of `@cloudflare/workers-types` has
 * them.
 */
export interface WorkersAIBinding {
  /** Runs a model. */
  run(model: any, inputs: any, options?: any): Promise<any>;
}
