// Tests /chat/completions with the unmodified `openai` client.

import OpenAI from "openai";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "../scenarios/assert.mjs";
import { ALPHA, BETA, WRITER } from "../scenarios/fixtures.mjs";
import { openai } from "./clients.mjs";
import { ANSWER, GAMMA, richScripts, SOURCE, TOKENS, threePanelists } from "./fixtures.mjs";
import { all, post } from "./harness.mjs";

const request = (more) => ({
  model: "openrouter/fusion",
  messages: [{ role: "user", content: "Is the sky blue?" }],
  ...more,
});

const usageIs = (usage) => {
  equal(
    [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens],
    [TOKENS.prompt, TOKENS.completion, TOKENS.prompt + TOKENS.completion],
  );
  equal(
    [
      usage.completion_tokens_details.reasoning_tokens,
      usage.cost,
      usage.server_tool_use_details.web_search_requests,
    ],
    [TOKENS.reasoning, TOKENS.cost, 1],
  );
};

/**
 * Checks that an answer has exactly one `reasoning.server_tool_call`, and that it describes the
 * fusion.
 */
function recordIs([record, ...more]) {
  equal(
    [more, record.type, record.tool_name],
    [[], "reasoning.server_tool_call", "openrouter:fusion"],
  );
  equal(JSON.parse(record.arguments), { prompt: "Is the sky blue?" });
  const { status, analysis, responses, sources, failed_models } = JSON.parse(record.result);
  equal(
    [status, responses.map(({ model }) => model), sources],
    ["ok", [ALPHA, BETA], [{ url: SOURCE, title: "Rayleigh" }]],
  );
  equal(Object.keys(analysis), [
    "consensus",
    "contradictions",
    "partial_coverage",
    "unique_insights",
    "blind_spots",
  ]);
  equal(
    failed_models.map(({ model, status_code }) => [model, status_code]),
    [[GAMMA, 429]],
  );
}

const citation = {
  type: "url_citation",
  url_citation: {
    url: SOURCE,
    title: "Rayleigh",
    start_index: ANSWER.indexOf(SOURCE),
    end_index: ANSWER.indexOf(SOURCE) + SOURCE.length,
  },
};

