// Tests the client's tools and output formats. The handler sends them only to the writer. After a
// tool result, the handler calls only the writer.

import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, BETA, callsTo, PANEL, WRITER } from "../scenarios/fixtures.mjs";
import { aiOpenAI, aiOpenRouter, anthropic, openai, openrouter } from "./clients.mjs";
import { richScripts, threePanelists } from "./fixtures.mjs";
import { all, post } from "./harness.mjs";

const QUESTION = "Is the sky blue in Oslo?";
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const args = '{"city":"Oslo"}';
const call = { id: "call_1", name: "weather", arguments: args };

/** Returns scripts in which the writer calls the tool, and answers after its result. */
const calling = () =>
  richScripts({
    [WRITER]: {
      sequence: [
        says("Let me look. ", { tool_calls: [call], finish_reason: "tool_calls" }),
        says("Yes, it is clear in Oslo."),
      ],
    },
  });

/**
 * Checks that the writer's second call contains the conversation, the tool call and its result. If
 * `material` is true, the call must also contain the panel's answers of the first turn.
 */
async function wentOn(t, { result = "Clear.", material = true } = {}) {
  const calls = await t.session.calls();
  equal(
    calls.map(({ model }) => model).sort(),
    [...PANEL, ANALYST, WRITER, WRITER].sort(),
    "the panel was called once",
  );
  const [first, second] = callsTo(calls, WRITER).map(({ body }) => body);
  equal(
    first.tools.map(({ type, function: { name } }) => [type, name]),
    [["function", "weather"]],
    "the writer has the tool",
  );
  ok(
    calls.every(({ model, body }) => model === WRITER || body.tools === undefined),
    "no other model has it",
  );
  const [asked, assistant, answered, ...more] = second.messages.filter(
    ({ role }) => role !== "system",
  );
  equal([asked.role, assistant.role, answered.role, more], ["user", "assistant", "tool", []]);
  includes(JSON.stringify(asked.content), QUESTION);
  const toolCalls = assistant.tool_calls.map(({ id, type, function: called }) => [
    id,
    type,
    called.name,
    JSON.parse(called.arguments),
  ]);
  equal(toolCalls, [["call_1", "function", "weather", { city: "Oslo" }]]);
  equal(
    [answered.tool_call_id, JSON.stringify(answered.content).includes(result)],
    ["call_1", true],
  );
  equal(
    JSON.stringify(asked.content).includes("Nobody looked at cost."),
    material,
    "the material of the turn",
  );
  return second;
}

const chatTools = [{ type: "function", function: { name: "weather", parameters } }];

