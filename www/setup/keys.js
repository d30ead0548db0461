// Stores keys. A key is stored under the origin to which it is sent. If the URL changes, the key of
// the old origin is not used. If the person saves the key on the device, the key stays there.
// Otherwise the key is deleted when the tab closes.

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
 * Returns a storage, or undefined. If the browser blocks storage, reading `window.localStorage`
 * throws an error. In this case, the key exists only in the text field.
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
