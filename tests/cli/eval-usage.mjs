// Tests wrong tasks and options of `llm-fuse eval`, the question before the start, the cost limit,
// and the folder of an evaluation.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { prepareEval, reportIn, startEvalProvider } from "./eval-provider.mjs";
import { ALPHA, answers, BETA, tasks } from "./eval-tasks.mjs";
import { runCommand, runOnTerminal } from "./run-command.mjs";

/** Each row is a wrong line of a task file, and a part of the error message. */
const BAD_LINES = [
  ["{", "is no JSON"],
  ["[1]", "is no JSON object"],
  ['{"promt":"Q?"}', "`promt` is unknown here; did you mean `prompt`?"],
  ['{"reference":"A."}', "lacks `prompt` or `messages`"],
  ['{"prompt":"Q?","messages":[]}', "has both `prompt` and `messages`"],
  ['{"prompt":" "}', "`prompt` must be text"],
  ['{"messages":"Q?"}', "`messages` must be a list"],
  ['{"prompt":"Q?","reference":1}', "`reference` must be text"],
  ['{"prompt":"Q?","rubric":[]}', "`rubric` must be text or texts"],
  ['{"prompt":"Q?","id":""}', "`id` must be text"],
  ['{"prompt":"Good?"}', "asks the question of line 1 again"],
  ['{"prompt":"Other?","id":"good"}', "`id` is that of line 1"],
];

/** Wrong arguments after the file of tasks, and a part of the message. */
const WRONG = [
  [[], "--grader MODEL is missing"],
  [["--grader", "g"], "--base-url needs --models"],
  [["--grader", "g", "-m", "a", "--parallel", "0"], "--parallel must be an integer"],
  [
    ["--grader", "g", "-m", "a", "--request", "/nowhere/at/all"],
    "--request /nowhere/at/all: ENOENT",
  ],
  [["--grader", "g", "-m", "a", "--prices", "/dev/null"], "--prices /dev/null"],
  [["--grader", "g", "-m", "a", "--out", "/dev/null/x"], "--out /dev/null/x: ENOTDIR"],
  [["--grader", "g", "-m", "a", "--max-cost", "1"], "--max-cost needs a price of each model"],
  [["--grader", "g", "-m", "a", "--effrt", "low"], "did you mean `--effort`?"],
  [["--grader", "g", "-m", "a"], "stdin is no terminal, so the command cannot ask"],
];

/** Runs a test with a provider of its own. */
const withProvider = (run) => async (t) => {
  const provider = await startEvalProvider(answers);
  try {
    await run(t, provider);
  } finally {
    provider.close();
  }
};

/** These prices make the expected cost of a run a little higher than its real cost. */
const prices = Object.fromEntries(
  Object.keys(answers).map((model) => [model, { prompt: "0", completion: "0.0000017" }]),
);

