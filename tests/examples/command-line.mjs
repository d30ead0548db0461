// examples/node.mjs with providers whose text controls a terminal.

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
      await t.session.script({
        "desk/a": says(`x ${evil}`),
        "desk/b": { status: 400, body: { error: { code: 400, message: evil } } },
      });
      for (const name of ["node.mjs", "printable.mjs"]) {
        await copyFile(example(name), join(t.installed, name));
      }
      const program = join(t.installed, "node.mjs");
      for (const more of [["desk/a"], ["desk/a", "--json"], ["desk/b"]]) {
        const args = ["--base-url", t.session.baseURL, "--key", "k", "--model", ...more, "Q?"];
        const printed = await new Promise((resolve) => {
          execFile(process.execPath, [program, ...args], (_, out, err) => resolve(out + err));
        });
        ok(printed.includes("title"), printed);
        equal(printed.match(CONTROL), null, more.join(" "));
      }
    },
  },
];
