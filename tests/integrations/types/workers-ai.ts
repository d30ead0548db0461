// Compiled, never run, with Cloudflare's global types: the types of llm-fuse/workers-ai, and the
// stand-in of the binding.
import { fuse } from "llm-fuse";
import { type WorkersAIGateway, type WorkersAIOptions, workersAI } from "llm-fuse/workers-ai";
import { AIBinding } from "../ai-binding.mjs";

declare const env: { AI: Ai };
declare const everyModel: Ai<AiModels>;

export const run = fuse("?", {
  providers: { workers: workersAI(env.AI, { gateway: { id: "g", retries: { maxAttempts: 2 } } }) },
});
workersAI(everyModel);
workersAI(new AIBinding());

// The gateway's options are Cloudflare's, and the options of a call are AiOptions.
declare const theirs: GatewayOptions;
declare const ours: WorkersAIGateway;
export const same: [WorkersAIGateway, GatewayOptions] = [theirs, ours];
export const options: AiOptions = { gateway: ours, signal: AbortSignal.timeout(1) };

// What the stand-in returns is what `run()` of a model without a type may return.
declare const standIn: Pick<AIBinding, "run">;
export const binding: (
  model: string,
  inputs: Record<string, unknown>,
  options?: AiOptions,
) => Promise<Record<string, unknown> | ReadableStream | Response> = standIn.run;

// @ts-expect-error a binding has run()
workersAI({});
// @ts-expect-error not an option
export const wrong: WorkersAIOptions = { apiKey: "k" };
