// Tests examples/node.mjs with providers whose text contains terminal control characters.

import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { says } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { ATTACKS, CONTROL } from "./escape-sequences.mjs";

const example = (name) => new URL(`../../examples/${name}`, import.meta.url);

export default [
  {
    name: "command line: no control character of a model or a provider is printed",
    async run(t) {
      const evil = ATTACKS.join(" and ");
      const refuses = { status: 400, body: { error: { code: 400, message: evil } } };
      for (const name of ["node.mjs", "printable.mjs"]) {
        await copyFile(example(name), join(t.installed, name));
      }
      const program = join(t.installed, "node.mjs");
      const env = { OPENROUTER_API_KEY: "k", OPENROUTER_BASE_URL: t.session.baseURL };
      for (const script of [says(`x ${evil}`), refuses]) {
        await t.session.script({ "*": script });
        const printed = await new Promise((resolve) => {
          execFile(process.execPath, [program, "Q?"], { env }, (_, out, err) => resolve(out + err));
        });
        ok(printed.includes("title"), printed);
        equal(printed.match(CONTROL), null);
      }
    },
  },
];
