// The Rust tests, compiled for the machine's own processor.
import { run } from "../lib/process.mjs";

export default async function native({ log }) {
  const { code, output } = await run("cargo", ["test"], { quiet: "stdout" });
  const result = count(output);
  if (code !== 0) log(output.trim());
  // If the exit code reports a failure but no test failed, the tests did not compile, or a process
  // crashed.
  if (code !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

/** Returns the sum of the result lines of all test programs. */
export function count(output) {
  const result = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(
    /^test result: .*? (\d+) passed; (\d+) failed;/gm,
  )) {
    result.passed += Number(passed);
    result.failed += Number(failed);
  }
  return result;
}
