// Runs inside the Worker: one request is one fusion, or the same calls with their bodies dropped.

import { fuse } from "llm-fuse";

const prompt = "Is intermittent fasting safe for type 2 diabetics?";
const [analyst, writer] = ["analyst", "writer"];

const ways = {
  /** A fusion with the default panel. `fetch` sends OpenRouter's calls to the scripted provider. */
  async fuse(baseURL) {
    const here = (url, init) => fetch(url.replace("https://openrouter.ai/api/v1", baseURL), init);
    let events = 0;
    for await (const event of fuse({ prompt, analyst, writer }, { apiKey: "key", fetch: here })) {
      events++;
      if (event.type === "run.completed") return { events, length: event.result.answer.length };
    }
  },

  async drain(baseURL, models) {
    const call = async (model) => {
      const body = JSON.stringify({
        model,
        messages: [{ role: "user", content: prompt }],
        stream: true,
      });
      const response = await fetch(`${baseURL}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      const reader = response.body.getReader();
      let bytes = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return bytes;
        bytes += value.length;
      }
    };
    await Promise.all(models.map(call));
    await call(analyst);
    return { length: await call(writer) };
  },
};

export default {
  async fetch(message) {
    const { way, baseURL, models } = await message.json();
    return Response.json(await ways[way](baseURL, models));
  },
};
