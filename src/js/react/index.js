"use client";
// llm-fuse/react: a hook around the store of llm-fuse/state.

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { initialState } from "../state/reduce.js";
import { createFusionStore } from "../state/store.js";

/** @type {typeof import("./index.js").useFusion<any[]>} */
export function useFusion(begin, options = {}) {
  const latest = useRef({ begin, options });
  useEffect(() => {
    latest.current = { begin, options };
  });
  // Each mounted component has one store. Creating the store starts no run.
  const [store] = useState(() =>
    createFusionStore(/** @param {any[]} args */ (...args) => latest.current.begin(...args), {
      get resume() {
        return latest.current.options.resume;
      },
    }),
  );
  const state = useSyncExternalStore(store.subscribe, store.getState, initialState);
  const { start, stop, retry, getRun } = store;
  return { state, start, stop, retry, getRun };
}
