// Tests `llm-fuse serve` with Python's clients.

import { join } from "node:path";
import { connect } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal } from "../scenarios/assert.mjs";
import { defaultScripts } from "../scenarios/fixtures.mjs";
import { PYTHON, runPython } from "../sdks/python.mjs";
import { runExtra } from "../tiers/report.mjs";
import { askArgs, startCommand } from "./run-command.mjs";

/**
 * Returns two results for each client: one for a call without a stream, and one for a streamed
 * call.
 */
export async function servesPython(installed) {
  const provider = await startProvider();
  const session = connect(provider).session("serve-python");
  const t = { program: join(installed, "node_modules/.bin/llm-fuse"), session };
  const args = ["serve", "--port", "0", "--client-key", "sk-serve", ...askArgs(t)];
  const command = startCommand(t, args, { input: null });
  try {
    await session.script(defaultScripts());
    await command.says("Serves ");
    const [, url] = /Serves (\S+)\/v1/.exec(command.texts.err);
    const jobs = PYTHON.flatMap((client) =>
      [false, true].map((stream) => ({ client, stream })),
    ).map((job, id) => ({
      ...{ ...job, id, session: { url, key: "sk-serve" } },
      ...{ timeoutMs: 60_000, headers: {}, strict: false },
    }));
    const answers = await runPython(jobs);
    return await Promise.all(
      jobs.map(({ id, client, stream }) =>
        runExtra(`serve: python: ${client}, ${stream ? "stream" : "whole"}`, () => {
          const { text, error } = answers.find((answer) => answer.id === id);
          equal([text, error], ["Yes, it is blue.", undefined]);
        }),
      ),
    );
  } finally {
    command.child.kill("SIGKILL");
    await command.ended;
    await provider.close();
  }
}
