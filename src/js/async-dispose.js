// Supports `await using` in runtimes that have `Symbol.asyncDispose`.

/**
 * Adds a method that cancels the run at the end of an `await using` block.
 * @param {{ prototype: { cancel: () => void } }} runClass
 */
export function addAsyncDispose({ prototype }) {
  if (!Symbol.asyncDispose) return;
  Object.defineProperty(prototype, Symbol.asyncDispose, {
    /** @this {{ cancel: () => void }} */
    async value() {
      this.cancel();
    },
    configurable: true,
    writable: true,
  });
}
