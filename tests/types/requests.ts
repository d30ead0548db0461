// Compiled, never run: what a request may hold, and what it must not.
import { fuse, init, type FusionRun } from "llm-fuse";

export const runs: FusionRun[] = [
  fuse("only a prompt"),
  fuse({ messages: [{ role: "system", content: "Be brief." }, { role: "user", content: [{ type: "text", text: "Hello" }] }] }),
  fuse({ prompt: "p", preset: "general-fast", tools: [{ type: "openrouter:web_search" }], reasoning: { effort: "low" } }),
  fuse({ prompt: "p", convene: false, seed: 7, quorum: { min_responses: 2 } }, { baseURL: "http://localhost:11434/v1", fetch, signal: AbortSignal.timeout(1) }),
];

fuse({ prompt: "p", analyst: { model: "a", passes: 2 } });
// @ts-expect-error: there is no third look
fuse({ prompt: "p", analyst: { model: "a", passes: 3 } });
// @ts-expect-error: only the analyst looks twice
fuse({ prompt: "p", writer: { model: "a", passes: 2 } });

export const stream: ReadableStream<Uint8Array> | undefined = runs[0]?.toReadableStream();
export const ready: Promise<void> = init();

// @ts-expect-error: secrets live in the options
fuse({ prompt: "p", apiKey: "secret" });
// @ts-expect-error: an option is no request field
fuse({ prompt: "p" }, { temperature: 1 });
// @ts-expect-error: nothing here to be freed
runs[0]?.free();
