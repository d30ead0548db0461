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

/** Shows or hides, and says which; as cheap as looking where nothing changes. */
export function setShown(element, shown) {
  if (element.hidden === Boolean(shown)) element.hidden = !shown;
}

/** A link that tells the other side nothing, or plain text where the address is neither one of the web nor a mailbox. */
export function outsideLink(url, ...children) {
  const safe = /^mailto:/i.test(url) ? { href: url } : webAddress(url);
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
  send: "M12 19V5.500M6 11l6-6 6 6",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  svg.append(path);
  return svg;
}

/** A small button: an icon, and its label in words where there is room. */
export function tool(name, label, onclick, { words = false, ...props } = {}) {
  return h("button", { type: "button", class: words ? "tool-button with-words" : "tool-button", ...(!words && { "aria-label": label, title: label }), onclick, ...props }, icon(name), words && h("span", { class: "words" }, label));
}

/** A button that copies what `text()` gives and says that it did. */
export function copyButton(text, props) {
  const button = tool("copy", "Copy", async () => {
    try {
      await navigator.clipboard.writeText(text());
      say("check", "Copied");
    } catch {
      say("close", "Copying was blocked");
    }
    setTimeout(() => say("copy", "Copy"), 1600);
  }, props);
  const say = (name, label) => {
    button.querySelector("svg").replaceWith(icon(name));
    const words = button.querySelector("span");
    if (words) setText(words, label);
    else for (const attribute of ["aria-label", "title"]) button.setAttribute(attribute, label);
  };
  return button;
}
