// Creates DOM elements. Strings become text nodes, never HTML.

/**
 * Creates an element.
 * @param props attributes, and listeners whose names begin with "on"; missing values are skipped
 * @param children nodes, strings and arrays of them; false, null and undefined are skipped
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  const isPresent = (child) => child !== null && child !== undefined && child !== false;
  // Append one child at a time, because a call with 100,000 arguments overflows the stack.
  for (const child of children.flat()) if (isPresent(child)) element.append(child);
  return element;
}

/**
 * Writes a text only if it has changed. Writing in each frame would break selections and screen
 * readers.
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides an element. Writes the attribute only if it changes. */
export function setShown(element, shown) {
  if (element.hidden === Boolean(shown)) element.hidden = !shown;
}

/**
 * Returns a link without referrer and opener. If the URL is not http(s) or mailto, returns a span.
 */
export function outsideLink(url, ...children) {
  const safe = /^mailto:/i.test(url) ? { href: url } : webAddress(url);
  if (!safe) return h("span", {}, ...children);
  const { href } = safe;
  const rel = "noopener noreferrer nofollow";
  return h("a", { href, target: "_blank", rel, title: href }, ...children);
}

/** Returns the parsed http(s) URL, or null. */
export function webAddress(url) {
  try {
    const address = new URL(url);
    return /^https?:$/.test(address.protocol) ? address : null;
  } catch {
    return null;
  }
}

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  copy: "M9 9h10v11H9zM5 15V4h10",
  check: "M5 12.500l4.500 4.500L19 7.500",
  retry: "M19 12a7 7 0 1 1-2.200-5.100M19 3.500V7.500h-4",
  stop: "M7 7h10v10H7z",
  expand: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  shrink: "M20 10h-6V4M14 10l6-6M4 14h6v6M10 14l-6 6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  back: "M14.500 6l-6 6 6 6",
  on: "M9.500 6l6 6-6 6",
  bin: "M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13",
  close: "M6 6l12 12M18 6L6 18",
  take: "M12 4v11M7 10.500l5 5 5-5M5 20h14",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-2.500 4 3.500M15.500 9.500h.01",
  more: "M5 11v2M12 11v2M19 11v2",
  add: "M12 5v14M5 12h14",
  file: "M6 3.500h8l4 4v13H6zM14 3.500v4h4",
  clip: "M19 11l-7.500 7.500a4.500 4.500 0 0 1-6.400-6.400L13 4.200a3 3 0 0 1 4.300 4.300L9.500 16",
  search: "M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13M15.500 15.500L20 20",
  send: "M12 19V5.500M6 11l6-6 6 6",
};

/** Returns an icon that screen readers ignore. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

/** Returns a small button: an icon, and its label as text if `words` is set. */
export function tool(name, label, onclick, { words = false, ...props } = {}) {
  const style = words ? "tool-button with-words" : "tool-button";
  const hidden = words ? {} : { "aria-label": label, title: label };
  const text = words && h("span", { class: "words" }, label);
  const attributes = { type: "button", class: style, ...hidden, onclick, ...props };
  return h("button", attributes, icon(name), text);
}

const COPIED_MS = 1600;

/** Returns a button that copies the result of `text()` and shows whether copying worked. */
export function copyButton(text, props) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      show("check", "Copied");
    } catch {
      show("close", "Copying was blocked");
    }
    setTimeout(() => show("copy", "Copy"), COPIED_MS);
  };
  const button = tool("copy", "Copy", copy, props);
  const show = (name, label) => {
    button.querySelector("svg").replaceWith(icon(name));
    const words = button.querySelector("span");
    if (words) setText(words, label);
    else for (const attribute of ["aria-label", "title"]) button.setAttribute(attribute, label);
  };
  return button;
}
