// Tests the options of a call. Each option becomes a field, gives a warning, or is refused.

import { Buffer } from "node:buffer";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import { called, fusionModel, generateText, streamText, user } from "./fixtures.mjs";

const PNG = "iVBORw0KGgo=";
const to = (fetch, name) => fetch.calls.findLast(({ model }) => model === name).body;
const warningsOf = ({ warnings }) => warnings.map(({ type, feature }) => [type, feature]);
const file = (mediaType, data, more) => ({
  role: "user",
  content: [
    { type: "text", text: "See." },
    { type: "file", mediaType, data, ...more },
  ],
});

export default [
  {
    name: "limits, temperature, stop, effort and tool choice go to the writer alone",
    async run(t) {
      const { model, fetch } = fusionModel(t);
      const { warnings } = await model.doGenerate({
        prompt: [user("?")],
        maxOutputTokens: 77,
        temperature: 0.5,
        stopSequences: ["END"],
        reasoning: "high",
        toolChoice: { type: "tool", toolName: "look" },
        tools: [
          {
            type: "function",
            name: "look",
            description: "Looks.",
            inputSchema: { type: "object" },
            strict: true,
          },
        ],
      });
      equal(warnings, []);
      const { max_completion_tokens, temperature, stop, reasoning, tools, tool_choice } = to(
        fetch,
        "d/writer",
      );
      equal(
        [max_completion_tokens, temperature, stop, reasoning],
        [77, 0.5, ["END"], { effort: "high" }],
      );
      equal(tool_choice, { type: "function", function: { name: "look" } });
      equal(tools, [
        {
          type: "function",
          function: {
            name: "look",
            description: "Looks.",
            parameters: { type: "object" },
            strict: true,
          },
        },
      ]);
      const panelist = to(fetch, "a/one");
      equal([panelist.max_completion_tokens, panelist.stop], [16_000, undefined]);
    },
  },
  {
    name: "a format without a schema, no stop sequences and no tools leave nothing behind",
    async run(t) {
      const { model, fetch } = fusionModel(t, "{}");
      const call = { prompt: [user("?")], stopSequences: [], toolChoice: { type: "auto" } };
      await model.doGenerate({ ...call, responseFormat: { type: "json" } });
      const { stop, tool_choice, tools, response_format } = to(fetch, "d/writer");
      equal(
        [stop, tool_choice, tools, response_format],
        [undefined, undefined, undefined, { type: "json_object" }],
      );
    },
  },
  {
    name: "options without a meaning for a fusion are reported as unsupported",
    async run(t) {
      const { model } = fusionModel(t);
      const call = {
        prompt: [user("?")],
        topP: 0.5,
        topK: 5,
        presencePenalty: 1,
        frequencyPenalty: 1,
        seed: 3,
        headers: { "x-team": "a", "User-Agent": "ai/6" },
        tools: [
          { type: "provider", id: "openai.web_search", name: "web_search", args: {} },
          {
            type: "function",
            name: "look",
            inputSchema: { type: "object" },
            inputExamples: [{ input: {} }],
          },
        ],
      };
      const expected = [
        ["unsupported", "topP"],
        ["unsupported", "topK"],
        ["unsupported", "presencePenalty"],
        ["unsupported", "frequencyPenalty"],
        ["unsupported", "seed"],
        ["unsupported", "headers"],
        ["unsupported", "the tool openai.web_search of a provider"],
        ["unsupported", "`inputExamples` of the tool look"],
      ];
      equal(warningsOf(await model.doGenerate(call)), expected);
      const { stream } = await model.doStream(call);
      const { value } = await stream.getReader().read();
      equal([value.type, warningsOf(value)], ["stream-start", expected]);
    },
  },
  {
    name: "warnings of the run are warnings of the call",
    async run(t) {
      const { model } = fusionModel(t, undefined, { models: { "b/two": { status: 500 } } });
      const result = await generateText({ model, prompt: "?" });
      ok(
        result.warnings.some(({ message }) => message?.startsWith("one_response: ")),
        JSON.stringify(result.warnings),
      );
      const streamed = await streamText({ model, prompt: "?" }).providerMetadata;
      equal(
        streamed["llm-fuse"].warnings.map(({ code }) => code),
        ["one_response"],
      );
    },
  },
  {
    name: "providerOptions override the request, and may not have a conversation",
    async run(t) {
      const { model, fetch } = fusionModel(t, undefined, { models: { "c/three": "Grey." } });
      const options = (own) => ({ prompt: "?", providerOptions: { "llm-fuse": own } });
      const result = await generateText({ model, ...options({ analysis_models: ["c/three"] }) });
      equal(
        result.providerMetadata["llm-fuse"].responses.map(({ model }) => model),
        ["c/three"],
      );
      const alone = await generateText({ model, ...options({ convene: false }) });
      equal(alone.providerMetadata["llm-fuse"].responses, []);
      const before = fetch.calls.length;
      const refused = await failure(generateText({ model, ...options({ prompt: "other" }) }));
      const unknown = await failure(generateText({ model, ...options({ panel: ["x"] }) }));
      equal(
        [refused.name, unknown.data.code, unknown.isRetryable, fetch.calls.length],
        ["AI_InvalidArgumentError", "invalid_request", false, before],
      );
      ok(unknown.message.includes("panel"), unknown.message);
    },
  },
  {
    name: "images, recordings, PDF and text reach the models, in every form of the AI SDK",
    async run(t) {
      const { model, fetch } = fusionModel(t);
      const bytes = Uint8Array.from(Buffer.from(PNG, "base64"));
      const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
      const url = "https://pictures.example/a.png";
      const byUrl = { type: "image_url", image_url: { url } };
      const cases = [
        [file("image/png", bytes), image],
        [file("image/*", PNG), image],
        [file("image", { type: "data", data: bytes }), image],
        [file("image/png", `data:image/png;base64,${PNG}`), image],
        [file("image/png", new URL(url)), byUrl],
        [file("image/*", { type: "url", url: new URL(url) }), byUrl],
        [
          file("audio/mpeg", "AAAA"),
          { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
        ],
        [
          file("application/pdf", "JVBE", { filename: "a.pdf" }),
          {
            type: "file",
            file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" },
          },
        ],
        [
          file("text/plain", Buffer.from("Grüße").toString("base64")),
          { type: "text", text: "Grüße" },
        ],
        [
          file("text/markdown", { type: "text", text: "# Hi" }, { filename: "hi.md" }),
          { type: "text", text: "hi.md:\n\n# Hi" },
        ],
      ];
      for (const [message, part] of cases) {
        const { request } = await model.doGenerate({ prompt: [message] });
        equal(request.body.messages[0].content[1], part);
      }
      const sent = to(fetch, "a/one").messages.at(-1).content;
      equal(sent.at(-1).text ?? sent, cases.at(-1)[1].text);
    },
  },
  {
    name: "files without a form in a chat message are refused before any call",
    async run(t) {
      const { model, fetch } = fusionModel(t);
      const refused = [
        file("video/mp4", "AAAA"),
        file("application/pdf", new URL("https://files.example/a.pdf")),
        file("image/png", { type: "reference", reference: { openai: "file-1" } }),
      ];
      for (const message of refused) {
        const error = await failure(model.doGenerate({ prompt: [message] }));
        equal(error.name, "AI_UnsupportedFunctionalityError");
      }
      equal(called(fetch), []);
    },
  },
  {
    name: "the AI SDK downloads an image, unless the model is told that providers open URLs",
    async run(t) {
      const image = "https://pictures.example/a.png";
      const messages = [{ role: "user", content: [{ type: "image", image }] }];
      const experimental_download = async (files) =>
        files.map(({ isUrlSupportedByModel }) =>
          isUrlSupportedByModel
            ? null
            : { data: Uint8Array.from(Buffer.from(PNG, "base64")), mediaType: "image/png" },
        );
      const sent = async (options) => {
        const { model, fetch } = fusionModel(t, undefined, options);
        await generateText({ model, messages, experimental_download });
        return to(fetch, "a/one").messages.at(-1).content[0].image_url.url;
      };
      equal(await sent({}), `data:image/png;base64,${PNG}`);
      for (const type of ["image/*", "*", "*/*"])
        equal(await sent({ supportedUrls: { [type]: [/^https:/] } }), image, type);
      const supportedUrls = { "application/pdf": [/^https:/], "*/*": [/^http:/] };
      const { model } = fusionModel(t, undefined, { supportedUrls });
      equal(model.supportedUrls, { "image/*": [/^http:/] });
    },
  },
  {
    name: "a file with data that is no base64 is refused by name, and base64url is read",
    async run(t) {
      const { model, fetch } = fusionModel(t);
      const notes = (data) => ({
        role: "user",
        content: [{ type: "file", mediaType: "text/plain", filename: "notes.txt", data }],
      });
      const picture = file("image/png", "/pictures/a.png");
      for (const [message, name] of [
        [notes("no base64!"), "notes.txt"],
        [notes("AAAAA"), "notes.txt"],
        [picture, "image/png"],
      ]) {
        const error = await failure(model.doGenerate({ prompt: [message] }));
        equal([error.name, error.argument], ["AI_InvalidArgumentError", "prompt"]);
        ok(error.message.includes(`\`${name}\``), error.message);
      }
      equal(called(fetch), []);
      await model.doGenerate({ prompt: [notes("Pz8_fn4-")] });
      ok(JSON.stringify(to(fetch, "a/one").messages).includes("???~~>"), "not read");
    },
  },
];
