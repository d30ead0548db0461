// A key belongs to one origin: it is looked up by where it would be sent, so changing the address never carries it along.
// It lives as long as the tab; only if asked it is kept on the device.

export function readKey(origin) {
  const kept = device?.getItem(slot(origin));
  return { key: kept ?? tab?.getItem(slot(origin)) ?? "", kept: kept !== null && kept !== undefined };
}

export function saveKey(origin, key, keep) {
  forgetKey(origin);
  if (key) (keep ? device : tab)?.setItem(slot(origin), key);
}

export function forgetKey(origin) {
  tab?.removeItem(slot(origin));
  device?.removeItem(slot(origin));
}

const slot = (origin) => `llm-fuse.key ${origin}`;

// Where storage is switched off, merely naming it throws; the key then lives in its field.
function storage(name) {
  try {
    return window[name];
  } catch {
    return undefined;
  }
}
const tab = storage("sessionStorage");
const device = storage("localStorage");
