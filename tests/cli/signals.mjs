// Tests Ctrl-C, closed pipes, and runs that continue after a signal.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import { ALPHA, BETA, callsTo, defaultScripts, WRITER } from "../scenarios/fixtures.mjs";
import { askArgs, commandEnv, runCommand, startCommand } from "./run-command.mjs";

const stalls = says("Beta stalls here.", { stall: { after: 2 } });

export default [
  {
    name: "after Ctrl-C, --resume goes on and repeats no finished call",
    async run(t) {
      const path = join(t.folder, "stopped.json");
      await t.session.script(defaultScripts({ [BETA]: stalls }));
      const command = startCommand(t, askArgs(t, "--keep", path, "Q?"));
      await command.says("[1] panel/alpha-7b: done");
      command.child.kill("SIGINT");
      const { code, out, err } = await command.ended;
      equal([code, out], [130, ""]);
      includes(err, `To go on: llm-fuse --resume ${path} --base-url ${t.session.baseURL}`);
      ok(noneOpen(await t.session.until(noneOpen)), "a connection is open");

      await t.session.reset();
      await t.session.script(defaultScripts());
      const hint = ["--resume", path, "--base-url", t.session.baseURL];
      const resumed = await runCommand(t, hint);
      equal([resumed.code, resumed.out], [0, "Yes, it is blue.\n"], resumed.err);
      const calls = await t.session.calls();
      equal([callsTo(calls, ALPHA).length, callsTo(calls, BETA).length], [0, 1]);
    },
  },
  {
    name: "a second Ctrl-C ends the process while the first one waits for a reader of stdout",
    async run(t) {
      // The connection's buffers cannot hold the whole text, and they only grow while the command
      // reads. The buffer of stdout holds less than 1 MB, so the command waits for its reader.
      const long = { deltas: ["word ".repeat(2000)], repeat: 750, stall: { after: 1 } };
      await t.session.script(defaultScripts({ [WRITER]: long }));
      const command = startCommand(t, askArgs(t, "Q?"), { reads: false });
      const isSent = (calls) => callsTo(calls, WRITER).some((call) => call.sent_bytes > 7.5e6);
      ok(isSent(await t.session.until(isSent, 120_000)), "the text is sent");
      command.child.kill("SIGINT");
      await command.says("Stopped.");
      command.child.kill("SIGINT");
      equal((await command.exited).signal, "SIGINT");
    },
  },
  {
    name: "the hint after Ctrl-C quotes a path for the shell",
    async run(t) {
      const path = join(t.folder, "it's $(kept).json");
      await t.session.script(defaultScripts({ [BETA]: stalls }));
      const command = startCommand(t, askArgs(t, "--keep", path, "Q?"));
      await command.says("[1] panel/alpha-7b: done");
      command.child.kill("SIGINT");
      const { err } = await command.ended;
      const [, hint] = /To go on: llm-fuse (.*)\n/.exec(err);
      await t.session.script(defaultScripts());
      const shell = spawn("bash", ["-c", `"$0" ${hint} < /dev/null`, t.program], {
        env: commandEnv(),
      });
      let out = "";
      shell.stdout.setEncoding("utf8").on("data", (text) => (out += text));
      await once(shell, "close");
      equal(out, "Yes, it is blue.\n");
    },
  },
  {
    name: "without --keep, Ctrl-C says how a run can go on",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: stalls }));
      const command = startCommand(t, askArgs(t, "Q?"));
      await command.says("[1] panel/alpha-7b: done");
      command.child.kill("SIGINT");
      const { code, err } = await command.ended;
      equal(code, 130);
      includes(err, "--keep FILE");
    },
  },
  {
    name: "after a signal, --json has the error and the finished work, and stdout has nothing else",
    async run(t) {
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 143],
      ]) {
        await t.session.script(defaultScripts({ [BETA]: stalls }));
        const command = startCommand(t, askArgs(t, "--json", "Q?"));
        await command.says("[1] panel/alpha-7b: done");
        command.child.kill(signal);
        const ended = await command.ended;
        equal(ended.code, code);
        const { error, snapshot, ...more } = JSON.parse(ended.out);
        equal([error, more], [{ code: "cancelled", message: error.message }, {}]);
        equal(
          snapshot.responses.map(({ model, content }) => [model, content]),
          [[ALPHA, "Alpha finds all common ground in blue."]],
        );
        includes(ended.err, "Stopped.");
        const path = join(t.folder, `${signal}.json`);
        await writeFile(path, JSON.stringify(snapshot));
        await t.session.reset();
        await t.session.script(defaultScripts());
        const hint = ["--json", "--resume", path, "--base-url", t.session.baseURL];
        const resumed = JSON.parse((await runCommand(t, hint)).out);
        equal(resumed.answer, "Yes, it is blue.");
        equal(callsTo(await t.session.calls(), ALPHA).length, 0, "the finished work is used");
      }
    },
  },
  {
    name: "Ctrl-C while stdin is read ends the process at once",
    async run(t) {
      const command = startCommand(t, askArgs(t, "Q?"), { input: null });
      await command.says("waits for the end of stdin");
      command.child.kill("SIGINT");
      equal((await command.ended).signal, "SIGINT");
    },
  },
  {
    name: "a failed run with --keep goes on, too",
    async run(t) {
      const path = join(t.folder, "failed.json");
      await t.session.script(
        defaultScripts({ [WRITER]: { status: 402, error: { message: "no" } } }),
      );
      const failed = await runCommand(t, askArgs(t, "--keep", path, "Q?"));
      equal(failed.code, 1);
      includes(failed.err, `llm-fuse --resume ${path}`);
      await t.session.script(defaultScripts());
      const args = ["--resume", path, "--base-url", t.session.baseURL];
      equal((await runCommand(t, args)).out, "Yes, it is blue.\n");
    },
  },
  {
    name: "an answer that cannot be written is a failure",
    async run(t) {
      for (const args of [["--sample"], ["--sample", "--json"]]) {
        const full = '"$0" "$@" < /dev/null > /dev/full';
        const shell = spawn("bash", ["-c", full, t.program, ...args], { env: commandEnv() });
        equal((await once(shell, "close"))[0], 1);
      }
    },
  },
  {
    name: "a closed pipe is an end, and stops the run",
    async run(t) {
      const long = says("A line.\n", {
        deltas: ["A line.\n"],
        repeat: 200_000,
        delay: { between_ms: 1 },
      });
      delete long.text;
      await t.session.script(defaultScripts({ [WRITER]: long }));
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
      const script = '"$0" "$@" < /dev/null | head -1; echo "${PIPESTATUS[0]}"';
      const args = ["-c", script, t.program, ...askArgs(t, "Q?")];
      const shell = spawn("bash", args, { env: commandEnv(), stdio: ["ignore", "pipe", "ignore"] });
      let out = "";
      shell.stdout.setEncoding("utf8").on("data", (text) => (out += text));
      await once(shell, "close");
      equal(out, "A line.\n0\n");
      const [{ end }] = callsTo(await t.session.until(noneOpen), WRITER);
      equal(end, "client_closed");
    },
  },
];
