// Tests that a call is repeated without a parameter if the provider rejects this parameter by name.

import { refuses, says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "./assert.mjs";
import { DIALECTS, own, providers } from "./dialects.mjs";
import { ALPHA, ANALYST, BETA, callsTo, defaultScripts, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

const each = (name, run) =>
  DIALECTS.map((dialect) => ({ name: `${name} (${dialect})`, run: (t) => run(t, dialect) }));
const dropped = (events) =>
  eventsOf(events, "warning")
    .filter(({ code }) => code === "parameter_dropped")
    .map(({ message }) => message);

export default [
  ...each("a temperature and an effort that a model rejects are left out", async (t, dialect) => {
    const effort = {
      chat: "reasoning_effort",
      responses: "reasoning.effort",
      messages: "thinking",
    }[dialect];
    const good = says("Alpha finds all common ground in blue.", {
      rejects: ["temperature", effort],
    });
    await t.session.script(
      defaultScripts({ [ALPHA]: good, [BETA]: says("Beta finds all common ground in azure.") }),
    );
    const request = question({
      analysis_models: [
        { model: `${dialect}:${ALPHA}`, temperature: 0.5, reasoning: { effort: "low" } },
        BETA,
      ],
    });
    const { events, result } = await complete(t.start(request, providers(t)));
    const field = effort.split(".")[0];
    equal(
      callsTo(await t.session.calls(), ALPHA).map(({ body }) =>
        ["temperature", field].filter((name) => name in body),
      ),
      [["temperature", field], [field], []],
    );
    const messages = dropped(events);
    equal(messages.length, 2);
    for (const [i, name] of ["temperature", field].entries())
      for (const words of [`\`${name}\``, dialect, `${dialect}:${ALPHA}`])
        includes(messages[i], words);
    equal(
      [
        eventsOf(events, "panelist.started", 0).length,
        eventsOf(events, "panelist.retrying"),
        result.failed_models,
      ],
      [1, [], []],
    );
    const rows = result.activity.filter(({ index }) => index === 0);
    equal(
      rows.map(({ status, cost }) => [status, cost]),
      [
        ["failed", 0],
        ["failed", 0],
        ["completed", null],
      ],
    );
  }),
  {
    name: "the refusals of other servers are understood",
    async run(t) {
      const table = [
        [
          { error: { message: "registry.example/m does not support tools", type: "api_error" } },
          "tools",
        ],
        [
          {
            detail: [
              {
                type: "extra_forbidden",
                loc: ["body", "stream_options"],
                msg: "Extra inputs are not permitted",
              },
            ],
          },
          "stream_options",
        ],
        [
          [
            {
              error: {
                code: 400,
                message:
                  'Invalid JSON payload received. Unknown name "reasoning_effort": Cannot ' +
                  "find field.",
                status: "INVALID_ARGUMENT",
              },
            },
          ],
          "reasoning_effort",
        ],
      ];
      for (const [body, name] of table) {
        await t.session.reset();
        await t.session.script(
          defaultScripts({
            [ALPHA]: { sequence: [{ status: 400, body }, defaultScripts()[ALPHA]] },
          }),
        );
        const request = question({
          analysis_models: [
            { model: ALPHA, reasoning: { effort: "low" } },
            { model: BETA, tools: [] },
          ],
          analyst: { model: ANALYST, tools: [] },
        });
        const { events, result } = await complete(
          t.start(request, { toolHandlers: { web_search: () => "found" } }),
        );
        const [first, second] = callsTo(await t.session.calls(), ALPHA).map((call) => call.body);
        equal([name in first, name in second, result.failed_models], [true, false, []], name);
        equal(
          Object.keys(first).filter((field) => !(field in second)),
          [name],
        );
        includes(dropped(events)[0], `\`${name}\``);
      }
    },
  },
  {
    name: "a parameter that the call needs is not left out",
    async run(t) {
      for (const name of ["model", "messages", "stream"]) {
        await t.session.reset();
        await t.session.script(
          defaultScripts({
            [ALPHA]: refuses(400, `Invalid value for '${name}'.`, { param: name }),
          }),
        );
        const { events, result } = await complete(t.start(question()));
        equal(
          [
            result.failed_models[0].code,
            callsTo(await t.session.calls(), ALPHA).length,
            dropped(events),
          ],
          ["invalid_request", 1, []],
          name,
        );
      }
    },
  },
  {
    name: "fields of extra_body are not left out",
    async run(t) {
      await t.session.script(
        defaultScripts({ [ALPHA]: { ...defaultScripts()[ALPHA], rejects: ["top_k"] } }),
      );
      const { result } = await complete(
        t.start(question({ analysis_models: [{ model: ALPHA, extra_body: { top_k: 4 } }, BETA] })),
      );
      equal(
        result.failed_models.map(({ code, error }) => [code, error.includes("top_k")]),
        [["invalid_request", true]],
      );
      equal(callsTo(await t.session.calls(), ALPHA).length, 1);
    },
  },
  {
    name: "a server that refuses every time gets at most four calls",
    async run(t) {
      const refused = {
        sequence: ["temperature", "reasoning_effort", "stream_options", "tools"].map((param) =>
          refuses(400, `Unsupported parameter: '${param}'`, { param }),
        ),
      };
      await t.session.script(defaultScripts({ [ALPHA]: refused }));
      const request = question({
        analysis_models: [
          { model: ALPHA, temperature: 0, reasoning: { effort: "low" } },
          { model: BETA, tools: [] },
        ],
        analyst: { model: ANALYST, tools: [] },
      });
      const { events, result } = await complete(
        t.start(request, { toolHandlers: { web_search: () => "found" } }),
      );
      equal(
        [
          callsTo(await t.session.calls(), ALPHA).length,
          dropped(events).length,
          result.failed_models[0].code,
        ],
        [4, 3, "invalid_request"],
      );
    },
  },
  {
    name: "the writer's format is left out with a warning, the analyst's without one",
    async run(t) {
      const rejects = { rejects: ["response_format"] };
      await t.session.script(
        defaultScripts({
          [ANALYST]: { ...defaultScripts()[ANALYST], ...rejects },
          [WRITER]: { ...defaultScripts()[WRITER], ...rejects },
        }),
      );
      const { events, result } = await complete(
        t.start(question({ writer: { model: WRITER, response_format: { type: "json_object" } } })),
      );
      equal(
        dropped(events).map((message) => message.includes(WRITER)),
        [true],
      );
      ok(result.analysis && result.answer === "Yes, it is blue.");
    },
  },
  {
    name: "a dropped parameter stays dropped, and a fallback starts with all parameters",
    async run(t) {
      const rounds = [
        says("", { tool_calls: [{ name: "sky", arguments: {} }] }),
        says("Alpha finds all common ground in blue."),
      ];
      await t.session.script(defaultScripts({ [ALPHA]: { rounds, rejects: ["temperature"] } }));
      const request = question({
        analysis_models: [{ model: ALPHA, temperature: 0.5, tools: [own("sky")] }, BETA],
      });
      const { events } = await complete(t.start(request, { toolHandlers: { sky: () => "blue" } }));
      equal(
        callsTo(await t.session.calls(), ALPHA).map(({ body }) => "temperature" in body),
        [true, false, false],
      );
      equal(dropped(events).length, 1);
      await t.session.reset();
      await t.session.script(
        defaultScripts({
          [ALPHA]: {
            sequence: [
              refuses(400, "Unsupported parameter: 'temperature'", { param: "temperature" }),
              refuses(404, "Gone"),
            ],
          },
          "spare/m": says("Spare finds all common ground."),
        }),
      );
      await t
        .start(
          question({
            analysis_models: [{ model: ALPHA, temperature: 0.5, fallbacks: ["spare/m"] }, BETA],
          }),
        )
        .result();
      equal(
        callsTo(await t.session.calls(), "spare/m").map(({ body }) => body.temperature),
        [0.5],
      );
    },
  },
];
