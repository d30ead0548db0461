// In: the URL that a model wants to read. Out: the page as text, marked as data. Nothing but public hosts, unless the caller allows them.

import { withTimeout } from "../timeout.js";
import { refusedHost, refusedResolved } from "./address.js";
import { ask, charset, decoded, discard, isBinary, read, startsWith } from "./body.js";
import { toMarkdown } from "./html.js";
import { cut, line, marked } from "./marks.js";
import { checked, FUNCTION, TEXT } from "./options.js";

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const ACCEPT = "text/markdown, text/html;q=0.9, text/plain;q=0.8, */*;q=0.1";

const DEFAULTS = { fetch: undefined, allow: [], resolve: undefined, user_agent: undefined, timeout_ms: 15_000, max_bytes: 2_000_000, max_chars: 20_000 };
const KINDS = {
  fetch: FUNCTION,
  allow: {
    fits: (value) => typeof value === "function" || (Array.isArray(value) && value.every((host) => typeof host === "string")),
    wanted: "a function, or a list of hosts and origins",
  },
  resolve: { fits: (value) => value === false || typeof value === "function", wanted: "a function or false" },
  user_agent: TEXT,
};

export function webFetch(given = {}) {
  const options = checked("webFetch", given, DEFAULTS, KINDS);
  return async (input, { signal } = {}) => {
    const url = parsed(input?.url);
    return withTimeout(options.timeout_ms, signal, `fetching ${shown(url)}`, async (alive) => page(await open(url, options, alive), options, alive));
  };
}

function parsed(text, base) {
  if (typeof text !== "string" || !URL.canParse(text, base)) throw new Error(`${JSON.stringify(text)?.slice(0, 200)} is no URL; a whole one is needed, with https:// in front`);
  const url = new URL(text, base);
  url.hash = "";
  return url;
}

/** Follows redirects by hand, for each of them may lead where nobody may go. */
async function open(start, options, signal) {
  const fetch = options.fetch ?? globalThis.fetch;
  let url = start;
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    await admit(url, options);
    signal.throwIfAborted();
    const response = await ask(fetch, url, request(options, signal));
    if (response.type === "opaqueredirect") throw new Error(`${shown(url)} is a redirect, which a browser lets nobody check before it is followed`);
    if (response.redirected) {
      discard(response);
      throw new Error(`the given fetch has followed a redirect of ${shown(url)} unchecked`);
    }
    const location = REDIRECTS.includes(response.status) && response.headers.get("location");
    if (!location) return { url, response };
    discard(response);
    url = parsed(location, url.href);
  }
  throw new Error(`${shown(start)} redirects more than ${MAX_REDIRECTS} times`);
}

function request({ user_agent }, signal) {
  const headers = { accept: ACCEPT, ...(user_agent && { "user-agent": user_agent }) };
  // Browsers would send cookies to the page's own site. Workers have none, and old ones refuse the field.
  const credentials = "credentials" in Request.prototype ? { credentials: "omit" } : {};
  return { method: "GET", headers, redirect: "manual", signal, ...credentials };
}

async function admit(url, { allow, resolve = systemResolver() }) {
  const refuse = (why) => {
    throw new Error(`${shown(url)} may not be fetched: ${why}`);
  };
  if (!/^https?:$/.test(url.protocol)) refuse("only http: and https: can be");
  if (url.username || url.password) refuse("it carries a name or a password");
  if (isAllowed(url, allow)) return;
  const refused = refusedHost(url.hostname);
  if (refused) refuse(`its host is ${refused}`);
  const isAddress = /^(\[.*|[\d.]+)$/.test(url.hostname);
  if (!resolve || isAddress) return;
  let found = [];
  try {
    found = await resolve(url.hostname);
  } catch (error) {
    refuse(`its host has no address (${error?.code ?? error?.message ?? error})`);
  }
  if (found.length === 0) refuse("its host has no address");
  for (const entry of found) {
    const inside = refusedResolved(entry.address ?? entry);
    if (inside) refuse(`its host has ${inside}`);
  }
}

function isAllowed(url, allow) {
  if (typeof allow === "function") return Boolean(allow(new URL(url)));
  return allow.some((host) => [url.hostname, url.host, url.origin].includes(host.toLowerCase().replace(/\/$/, "")));
}

/** Node, Deno and Bun can be asked for addresses. Browsers cannot, and Workers reach the public Internet only. */
function systemResolver() {
  if (globalThis.navigator?.userAgent === "Cloudflare-Workers") return undefined;
  const dns = globalThis.process?.getBuiltinModule?.("node:dns");
  return dns && ((hostname) => dns.promises.lookup(hostname, { all: true }));
}

async function page({ url, response }, options, signal) {
  const contentType = response.headers.get("content-type") ?? "";
  const refuse = (what) => {
    discard(response);
    throw new Error(`${shown(url)} ${what}`);
  };
  if (response.status < 200 || response.status > 299) refuse(`answered ${response.status}`);
  const type = contentType.split(";")[0].trim().toLowerCase();
  const kind = kindOf(type);
  if (!kind) refuse(`is ${named(type)}, which this tool cannot read`);

  const body = await read(response, options.max_bytes, signal);
  if (startsWith(body.bytes, "%PDF-")) refuse("is a PDF, which this tool cannot read");
  if (isBinary(body.bytes) && !/^utf-?16/i.test(charset(contentType))) refuse("is a binary file, which this tool cannot read");
  const text = decoded(body, contentType);
  const isHtml = kind === "html" || (kind === "any" && /^\s*<(!doctype html|html|head|body)\b/i.test(text));
  return told(url, isHtml ? toMarkdown(text, { url: url.href, max_chars: options.max_chars }) : { title: "", text: text.replaceAll("\r\n", "\n").trim() }, body, options);
}

function kindOf(type) {
  if (type === "") return "any";
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  if (/^(image|audio|video|font)\//.test(type)) return undefined;
  return /^text\/|[/+](json|xml|yaml|toml|javascript|ecmascript|ndjson|sql|markdown)$|\/x-(yaml|toml|ndjson|javascript|sh|tex|latex)$/.test(type) ? "text" : undefined;
}

function named(type) {
  const kind = type === "application/pdf" ? "a PDF" : { image: "an image", audio: "a sound", video: "a video", font: "a font" }[type.split("/")[0]];
  return kind ? `${kind} (${line(type, 100)})` : line(type, 100);
}

function told(url, { title, text, cut: why }, { isCut, bytes }, { max_chars }) {
  const limits = [];
  if (text.length > max_chars || why === "it is long") limits.push(`these are its first ${max_chars.toLocaleString("en")} characters`);
  if (isCut) limits.push(`only its first ${bytes.length.toLocaleString("en")} bytes were read`);
  if (why && why !== "it is long") limits.push(why);
  const name = line(title, 300);
  const head = [...(name ? [`Title: ${name}`] : []), `URL: ${url.href}`];
  const after = text === "" ? "The page has no text; it may need JavaScript to show any." : limits.length > 0 ? `The page goes on: ${limits.join("; ")}.` : "";
  const content = marked("page", "A web page", `${head.join("\n")}\n\n${cut(text, max_chars)}`, after);
  return { content, sources: [{ url: url.href, title: name }], summary: name || shown(url) };
}

/** For messages: without what may be a secret, and not too long. */
function shown({ href, username, password }) {
  const url = new URL(href);
  if (username || password) url.username = url.password = "";
  return line(url.href, 500);
}
