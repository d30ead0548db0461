// llm-fuse/state: the reducer of a run's events, and a store for frameworks. Contains no core.

export { initialState, reduce, sourcesOf } from "./reduce.js";
export { createFusionStore } from "./store.js";
