// Refuses runtimes in which a run cannot work. The message says what to do.

/** Globals that the core's JavaScript code needs besides WebAssembly. */
const NEEDED = ["TextDecoder", "TextEncoder"];

/** Throws an error that says what the runtime lacks. */
export function checkRuntime() {
  if (!("WebAssembly" in globalThis)) {
    throw new Error(
      "this runtime has no WebAssembly; React Native's Hermes is one. " +
        "Run `fuse()` on a server, and read the run with `fromResponse()`",
    );
  }
  const missing = NEEDED.filter((name) => !(name in globalThis));
  if (missing.length > 0) {
    throw new Error(
      `this runtime has no ${missing.join(" and no ")}; jsdom is one. In tests, use the ` +
        "environment of Node, or set them as globals",
    );
  }
}
