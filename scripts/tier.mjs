// Runs one tier of `npm test` in its own process. Two tiers cannot share a process: some tiers
// replace a global, and every tier listens for unhandled rejections. The arguments are the tier's
// module, the file for the result, and the tier's argument as JSON.
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { atExit, main } from "./lib/process.mjs";

await main(async () => {
  const [module, result, context] = process.argv.slice(2);
  const { default: run } = await import(pathToFileURL(module));
  const log = (line) => console.log(`  ${line}`);
  const tally = await run({ ...JSON.parse(context), atExit, log });
  if (!tally.notRun && tally.passed + tally.failed === 0) console.log("  No test ran.");
  await writeFile(result, JSON.stringify(tally));
});
