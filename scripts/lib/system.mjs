// The set-up's access to the machine. Tests pass a fake.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "./process.mjs";

export const system = {
  env: process.env,
  uid: process.getuid?.(),
  exists: existsSync,
  read: (path) => readFileSync(path, "utf8"),
  copy(from, to) {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  },
  log: (line) => console.log(line),

  /** Returns a program's output, or undefined if the program is missing or fails. */
  async capture(command, ...args) {
    const { code, output } = await run(command, args, { quiet: true });
    return code === 0 ? output.trim() : undefined;
  },

  /** Runs a program and shows its output. Returns whether it succeeded. */
  async run(command, args, options) {
    return (await run(command, args, options)).code === 0;
  },
};
