// Tests the progress of the panel, which is sent as reasoning, in all formats and with the clients
// that show it.

import { readUIMessageStream, streamText } from "ai";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { ANALYST, callsTo, WRITER } from "../scenarios/fixtures.mjs";
import { aiOpenAI, aiOpenRouter, anthropic, openai } from "./clients.mjs";
import { ANSWER, GAMMA, richScripts, threePanelists } from "./fixtures.mjs";
import { all, framesOf, post } from "./harness.mjs";

const HEADER = "x-llm-fuse-progress";
const question = { role: "user", content: "Is the sky blue?" };
const messages = [question];
const BODIES = {
  "chat/completions": { model: "openrouter/fusion", messages },
  responses: { model: "openrouter/fusion", input: "Is the sky blue?" },
  messages: { model: "openrouter/fusion", messages, max_tokens: 100 },
};
const thinking = { type: "adaptive" };

async function serve(t, options) {
  await t.session.script(richScripts());
  return t.serve({ defaults: threePanelists, ...options });
}

const stream = async (served, path, body, headers) =>
  (await post(served, path, { ...BODIES[path], stream: true, ...body }, { headers })).text();

/** Checks the lines of a run with three panelists, of which one fails. */
function isWholeProgress(text) {
  const lines = text.split("\n");
  includes(lines[0], `Panel: ${threePanelists.analysis_models.join(", ")}.`);
  for (const line of [`${GAMMA} failed (rate_limited).`, `${ANALYST} compares the answers.`])
    ok(lines.includes(line), `${line} is missing in ${text}`);
  equal(lines.filter((line) => line.endsWith("has answered.")).length, 2);
  includes(lines.at(-2), "Points in common: 1");
}

/** Returns what a chat client shows. `reasoningOf` reads the client's field for reasoning. */
function shown(text, reasoningOf) {
  const deltas = framesOf(text).map(({ data }) => data?.choices?.[0]?.delta ?? {});
  const first = deltas.findIndex(({ content }) => content);
  const of = (list) => list.map((delta) => reasoningOf(delta) ?? "").join("");
  return {
    before: of(deltas.slice(0, first)),
    answer: deltas.map(({ content }) => content ?? "").join(""),
  };
}

/**
 * How clients read reasoning. Open WebUI reads the first field that it finds. LibreChat reads one
 * field, which depends on the endpoint.
 */
const READERS = {
  "Open WebUI": { value: "true", read: (d) => d.reasoning_content || d.reasoning || d.thinking },
  "LibreChat, OpenRouter": { value: "reasoning", read: (d) => d.reasoning },
  "LibreChat, other endpoints": { value: "reasoning_content", read: (d) => d.reasoning_content },
};