export default [
  {
    name: "eval: each bad line is refused with its number and its field",
    run: withProvider(async (t, provider) => {
      const path = join(t.folder, "bad.jsonl");
      const lines = ['{"prompt":"Good?","id":"good"}', "", ...BAD_LINES.map(([line]) => line)];
      await writeFile(path, lines.join("\n"));
      const { code, out, err } = await runCommand(t, ["eval", path, "--grader", "g", "-m", "a"]);
      equal([code, out], [2, ""]);
      for (const [index, [, part]] of BAD_LINES.entries())
        includes(err, `${path}:${index + 3}: ${part}`);
      lacks(err, `${path}:1:`);
      // The command does not check the contents of messages. The core finds this error.
      const lines2 = [{ prompt: "Q?" }, { messages: [{ role: "usr", content: "Q?" }] }];
      const prepared = await prepareEval(t, "bad-messages", provider, { lines: lines2 });
      const refused = await runCommand(t, prepared.args);
      equal([refused.code, provider.answered.length], [2, 0], refused.err);
      includes(refused.err, `${prepared.path}:2: `);
      includes(refused.err, "messages");
    }),
  },
  {
    name: "eval: wrong options ask no model",
    run: withProvider(async (t, provider) => {
      const path = join(t.folder, "one.jsonl");
      await writeFile(path, '{"prompt":"Q?"}\n');
      const base = ["eval", path, "--base-url", provider.baseURL];
      for (const [args, part] of WRONG) {
        const { code, out, err } = await runCommand(t, [...base, ...args]);
        equal([code, out], [2, ""], err);
        includes(err, part);
      }
      includes((await runCommand(t, ["eval"])).err, "takes one file of tasks");
      const request = join(t.folder, "request.json");
      await writeFile(request, '{"prompt":"Q?"}');
      const args = [...base, "--grader", "g", "-m", "a", "--request", request];
      includes((await runCommand(t, args)).err, "`prompt` is not allowed here");
      includes((await runCommand(t, ["eval", "--help"])).out, "--grader");
      equal(provider.answered.length, 0);
    }),
  },
  {
    name: "eval: --request adds fields to the fusion, and the report says what a feature did",
    run: withProvider(async (t, provider) => {
      const request = join(t.folder, "passes.json");
      const more = ["--request", request];
      const lines = tasks.slice(0, 2);
      await writeFile(request, '{"analyst":{"pases":2}}');
      const { args, folder } = await prepareEval(t, "passes", provider, { lines, more });
      const wrong = await runCommand(t, args);
      equal(wrong.code, 2, wrong.err);
      includes(wrong.err, "pases");
      lacks(wrong.err, ".jsonl:1", "it is no fault of a task");
      await writeFile(request, '{"analyst":{"passes":2}}');
      const { code, err } = await runCommand(t, [...args, "--out", `${folder}-2`]);
      equal(code, 0, err);
      const { features, request: kept } = await reportIn(`${folder}-2`);
      equal(kept.analyst, { passes: 2, model: "desk/analyst" });
      equal(
        features.map(({ name, on, acted }) => [name, on, acted]),
        [
          ["analysis", 2, 1],
          ["second_pass", 2, 0],
        ],
      );
      // The analysis of task 2 has a contradiction, so the second pass calls the analyst again.
      const passes = provider.answered.filter(({ name }) => name === "desk/analyst fusion 02");
      equal(passes.length, 2);
    }),
  },
  {
    name: "eval: another fusion needs another folder; another grader and new tasks do not",
    run: withProvider(async (t, provider) => {
      const first = await prepareEval(t, "grown", provider, { lines: tasks.slice(0, 2) });
      equal((await runCommand(t, first.args)).code, 0);
      const count = (model) => provider.answered.filter((call) => call.model === model).length;
      equal([count(ALPHA), count(BETA)], [4, 2], "two tasks, and two self-fusions of alpha");
      const other = await runCommand(t, [...first.args, "--effort", "low"]);
      equal(other.code, 2);
      includes(other.err, "has an evaluation of another fusion");
      const grown = await prepareEval(t, "grown", provider, { lines: tasks.slice(0, 4) });
      const judged = count("judge/grader");
      equal((await runCommand(t, grown.args)).code, 0);
      equal(provider.answered.filter(({ name }) => name === `${ALPHA} 01`).length <= 2, true);
      ok(count("judge/grader") > judged);
      const [panel, judgements] = [count(ALPHA), count("judge/grader")];
      const kin = await runCommand(t, [...grown.args, "--grader", "alpha/judge"]);
      equal(kin.code, 1, "the other grader is unknown to the provider");
      includes(kin.err, " runs or gradings failed. The same command tries them again.");
      includes(kin.err, "Warning: the grader alpha/judge is of the family of alpha/a.");
      equal([count(ALPHA), count("judge/grader")], [panel, judgements]);
    }),
  },
  {
    name: "eval: --max-cost holds for the whole, and a higher one goes on",
    run: withProvider(async (t, provider) => {
      const file = join(t.folder, "prices.json");
      await writeFile(file, JSON.stringify(prices));
      const more = ["--prices", file, "--max-cost"];
      const { args, folder } = await prepareEval(t, "limited", provider, { more });
      const low = await runCommand(t, [...args, "0.045"]);
      equal([low.code, low.out], [1, ""], low.err);
      includes(low.err, "--max-cost $0.045 is reached.");
      const { costs } = await reportIn(folder);
      ok(costs.total <= 0.045 && costs.total > 0.02, String(costs.total));
      const before = provider.answered.length;
      const high = await runCommand(t, [...args, "9"]);
      equal(high.code, 0, high.err);
      includes(high.err, "of earlier starts; at most $9 in all");
      equal(provider.answered.filter(({ model }) => model === "judge/grader").length, 86);
      ok(provider.answered.length > before);
    }),
  },
  {
    name: "eval: a run that costs more than expected is stopped at the limit",
    async run(t) {
      const dear = (prompt) => ({ ...answers[ALPHA](prompt), cost: 0.03 });
      const provider = await startEvalProvider({ ...answers, [ALPHA]: dear });
      try {
        const file = join(t.folder, "prices-2.json");
        await writeFile(file, JSON.stringify(prices));
        const more = ["--prices", file, "--max-cost", "0.025"];
        const { args } = await prepareEval(t, "dear", provider, { lines: tasks.slice(0, 2), more });
        const { code, err } = await runCommand(t, args);
        equal(code, 1, err);
        includes(err, "--max-cost $0.025 is reached.");
        equal(
          provider.answered.map(({ model }) => model).filter((model) => model.startsWith("desk/")),
          [],
        );
      } finally {
        provider.close();
      }
    },
  },
  {
    name: "eval: the page has no script and escapes what models write",
    run: withProvider(async (t, provider) => {
      const lines = [tasks[8], { ...tasks[9], id: "<b>&" }];
      const { args, folder } = await prepareEval(t, "hostile", provider, { lines });
      const { code, err } = await runCommand(t, args);
      equal(code, 0, err);
      const html = await readFile(join(folder, "report.html"), "utf8");
      lacks(html.toLowerCase(), "<script");
      lacks(html, "<b>&");
      includes(html, "&lt;script&gt;alert(1)&lt;/script&gt;");
      includes(html, "content=\"default-src 'none'; style-src 'unsafe-inline'\"");
      ok(!/(?:src|href)=/.test(html), "the page loads nothing");
      const markdown = await readFile(join(folder, "report.md"), "utf8");
      includes(markdown, "&lt;b>&amp;");
      // The text has four backticks, so its fence has five.
      includes(markdown, "\n`````text\nfusion on 09 <script>");
    }),
  },
  {
    name: "eval: a key that is refused stops at once, and the same command goes on",
    run: withProvider(async (t, provider) => {
      const lines = tasks.slice(0, 3);
      const { args } = await prepareEval(t, "refused", provider, {
        lines,
        more: ["--parallel", "1"],
      });
      provider.refuses = ({ model }) => model === "desk/writer";
      const failed = await runCommand(t, args);
      equal([failed.code, failed.out], [1, ""], failed.err);
      includes(failed.err, "The same command goes on");
      equal(provider.answered.filter(({ model }) => model === ALPHA).length, 1, "one task began");
      provider.refuses = () => false;
      const { code, err } = await runCommand(t, args);
      equal(code, 0, err);
      equal(provider.answered.filter(({ name }) => name === `${BETA} 01`).length <= 2, true);
    }),
  },
];

/** Scenarios on a terminal, which need Python's `pty`. */
export const onTerminal = [
  {
    name: "eval: one question before the start; Ctrl-C and no ask nobody",
    run: withProvider(async (t, provider) => {
      const lines = tasks.slice(0, 2);
      const { args } = await prepareEval(t, "asked", provider, { lines });
      const asking = args.filter((arg) => arg !== "--yes");
      const typed = (keys) => runOnTerminal(t, asking, { types: ["Start? [y/N] ", keys] });
      for (const keys of ["n\r", "\r", "\x03", "\x04"]) {
        const { code, out } = await typed(keys);
        equal([code, provider.answered.length], [1, 0], out);
      }
      const { code, out } = await typed("y\r");
      equal(code, 0, out);
      ok(provider.answered.length > 0);
    }),
  },
];
