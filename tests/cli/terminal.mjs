// Tests the command on a terminal: Markdown, redrawn lines, and texts that attack the terminal.

import { ATTACKS, CONTROL } from "../examples/escape-sequences.mjs";
import { analysis, cites, failures, says, uses } from "../provider/scripts.mjs";
import { equal, includes, lacks } from "../scenarios/assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { askArgs, runCommand, runOnTerminal } from "./run-command.mjs";

/**
 * Matches the escape sequences that the command itself writes: colours, and sequences that redraw
 * lines.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about them.
const OWN = /\x1b\[(?:\d+m|\d+A|0J)|\r/g;

const MARKDOWN = "# Title\n\nText with **weight** and `code`.\n\n- one\n- two\n";
const evil = ATTACKS.join(" and ");

/** Returns scripts in which every text attacks the terminal. */
function attacking() {
  const found = JSON.parse(analysis(["A", "B"]).text);
  found.contradictions[0].topic = evil;
  for (const stance of found.contradictions[0].stances) stance.stance = evil;
  return defaultScripts({
    [ALPHA]: says(`All common ground. ${evil}`, {
      annotations: [cites("https://sky.example/", `title ${evil}`)],
      reasoning_details: [uses("openrouter:web_search", { query: evil }, {})],
    }),
    [BETA]: { ...failures[400], error: { code: 400, message: `refused ${evil}` } },
    [ANALYST]: says(JSON.stringify(found)),
    [WRITER]: says(`# ${evil}\n\n- ${evil}\n\n| a | b |\n|---|---|\n| ${evil} | &#27;]0;x&#7; |\n
\`\`\`${evil}\n${evil}\n\`\`\`\n\n[${evil}](https://x.example/${evil})`),
  });
}

export default [
  {
    name: "terminal: Markdown is rendered, and progress is redrawn",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says(MARKDOWN) }));
      const { code, out } = await runOnTerminal(t, askArgs(t, "Q?"));
      equal(code, 0, out);
      includes(out, "\x1b[1m\x1b[4mTitle");
      includes(out, "\x1b[1mweight");
      for (const item of ["• one\n", "• two\n"]) includes(out.replace(OWN, ""), item);
      lacks(out, "**weight**");
      includes(out, "\x1b[0J");
      includes(out.replace(OWN, ""), "✓ panel/alpha-7b");
      includes(out, "Where the panel disagrees");
    },
  },
  {
    name: "terminal: an answer that is nested too deeply is printed as it is",
    async run(t) {
      const deep = `${"> ".repeat(3000)}The end.`;
      await t.session.script(defaultScripts({ [WRITER]: says(deep) }));
      const { code, out } = await runOnTerminal(t, askArgs(t, "Q?"));
      equal(code, 0, out.slice(-500));
      includes(out, "> > The end.");
      includes(out, "Where the panel disagrees");
    },
  },
  {
    name: "terminal: NO_COLOR leaves no colour",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: says(MARKDOWN) }));
      const { out } = await runOnTerminal(t, askArgs(t, "Q?"), { env: { NO_COLOR: "1" } });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about them.
      equal(out.match(/\x1b\[\d+m/), null);
      includes(out, "• one");
    },
  },
  {
    name: "terminal: no escape sequence of a model or a provider is printed",
    async run(t) {
      await t.session.script(attacking());
      const { code, out } = await runOnTerminal(t, askArgs(t, "Q?"));
      equal(code, 0, out);
      for (const attack of ATTACKS) lacks(out, attack);
      const rest = out.replace(OWN, "");
      const at = rest.search(CONTROL);
      equal(at, -1, JSON.stringify(rest.slice(Math.max(0, at - 40), at + 20)));
      // The first character of the escape sequence is missing, so the rest is shown as text.
      includes(out, "]52;c;aGk=");
    },
  },
  {
    name: "piped: no escape sequence of a model or a provider is printed",
    async run(t) {
      await t.session.script(attacking());
      for (const more of [[], ["--json"]]) {
        const { code, out, err } = await runCommand(t, askArgs(t, ...more, "Q?"));
        equal([code, out.match(CONTROL), err.match(CONTROL)], [0, null, null]);
        includes(out, "52;c;aGk=");
      }
      await t.session.script({ "*": { ...failures[400], error: { code: 400, message: evil } } });
      const models = ["--base-url", t.session.baseURL, "--models", `a${evil.replaceAll("\0", "")}`];
      const failed = await runCommand(t, [...models, "Q?"]);
      equal([failed.code, failed.err.match(CONTROL)], [2, null], failed.err);
      includes(failed.err, "52;c;aGk=");
    },
  },
];
