// llm-fuse/state: the reducer of a run's events, and a store for frameworks. Does not import the
// WebAssembly core.

export { initialState, reduce, sourcesOf } from "./reduce.js";
export { createFusionStore } from "./store.js";
