// Tests options of the final answer: function tools, a format and stop sequences. If a tool has no
// handler, a call of this tool ends the answer. The caller then continues the conversation with the
// tool's result.

import { calls, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { DIALECTS, own, providers, toolsOf } from "./dialects.mjs";
import { ALPHA, BETA, callsTo, defaultScripts, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, joinedDeltas, oneEvent } from "./run-helpers.mjs";

const note = own("note", { text: { type: "string" } });
const look = own("look", { at: { type: "string" } });
const each = (name, run) =>
  DIALECTS.map((dialect) => ({ name: `${name} (${dialect})`, run: (t) => run(t, dialect) }));
const writer = (dialect, more) => ({ model: `${dialect}:${WRITER}`, ...more });

export default [
  ...each(
    "a call without a handler ends the answer, and its result continues the conversation",
    async (t, dialect) => {
      const rounds = [
        says("I shall note it.", {
          tool_calls: [calls("note", { text: "blue" }), calls("look", { at: "sky" })],
        }),
        says("Noted: it is blue."),
      ];
      await t.session.script(defaultScripts({ [WRITER]: { rounds } }));
      const spec = writer(dialect, { tools: [note, look] });
      const { events, result } = await complete(t.start(question({ writer: spec }), providers(t)));
      const wanted = [
        ["note", { text: "blue" }],
        ["look", { at: "sky" }],
      ];
      equal(
        result.tool_calls.map(({ name, arguments: args }) => [name, JSON.parse(args)]),
        wanted,
      );
      equal(
        eventsOf(events, "answer.tool_call").map(({ id, name, arguments: args }) => ({
          id,
          name,
          arguments: args,
        })),
        result.tool_calls,
      );
      equal(
        [result.answer, oneEvent(events, "answer.completed").finish_reason],
        ["I shall note it.", "tool_calls"],
      );
      ok(
        events.findIndex(({ type }) => type === "answer.tool_call") <
          events.findIndex(({ type }) => type === "answer.completed"),
      );
      equal(toolsOf(callsTo(await t.session.calls(), WRITER)[0]), ["note", "look"]);

      const turn = {
        role: "assistant",
        content: result.answer,
        tool_calls: result.tool_calls.map(({ id, ...eventsOf }) => ({
          id,
          type: "function",
          function: eventsOf,
        })),
      };
      const results = result.tool_calls.map(({ id, name }) => ({
        role: "tool",
        tool_call_id: id,
        content: `${name} is done`,
      }));
      const messages = [{ role: "user", content: "Is the sky blue?" }, turn, ...results];
      const next = await t
        .start({ messages, convene: false, writer: spec, max_retries: 0 }, providers(t))
        .result();
      equal([next.answer, next.tool_calls, next.responses], ["Noted: it is blue.", [], []]);
      const again = callsTo(await t.session.calls(), WRITER).at(-1);
      equal(
        [again.refused, again.tool_results.map(({ content }) => content)],
        [undefined, ["note is done", "look is done"]],
      );
    },
  ),
  ...each("a call with a handler runs here", async (t, dialect) => {
    const rounds = [
      says("Let me look.", { tool_calls: [calls("look", { at: "sky" })] }),
      says("It is blue."),
    ];
    await t.session.script(defaultScripts({ [WRITER]: { rounds } }));
    const seen = [];
    const toolHandlers = {
      look: (input, { index }) => {
        seen.push([input, index]);
        return { content: "blue", sources: [{ url: "https://a.example/sky" }] };
      },
    };
    const { events, result } = await complete(
      t.start(question({ writer: writer(dialect, { tools: [look], tool_choice: "required" }) }), {
        ...providers(t),
        toolHandlers,
      }),
    );
    equal(
      [seen, result.tool_calls, eventsOf(events, "answer.tool_call")],
      [[[{ at: "sky" }, undefined]], [], []],
    );
    equal(
      [result.answer, joinedDeltas(events, "answer.delta")],
      ["Let me look.\n\nIt is blue.", "Let me look.\n\nIt is blue."],
    );
    equal(
      [
        eventsOf(events, "answer.source").map(({ url }) => url),
        result.sources.map(({ url }) => url),
      ],
      [["https://a.example/sky"], ["https://a.example/sky"]],
    );
    const made = callsTo(await t.session.calls(), WRITER);
    equal(
      [made.length, made[1].tool_results.map(({ content }) => content), made[1].body.tool_choice],
      [2, ["blue"], undefined],
      "forced once, or the loop would not end",
    );
  }),
  {
    name: "a turn with handled and unhandled calls ends the answer with all of them",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [WRITER]: says("", {
            tool_calls: [calls("look", { at: "sky" }), calls("note", { text: "blue" })],
          }),
        }),
      );
      let runs = 0;
      const { result } = await complete(
        t.start(question({ writer: { model: WRITER, tools: [note, look] } }), {
          toolHandlers: { look: () => `${++runs}` },
        }),
      );
      equal(
        [runs, result.answer, result.tool_calls.map(({ name }) => name)],
        [0, "", ["look", "note"]],
      );
    },
  },
  {
    name: "arguments are returned unchanged",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [WRITER]: says("", { tool_calls: [calls("note", '{"text": "bl'), calls("note", "")] }),
        }),
      );
      const { result } = await complete(
        t.start(question({ writer: { model: WRITER, tools: [note] } })),
      );
      equal(
        result.tool_calls.map(({ arguments: args }) => args),
        ['{"text": "bl', ""],
      );
      equal(new Set(result.tool_calls.map(({ id }) => id)).size, 2);
    },
  },
  ...each("tool_choice, response_format and stop are translated", async (t, dialect) => {
    await t.session.script(defaultScripts());
    const schema = {
      type: "object",
      properties: { blue: { type: "boolean" } },
      required: ["blue"],
      additionalProperties: false,
    };
    const choice = { type: "function", function: { name: "note" } };
    const format = { type: "json_schema", json_schema: { name: "verdict", strict: true, schema } };
    const stops = dialect === "responses" ? {} : { stop: ["END"] };
    await t
      .start(
        question({
          writer: writer(dialect, {
            tools: [note],
            tool_choice: choice,
            response_format: format,
            ...stops,
          }),
        }),
        providers(t),
      )
      .result();
    const [{ body, refused }] = callsTo(await t.session.calls(), WRITER);
    equal(refused, undefined);
    const expected = {
      chat: [choice, format, ["END"]],
      responses: [
        { type: "function", name: "note" },
        { format: { type: "json_schema", name: "verdict", strict: true, schema } },
        undefined,
      ],
      messages: [
        { type: "tool", name: "note" },
        { format: { type: "json_schema", schema } },
        ["END"],
      ],
    }[dialect];
    equal(
      [
        body.tool_choice,
        body.response_format ?? body.text ?? body.output_config,
        body.stop ?? body.stop_sequences,
      ],
      expected,
    );
  }),
  {
    name: "the panel does not get the writer's tools",
    async run(t) {
      await t.session.script(defaultScripts());
      await t.start(question({ writer: { model: WRITER, tools: [note] } })).result();
      const made = await t.session.calls();
      equal(
        made.filter(({ body }) => body.tools).map(({ model }) => model),
        [WRITER],
      );
    },
  },
  {
    name: "tool calls of earlier turns are sent to panel and writer unchanged",
    async run(t) {
      const messages = [
        { role: "user", content: "Is the sky blue?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "c1", type: "function", function: { name: "look", arguments: '{"at":"sky"}' } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "LOOKED" },
        { role: "assistant", content: "It is." },
        { role: "user", content: "Why?" },
      ];
      const models = DIALECTS.map(
        (dialect) => `${dialect}:${dialect === "messages" ? "claude-opus-5" : ALPHA}`,
      );
      await t.session.script(defaultScripts({ "claude-opus-5": defaultScripts()[BETA] }));
      const { result } = await complete(
        t.start(question({ prompt: undefined, messages, analysis_models: models }), providers(t)),
      );
      equal([result.failed_models, result.answer], [[], "Yes, it is blue."]);
      for (const call of await t.session.calls()) {
        equal(call.refused, undefined, call.model);
        includes(JSON.stringify(call.body), "LOOKED", call.model);
      }
    },
  },
  {
    name: "invalid combinations are refused by name",
    async run(t) {
      const result = { role: "tool", tool_call_id: "c1", content: "x" };
      const user = { role: "user", content: "q" };
      const table = [
        [
          { writer: { model: WRITER, tools: [{ type: "openrouter:web_search" }] } },
          "`writer.tools[0].type`",
        ],
        [
          { writer: { model: WRITER, tools: [{ type: "function", function: {} }] } },
          "`writer.tools[0].function.name`",
        ],
        [{ writer: { model: WRITER, tool_choice: "sometimes" } }, "`writer.tool_choice`"],
        [
          { writer: { model: WRITER, response_format: { type: "xml" } } },
          "`writer.response_format`",
        ],
        [{ writer: { model: WRITER, stop: ["a", "b", "c", "d", "e"] } }, "`writer.stop`"],
        [
          { writer: { model: `responses:${WRITER}`, stop: "x" } },
          "`writer.stop` does not exist in the `responses` dialect",
        ],
        [{ analyst: { model: ALPHA, response_format: { type: "text" } } }, "response_format"],
        [
          {
            prompt: undefined,
            messages: [user, { role: "assistant", content: null, tool_calls: [] }, result],
          },
          "`messages` ends in a tool's result",
        ],
        [
          { prompt: undefined, messages: [user, { role: "tool", content: "x" }], convene: false },
          "tool_call_id",
        ],
      ];
      for (const [more, words] of table) {
        const error = await failure(t.start(question(more), providers(t)).result());
        equal(error.code, "invalid_request", error.message);
        includes(error.message, words);
      }
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "an answer may consist of tool calls alone, and an empty one is a failure",
    async run(t) {
      await t.session.script(
        defaultScripts({ [WRITER]: says("", { tool_calls: [calls("note", { text: "blue" })] }) }),
      );
      const { events, result } = await complete(
        t.start(question({ writer: { model: WRITER, tools: [note] } })),
      );
      equal(
        [result.status, result.answer, oneEvent(events, "answer.completed").content],
        ["ok", "", ""],
      );
      await t.session.script({ [WRITER]: says("") });
      equal(
        (await failure(t.start(question({ writer: { model: WRITER, tools: [note] } })).result()))
          .code,
        "writer_failed",
      );
    },
  },
];
