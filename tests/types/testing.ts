// Type tests of valid and invalid scripts of llm-fuse/testing. This file is compiled, but never
// run.
import { fuse } from "llm-fuse";
import * as inline from "llm-fuse/inline";
import * as slim from "llm-fuse/slim";
import {
  type Script,
  type ScriptedAnalysis,
  type ScriptedCall,
  type ScriptedFetch,
  scriptedFetch,
} from "llm-fuse/testing";
import * as url from "llm-fuse/url";

const analysis: ScriptedAnalysis = {
  consensus: [{ point: "p", models: ["a/b"], quotes: [{ model: "a/b", quote: "q" }] }],
  contradictions: [{ topic: "t", stances: [{ model: "a/b", stance: "s" }] }],
  unique_insights: [{ model: "a/b", insight: "i" }],
  blind_spots: ["one", { point: "other" }],
};
const answer: Script = {
  text: ["a", "b"],
  reasoning: "r",
  tools: [{ name: "openrouter:web_search", input: { query: "q" } }],
  sources: ["https://a.example/"],
  delay_ms: [1, 2],
};
const fetch: ScriptedFetch = scriptedFetch({
  "a/b": answer,
  "a/c": [{ status: 429, headers: { "retry-after": "1" } }, "Better now."],
  "a/d": { text: "Half", error: { message: "Overloaded", code: 503 } },
  "a/e": { tool_calls: [{ name: "f", arguments: { x: 1 } }], usage: null },
  "a/f": async (call: ScriptedCall) => (call.nth > 1 ? new Response() : { analysis, start_ms: 1 }),
  "*": { stall: true },
});
export const run = fuse("p", {
  fetch,
  providers: { other: { baseURL: "https://a.example/v1", fetch } },
});
export const ends: string[] = fetch.calls.map(({ end }) => end);
export const same: (typeof fuse)[] = [inline.fuse, slim.fuse, url.fuse];
export const ready: Promise<void> = slim.init(new Response());

// @ts-expect-error: a field that does not exist
scriptedFetch({ "a/b": { texts: "a" } });
// @ts-expect-error: an end that does not exist
fetch.calls[0]!.end = "lost";
