/**
 * llm-fuse/react: a hook that follows runs, for React 18 and 19. React is an optional peer
 * dependency. Contains no core.
 */

import type { FusionRun } from "../index.js";
import type { FusionState, FusionStore, FusionStoreOptions } from "../state/index.js";

/**
 * Follows one run at a time, and renders at most once a frame. No run begins by itself: call
 * `start()` in an event handler. A run is cancelled when the component unmounts, and when the next
 * one starts.
 *
 * @param begin returns a run, or a promise of one: `fuse`, or a function that calls
 *   `fromResponse()`. Gets the arguments of `start()`. The function of the last render counts.
 */
export function useFusion<Args extends unknown[]>(
  begin: (...args: Args) => FusionRun | PromiseLike<FusionRun>,
  options?: FusionStoreOptions<Args>,
): Fusion<Args>;

/** What {@link useFusion} returns. The functions are the same in each render. */
export interface Fusion<Args extends unknown[]>
  extends Pick<FusionStore<Args>, "start" | "stop" | "retry" | "getRun"> {
  /** Parts that have not changed keep their identity, so `memo()` components skip them. */
  readonly state: FusionState;
}
