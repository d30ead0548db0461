// Runs inside the Worker. The panel has an AI SDK provider. The test calls the fusion's model
// without the package `ai`, which would need a bundler that replaces Node's modules.

import { createGroq } from "@ai-sdk/groq";
import { fuse } from "llm-fuse";
import { fromAiSdk, fusion, toUIMessageStream } from "llm-fuse/ai-sdk";
import { scriptedFetch } from "llm-fuse/testing";
import { read, user } from "./prompt.mjs";

const settings = () => {
  const fetch = scriptedFetch({ d: { analysis: {} }, w: "It is blue.", m: "Blue." });
  const groq = fromAiSdk(createGroq({ apiKey: "key", fetch }));
  const request = { analysis_models: ["groq:m"], analyst: "d", writer: "w", tools: [] };
  return [request, { apiKey: "key", fetch, providers: { groq } }];
};

export default {
  async fetch() {
    const prompt = [user("?")];
    const whole = await fusion(...settings()).doGenerate({ prompt });
    const { stream } = await fusion(...settings()).doStream({ prompt });
    const parts = await read(stream);
    const [request, options] = settings();
    const chunks = await read(toUIMessageStream(fuse({ prompt: "?", ...request }, options)));
    return Response.json([
      whole.content,
      whole.providerMetadata["llm-fuse"].responses[0].content,
      parts.filter(({ type }) => type === "text-delta").map(({ delta }) => delta),
      [parts.at(-1).type, chunks.at(-1).type],
    ]);
  },
};
