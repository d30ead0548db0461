// Tests /responses with the unmodified `openai` client: the fusion item and its events.

import OpenAI from "openai";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, BETA, WRITER } from "../scenarios/fixtures.mjs";
import { openai } from "./clients.mjs";
import { ANSWER, GAMMA, richScripts, SOURCE, TOKENS, threePanelists } from "./fixtures.mjs";
import { all } from "./harness.mjs";

const request = (more) => ({ model: "openrouter/fusion", input: "Is the sky blue?", ...more });

const annotation = {
  type: "url_citation",
  url: SOURCE,
  title: "Rayleigh",
  start_index: ANSWER.indexOf(SOURCE),
  end_index: ANSWER.indexOf(SOURCE) + SOURCE.length,
};

/** Checks a finished response: fusion item, reasoning and answer. */
function finished(response) {
  const [fusion, reasoning, message, ...more] = response.output;
  equal(
    [response.object, response.status, response.model, response.error, more],
    ["response", "completed", "desk/writer-0801", null, []],
  );
  equal(
    [fusion.type, fusion.status, fusion.responses.map(({ model }) => model)],
    ["openrouter:fusion", "completed", [ALPHA, BETA]],
  );
  equal(
    [fusion.sources, fusion.failed_models.map(({ model, status_code }) => [model, status_code])],
    [[{ url: SOURCE, title: "Rayleigh" }], [[GAMMA, 429]]],
  );
  equal(fusion.analysis.blind_spots, ["Nobody looked at cost."]);
  equal(
    [reasoning.type, reasoning.content],
    ["reasoning", [{ type: "reasoning_text", text: "Writing." }]],
  );
  equal(
    [message.type, message.role, message.content[0].text, message.content[0].annotations],
    ["message", "assistant", ANSWER, [annotation]],
  );
  equal(
    [response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens],
    [TOKENS.prompt, TOKENS.completion, TOKENS.prompt + TOKENS.completion],
  );
  equal(
    [response.usage.output_tokens_details.reasoning_tokens, response.usage.cost],
    [TOKENS.reasoning, TOKENS.cost],
  );
}

/** Checks that each item's events agree with the item in the final response. */
function consistent(events) {
  equal(
    events.map(({ sequence_number }) => sequence_number),
    events.map((_, i) => i),
    "no gaps",
  );
  const { response } = events.at(-1);
  for (const [index, item] of response.output.entries()) {
    const of = (type) =>
      events.filter((event) => event.type === type && event.output_index === index);
    const [added] = of("response.output_item.added");
    const [done] = of("response.output_item.done");
    equal([added.item.id, added.item.status, done.item], [item.id, "in_progress", item]);
    if (item.type === "message")
      equal(
        of("response.output_text.delta")
          .map(({ delta }) => delta)
          .join(""),
        item.content[0].text,
      );
    if (item.type === "reasoning")
      equal(
        of("response.reasoning_text.delta")
          .map(({ delta }) => delta)
          .join(""),
        item.content[0].text,
      );
    const inside = events.filter((event) => event.output_index === index);
    ok(
      inside.every((event) => (event.item_id ?? event.item.id) === item.id),
      "every event of an item carries its id",
    );
    equal([inside[0], inside.at(-1)], [added, done]);
  }
}