export default [
  {
    name: "openai on chat: a call, its result, the answer",
    async run(t) {
      for (const stream of [false, true]) {
        await t.session.reset();
        await t.session.script(calling());
        const client = openai(await t.serve());
        const messages = [{ role: "user", content: QUESTION }];
        const ask = async () => {
          const request = { model: "openrouter/fusion", messages, tools: chatTools };
          if (!stream) return (await client.chat.completions.create(request)).choices[0];
          const [choice] = (await client.chat.completions.stream(request).finalChatCompletion())
            .choices;
          return choice;
        };
        const { message, finish_reason } = await ask();
        equal(
          [
            finish_reason,
            message.content,
            message.tool_calls.map(({ id, type, function: { name, arguments: json } }) => [
              id,
              type,
              name,
              json,
            ]),
          ],
          ["tool_calls", "Let me look. ", [["call_1", "function", "weather", args]]],
        );
        messages.push(message, { role: "tool", tool_call_id: "call_1", content: "Clear." });
        equal((await ask()).message.content, "Yes, it is clear in Oslo.");
        await wentOn(t);
      }
    },
  },
  {
    name: "openai on chat: the tool runner",
    async run(t) {
      await t.session.script(calling());
      const runner = openai(await t.serve()).chat.completions.runTools({
        model: "openrouter/fusion",
        messages: [{ role: "user", content: QUESTION }],
        tools: [
          {
            type: "function",
            function: { name: "weather", parameters, function: () => "Clear.", parse: JSON.parse },
          },
        ],
      });
      equal(await runner.finalContent(), "Yes, it is clear in Oslo.");
      // The runner sends back only the message fields that OpenAI defines, so the panel's answers
      // are lost.
      await wentOn(t, { material: false });
    },
  },
  {
    name: "openai on responses: a call, its result, the answer",
    async run(t) {
      for (const stream of [false, true]) {
        await t.session.reset();
        await t.session.script(calling());
        const client = openai(await t.serve());
        const input = [{ role: "user", content: QUESTION }];
        const ask = async () => {
          const request = {
            model: "openrouter/fusion",
            input,
            tools: [{ type: "function", name: "weather", parameters, strict: null }],
          };
          if (!stream) return client.responses.create(request);
          const events = await all(await client.responses.create({ ...request, stream: true }));
          equal(
            events.map(({ sequence_number }) => sequence_number),
            events.map((_, i) => i),
          );
          const argumentEvents = events.filter(({ type }) =>
            type.startsWith("response.function_call_arguments"),
          );
          ok(argumentEvents.every(({ delta, arguments: json }) => (delta ?? json) === args));
          return events.at(-1).response;
        };
        const first = await ask();
        equal(
          first.output.map(({ type }) => type),
          ["openrouter:fusion", "message", "function_call"],
        );
        const { call_id, name, arguments: json, status } = first.output.at(-1);
        equal(
          [first.status, call_id, name, json, status],
          ["completed", "call_1", "weather", args, "completed"],
        );
        input.push(...first.output, { type: "function_call_output", call_id, output: "Clear." });
        equal((await ask()).output_text, "Yes, it is clear in Oslo.");
        await wentOn(t);
      }
    },
  },
  {
    name: "the panel's material of an earlier turn is not sent again",
    async run(t) {
      await t.session.script(richScripts());
      const found = {
        type: "openrouter:fusion",
        status: "completed",
        analysis: { blind_spots: ["EARLIER"] },
        responses: [{ model: "a/b", content: "EARLIER" }],
      };
      const input = [
        { role: "user", content: QUESTION },
        found,
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Yes." }] },
        { role: "user", content: "And tomorrow?" },
        { type: "function_call", call_id: "call_1", name: "weather", arguments: args },
        { type: "function_call_output", call_id: "call_1", output: "Clear." },
      ];
      const record = {
        type: "reasoning.server_tool_call",
        tool_name: "openrouter:fusion",
        arguments: "{}",
        result: JSON.stringify(found),
      };
      const messages = [
        { role: "user", content: QUESTION },
        { role: "assistant", content: "Yes.", reasoning_details: [record] },
        { role: "user", content: "And tomorrow?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "weather", arguments: args } },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "Clear." },
      ];
      const served = await t.serve();
      await post(served, "responses", { model: "openrouter/fusion", input });
      await post(served, "chat/completions", { model: "openrouter/fusion", messages });
      const calls = await t.session.calls();
      equal(
        calls.map(({ model }) => model),
        [WRITER, WRITER],
      );
      for (const { body } of calls) {
        equal(
          body.messages.map(({ role }) => role),
          ["user", "assistant", "user", "assistant", "tool"],
        );
        ok(!JSON.stringify(body).includes("EARLIER"));
      }
    },
  },
  {
    name: "@anthropic-ai/sdk: a call, its result, the answer",
    async run(t) {
      for (const stream of [false, true]) {
        await t.session.reset();
        await t.session.script(calling());
        const client = anthropic(await t.serve());
        const messages = [{ role: "user", content: QUESTION }];
        const ask = async () => {
          const request = {
            model: "openrouter/fusion",
            max_tokens: 500,
            messages,
            tools: [{ name: "weather", input_schema: parameters }],
          };
          return stream
            ? client.messages.stream(request).finalMessage()
            : client.messages.create(request);
        };
        const first = await ask();
        const { type, id, name, input } = first.content.at(-1);
        equal(
          [first.stop_reason, type, id, name, input],
          ["tool_use", "tool_use", "call_1", "weather", { city: "Oslo" }],
        );
        messages.push(
          { role: "assistant", content: first.content },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: id, content: [{ type: "text", text: "Clear." }] },
            ],
          },
        );
        equal((await ask()).content[0].text, "Yes, it is clear in Oslo.");
        // This format has no field for the panel's answers.
        await wentOn(t, { material: false });
      }
    },
  },
  {
    name: "@anthropic-ai/sdk: a failed result with text beside it",
    async run(t) {
      await t.session.script(calling());
      const client = anthropic(await t.serve());
      const messages = [
        { role: "user", content: QUESTION },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "call_1", name: "weather", input: { city: "Oslo" } }],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", is_error: true, content: "no such city" },
            { type: "text", text: "Guess, then." },
          ],
        },
      ];
      const request = {
        model: "openrouter/fusion",
        max_tokens: 500,
        messages,
        tools: [{ name: "weather", input_schema: parameters }],
      };
      await client.messages.create(request);
      const [{ model, body }] = await t.session.calls();
      equal(
        [model, body.messages.at(-2), body.messages.at(-1)],
        [
          WRITER,
          { role: "tool", tool_call_id: "call_1", content: "Error: no such city" },
          { role: "user", content: "Guess, then." },
        ],
      );
    },
  },
  {
    name: "@openrouter/sdk: whole and streamed calls parse",
    async run(t) {
      for (const stream of [false, true]) {
        await t.session.script({
          [WRITER]: says("", { tool_calls: [call], finish_reason: "tool_calls" }),
        });
        const client = openrouter(await t.serve());
        const asked = { model: WRITER, stream };
        const chat = await client.chat.send({
          chatRequest: {
            ...asked,
            messages: [{ role: "user", content: QUESTION }],
            tools: chatTools,
          },
        });
        const choices = stream ? (await all(chat)).flatMap(({ choices }) => choices) : chat.choices;
        const [toolCall] = choices.flatMap(
          ({ message, delta }) => (message ?? delta).toolCalls ?? [],
        );
        equal(
          [
            toolCall.id,
            toolCall.function.name,
            toolCall.function.arguments,
            choices.at(-1).finishReason,
          ],
          ["call_1", "weather", args, "tool_calls"],
        );
        const responses = await client.responses.send({
          responsesRequest: {
            ...asked,
            input: QUESTION,
            tools: [{ type: "function", name: "weather", parameters }],
          },
        });
        const [item] = stream ? (await all(responses)).at(-1).response.output : responses.output;
        equal(
          [item.type, item.callId, item.name, item.arguments],
          ["function_call", "call_1", "weather", args],
        );
      }
    },
  },
  ...Object.entries({
    "@openrouter/ai-sdk-provider": (served) => aiOpenRouter(served).chat("openrouter/fusion"),
    "@ai-sdk/openai, chat": (served) => aiOpenAI(served).chat("openrouter/fusion"),
    "@ai-sdk/openai, responses": (served) => aiOpenAI(served).responses("openrouter/fusion"),
  }).map(([way, modelOf]) => ({
    name: `ai with ${way}: a tool loop`,
    async run(t) {
      for (const stream of [false, true]) {
        await t.session.reset();
        await t.session.script(calling());
        const weather = tool({
          inputSchema: z.object({ city: z.string() }),
          execute: () => "Clear.",
        });
        const asked = {
          model: modelOf(await t.serve()),
          prompt: QUESTION,
          tools: { weather },
          stopWhen: stepCountIs(3),
          maxRetries: 0,
          providerOptions: { openai: { store: false } },
        };
        const errors = [];
        const result = stream
          ? streamText({ ...asked, onError: ({ error }) => errors.push(error) })
          : await generateText(asked);
        const [text, steps] = stream
          ? [(await all(result.textStream)).join(""), await result.steps]
          : [result.text, result.steps];
        equal(errors, []);
        includes(text, "Yes, it is clear in Oslo.");
        equal(
          steps.map(({ finishReason }) => finishReason),
          ["tool-calls", "stop"],
        );
        // None of these three clients sends back unknown fields, so the panel's answers are lost.
        await wentOn(t, { material: false });
      }
    },
  })),
  {
    name: "a tool_choice of the client's tools is sent to the writer",
    async run(t) {
      const chosen = async (tool_choice, tools = chatTools) => {
        await t.session.reset();
        await t.session.script(calling());
        const body = {
          model: "openrouter/fusion",
          messages: [{ role: "user", content: QUESTION }],
          tools,
          tool_choice,
        };
        const response = await post(await t.serve(), "chat/completions", body);
        equal(response.status, 200, await response.text());
        const calls = await t.session.calls();
        return [
          callsTo(calls, WRITER)[0].body.tool_choice,
          callsTo(calls, ALPHA).length + callsTo(calls, BETA).length,
        ];
      };
      const named = { type: "function", function: { name: "weather" } };
      const withFusion = [...chatTools, { type: "openrouter:fusion" }];
      equal(await chosen("auto"), ["auto", 2]);
      equal(await chosen("required"), ["required", 2]);
      equal(await chosen(named), [named, 2]);
      equal(await chosen("none"), ["none", 0]);
      equal(
        await chosen("required", withFusion),
        [undefined, 2],
        "the fusion is the tool that was required",
      );
      equal(await chosen({ type: "openrouter:fusion" }, withFusion), [undefined, 2]);
      equal(await chosen(named, withFusion), [named, 2]);
    },
  },
  {
    name: "each endpoint's tools, choices, formats and stop sequences are sent to the writer",
    async run(t) {
      const schema = {
        type: "object",
        properties: { blue: { type: "boolean" } },
        required: ["blue"],
        additionalProperties: false,
      };
      const bodies = {
        "chat/completions": {
          messages: [{ role: "user", content: QUESTION }],
          tools: chatTools,
          tool_choice: { type: "function", function: { name: "weather" } },
          parallel_tool_calls: false,
          response_format: {
            type: "json_schema",
            json_schema: { name: "output", strict: true, schema },
          },
          stop: ["END"],
        },
        responses: {
          input: QUESTION,
          tools: [{ type: "function", name: "weather", parameters }],
          tool_choice: { type: "function", name: "weather" },
          parallel_tool_calls: false,
          text: { format: { type: "json_schema", name: "output", strict: true, schema } },
        },
        messages: {
          messages: [{ role: "user", content: QUESTION }],
          max_tokens: 500,
          tools: [{ name: "weather", input_schema: parameters }],
          tool_choice: { type: "tool", name: "weather", disable_parallel_tool_use: true },
          output_config: { format: { type: "json_schema", schema } },
          stop_sequences: ["END"],
        },
      };
      for (const [path, body] of Object.entries(bodies)) {
        await t.session.reset();
        await t.session.script(richScripts());
        const response = await post(await t.serve(), path, { model: "openrouter/fusion", ...body });
        equal(response.status, 200, await response.text());
        const calls = await t.session.calls();
        const sent = callsTo(calls, WRITER)[0].body;
        const { tools, tool_choice, parallel_tool_calls, response_format, stop } = sent;
        equal(
          [tools, tool_choice, parallel_tool_calls],
          [chatTools, { type: "function", function: { name: "weather" } }, false],
          path,
        );
        equal(
          response_format,
          { type: "json_schema", json_schema: { name: "output", strict: true, schema } },
          path,
        );
        equal(stop, path === "responses" ? undefined : ["END"], path);
        for (const { body } of calls.filter(({ model }) => PANEL.includes(model)))
          equal([body.tools, body.response_format, body.stop], [undefined, undefined, undefined]);
      }
    },
  },
  {
    name: "every endpoint with providers of every dialect: images, a call, its result",
    async run(t) {
      const image = "data:image/png;base64,iVBORw0KGgo=";
      const turns = {
        "chat/completions": {
          tools: chatTools,
          messages: [
            { role: "system", content: "Be brief." },
            {
              role: "user",
              content: [
                { type: "text", text: QUESTION },
                { type: "image_url", image_url: { url: image } },
              ],
            },
            {
              role: "assistant",
              content: null,
              tool_calls: [
                { id: "call_1", type: "function", function: { name: "weather", arguments: args } },
              ],
            },
            { role: "tool", tool_call_id: "call_1", content: "Clear." },
          ],
        },
        responses: {
          tools: [{ type: "function", name: "weather", parameters }],
          instructions: "Be brief.",
          input: [
            {
              role: "user",
              content: [
                { type: "input_text", text: QUESTION },
                { type: "input_image", image_url: image, detail: "auto" },
              ],
            },
            { type: "function_call", call_id: "call_1", name: "weather", arguments: args },
            { type: "function_call_output", call_id: "call_1", output: "Clear." },
          ],
        },
        messages: {
          max_tokens: 500,
          tools: [{ name: "weather", input_schema: parameters }],
          system: "Be brief.",
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: QUESTION },
                {
                  type: "image",
                  source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
                },
              ],
            },
            {
              role: "assistant",
              content: [
                { type: "tool_use", id: "call_1", name: "weather", input: { city: "Oslo" } },
              ],
            },
            {
              role: "user",
              content: [{ type: "tool_result", tool_use_id: "call_1", content: "Clear." }],
            },
          ],
        },
      };
      for (const dialect of ["chat", "responses", "messages"]) {
        const served = await t.serve({
          clientKeys: ["sk-one"],
          baseURL: undefined,
          providers: { up: { baseURL: t.session.baseURL, dialect } },
        });
        for (const [path, body] of Object.entries(turns)) {
          await t.session.reset();
          await t.session.script({ "some/writer": says("It is clear.") });
          // The loopback provider answers with an error if the real API would refuse the request.
          const response = await post(
            served,
            path,
            { model: "up:some/writer", ...body },
            { headers: { "x-api-key": "sk-one" } },
          );
          equal(
            response.status,
            200,
            `${path} before ${dialect}: ${await response.clone().text()}`,
          );
          includes(await response.text(), "It is clear.");
          const sent = JSON.stringify((await t.session.calls())[0].body);
          for (const part of ["Be brief.", QUESTION, "iVBORw0KGgo=", "weather", "Clear."])
            includes(sent, part, `${path} before ${dialect}`);
        }
      }
    },
  },
  {
    name: "structured answers with each client's helper",
    async run(t) {
      await t.session.script(richScripts({ [WRITER]: says('{"blue":true}') }));
      const served = await t.serve({ defaults: threePanelists });
      const { output } = await generateText({
        model: aiOpenAI(served).chat("openrouter/fusion"),
        prompt: QUESTION,
        maxRetries: 0,
        output: Output.object({ schema: z.object({ blue: z.boolean() }) }),
      });
      equal(output, { blue: true });
      const parsed = await openai(served).responses.parse({
        model: "openrouter/fusion",
        input: QUESTION,
        text: { format: zodTextFormat(z.object({ blue: z.boolean() }), "sky") },
      });
      equal(parsed.output_parsed, { blue: true });
    },
  },
  {
    name: "an invalid tool is named by its path in the client's request",
    async run(t) {
      const served = await t.serve();
      const refused = async (path, body) =>
        (await (await post(served, path, { model: "openrouter/fusion", ...body })).json()).error
          .message;
      const messages = [{ role: "user", content: QUESTION }];
      const fusion = { type: "openrouter:fusion" };
      includes(
        await refused("chat/completions", {
          messages,
          tools: [fusion, { type: "function", function: { name: "a b" } }],
        }),
        "`tools[1].function.name`",
      );
      includes(
        await refused("responses", {
          input: QUESTION,
          tools: [fusion, { type: "function", name: "a b" }],
        }),
        "`tools[1].name`",
      );
      includes(
        await refused("messages", {
          messages,
          max_tokens: 9,
          tools: [{ name: "a b", input_schema: parameters }],
        }),
        "`tools[0].name`",
      );
      includes(
        await refused("responses", { input: QUESTION, tools: [{ type: "web_search_preview" }] }),
        "`tools[0].type`",
      );
      includes(
        await refused("chat/completions", { messages, stop: ["1", "2", "3", "4", "5"] }),
        "`stop`",
      );
      includes(
        await refused("messages", {
          messages,
          max_tokens: 9,
          stop_sequences: ["1", "2", "3", "4", "5"],
        }),
        "`stop_sequences`",
      );
      includes(
        await refused("responses", { input: QUESTION, text: { format: { type: "xml" } } }),
        "`text.format`",
      );
    },
  },
];
