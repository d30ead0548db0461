// Runs the command as a child process, with an environment that has no keys of this machine.

import { spawn } from "node:child_process";
import { once } from "node:events";

/** An address at which nothing listens, so the command does not find an Ollama on this machine. */
const NO_OLLAMA = "127.0.0.1:1";

/** Arguments of the usual run: two panelists, an analyst and a writer. */
const PANEL_ARGS = [
  ...["--models", "panel/alpha-7b,panel/beta-70b"],
  ...["--analyst", "desk/analyst", "--writer", "desk/writer", "--no-tools"],
];

/** Returns the arguments of the usual run with the provider of a test. */
export const askArgs = (t, ...more) => [
  ...["--base-url", t.session.baseURL],
  ...PANEL_ARGS,
  ...more,
];

export function commandEnv(env) {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, OLLAMA_HOST: NO_OLLAMA, LLM_FUSE_API_KEY: "k", ...env };
}

/**
 * Starts the command. `ended` resolves to `{ code, signal, out, err }`.
 * `input: null` keeps stdin open. `reads: false` leaves stdout unread.
 */
export function startCommand(t, args, { env = {}, input = "", reads = true, cwd } = {}) {
  const child = spawn(t.program, args, { cwd, env: commandEnv(env) });
  const texts = { out: "", err: "" };
  if (reads) child.stdout.setEncoding("utf8").on("data", (text) => (texts.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (texts.err += text));
  child.stdin.on("error", () => {});
  if (input !== null) child.stdin.end(input);
  let isClosed = false;
  const ended = once(child, "close").then(([code, signal]) => {
    isClosed = true;
    return { code, signal, ...texts };
  });
  const exited = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  return {
    child,
    texts,
    ended,
    /** Resolves when the command exits. Its output may not have been read to the end by then. */
    exited,
    /**
     * Waits until stderr contains a text, or until the command has ended and stderr is read to its
     * end. The limit only ends a test that hangs.
     */
    async says(text, within_ms = 120_000) {
      const until = Date.now() + within_ms;
      while (!texts.err.includes(text)) {
        if (Date.now() > until || isClosed) throw new Error(`stderr lacks ${text}: ${texts.err}`);
        await new Promise((wake) => setTimeout(wake, 20));
      }
    },
  };
}

export const runCommand = (t, args, options) => startCommand(t, args, options).ended;

/**
 * Runs the command on a terminal, with Python's `pty`. Resolves to `{ code, out }`. `types` is
 * `[after, typed]`: when the output contains `after`, the terminal types `typed`.
 */
export async function runOnTerminal(t, args, { env = {}, types: [after, typed] = [] } = {}) {
  const typing = after && { TYPES_AFTER: after, TYPES: typed };
  const child = spawn("python3", [t.terminal, t.program, ...args], {
    env: commandEnv({ TERM: "xterm-256color", ...typing, ...env }),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const [code] = await once(child, "close");
  return { code, out: Buffer.concat(chunks).toString("utf8") };
}
