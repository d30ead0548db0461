// Type tests of requests: valid ones compile, and wrong ones do not. This file is compiled, but
// never run.
import {
  type ChatMessage,
  estimate,
  type FusionRequest,
  type FusionResult,
  type FusionRun,
  type FusionSnapshot,
  fuse,
  init,
} from "llm-fuse";

declare const key: string | undefined;
declare const snapshot: FusionSnapshot;

/**
 * Tests the code at the beginning of the README. An environment variable may be undefined, so a key
 * may be undefined, too.
 */
export async function readme(): Promise<FusionResult> {
  const run = fuse("Is intermittent fasting safe for type 2 diabetics?", { apiKey: key });
  for await (const event of run) {
    if (event.type === "panelist.completed") console.error(`${event.model} has answered`);
    if (event.type === "answer.delta") console.log(event.delta);
  }
  const { answer, analysis, sources, failed_models, usage } = await run.result();
  console.log(answer, analysis?.consensus, sources, failed_models, usage.cost);
  return run.result();
}

export const runs: FusionRun[] = [
  fuse("only a prompt"),
  fuse({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Hello" }] },
    ],
  }),
  fuse({
    prompt: "p",
    preset: "general-fast",
    tools: [{ type: "openrouter:web_search" }],
    reasoning: { effort: "low" },
  }),
  fuse(
    { prompt: "p", convene: false, seed: 7, quorum: { min_responses: 2 } },
    { baseURL: "http://localhost:11434/v1", fetch, signal: AbortSignal.timeout(1) },
  ),
  fuse({ prompt: "p", quorum: { fail_below: 2, accept_partial: true } }),
  fuse({ prompt: "p", analyst: { criteria: "c" } }),
  fuse({ resume: snapshot }),
  fuse({ resume: { snapshot, rerun: [0] }, prompt: "p", model: "m" }),
];

/** Fields may be undefined. */
export const withUndefined: FusionRequest = {
  prompt: "p",
  model: undefined,
  analyst: undefined,
  temperature: undefined,
  quorum: { min_responses: undefined },
  analysis_models: [{ model: "a", system: undefined }],
};
fuse(withUndefined, { apiKey: undefined, providers: { openai: { apiKey: undefined } } });

/** Lists may be read-only, or built step by step. */
const messages: ChatMessage[] = [];
messages.push({ role: "user", content: "Hello" });
fuse({ messages });
const models = ["a/b", "c/d"] as const;
const history: readonly ChatMessage[] = messages;
fuse({
  messages: history,
  analysis_models: models,
  writer: { stop: ["END"] as const, fallbacks: models },
});
estimate({ messages: history, tools: [{ type: "openrouter:web_fetch" }] as const });

// @ts-expect-error: a conversation has messages
fuse({ messages: [] });
// @ts-expect-error: an estimate needs messages, too
estimate({ messages: [] });
// @ts-expect-error: a request needs `prompt` or `messages`
fuse({ model: "a/b" });
// @ts-expect-error: an empty request has no question
fuse({});
// @ts-expect-error: `prompt` and `messages` must not be set together
fuse({ prompt: "p", messages: [{ role: "user", content: "q" }] });
// @ts-expect-error: a role that does not exist
fuse({ messages: [{ role: "human", content: "q" }] });

fuse({ prompt: "p", analyst: { model: "a", passes: 2 } });
// @ts-expect-error: there are two passes at most
fuse({ prompt: "p", analyst: { model: "a", passes: 3 } });
// @ts-expect-error: only the analyst has passes
fuse({ prompt: "p", writer: { model: "a", passes: 2 } });

export const stream: ReadableStream<Uint8Array> | undefined = runs[0]?.toReadableStream();
/** Tests the `request` of `toResponse()`, which is a `Request` or a request of `node:http`. */
const request = new Request("https://app.example/ask");
const headers = { "access-control-allow-origin": "*" };
export const response: Response | undefined = runs[0]?.toResponse({ request, headers });
const incoming: { headers: { [name: string]: string | string[] | undefined } } = { headers: {} };
runs[0]?.toResponse({ request: incoming, status: 200 });
// @ts-expect-error: an option that does not exist
runs[0]?.toResponse({ header: headers });

/** Reads a field of the result from the run by mistake. */
export async function mistaken(): Promise<string> {
  const { answer } = await fuse("p");
  // @ts-expect-error: the answer is a field of the result
  return answer;
}

/** Tests that the methods of a run can be stored in variables. */
const { result, cancel } = fuse("p");
export const taken: Promise<string> = result().then(({ answer }) => answer);
cancel("enough");

export const ready: Promise<void> = init();
export const fromBytes: Promise<void> = init(new Uint8Array(8));
export const fromResponse: Promise<void> = init(fetch("/core.wasm"));

/** `await using` cancels a run at the end of the block. */
export async function disposed(): Promise<string> {
  await using run = fuse("p");
  return (await run.result()).answer;
}

// @ts-expect-error: secrets are options
fuse({ prompt: "p", apiKey: "secret" });
// @ts-expect-error: a field of the request is no option
fuse({ prompt: "p" }, { temperature: 1 });
// @ts-expect-error: a run has no method `free`
runs[0]?.free();
