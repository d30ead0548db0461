// Tests fromAiSdk() with scripted models of the versions 2, 3 and 4.

import { equal, ok } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { EMPTY, ends, failed, mock, start, text } from "./mock-model.mjs";

const PNG = "iVBORw0KGgo=";
const URL_OF_IMAGE = "https://pictures.example/a.png";
const look = { type: "function", function: { name: "look", parameters: { type: "object" } } };
const image = (url) => [
  {
    role: "user",
    content: [
      { type: "text", text: "See." },
      { type: "image_url", image_url: { url } },
    ],
  },
];

export default [
  ...["v2", "v3", "v4"].map((version) => ({
    name: `a model of ${version}: text, reasoning, sources, usage, tools and files`,
    async run(t) {
      const signed = { vendor: { signature: "SIGNED" } };
      const call = { type: "tool-call", toolCallId: "t1", toolName: "look", input: '{"at":1}' };
      const model = mock(
        [
          [
            { type: "stream-start", warnings: [] },
            { type: "reasoning-start", id: "r" },
            { type: "reasoning-delta", id: "r", delta: "Hm." },
            { type: "reasoning-end", id: "r", providerMetadata: signed },
            {
              type: "tool-call",
              toolCallId: "h",
              toolName: "web",
              input: "{}",
              providerExecuted: true,
            },
            { type: "tool-result", toolCallId: "h", toolName: "web", result: "hits" },
            { ...call, providerMetadata: { vendor: { call: 1 } } },
            ends(version, "tool-calls"),
          ],
          [
            { type: "source", sourceType: "url", id: "s", url: "https://a.example/", title: "A" },
            { type: "source", sourceType: "url", id: "s", url: "https://a.example/", title: "A" },
            ...text("Seen."),
            ends(version),
          ],
        ],
        { version },
      );
      const run = start(
        t,
        model,
        { messages: image(`data:image/png;base64,${PNG}`), prompt: undefined, tools: [look] },
        { toolHandlers: { look: ({ at }) => `looked at ${at}` } },
      );
      let thought = "";
      for await (const event of run)
        if (event.type === "panelist.reasoning") thought += event.delta;
      const [response] = (await run.result()).responses;
      equal([response.content, thought, response.usage.reasoning_tokens], ["Seen.", "Hm.", 2]);
      equal(
        response.sources.map(({ url }) => url),
        ["https://a.example/"],
      );
      const [first, second] = model.calls.map(({ prompt }) => prompt);
      const data = version === "v4" ? { type: "data", data: PNG } : PNG;
      equal(first.at(-1).content[1], { type: "file", mediaType: "image/png", data });
      equal(second.slice(-2), [
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm.", providerOptions: signed },
            { ...call, input: { at: 1 }, providerOptions: { vendor: { call: 1 } } },
          ],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "t1",
              toolName: "look",
              output: { type: "text", value: "looked at 1" },
            },
          ],
        },
      ]);
      equal(model.calls[0].tools, [
        { type: "function", name: "look", inputSchema: { type: "object" } },
      ]);
    },
  })),
  {
    name: "one panel mixes a native provider, an AI SDK provider and a default one",
    async run(t) {
      await t.session.script(defaultScripts());
      const { answer, responses, analysis, usage } = await t
        .fuse(
          {
            prompt: "Is the sky blue?",
            analysis_models: [ALPHA, "sdk:m", { model: "panel/beta-70b", provider: "native" }],
            analyst: ANALYST,
            writer: WRITER,
          },
          {
            apiKey: "desk",
            baseURL: t.session.baseURL,
            providers: {
              sdk: t.fromAiSdk(mock([[...text("all common ground: blue"), ends("v3")]])),
              native: { baseURL: t.session.baseURL, dialect: "messages", apiKey: "key" },
            },
          },
        )
        .result();
      equal([answer, responses.length, usage.cost], ["Yes, it is blue.", 3, null]);
      equal(analysis.consensus.length, 1);
    },
  },
  {
    name: "an AI SDK model is analyst and writer, with their formats",
    async run(t) {
      const analyst = mock([[...text(JSON.stringify(EMPTY)), ends("v3")]]);
      const writer = mock([[...text('{"blue":true}'), ends("v3")]]);
      const schema = { type: "object", properties: { blue: { type: "boolean" } } };
      const { answer, analysis } = await start(
        t,
        { languageModel: (name) => ({ analyst, writer })[name] },
        {
          analysis_models: ["a/one", "b/two"],
          analyst: "sdk:analyst",
          writer: {
            model: "sdk:writer",
            response_format: { type: "json_schema", json_schema: { name: "sky", schema } },
            stop: "END",
            temperature: 0.5,
            max_completion_tokens: 99,
          },
        },
      ).result();
      equal([answer, analysis], ['{"blue":true}', EMPTY]);
      const { responseFormat, stopSequences, temperature, maxOutputTokens } = writer.calls[0];
      equal(responseFormat, { type: "json", name: "sky", schema });
      equal([stopSequences, temperature, maxOutputTokens], [["END"], 0.5, 99]);
    },
  },
  {
    name: "models come from options.models, a provider, a function or one model",
    async run(t) {
      const says = (words) => mock([[...text(words), ends("v3")]]);
      const provider = { languageModel: (name) => says(`provider ${name}`) };
      const cases = [
        [t.fromAiSdk(provider), "provider m"],
        [t.fromAiSdk(provider, { models: { m: says("models m") } }), "models m"],
        [t.fromAiSdk((name) => says(`function ${name}`)), "function m"],
        [t.fromAiSdk(says("one")), "one"],
      ];
      for (const [sdk, expected] of cases) {
        const { responses } = await start(t, provider, {}, { providers: { sdk } }).result();
        equal(responses[0].content, expected);
      }
      // A provider under a built-in name does not get the hosted tools, key and URL of that
      // built-in provider.
      for (const name of ["openai", "anthropic", "groq", "openrouter"]) {
        const run = start(
          t,
          provider,
          {
            analysis_models: [`${name}:m`],
            tools: undefined,
            analyst: "own:d/analyst",
            writer: "own:d/writer",
          },
          {
            providers: {
              [name]: t.fromAiSdk(provider),
              own: { baseURL: "https://own.example/v1", apiKey: "k" },
            },
          },
        );
        equal((await run.result()).responses[0].content, "provider m", name);
      }
    },
  },
  {
    name: "a name without a model, and a model of another version, are invalid_model",
    async run(t) {
      const unknown = Object.assign(new Error("No such languageModel: m"), {
        name: "AI_NoSuchModelError",
      });
      const throws = () => {
        throw unknown;
      };
      for (const provider of [
        { languageModel: () => undefined },
        { languageModel: throws },
        { ...mock([[]]), specificationVersion: "v1" },
      ])
        equal((await failed(start(t, provider))).code, "invalid_model");
    },
  },
  {
    name: "images by URL go to models that open them, and nothing is downloaded",
    async run(t) {
      const { fetch } = globalThis;
      const fields = { messages: image(URL_OF_IMAGE), prompt: undefined };
      globalThis.fetch = (url, init) => {
        if (String(url).startsWith("https://pictures.example/")) throw new Error("downloaded");
        return fetch(url, init);
      };
      try {
        for (const version of ["v3", "v4"]) {
          const supportedUrls = { "image/*": [/^https:\/\//] };
          const opens = mock([[...text("Seen."), ends(version)]], { version, supportedUrls });
          const { responses } = await start(t, opens, fields).result();
          equal(responses[0].content, "Seen.");
          const { data, mediaType } = opens.calls[0].prompt.at(-1).content[1];
          equal([String(data.url ?? data), mediaType], [URL_OF_IMAGE, "image/png"]);
        }
        const closed = mock([[...text("Seen."), ends("v3")]]);
        const error = await failed(start(t, closed, fields));
        equal([error.code, closed.calls.length], ["invalid_request", 0]);
        ok(error.message.includes("data URL"), error.message);
      } finally {
        globalThis.fetch = fetch;
      }
    },
  },
  {
    name: "an effort reaches version 4, and is left out with a warning for others",
    async run(t) {
      for (const version of ["v2", "v3", "v4"]) {
        const model = mock([[...text("Done."), ends(version)]], { version });
        const run = start(t, model, { reasoning: { effort: "high" } });
        const warnings = [];
        for await (const event of run)
          if (event.type === "warning" && event.message.includes("sdk")) warnings.push(event.code);
        equal((await run.result()).responses[0].content, "Done.");
        equal(
          [model.calls.length, model.calls[0].reasoning, warnings],
          version === "v4" ? [1, "high", []] : [1, undefined, ["parameter_dropped"]],
        );
      }
    },
  },
  {
    name: "extra_body has provider options and settings, and unknown fields are refused by name",
    async run(t) {
      const model = mock([[...text("Done."), ends("v3")]]);
      const panelist = (extra_body) => ({ analysis_models: [{ model: "sdk:m", extra_body }] });
      const providerOptions = { mock: { fast: true } };
      await start(t, model, panelist({ providerOptions, top_p: 0.5, seed: 1 })).result();
      const { topP, seed, providerOptions: given } = model.calls[0];
      equal([topP, seed, given], [0.5, 1, providerOptions]);
      const error = await failed(start(t, model, panelist({ logit_bias: {} })));
      equal([error.code, model.calls.length], ["invalid_request", 1]);
      ok(error.message.includes("logit_bias"), error.message);
    },
  },
];