export default [
  {
    name: "a whole answer",
    async run(t) {
      await t.session.script(richScripts());
      const response = await openai(await t.serve({ defaults: threePanelists })).responses.create(
        request({ instructions: "Be brief.", metadata: { a: "b" } }),
      );
      finished(response);
      equal(
        [response.output_text, response.instructions, response.metadata, response.store],
        [ANSWER, "Be brief.", { a: "b" }, false],
      );
      ok(response.id.startsWith("resp_"));
      includes(JSON.stringify((await t.session.calls())[0].body.messages), "Be brief.");
    },
  },
  {
    name: "a stream has the nine fusion events in order, with the panelists' indexes",
    async run(t) {
      await t.session.script(richScripts());
      const events = await all(
        await openai(await t.serve({ defaults: threePanelists })).responses.create(
          request({ stream: true }),
        ),
      );
      consistent(events);
      finished(events.at(-1).response);
      equal(
        events.slice(0, 3).map(({ type }) => type),
        ["response.created", "response.in_progress", "response.output_item.added"],
      );
      equal(events.at(-1).type, "response.completed");
      const fusion = events.filter(({ type }) => type.startsWith("response.fusion_call."));
      const names = fusion.map(({ type }) => type.replace("response.fusion_call.", ""));
      equal(
        [names[0], names.slice(-3)],
        ["in_progress", ["analysis.in_progress", "analysis.completed", "completed"]],
      );
      const of = (index) => fusion.filter((event) => event.index === index);
      const panel = (index, name) =>
        of(index).filter(({ type }) => type === `response.fusion_call.panel.${name}`);
      equal(
        [0, 1, 2].map((index) => [of(index)[0].model, of(index).at(-1).type.split(".").at(-1)]),
        [
          [ALPHA, "completed"],
          [BETA, "completed"],
          [GAMMA, "failed"],
        ],
      );
      ok(
        fusion
          .filter(({ type }) => type.includes(".panel."))
          .every(({ index, model }) => model === threePanelists.analysis_models[index]),
      );
      equal(
        [0, 1, 2].map((index) => panel(index, "added").length),
        [1, 1, 1],
      );
      equal(
        panel(0, "reasoning.delta")
          .map(({ delta }) => delta)
          .join(""),
        "Rayleigh comes to mind.",
      );
      equal(
        panel(0, "delta")
          .map(({ delta }) => delta)
          .join(""),
        panel(0, "completed")[0].content,
      );
      equal(
        [panel(2, "failed")[0].status_code, typeof panel(2, "failed")[0].message],
        [429, "string"],
      );
      const begun = fusion.find(({ type }) => type.endsWith("analysis.in_progress"));
      equal([begun.analyst_model, begun.judge_model], [ANALYST, ANALYST]);
      equal(
        fusion.find(({ type }) => type.endsWith("analysis.completed")).analysis,
        events.at(-1).response.output[0].analysis,
      );
    },
  },
  {
    name: "the client's stream helper reads the answer",
    async run(t) {
      await t.session.script(richScripts());
      finished(
        await openai(await t.serve({ defaults: threePanelists }))
          .responses.stream(request())
          .finalResponse(),
      );
    },
  },
  {
    name: "two panelists of one model have different indexes",
    async run(t) {
      await t.session.script(
        richScripts({
          [ALPHA]: {
            sequence: [says("First all common ground."), says("Second all common ground.")],
          },
        }),
      );
      const client = openai(
        await t.serve({ defaults: { ...threePanelists, analysis_models: [ALPHA, ALPHA] } }),
      );
      const events = await all(await client.responses.create(request({ stream: true })));
      const completed = events.filter(
        ({ type }) => type === "response.fusion_call.panel.completed",
      );
      equal(completed.map(({ index }) => index).sort(), [0, 1]);
      equal(completed.map(({ content }) => content).sort(), [
        "First all common ground.",
        "Second all common ground.",
      ]);
      equal(events.at(-1).response.output[0].responses.length, 2);
    },
  },
  {
    name: "a plain model answers alone",
    async run(t) {
      await t.session.script(richScripts());
      const response = await openai(await t.serve()).responses.create(request({ model: WRITER }));
      equal(
        response.output.map(({ type }) => type),
        ["reasoning", "message"],
      );
    },
  },
  {
    name: "a token limit makes the response incomplete",
    async run(t) {
      await t.session.script(
        richScripts({ [WRITER]: says("Yes, it", { finish_reason: "length" }) }),
      );
      const client = openai(await t.serve());
      const events = await all(await client.responses.create(request({ stream: true })));
      consistent(events);
      for (const response of [await client.responses.create(request()), events.at(-1).response]) {
        equal(
          [response.status, response.incomplete_details, response.output_text],
          ["incomplete", { reason: "max_output_tokens" }, "Yes, it"],
        );
      }
      equal(events.at(-1).type, "response.incomplete");
    },
  },
  {
    name: "items of earlier turns become a conversation",
    async run(t) {
      await t.session.script(richScripts());
      const client = openai(await t.serve({ defaults: threePanelists }));
      const input = [
        {
          role: "user",
          content: [
            { type: "input_text", text: "Is the sky blue?" },
            { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AAAA" },
          ],
        },
      ];
      const first = await client.responses.create(request({ input }));
      await t.session.reset();
      await t.session.script(richScripts());
      await client.responses.create(
        request({ input: [...input, ...first.output, { role: "user", content: "Why?" }] }),
      );
      const { body } = (await t.session.calls()).find(({ model }) => model === ALPHA);
      equal(body.messages, [
        {
          role: "user",
          content: [
            { type: "text", text: "Is the sky blue?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "auto" } },
          ],
        },
        { role: "assistant", content: ANSWER },
        { role: "user", content: "Why?" },
      ]);
    },
  },
  {
    name: "a failed analyst is reported in the fusion item, and the answer follows",
    async run(t) {
      for (const [script, reason] of [
        [failures[500], "judge_upstream_error"],
        [says(""), "judge_empty_completion"],
        [says("No JSON here."), "judge_not_valid_json"],
      ]) {
        await t.session.script(richScripts({ [ANALYST]: script }));
        const { output } = await openai(await t.serve()).responses.create(request());
        equal(
          [
            output[0].status,
            output[0].analysis,
            output[0].failure_reason,
            typeof output[0].error,
            output.at(-1).content[0].text,
          ],
          ["completed", undefined, reason, "string", ANSWER],
        );
      }
    },
  },
  {
    name: "a panel that fails is an error, and a started stream has the reason in the fusion item",
    async run(t) {
      const late = { delay: { first_ms: 50 } };
      const cut = says("Half an answer", { cut: { after: 1, wait_ms: 200 }, ...late });
      await t.session.script(richScripts({ [ALPHA]: cut, [BETA]: cut }));
      const client = openai(await t.serve());
      const whole = await failure(client.responses.create(request()));
      equal([whole.status, whole.headers.get("x-should-retry")], [406, "false"], String(whole));
      const events = [];
      const error = await failure(
        (async () => {
          for await (const event of await client.responses.create(request({ stream: true })))
            events.push(event);
        })(),
      );
      ok(error instanceof OpenAI.APIError, String(error));
      const failed = events.at(-1);
      const [item] = failed.response.output;
      equal(
        [
          failed.type,
          failed.response.status,
          failed.response.error.code,
          failed.response.error_type,
        ],
        ["response.failed", "failed", "server_error", "provider_unavailable"],
      );
      equal(
        [item.type, item.status, item.failure_reason, item.failed_models.length],
        ["openrouter:fusion", "incomplete", "network_error", 2],
      );
      equal(
        events.map(({ sequence_number }) => sequence_number),
        events.map((_, i) => i),
      );
    },
  },
  ...[
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [404, OpenAI.NotFoundError],
    [429, OpenAI.RateLimitError],
    [503, OpenAI.InternalServerError],
  ].map(([status, Class]) => ({
    name: `a provider's ${status} becomes the client's error`,
    async run(t) {
      await t.session.script({ [WRITER]: failures[status] });
      const client = openai(await t.serve());
      for (const stream of [false, true]) {
        const error = await failure(client.responses.create(request({ stream, model: WRITER })));
        ok(error instanceof Class, `${error.constructor.name} ${error.message}`);
      }
    },
  })),
];
