// Keeps the snapshots of a run. The run uses them before it is in the core, and after it has ended.

import { emptySnapshot, initialSnapshot, parseSnapshot } from "./snapshot.js";

/** @typedef {import("./output.js").FusionSnapshot} FusionSnapshot */

export class RunSnapshots {
  #request;
  /**
   * The newest snapshot. The run takes one after each panelist and after each stage.
   * @type {Uint8Array | undefined}
   */
  #checkpoint;
  /** The final snapshot, as JSON or as JSON in UTF-8. @type {string | Uint8Array | undefined} */
  #last;

  /** @param {unknown} request */
  constructor(request) {
    this.#request = request;
  }

  /** @param {Uint8Array} checkpoint */
  add(checkpoint) {
    this.#checkpoint = checkpoint;
  }

  /**
   * Keeps the final snapshot of the run. Never throws.
   * @param {{ isComplete: boolean }} checkpoint `isComplete`: the last checkpoint was made at the
   *   end of the run. If false, the core has not received the run or has lost it.
   */
  end({ isComplete }) {
    if (isComplete) this.#last ??= this.#checkpoint;
    this.#last ??= this.#failed();
  }

  /** Returns the last snapshot. Never throws. @returns {FusionSnapshot} */
  last() {
    try {
      return parseSnapshot(this.#last);
    } catch {
      return emptySnapshot({}, "failed");
    }
  }

  /**
   * Returns a snapshot without a call into the core.
   * @param {"waiting" | "running" | "ended"} phase
   * @returns {FusionSnapshot}
   */
  read(phase) {
    if (this.#last) return parseSnapshot(this.#last);
    return initialSnapshot(this.#request, phase === "ended" ? "failed" : phase);
  }

  /** Returns, as JSON, the snapshot of a failed run that the core does not have. */
  #failed() {
    try {
      const known = this.#checkpoint
        ? parseSnapshot(this.#checkpoint)
        : initialSnapshot(this.#request, "failed");
      return JSON.stringify({ ...known, status: "failed" });
    } catch {
      return JSON.stringify(emptySnapshot({}, "failed"));
    }
  }
}
