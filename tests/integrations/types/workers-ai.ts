// Type tests of llm-fuse/workers-ai and the imitated binding with Cloudflare's global
// types. This file is compiled, but never run.
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

// The type of the gateway's options equals Cloudflare's `GatewayOptions`. Cloudflare's `AiOptions`
// accepts our type.
declare const theirs: GatewayOptions;
declare const ours: WorkersAIGateway;
export const same: [WorkersAIGateway, GatewayOptions] = [theirs, ours];
export const options: AiOptions = { gateway: ours, signal: AbortSignal.timeout(1) };

// The imitated binding's `run()` has the signature that Cloudflare declares for models of unknown
// type.
declare const standIn: Pick<AIBinding, "run">;
export const binding: (
  model: string,
  inputs: Record<string, unknown>,
  options?: AiOptions,
) => Promise<Record<string, unknown> | ReadableStream | Response> = standIn.run;

// @ts-expect-error a binding needs run()
workersAI({});
// @ts-expect-error not an option
export const wrong: WorkersAIOptions = { apiKey: "k" };
