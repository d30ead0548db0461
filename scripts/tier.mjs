// One tier in a process of its own, so that tiers run beside each other: some replace a global for a while, and all listen for stray rejections.
// In: a module, a file for its result, and its context as JSON.
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { atExit, main } from "./lib/process.mjs";

await main(async () => {
  const [module, result, context] = process.argv.slice(2);
  const { default: run } = await import(pathToFileURL(module));
  const told = await run({ ...JSON.parse(context), atExit, log: (line) => console.log(`  ${line}`) });
  if (!told.notRun && told.passed + told.failed === 0) console.log("  No test ran.");
  await writeFile(result, JSON.stringify(told));
});
