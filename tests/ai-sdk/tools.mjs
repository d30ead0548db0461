// Tests the caller's tools. If the conversation already contains tool results, a request calls only
// the writer.

import { convertToModelMessages, readUIMessageStream, ToolLoopAgent } from "ai";
import { z } from "zod";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import {
  called,
  fusionModel,
  generateText,
  partsOf,
  stepCountIs,
  streamText,
  tool,
  user,
} from "./fixtures.mjs";

const prompt = "Does it rain in Bonn and in Cologne?";
const call = (city, id) => ({ name: "weather", arguments: { city }, id });
const loop = [
  { text: "I look.", tool_calls: [call("Bonn", "c1"), call("Cologne", "c2")] },
  { tool_calls: [call("Aachen", "c3")] },
  "Rain everywhere.",
];
const weather = tool({
  description: "The weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, rain: true }),
});
const STEPS = ["a/one", "b/two", "d/analyst", "d/writer", "d/writer", "d/writer"];

/**
 * Returns a writer's response with reasoning details. The response is the text `content`, or a tool
 * call.
 */
function signed(reasoning_details, content) {
  const chunk = (delta, finish_reason = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const call = { name: "weather", arguments: "{}" };
  const tool_calls = [{ index: 0, id: "c1", type: "function", function: call }];
  const chunks = content
    ? [chunk({ content }), chunk({ reasoning: "Hm.", reasoning_details }), chunk({}, "stop")]
    : [chunk({ reasoning_details }), chunk({ tool_calls }), chunk({}, "tool_calls")];
  return new Response(`${chunks.join("")}data: [DONE]\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}

/** Checks the messages that the writer received in its last turn. */
function checkLastTurn(fetch) {
  equal(called(fetch), STEPS);
  const { messages, tools } = fetch.calls.at(-1).body;
  const turn = messages.slice(messages.findIndex(({ role }) => role === "assistant"));
  equal(
    turn.map(({ role, tool_call_id }) => tool_call_id ?? role),
    ["assistant", "c1", "c2", "assistant", "c3"],
  );
  equal(turn[0].content, "I look.");
  equal(
    turn[0].tool_calls.map(({ id, function: { arguments: input } }) => [id, JSON.parse(input)]),
    [
      ["c1", { city: "Bonn" }],
      ["c2", { city: "Cologne" }],
    ],
  );
  equal(JSON.parse(turn[1].content), { city: "Bonn", rain: true });
  equal(tools[0].function.name, "weather");
  const asked = messages.find(({ role }) => role === "user").content;
  ok(asked.startsWith(prompt), asked);
  for (const words of ["The sky is blue.", "The sky is azure.", "The sky has a colour."])
    ok(asked.includes(words), `the writer lacks ${words}`);
  equal(asked.split("Material from the deliberation").length, 2);
}

export default [
  {
    name: "a tool loop of three steps asks the panel once, with generateText",
    async run(t) {
      const { model, fetch } = fusionModel(t, loop);
      const result = await generateText({
        model,
        prompt,
        tools: { weather },
        stopWhen: stepCountIs(5),
      });
      equal(
        [result.text, result.steps.map(({ finishReason }) => finishReason)],
        ["Rain everywhere.", ["tool-calls", "tool-calls", "stop"]],
      );
      checkLastTurn(fetch);
      const [first, second] = result.steps.map(({ providerMetadata }) => providerMetadata);
      equal([first["llm-fuse"].responses.length, second["llm-fuse"].responses.length], [2, 0]);
    },
  },
  {
    name: "a tool loop of three steps asks the panel once, with streamText",
    async run(t) {
      const { model, fetch } = fusionModel(t, loop);
      const result = streamText({
        model,
        prompt,
        tools: { weather },
        stopWhen: stepCountIs(5),
      });
      const parts = await partsOf(result);
      equal(await result.finishReason, "stop");
      equal(parts.filter(({ type }) => type === "tool-result").length, 3);
      checkLastTurn(fetch);
    },
  },
  {
    name: "the next question asks the panel again, without the old material",
    async run(t) {
      const { model, fetch } = fusionModel(t, [...loop.slice(0, 1), "Rain.", "Snow."]);
      const options = { model, tools: { weather }, stopWhen: stepCountIs(5) };
      const first = await generateText({ ...options, prompt });
      const messages = [
        { role: "user", content: prompt },
        ...first.response.messages,
        { role: "user", content: "And in winter?" },
      ];
      const second = await generateText({ ...options, messages });
      equal(second.text, "Snow.");
      equal(called(fetch).slice(-4), ["a/one", "b/two", "d/analyst", "d/writer"]);
      const panelist = fetch.calls.findLast(({ model }) => model === "a/one").body;
      ok(!JSON.stringify(panelist).includes("Material from"), "the old material was sent");
    },
  },
  {
    name: "signed fields of the writer's turn come back to the writer",
    async run(t) {
      const details = [
        { type: "reasoning.encrypted", id: "r", index: 0, format: "f", data: "SIGNED" },
      ];
      const { model, fetch } = fusionModel(t, ({ nth }) => (nth === 1 ? signed(details) : "Rain."));
      const lenient = tool({ inputSchema: z.object({}), execute: async () => "rain" });
      await generateText({
        model,
        prompt,
        tools: { weather: lenient },
        stopWhen: stepCountIs(3),
      });
      const turn = fetch.calls.at(-1).body.messages.find(({ role }) => role === "assistant");
      equal(turn.reasoning_details, details);
    },
  },
  {
    name: "signed fields of an answer come back with the next question",
    async run(t) {
      const details = [
        { type: "reasoning.encrypted", id: "r", index: 0, format: "f", data: "SIGNED" },
      ];
      for (const call of [generateText, streamText]) {
        const { model, fetch } = fusionModel(t, ({ nth }) =>
          nth === 1 ? signed(details, "Rain.") : "Snow.",
        );
        const first = call({ model, prompt });
        // A page could add this field.
        const added = { prefix: true };
        const { messages } = await (call === generateText
          ? (await first).response
          : first.response);
        const [{ providerOptions }] = messages[0].content.slice(-1);
        Object.assign(providerOptions["llm-fuse"].message, added);
        const question = { role: "user", content: prompt };
        const later = { role: "user", content: "And in winter?" };
        await generateText({ model, messages: [question, ...messages, later] });
        const sent = fetch.calls.at(-1).body.messages;
        const turn = sent.find(({ role }) => role === "assistant");
        equal([turn.content, turn.reasoning_details, turn.prefix], ["Rain.", details, undefined]);
      }
    },
  },
  {
    name: "the parts of useChat bring back the signed fields and the material of the panel",
    async run(t) {
      const details = [
        { type: "reasoning.encrypted", id: "r", index: 0, format: "f", data: "SIGNED" },
      ];
      const { model, fetch } = fusionModel(t, ({ nth }) => (nth === 1 ? signed(details) : "Rain."));
      const asked = tool({ inputSchema: z.object({}) });
      const user = { id: "1", role: "user", parts: [{ type: "text", text: prompt }] };
      const first = streamText({ model, prompt, tools: { weather: asked } });
      let message;
      for await (const next of readUIMessageStream({ stream: first.toUIMessageStream() }))
        message = next;
      // Does the same as `addToolOutput()` in a page.
      const parts = JSON.parse(JSON.stringify(message.parts)).map((part) =>
        part.type === "tool-weather"
          ? { ...part, state: "output-available", output: "rain" }
          : part,
      );
      const messages = await convertToModelMessages([user, { ...message, parts }]);
      const second = await generateText({ model, messages, tools: { weather: asked } });
      equal(second.text, "Rain.");
      equal(called(fetch), STEPS.slice(0, 5));
      const sent = fetch.calls.at(-1).body.messages;
      equal(sent.find(({ role }) => role === "assistant").reasoning_details, details);
      const question = sent.find(({ role }) => role === "user").content;
      ok(question.includes("The sky is azure."), question);
    },
  },
  {
    name: "an agent asks the panel once",
    async run(t) {
      const { model, fetch } = fusionModel(t, loop);
      const agent = new ToolLoopAgent({ model, tools: { weather }, stopWhen: stepCountIs(5) });
      const { text } = await agent.generate({ prompt });
      equal(text, "Rain everywhere.");
      checkLastTurn(fetch);
    },
  },
  {
    name: "every form of a tool's result reaches the writer as text",
    async run(t) {
      const { model } = fusionModel(t);
      const outputs = [
        [{ type: "text", value: "rain" }, "rain"],
        [{ type: "error-text", value: "no city" }, "no city"],
        [{ type: "json", value: { rain: true } }, '{"rain":true}'],
        [{ type: "error-json", value: { code: 1 } }, '{"code":1}'],
        [{ type: "execution-denied", reason: "not now" }, "not now"],
        [{ type: "execution-denied" }, "The execution of this tool was denied."],
        [
          {
            type: "content",
            value: [
              { type: "text", text: "see" },
              { type: "image-data", data: "AAAA", mediaType: "image/png" },
            ],
          },
          "see\n[A file of type image/png, which cannot be shown.]",
        ],
      ];
      const calls = outputs.map((_, i) => ({
        type: "tool-call",
        toolCallId: `c${i}`,
        toolName: "weather",
        input: {},
      }));
      const results = outputs.map(([output], i) => ({
        type: "tool-result",
        toolCallId: `c${i}`,
        toolName: "weather",
        output,
      }));
      const { request, warnings } = await model.doGenerate({
        prompt: [
          user(prompt),
          { role: "assistant", content: calls },
          { role: "tool", content: results },
        ],
      });
      equal(
        request.body.messages.slice(2).map(({ content }) => content),
        outputs.map(([, text]) => text),
      );
      equal(request.body.convene, false);
      equal(
        warnings.map(({ feature }) => feature),
        ["files in a tool's result"],
      );
    },
  },
  {
    name: "calls of tools that a provider ran are not sent to the writer",
    async run(t) {
      const { model } = fusionModel(t);
      const hosted = { toolCallId: "h", toolName: "search", providerExecuted: true };
      const { request } = await model.doGenerate({
        prompt: [
          user(prompt),
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "Hm." },
              { type: "tool-call", ...hosted, input: {} },
              { type: "tool-result", ...hosted, output: { type: "text", value: "hits" } },
              { type: "text", text: "Found." },
            ],
          },
          user("And now?"),
        ],
      });
      equal(request.body.messages[1], { role: "assistant", content: "Found." });
    },
  },
  {
    name: "a tool with a handler runs in the run, and a name in both places is refused",
    async run(t) {
      const search = { type: "function", function: { name: "search", parameters: {} } };
      const { model, fetch } = fusionModel(
        t,
        [{ tool_calls: [{ name: "search", arguments: {} }] }, "Found."],
        {
          toolHandlers: { search: () => "hits", weather: () => "rain" },
          request: { writer: { model: "d/writer", tools: [search] } },
        },
      );
      const result = await generateText({ model, prompt });
      equal([result.text, result.steps.length], ["Found.", 1]);
      const before = fetch.calls.length;
      const error = await failure(generateText({ model, prompt, tools: { weather } }));
      equal([error.name, fetch.calls.length], ["AI_InvalidArgumentError", before]);
    },
  },
];
