// Runs inside a page of Chromium: reads the same streams by a hand-written loop or by a fusion.
// Each way returns the number of characters of the panel's text.

import { createParser } from "eventsource-parser";
import { fuse } from "llm-fuse";

const prompt = "Is intermittent fasting safe for type 2 diabetics?";
const [analyst, writer] = ["analyst", "writer"];

const ways = {
  async loop(baseURL, models) {
    const lengths = await Promise.all(models.map((model) => read(baseURL, model)));
    await read(baseURL, analyst);
    await read(baseURL, writer);
    return lengths.reduce((a, b) => a + b, 0);
  },

  async fuse(baseURL, models) {
    const run = fuse({ prompt, analysis_models: models, analyst, writer }, { baseURL });
    let length = 0;
    for await (const event of run)
      if (event.type === "panelist.delta") length += event.delta.length;
    return length;
  },
};

async function read(baseURL, model) {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }], stream: true }),
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let length = 0;
  const parser = createParser({
    onEvent({ data }) {
      if (data !== "[DONE]") length += JSON.parse(data).choices[0]?.delta?.content?.length ?? 0;
    },
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

window.read = (way, ...round) => ways[way](...round);
