// Tests `llm-fuse "question"` with piped input and output.

import { readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failures, says } from "../provider/scripts.mjs";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { BETA, callsTo, defaultScripts } from "../scenarios/fixtures.mjs";
import { askArgs, runCommand } from "./run-command.mjs";

const PNG = Buffer.from("89504e470d0a1a0a0000000d", "hex");

export default [
  {
    name: "piped: stdout has the answer and nothing else",
    async run(t) {
      await t.session.script(defaultScripts());
      const { code, out, err } = await runCommand(t, askArgs(t, "Is the sky blue?"));
      equal([code, out], [0, "Yes, it is blue.\n"], err);
      includes(err, "[1] panel/alpha-7b: asked\n");
      includes(err, "1 agreed, 1 disagreed");
      includes(err, "Where the panel disagrees\n• The degree\n");
      includes(err, "panel/beta-70b: Stance of");
      const quiet = await runCommand(t, askArgs(t, "-q", "Is the sky blue?"));
      equal([quiet.code, quiet.out, quiet.err], [0, "Yes, it is blue.\n", ""]);
    },
  },
  {
    name: "sources follow the answer",
    async run(t) {
      const annotations = [
        { type: "url_citation", url_citation: { url: "https://sky.example/", title: "The sky" } },
      ];
      await t.session.script(
        defaultScripts({ [BETA]: says("All common ground.", { annotations }) }),
      );
      const { err } = await runCommand(t, askArgs(t, "Q?"));
      includes(err, "Sources\n1. The sky https://sky.example/\n");
    },
  },
  {
    name: "stdin is appended to the question",
    async run(t) {
      await t.session.script(defaultScripts());
      const asked = async (args, input) => {
        await t.session.reset();
        await t.session.script(defaultScripts());
        await runCommand(t, askArgs(t, ...args), { input });
        const [call] = callsTo(await t.session.calls(), BETA);
        return call.body.messages.at(-1).content;
      };
      equal(await asked(["What", "is", "this?"], "a log\n"), "What is this?\n\na log");
      equal(await asked([], "Only stdin.\n"), "Only stdin.");
    },
  },
  {
    name: "--system, --file, --effort, --max-tokens and the key reach the models",
    async run(t) {
      await t.session.script(defaultScripts());
      const [note, picture, pdf] = ["note.txt", "no-suffix", "paper.pdf"].map((name) =>
        join(t.folder, name),
      );
      await writeFile(note, "A note.");
      await writeFile(picture, PNG);
      await writeFile(pdf, "%PDF-1.4\n");
      const args = ["--system", "Be brief.", "-f", note, "-f", picture, "-f", pdf];
      args.push("--effort", "low", "--max-tokens", "77", "Q?");
      const { code, err } = await runCommand(t, askArgs(t, ...args));
      equal(code, 0, err);
      const [{ body, headers }] = callsTo(await t.session.calls(), BETA);
      const user = body.messages.at(-1);
      includes(JSON.stringify(body.messages.slice(0, -1)), "Be brief.");
      equal(user.content[0].text, "Q?\n\nFile note.txt:\n\nA note.");
      const base64 = (bytes) => Buffer.from(bytes).toString("base64");
      equal(user.content[1].image_url.url, `data:image/png;base64,${base64(PNG)}`);
      equal(user.content[2].file.filename, "paper.pdf");
      includes(JSON.stringify(body), "low");
      includes(JSON.stringify(body), ":77");
      equal(headers.authorization, "Bearer k");
    },
  },
  {
    name: "--json prints the result, or the error",
    async run(t) {
      await t.session.script(defaultScripts());
      const { code, out } = await runCommand(t, askArgs(t, "--json", "Q?"));
      const { status, answer, responses } = JSON.parse(out);
      equal([code, status, answer, responses.length], [0, "ok", "Yes, it is blue.", 2]);
      await t.session.script(defaultScripts({ "desk/writer": failures[402] }));
      const failed = await runCommand(t, askArgs(t, "--json", "Q?"));
      equal([failed.code, JSON.parse(failed.out).error.code], [1, "writer_failed"]);
    },
  },
  {
    name: "a wrong key is a failure that says so",
    async run(t) {
      await t.session.script({ "*": failures[401] });
      const { code, out, err } = await runCommand(t, askArgs(t, "Q?"));
      equal([code, out], [1, ""]);
      includes(err, "authentication");
      includes(err, "Missing Authentication header");
    },
  },
  {
    name: "without a network, the run fails and names the reason",
    async run(t) {
      const args = ["--base-url", "http://127.0.0.1:1/v1", "--models", "a", "Q?"];
      const { code, err } = await runCommand(t, args);
      equal(code, 1, err);
      includes(err, "network_error");
    },
  },
  {
    name: "a failed panelist is named, and the answer is printed",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: failures[400] }));
      const { code, out, err } = await runCommand(t, askArgs(t, "Q?"));
      equal([code, out], [0, "Yes, it is blue.\n"]);
      includes(err, "[2] panel/beta-70b: failed, ");
      includes(err, "Without an answer\n• panel/beta-70b: ");
    },
  },
  {
    name: "--max-cost: prices are checked before a model is asked",
    async run(t) {
      const price = { prompt: "0.000001", completion: "0.000002" };
      const models = ["panel/alpha-7b", "panel/beta-70b", "desk/analyst", "desk/writer"];
      const data = (ids) => ({
        status: 200,
        body: { data: ids.map((id) => ({ id, pricing: price })) },
      });
      const preload = new URL("./openrouter-at-provider.mjs", import.meta.url);
      const env = {
        NODE_OPTIONS: `--import=${preload}`,
        OPENROUTER_API_KEY: "k",
        TEST_PROVIDER: t.session.baseURL,
      };
      const args = [...askArgs(t).slice(2), "--max-cost", "0.5", "Q?"];
      await t.session.script(defaultScripts({ "GET /models": data(models.slice(1)) }));
      const refused = await runCommand(t, args, { env });
      equal(refused.code, 2, refused.err);
      includes(refused.err, "panel/alpha-7b");
      lacks(refused.err, "asked");
      equal(callsTo(await t.session.calls(), BETA).length, 0);
      await t.session.script(defaultScripts({ "GET /models": data(models) }));
      const { code, out, err } = await runCommand(t, args, { env });
      equal([code, out], [0, "Yes, it is blue.\n"], err);
      ok(err.indexOf("at most $0.5") < err.indexOf("asked"), err);
    },
  },
  {
    name: "the sample needs no key and no network",
    async run(t) {
      const { code, out, err } = await runCommand(t, ["--sample"]);
      equal(code, 0, err);
      includes(out, "All three panelists recommend one repository");
      includes(err, "Recorded: no model is asked.");
      includes(err, "When to set up build caching");
      const sample = await runCommand(t, ["--sample", "--json"]);
      const { responses, analysis } = JSON.parse(sample.out);
      equal([responses.length, analysis.contradictions[0].stances.length], [3, 2]);
      ok(analysis.contradictions[0].stances.every(({ quotes }) => quotes[0].verified));
    },
  },
  {
    name: "a kept run is readable only by its user, and is not overwritten",
    async run(t) {
      await t.session.script(defaultScripts());
      const path = join(t.folder, "kept.json");
      // In a shared folder, another user could create this link to make the command overwrite a
      // file.
      const other = join(t.folder, "other.json");
      await writeFile(other, "");
      await symlink(other, `${path}.new`);
      const { code } = await runCommand(t, askArgs(t, "--keep", path, "Q?"));
      equal([code, (await stat(path)).mode & 0o777], [0, 0o600]);
      equal(await readFile(other, "utf8"), "", "the link's target");
      const before = await readFile(path, "utf8");
      const again = await runCommand(t, askArgs(t, "--keep", path, "Q?"));
      equal([again.code, await readFile(path, "utf8")], [2, before]);
      includes(again.err, `--resume ${path}`);
      // If the run in the file is complete, the command prints its answer again without a call to a
      // model.
      await t.session.reset();
      const resumed = await runCommand(t, ["--base-url", t.session.baseURL, "--resume", path]);
      equal([resumed.code, resumed.out], [0, "Yes, it is blue.\n"], resumed.err);
      equal((await t.session.calls()).length, 0);
    },
  },
];