export default [
  {
    name: "option and header turn it on and off, and it is off by default",
    async run(t) {
      const [off, on] = [await serve(t), await serve(t, { progress: true })];
      const cases = [
        [off, undefined, false],
        [off, "true", true],
        [off, "1", true],
        [off, "nonsense", false],
        [on, undefined, true],
        [on, "false", false],
        [on, "nonsense", true],
      ];
      for (const [path, extra] of [
        ["chat/completions"],
        ["responses"],
        ["messages", { thinking }],
      ]) {
        for (const [served, value, isOn] of cases) {
          const text = await stream(served, path, extra, value && { [HEADER]: value });
          equal([path, value, text.includes("Panel: ")], [path, value, isOn]);
          includes(text, "Yes");
        }
        const whole = await (await post(on, path, { ...BODIES[path], ...extra })).text();
        lacks(whole, "Panel: ", "an answer that is not streamed");
      }
      const excluded = { reasoning: { exclude: true } };
      lacks(await stream(on, "chat/completions", excluded), "Panel: ");
      lacks(await stream(on, "messages"), "Panel: ", "a client that did not ask for thinking");
    },
  },
  {
    name: "chat: it is before the answer in the fields that chat clients read",
    async run(t) {
      const served = await serve(t);
      for (const [name, { value, read }] of Object.entries(READERS)) {
        const text = await stream(served, "chat/completions", {}, { [HEADER]: value });
        const { before, answer } = shown(text, read);
        equal([name, answer], [name, ANSWER]);
        isWholeProgress(before.replace("Writing.", ""));
      }
      const client = openai(await serve(t, { progress: true }));
      const asked = { ...BODIES["chat/completions"], stream: true };
      const chunks = await all(await client.chat.completions.create(asked));
      const text = chunks.map(({ choices }) => choices[0]?.delta.reasoning ?? "").join("");
      isWholeProgress(text.replace("Writing.", ""));
    },
  },
  {
    name: "responses: it is the summary of an item of reasoning",
    async run(t) {
      const client = openai(await serve(t, { progress: true }));
      const events = await all(
        await client.responses.create({ ...BODIES.responses, stream: true }),
      );
      equal(
        events.map(({ sequence_number }) => sequence_number),
        events.map((_, i) => i),
      );
      const of = (type) => events.filter((event) => event.type === type);
      const deltas = of("response.reasoning_summary_text.delta");
      const text = deltas.map(({ delta }) => delta).join("");
      isWholeProgress(text);
      equal(of("response.reasoning_summary_text.done")[0].text, text);
      const { output } = of("response.completed")[0].response;
      const item = output.find(({ summary }) => summary?.length > 0);
      equal(item.summary, [{ type: "summary_text", text }]);
      const indexes = of("response.output_item.added").map(({ output_index }) => output_index);
      equal(indexes, [...indexes.keys()]);
      const helper = client.responses.stream(BODIES.responses);
      equal((await helper.finalResponse()).output_text, ANSWER);
    },
  },
  {
    name: "messages: it is a thinking block of its own",
    async run(t) {
      const client = anthropic(await serve(t, { progress: true }));
      const message = await client.messages.stream({ ...BODIES.messages, thinking }).finalMessage();
      const [progress, own, text] = message.content;
      equal(
        [progress.type, progress.signature, own, text.text],
        ["thinking", "", { type: "thinking", thinking: "Writing.", signature: "" }, ANSWER],
      );
      isWholeProgress(progress.thinking);
    },
  },
  {
    name: "it is not forwarded when a client sends it back",
    async run(t) {
      const served = await serve(t);
      const said = "Panel: a, b.\na has answered.\n";
      const again = {
        "chat/completions": {
          messages: [
            question,
            { role: "assistant", content: "Blue.", reasoning: said, reasoning_content: said },
            question,
          ],
        },
        responses: {
          input: [
            question,
            { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: said }] },
            { role: "assistant", content: "Blue." },
            question,
          ],
        },
        messages: {
          messages: [
            question,
            {
              role: "assistant",
              content: [
                { type: "thinking", thinking: said, signature: "" },
                { type: "text", text: "Blue." },
              ],
            },
            question,
          ],
        },
      };
      for (const [path, body] of Object.entries(again)) {
        await t.session.reset();
        await t.session.script(richScripts());
        includes(await stream(served, path, body), "Yes");
        const calls = await t.session.calls();
        equal(callsTo(calls, WRITER).length, 1, path);
        for (const call of calls) lacks(JSON.stringify(call.body), "has answered", path);
      }
      const own = { role: "assistant", content: "Blue.", reasoning_content: "The model's own." };
      await stream(served, "chat/completions", { messages: [question, own, question] });
      const [last] = callsTo(await t.session.calls(), WRITER).slice(-1);
      includes(JSON.stringify(last.body), "The model's own.", "other reasoning is forwarded");
    },
  },
  {
    name: "the AI SDK's streamText and useChat show it before the answer",
    async run(t) {
      const served = await serve(t, { progress: true });
      const models = {
        "@openrouter/ai-sdk-provider": aiOpenRouter(served).chat("openrouter/fusion"),
        "@ai-sdk/openai, responses": aiOpenAI(served).responses("openrouter/fusion"),
      };
      for (const [name, model] of Object.entries(models)) {
        const result = streamText({ model, prompt: "Is the sky blue?", maxRetries: 0 });
        const states = [];
        for await (const message of readUIMessageStream({ stream: result.toUIMessageStream() }))
          states.push(
            structuredClone(message.parts.filter(({ type }) => /reason|text/.test(type))),
          );
        const first = states.find((parts) => parts.length > 0);
        equal([name, first[0].type], [name, "reasoning"]);
        const parts = states.at(-1);
        equal([name, parts.find(({ type }) => type === "text").text], [name, ANSWER]);
        const text = parts.filter(({ type }) => type === "reasoning").map((part) => part.text);
        isWholeProgress(text.join("").replace("Writing.", ""));
      }
    },
  },
  {
    name: "a run without a panel has none",
    async run(t) {
      const served = await serve(t, { progress: true });
      const text = await stream(served, "chat/completions", { model: WRITER });
      lacks(text, "Panel");
      includes(text, "Yes");
    },
  },
];
