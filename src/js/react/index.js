"use client";
// llm-fuse/react: a hook around the store of llm-fuse/state.

import { useInsertionEffect, useRef, useState, useSyncExternalStore } from "react";
import { initialState } from "../state/reduce.js";
import { createFusionStore } from "../state/store.js";

/** @type {typeof import("./index.js").useFusion<any[]>} */
export function useFusion(begin, options = {}) {
  const latest = useRef({ begin, options });
  // Use an insertion effect, because it runs before all other effects. The effect of a child
  // component may start a run, which must use the latest `begin`.
  useInsertionEffect(() => {
    latest.current = { begin, options };
  });
  // Each mounted component has one store. Creating the store starts no run.
  const [store] = useState(() =>
    whileMounted(
      createFusionStore(/** @param {any[]} args */ (...args) => latest.current.begin(...args), {
        get resume() {
          return latest.current.options.resume;
        },
      }),
    ),
  );
  const state = useSyncExternalStore(store.subscribe, store.getState, initialState);
  const { start, stop, retry, getRun } = store;
  return { state, start, stop, retry, getRun };
}

/**
 * Returns the store with its own `start()` and `retry()`. When React has removed the store's
 * listener, these two functions do nothing, because no component could stop the run. StrictMode and
 * `Activity` may add the listener again.
 * @param {import("../state/index.js").FusionStore<any[]>} store
 * @returns {typeof store}
 */
function whileMounted(store) {
  let isRemoved = false;
  return {
    ...store,
    subscribe(listener) {
      isRemoved = false;
      const leave = store.subscribe(listener);
      return () => {
        isRemoved = true;
        leave();
      };
    },
    start: (...args) => void (isRemoved || store.start(...args)),
    retry: () => void (isRemoved || store.retry()),
  };
}
