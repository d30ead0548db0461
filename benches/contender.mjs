// One contender in a process of its own, so that what it costs is what the process uses. Told a round over IPC, answers with its CPU time.

/** Each reads the same streams and gives back how many characters of text it found (`drain`: how many chunks), so that no work is skipped. */
const contenders = {
  /** The least that anybody must do. */
  async drain({ baseURL, models }) {
    const each = async (model) => {
      const reader = (await ask(baseURL, model)).body.getReader();
      let chunks = 0;
      while (!(await reader.read()).done) chunks++;
      return chunks;
    };
    return sum(await Promise.all(models.map(each)));
  },

  /** What a careful programmer writes by hand. */
  async loop({ baseURL, models }) {
    const { createParser } = await import("eventsource-parser");
    const each = async (model) => {
      const reader = (await ask(baseURL, model)).body.getReader();
      const decoder = new TextDecoder();
      let text = "";
      const parser = createParser({
        onEvent({ data }) {
          if (data !== "[DONE]") text += JSON.parse(data).choices[0]?.delta?.content ?? "";
        },
      });
      for (let read; !(read = await reader.read()).done; ) parser.feed(decoder.decode(read.value, { stream: true }));
      return text.length;
    };
    return sum(await Promise.all(models.map(each)));
  },

  async openai({ baseURL, models }) {
    const { default: OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL, apiKey: "key", maxRetries: 0 });
    const each = async (model) => {
      let text = "";
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
        text += chunk.choices[0]?.delta?.content ?? "";
      }
      return text.length;
    };
    return sum(await Promise.all(models.map(each)));
  },

  /** A whole run: the panel's streams, then the prompts to analyst and writer, which hold all that was said, and their short answers. */
  async "llm-fuse"({ baseURL, models }) {
    const { fuse } = await import("llm-fuse");
    const request = { messages, analysis_models: models, analyst: "analyst", writer: "writer", max_retries: 0 };
    // As if over https, as real providers are: calls to a plain-http host would queue for six connections.
    const plainHttp = (url, init) => fetch(url.replace("https:", "http:"), init);
    const run = fuse(request, { baseURL: baseURL.replace("http:", "https:"), apiKey: "key", fetch: plainHttp });
    let length = 0;
    let analysed = false;
    for await (const event of run) {
      if (event.type === "panelist.delta") length += event.delta.length;
      else if (event.type === "analysis.completed") analysed = true;
    }
    if (!analysed) throw new Error("the run had no analysis");
    return length;
  },
};

const messages = [{ role: "user", content: "Is intermittent fasting safe for type 2 diabetics?" }];

const ask = (baseURL, model) =>
  fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer key" },
    body: JSON.stringify({ model, messages, stream: true }),
  });

const sum = (lengths) => lengths.reduce((a, b) => a + b, 0);

async function measure({ name, ...round }) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const began = performance.now();
  const read = await contenders[name](round);
  const wall_ms = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { cpu_us: user + system, wall_ms, read };
}

process.on("message", (round) => {
  measure(round).then(
    (measured) => process.send(measured),
    (error) => process.send({ failed: `${round.name}: ${error?.stack ?? error}` }),
  );
});
