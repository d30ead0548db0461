// Declares the modules that the build generates, and React, an optional peer. Only the type check
// reads this file, and the build does not copy it.

declare module "react" {
  export function useEffect(effect: () => void): void;
  export function useRef<T>(value: T): { current: T };
  export function useState<T>(start: () => T): [T];
  export function useSyncExternalStore<T>(
    subscribe: (listener: () => void) => () => void,
    getSnapshot: () => T,
    getServerSnapshot: () => T,
  ): T;
}

declare module "*/core.js" {
  /** Instantiates the core. Later calls return the same instance. */
  export default function instantiate(options: { module_or_path: unknown }): Promise<unknown>;
  /** Replaces the instance. Objects of the earlier instance stop working. */
  export function __wbg_reset_state(): void;

  type SendCall = (
    url: string,
    init: RequestInit,
    controller: AbortController,
    provider?: string,
  ) => Promise<unknown>;
  type CallTool = (
    name: string,
    args: string,
    controller: AbortController,
    index?: number,
  ) => Promise<string>;

  /** See `keyOf` in options.js. */
  type KeyOf = (field: string) => Promise<unknown>;

  /** See `shouldEscalate` in run-calls.js. */
  type ShouldEscalate = (analysis: string, responses: string) => Promise<unknown>;

  /** The run's handle in the core. Every method may throw if the core traps. */
  export class Run {
    constructor(
      id: number,
      request: string,
      options: string,
      send: SendCall,
      callTool: CallTool,
      keyOf: KeyOf,
      shouldEscalate: ShouldEscalate,
      run_id: string,
      seed: number,
      nonce: string,
    );
    /** Returns whether the run has ended. */
    poll(): boolean;
    /** Returns the events since the last call as JSON, if there are any. */
    take(): string | undefined;
    checkpointCount(): number;
    /** Returns a snapshot as JSON in UTF-8. */
    snapshot(): Uint8Array;
    /** Returns the result of a completed run as JSON. */
    result(): string | undefined;
    warn(message: string): void;
    cancel(): void;
    cancelPanelist(index: number): boolean;
    retryPanelist(index: number): boolean;
    proceed(): boolean;
    free(): void;
  }

  /** The estimate's handle in the core. */
  export class EstimateTask {
    constructor(id: number, request: string, options: string, send: SendCall, keyOf: KeyOf);
    poll():
      | { estimate?: import("./output.js").Estimate; error?: import("./output.js").ErrorData }
      | undefined;
    free(): void;
  }
}

declare module "*/core_inline.js" {
  const core: { singles: string; text: string };
  export default core;
}

declare module "*/core_bg.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*/core_bg.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
