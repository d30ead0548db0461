// Stores keys. A key is stored under the origin that it is sent to. If the URL changes, the key of
// the old origin is not used. A key is deleted with the tab, except if the person saves it on the
// device.

export function readKey(origin) {
  const saved = device?.getItem(storageKey(origin));
  const isSaved = saved !== null && saved !== undefined;
  return { key: saved ?? tab?.getItem(storageKey(origin)) ?? "", isSaved };
}

/** @param onDevice saves the key on the device, so that it outlives the tab */
export function saveKey(origin, key, onDevice) {
  forgetKey(origin);
  if (key) (onDevice ? device : tab)?.setItem(storageKey(origin), key);
}

export function forgetKey(origin) {
  tab?.removeItem(storageKey(origin));
  device?.removeItem(storageKey(origin));
}

const storageKey = (origin) => `llm-fuse.key ${origin}`;

/**
 * Returns a storage. Reading `window.localStorage` throws if storage is off. The key then stays
 * only in its field.
 */
function storage(name) {
  try {
    return window[name];
  } catch {
    return undefined;
  }
}
const tab = storage("sessionStorage");
const device = storage("localStorage");
