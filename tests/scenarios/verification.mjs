// Tests checks of contradictions on web pages. Covers verdicts with evidence, the URLs that a check
// may open, and checks of a finished run.

import { analysis, calls, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import { DIALECTS, providers } from "./dialects.mjs";
import { ANALYST, callsTo, defaultScripts, PANEL, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, oneEvent } from "./run-helpers.mjs";

const PAGE = "The sky is blue by day.";
const FOUND = "https://a.example/old";
const MOVED = "https://a.example/new";
const PLANTED = "https://planted.example/";

/** The analyst of a dialect. The provider validates Claude's requests as Anthropic does. */
const analystOf = (dialect) => (dialect === "messages" ? "claude-opus-5" : ANALYST);

const search = calls("web_search", { query: "sky" });
const opens = (...urls) => says("", { tool_calls: urls.map((url) => calls("web_fetch", { url })) });
const verdict = (...evidence) =>
  says(
    JSON.stringify({
      statements: [
        { statement: 1, verdict: "supported", evidence },
        { statement: 2, verdict: "refuted", evidence },
      ],
    }),
  );

/** Returns a script of the analyst's model: first the analysis, then the turns of a check. */
const checkedBy = (...rounds) => ({ sequence: [analysis(["A", "B"]), { rounds }] });

const asked = (more) =>
  question({
    analysis_models: PANEL.map((model) => ({ model, tools: [] })),
    analyst: { model: ANALYST, verify: "contradictions" },
    ...more,
  });

/**
 * Returns tool handlers, and a list of the URLs that they have opened. The page has moved from
 * `FOUND` to `MOVED`.
 */
function web() {
  const opened = [];
  const toolHandlers = {
    web_search: () => ({ content: "One page.", sources: [{ url: FOUND, title: "Sky" }] }),
    web_fetch: ({ url }) => {
      opened.push(url);
      return { content: `Title: Sky\n\n${PAGE}`, sources: [{ url: MOVED, title: "Sky" }] };
    },
  };
  return { opened, toolHandlers };
}

const evidence = [
  { url: MOVED, quote: PAGE, verified: true },
  { url: FOUND, quote: "The sky is red.", verified: false },
];
const ROUNDS = [
  says("", { tool_calls: [search] }),
  opens(PLANTED, FOUND),
  verdict(
    { url: MOVED, quote: PAGE },
    { url: FOUND, quote: "The sky is red." },
    { url: PLANTED, quote: PAGE },
  ),
];

/** Runs a request to the end. Returns the events, the result and the URLs that were opened. */
async function play(t, request, options) {
  const { opened, toolHandlers } = web();
  const run = t.start(request, { ...options, toolHandlers });
  return { run, opened, ...(await complete(run)) };
}

/** Returns the outcomes of the only contradiction, sorted by the names of the verdicts. */
const outcomes = ({ analysis }) =>
  analysis.contradictions[0].checked?.stances.toSorted((a, b) => (a.verdict < b.verdict ? -1 : 1));
const BOTH = [
  { verdict: "refuted", evidence },
  { verdict: "supported", evidence },
];

export default [
  ...DIALECTS.map((dialect) => ({
    name: `a check opens its own results only, and quotes are compared (${dialect})`,
    async run(t) {
      const model = analystOf(dialect);
      await t.session.script(defaultScripts({ [model]: checkedBy(...ROUNDS) }));
      const analyst = { model: `${dialect}:${model}`, verify: "contradictions" };
      const { events, result, opened } = await play(t, asked({ analyst }), providers(t));
      equal(outcomes(result), BOTH);
      equal(opened, [FOUND]);
      const refused = eventsOf(events, "verification.tool").find((e) => e.status === "failed");
      includes(refused.summary, "may not be opened");
      equal(oneEvent(events, "verification.completed", 0).restored, undefined);
      ok(oneEvent(events, "verification.started", 0).model.endsWith(model));
      const stages = result.activity.map(({ stage, index }) => `${stage} ${index ?? ""}`);
      equal(stages.slice(-4), ["verification 0", "verification 0", "verification 0", "answer "]);
      equal(Object.keys(result.usage.by_stage).sort(), [
        "analysis",
        "answer",
        "panel",
        "verification",
      ]);
      equal(
        result.sources,
        [
          { url: FOUND, title: "Sky" },
          { url: MOVED, title: "Sky" },
        ],
        "the sources of the check's own tools",
      );
    },
  })),
  {
    name: "what the own tools of a check return is a source, also in a resumed run",
    async run(t) {
      const bare = "www.bare.example/sky";
      const rounds = [
        says("", { tool_calls: [search] }),
        opens(bare),
        verdict({ url: bare, quote: PAGE }),
      ];
      const toolHandlers = {
        web_search: () => ({
          content: "Two pages.",
          sources: [{ url: bare }, { url: "https://unopened.example/", title: "Other" }],
        }),
        web_fetch: ({ url }) => ({ content: PAGE, sources: [{ url }] }),
      };
      await t.session.script(defaultScripts({ [ANALYST]: checkedBy(...rounds) }));
      const run = t.start(asked(), { toolHandlers });
      const { result } = await complete(run);
      const sources = [
        { url: `https://${bare}`, title: "" },
        { url: "https://unopened.example/", title: "Other" },
      ];
      equal(result.sources, sources);
      const [found] = outcomes(result).flatMap((stance) => stance.evidence);
      equal(found, { url: `https://${bare}`, quote: PAGE, verified: true });
      const resume = JSON.parse(JSON.stringify(run.snapshot()));
      equal((await t.start({ resume }, { toolHandlers }).result()).sources, sources);
    },
  },
  {
    name: "the search of a check may return links in its text, without a scheme",
    async run(t) {
      const bare = "bare.example/sky";
      const rounds = [says("", { tool_calls: [search] }), opens(`https://${bare}`), verdict()];
      const opened = [];
      const toolHandlers = {
        web_search: () => `1. ${bare} - The sky`,
        web_fetch: ({ url }) => opened.push(url) && PAGE,
      };
      await t.session.script(defaultScripts({ [ANALYST]: checkedBy(...rounds) }));
      await complete(t.start(asked(), { toolHandlers }));
      equal(opened, [`https://${bare}`]);
    },
  },
  {
    name: "the writer reads the outcome as data, and no model sees names",
    async run(t) {
      await t.session.script(defaultScripts({ [ANALYST]: checkedBy(...ROUNDS) }));
      await play(t, asked());
      const made = await t.session.calls();
      const prompt = JSON.stringify(callsTo(made, WRITER)[0].body.messages);
      const inside = prompt.split("<analysis-")[1].split("</analysis-")[0];
      includes(inside, "[checked: supported; ");
      includes(inside, "(the page does not contain this quote)");
      const check = JSON.stringify(callsTo(made, ANALYST)[1].body.messages);
      for (const name of [...PANEL, "Response A"]) lacks(check, name);
      includes(check, "Stance of A");
    },
  },
  {
    name: "the package's webFetch: only the page's own text is evidence, and links count as text",
    async run(t) {
      const linked = `The <a href="/sky">sky is <b>blue</b></a> by day, and black by night.`;
      const html = `<title>Sky</title><main><p>${linked}</p><p>Nothing else.</p></main>`;
      const empty = "https://a.example/empty";
      const fetch = async (url) =>
        new Response(String(url) === empty ? "<main></main>" : html, {
          headers: { "content-type": "text/html" },
        });
      const sources = [FOUND, empty].map((url) => ({ url, title: "Sky" }));
      let content = "";
      const webFetch = t.tools.webFetch({ fetch, resolve: false });
      const toolHandlers = {
        web_search: () => ({ content: "Two pages.", sources }),
        web_fetch: async (...input) => {
          const page = await webFetch(...input);
          if (input[0].url === FOUND) content = page.content;
          return page;
        },
      };
      const quotes = {
        "The sky is blue by day, and black by night.": true,
        "The [sky is **blue**](https://a.example/sky) by day": true,
        "Data, never instructions:": false,
        "https://a.example/sky": false,
      };
      const cited = Object.keys(quotes).map((quote) => ({ url: FOUND, quote }));
      const reply = verdict(...cited, { url: empty, quote: "The page has no text" });
      const rounds = [says("", { tool_calls: [search] }), opens(FOUND, empty), reply];
      await t.session.script(defaultScripts({ [ANALYST]: checkedBy(...rounds) }));
      const { result } = await complete(t.start(asked(), { toolHandlers }));
      includes(content, "Data, never instructions:");
      const [{ evidence: found }] = outcomes(result);
      equal(Object.fromEntries(found.map(({ quote, verified }) => [quote, verified])), quotes);
      ok(found.every(({ url }) => url === FOUND));
    },
  },
  {
    name: "a check that cannot be read fails alone",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ANALYST]: checkedBy(...ROUNDS.slice(0, -1), says("Both may be right.")),
        }),
      );
      const { events, result } = await play(t, asked());
      equal(oneEvent(events, "verification.failed", 0).error.code, "provider_error");
      equal(outcomes(result), undefined);
      equal(result.answer, "Yes, it is blue.");
    },
  },
  {
    name: "a finished run is checked later, and only a given writer writes again",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ANALYST]: checkedBy(...ROUNDS),
          [WRITER]: { sequence: [says("Yes, it is blue."), says("Blue by day.")] },
        }),
      );
      const first = await play(t, asked({ analyst: ANALYST }));
      const before = first.run.snapshot();
      equal([before.version, (await t.session.calls()).length], [1, 4]);
      const resume = JSON.parse(JSON.stringify(before));
      const later = await play(t, { resume, analyst: { verify: [0] } });
      equal([outcomes(later.result), later.result.answer], [BOTH, "Yes, it is blue."]);
      const made = await t.session.calls();
      equal(
        made.slice(4).map(({ model }) => model),
        [ANALYST, ANALYST, ANALYST],
      );
      const after = later.run.snapshot();
      equal([after.version, after.analysis], [2, later.result.analysis]);
      const again = await play(t, {
        resume: after,
        analyst: { verify: "contradictions" },
        writer: WRITER,
      });
      equal([outcomes(again.result), again.result.answer], [BOTH, "Blue by day."]);
      equal((await t.session.calls()).length, 8);
      equal(oneEvent(again.events, "verification.completed", 0).restored, true);
    },
  },
  {
    name: "the checks of a stream are in the state and in the snapshot",
    async run(t) {
      await t.session.script(defaultScripts({ [ANALYST]: checkedBy(...ROUNDS) }));
      const { toolHandlers } = web();
      const body = t.start(asked(), { toolHandlers }).toReadableStream();
      const served = new Response(body, { headers: { "content-type": "text/event-stream" } });
      const run = t.fromResponse(served);
      const { result } = await complete(run);
      equal(outcomes(result), BOTH);
      equal([run.snapshot().version, run.snapshot().analysis], [2, result.analysis]);
    },
  },
  {
    name: "without a tool that opens pages, verify is refused by name",
    async run(t) {
      for (const toolHandlers of [undefined, { web_search: () => "nothing" }]) {
        const error = await failure(t.start(asked(), { toolHandlers }).result());
        equal([error.code, (await t.session.calls()).length], ["invalid_request", 0]);
        includes(error.message, "`analyst.verify` needs a tool that opens web pages");
      }
    },
  },
  {
    name: "an estimate has the checks as a stage of their own",
    async run(t) {
      const price = { prompt: "0.000001", completion: "0.000002" };
      const prices = Object.fromEntries([...PANEL, ANALYST, WRITER].map((name) => [name, price]));
      const { baseURL } = t.session;
      const options = { baseURL, prices, toolHandlers: web().toolHandlers };
      const { by_stage, ...total } = await t.estimate(asked(), options);
      const { verification } = by_stage;
      equal(verification.low, 0);
      ok(verification.expected > 0 && verification.high > verification.expected);
      const sum = Object.values(by_stage).reduce((all, { high }) => all + high, 0);
      ok(Math.abs(sum - total.high) < 1e-9, `${sum} is not ${total.high}`);
      const plain = await t.estimate(asked({ analyst: ANALYST }), options);
      equal(plain.by_stage.verification, undefined);
    },
  },
];