export default [
  {
    name: "a whole answer",
    async run(t) {
      await t.session.script(richScripts());
      const result = await openai(
        await t.serve({ defaults: threePanelists }),
      ).chat.completions.create(request());
      const [{ message, finish_reason, index }] = result.choices;
      equal(
        [result.object, result.model, index, finish_reason],
        ["chat.completion", "desk/writer-0801", 0, "stop"],
      );
      equal(
        [message.role, message.content, message.reasoning, message.annotations],
        ["assistant", ANSWER, "Writing.", [citation]],
      );
      recordIs(message.reasoning_details);
      usageIs(result.usage);
      ok(result.id.startsWith("gen-"));
    },
  },
  {
    name: "a streamed answer",
    async run(t) {
      await t.session.script(richScripts());
      const stream = await openai(
        await t.serve({ defaults: threePanelists }),
      ).chat.completions.create(request({ stream: true }));
      const chunks = await all(stream);
      const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
      const joined = (name) => deltas.map((delta) => delta[name] ?? "").join("");
      equal(deltas[0], { role: "assistant", content: "" });
      equal([joined("content"), joined("reasoning")], [ANSWER, "Writing."]);
      recordIs(deltas.flatMap(({ reasoning_details }) => reasoning_details ?? []));
      equal(
        deltas.flatMap(({ annotations }) => annotations ?? []),
        [citation],
      );
      ok(
        deltas.findIndex(({ reasoning_details }) => reasoning_details) <
          deltas.findIndex(({ content }) => content),
        "the record comes before the answer",
      );
      equal(
        chunks
          .flatMap(({ choices }) => choices.map(({ finish_reason }) => finish_reason))
          .filter(Boolean),
        ["stop"],
      );
      const last = chunks.at(-1);
      equal(
        [last.choices, last.model, chunks.filter(({ usage }) => usage).length],
        [[], "desk/writer-0801", 1],
      );
      usageIs(last.usage);
      equal(
        [
          new Set(chunks.map(({ id }) => id)).size,
          new Set(chunks.map(({ object }) => object)).size,
        ],
        [1, 1],
      );
    },
  },
  {
    name: "the client's stream helper reads the answer",
    async run(t) {
      await t.session.script(richScripts());
      const stream = openai(await t.serve({ defaults: threePanelists })).chat.completions.stream(
        request(),
      );
      equal(await stream.finalContent(), ANSWER);
      equal((await stream.totalUsage()).total_tokens, TOKENS.prompt + TOKENS.completion);
    },
  },
  {
    name: "the request may exclude reasoning",
    async run(t) {
      await t.session.script(richScripts());
      const client = openai(await t.serve());
      for (const more of [{ reasoning: { exclude: true } }, { include_reasoning: false }]) {
        equal(
          (await client.chat.completions.create(request(more))).choices[0].message.reasoning,
          undefined,
        );
      }
    },
  },
  {
    name: "a token limit and a refusal become finish reasons",
    async run(t) {
      for (const finish_reason of ["length", "content_filter"]) {
        await t.session.script(richScripts({ [WRITER]: says("Yes, it", { finish_reason }) }));
        const client = openai(await t.serve());
        equal(
          (await client.chat.completions.create(request())).choices[0].finish_reason,
          finish_reason,
        );
        const chunks = await all(await client.chat.completions.create(request({ stream: true })));
        equal(chunks.at(-2).choices[0].finish_reason, finish_reason);
      }
    },
  },
  {
    name: "a plain model answers alone",
    async run(t) {
      await t.session.script(richScripts());
      const { choices } = await openai(await t.serve()).chat.completions.create(
        request({ model: WRITER }),
      );
      equal(
        [choices[0].message.content, choices[0].message.reasoning_details],
        [ANSWER, undefined],
      );
      equal((await t.session.calls()).length, 1);
    },
  },
  {
    name: "images and earlier turns are sent to panel and writer",
    async run(t) {
      await t.session.script(richScripts());
      const messages = [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hello!" },
        {
          role: "user",
          content: [
            { type: "text", text: "Is this sky blue?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
      ];
      await openai(await t.serve()).chat.completions.create(request({ messages }));
      const calls = await t.session.calls();
      for (const model of [ALPHA, WRITER]) {
        const sent = JSON.stringify(calls.find((call) => call.model === model).body.messages);
        for (const part of ["Be brief.", "Hello!", "data:image/png;base64,AAAA"])
          includes(sent, part);
      }
    },
  },
  {
    name: "extra fields of an earlier answer are not sent to providers",
    async run(t) {
      await t.session.script(richScripts());
      const client = openai(await t.serve({ defaults: threePanelists }));
      const { choices } = await client.chat.completions.create(request());
      const messages = [
        ...request().messages,
        choices[0].message,
        { role: "user", content: "Why?" },
      ];
      await t.session.reset();
      await t.session.script(richScripts());
      await client.chat.completions.create(request({ messages }));
      for (const { body } of await t.session.calls()) {
        const assistant = body.messages.find(({ role }) => role === "assistant");
        if (assistant) equal(Object.keys(assistant).sort(), ["content", "role"]);
      }
    },
  },
  ...[
    [400, OpenAI.BadRequestError, 400],
    [401, OpenAI.AuthenticationError, 401],
    [402, OpenAI.APIError, 402],
    [404, OpenAI.NotFoundError, 404],
    [429, OpenAI.RateLimitError, 429],
    [503, OpenAI.InternalServerError, 503],
    [529, OpenAI.InternalServerError, 529],
  ].map(([status, Class, seen]) => ({
    name: `a provider's ${status} becomes the client's error`,
    async run(t) {
      for (const scripts of [
        { [WRITER]: failures[status] },
        { [ALPHA]: failures[status], [BETA]: failures[status] },
      ]) {
        await t.session.script(richScripts(scripts));
        const client = openai(await t.serve());
        // Both errors occur before the handler sends the first byte, because no model has streamed
        // text.
        for (const stream of [false, true]) {
          const error = await failure(
            client.chat.completions.create(
              request({ stream, model: scripts[WRITER] ? WRITER : "openrouter/fusion" }),
            ),
          );
          ok(error instanceof Class, `${error.constructor.name} ${error.message}`);
          equal(
            [error.status, error.error.code, typeof error.error.metadata.error_type],
            [seen, seen, "string"],
          );
        }
      }
    },
  })),
  {
    name: "a writer that fails after the panel is a mid-stream error, or a status without a stream",
    async run(t) {
      await t.session.script(richScripts({ [WRITER]: failures[503] }));
      const client = openai(await t.serve());
      const whole = await failure(client.chat.completions.create(request()));
      equal([whole.status, whole.error.metadata.error_type], [406, "provider_overloaded"]);
      const stream = await client.chat.completions.create(request({ stream: true }));
      const late = await failure(all(stream));
      ok(late instanceof OpenAI.APIError, String(late));
      equal([late.error.code, late.error.metadata.error_type], [406, "provider_overloaded"]);
    },
  },
  {
    name: "a writer that fails after its first text is not retried in a stream",
    async run(t) {
      await t.session.script(
        richScripts({
          [WRITER]: says("Half an answer here", { cut: { after: 2, wait_ms: 300 } }),
          "second/m": says("Another answer."),
        }),
      );
      const stream = await openai(await t.serve()).chat.completions.create(
        request({ models: ["second/m"], stream: true }),
      );
      const deltas = [];
      const error = await failure(
        (async () => {
          for await (const { choices } of stream) deltas.push(choices[0]?.delta.content ?? "");
        })(),
      );
      equal([deltas.join(""), error.error.code], ["Half an ", 406]);
    },
  },
  {
    name: "a whole answer does not have the text of a writer's failed attempt",
    async run(t) {
      await t.session.script(
        richScripts({
          [WRITER]: says("Half an answer here", {
            reasoning: "Hm.",
            cut: { after: 3, wait_ms: 300 },
          }),
          "second/m": says("Another answer."),
        }),
      );
      const served = await t.serve();
      const asked = { model: "openrouter/fusion", models: ["second/m"] };
      const chat = await (await post(served, "chat/completions", request(asked))).json();
      const responses = await (
        await post(served, "responses", { ...asked, input: "Is the sky blue?" })
      ).json();
      const messages = await (
        await post(served, "messages", request({ ...asked, max_tokens: 50 }))
      ).json();
      equal(
        [chat, responses, messages].map(({ model }) => model),
        ["second/m", "second/m", "second/m"],
      );
      const texts = responses.output
        .filter(({ type }) => type === "message")
        .map(({ content }) => content[0].text);
      equal(
        [
          chat.choices[0].message.content,
          texts,
          responses.output_text,
          messages.content.map(({ text }) => text),
        ],
        ["Another answer.", ["Another answer."], "Another answer.", ["Another answer."]],
      );
    },
  },
  {
    name: "the client lists the models",
    async run(t) {
      const client = openai(await t.serve());
      equal(
        (await all(client.models.list())).map(({ id, pricing }) => [id, pricing]),
        [
          ["openrouter/fusion", { prompt: "-1", completion: "-1" }],
          ["openrouter/fusion-flash", { prompt: "-1", completion: "-1" }],
        ],
      );
    },
  },
];
