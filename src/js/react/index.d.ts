/**
 * llm-fuse/react: a hook that renders the state of a run, for React 18 and 19. React is an optional
 * peer dependency. The module does not contain the WebAssembly core.
 */

import type { FusionRun } from "../index.js";
import type { FusionState, FusionStore, FusionStoreOptions } from "../state/index.js";

/**
 * Reads the events of one run at a time, and renders at most once per frame. The hook never starts
 * a run by itself: call `start()` in an event handler. The run is cancelled when the component
 * unmounts, and when the next run starts. After the component has unmounted, and while an
 * `Activity` hides it, `start()` and `retry()` do nothing.
 *
 * @param begin returns a run or a promise of a run. Examples: `fuse`, or a function that calls
 *   `fromResponse()`. Receives the arguments of `start()`. If the function changes between renders,
 *   the hook calls the latest function.
 */
export function useFusion<Args extends unknown[]>(
  begin: (...args: Args) => FusionRun | PromiseLike<FusionRun>,
  options?: FusionStoreOptions<[Args][Args extends unknown ? 0 : never]>,
): Fusion<Args>;

/** What {@link useFusion} returns. The functions are the same objects in each render. */
export interface Fusion<Args extends unknown[]>
  extends Pick<FusionStore<Args>, "start" | "stop" | "retry" | "getRun"> {
  /** The run's state. Unchanged parts are the same objects, so `memo()` components skip them. */
  readonly state: FusionState;
}
