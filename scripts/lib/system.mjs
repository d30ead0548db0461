// What the set-up may ask of a machine and do to it. Tests hand in another one.
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

  /** A program's output, or undefined where it is missing or fails. */
  async capture(command, ...args) {
    const { code, output } = await run(command, args, { quiet: true });
    return code === 0 ? output.trim() : undefined;
  },

  /** Whether a program did its work; what it prints is shown. */
  async run(command, args, options) {
    return (await run(command, args, options)).code === 0;
  },
};
