// Compiles tests/ai-sdk/types with the AI SDK of the tier.

import { copyFile, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../scripts/lib/process.mjs";
import { equal } from "../scenarios/assert.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** @param clients the folder whose node_modules has the AI SDK */
export async function typesCompile({ installed, clients }) {
  const folder = join(root, `target/ai-sdk-types-${process.pid}`);
  await mkdir(join(folder, "node_modules"), { recursive: true });
  try {
    await copyFile(join(root, "tests/ai-sdk/types/consumer.ts"), join(folder, "consumer.ts"));
    const link = (from, name) =>
      symlink(join(from, "node_modules", name), join(folder, "node_modules", name));
    await link(installed, "llm-fuse");
    for (const name of ["ai", "@ai-sdk"]) await link(clients, name);
    const options =
      "--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --target es2022 " +
      "--module esnext --moduleResolution bundler --lib es2023,dom,dom.iterable,dom.asynciterable";
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { output } = await run(
      process.execPath,
      [tsc, ...options.split(" "), "--types", "", "consumer.ts"],
      { cwd: folder, quiet: true },
    );
    equal(output, "");
  } finally {
    await rm(folder, { recursive: true });
  }
}
