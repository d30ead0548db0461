// The few lines of DOM building that the views share. Strings only ever become text, never markup.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Writes only when something changes: a text set anew every frame would break selections and wake screen readers. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A link that tells the other side nothing, or plain text where the address is not one of the web. */
export function outsideLink(url, ...children) {
  const safe = webAddress(url);
  if (!safe) return h("span", {}, ...children);
  return h("a", { href: safe.href, target: "_blank", rel: "noopener noreferrer nofollow", title: safe.href }, ...children);
}

/** @returns the parsed http(s) address, or null. */
export function webAddress(url) {
  try {
    const address = new URL(url);
    return /^https?:$/.test(address.protocol) ? address : null;
  } catch {
    return null;
  }
}
