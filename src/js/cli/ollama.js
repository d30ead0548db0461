// Finds the models of an Ollama server on this machine.

import { isIP } from "node:net";

const WAIT_MS = 1000;

const HOST = "127.0.0.1";
const PORT = "11434";

/**
 * Returns the address of Ollama, or undefined if `OLLAMA_HOST` is not an address. As for Ollama
 * itself, `OLLAMA_HOST` may be a host, a port such as `:11434`, a host with a port, or a URL. A
 * server that listens on `0.0.0.0` is called at 127.0.0.1.
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function ollamaAddress({ OLLAMA_HOST }) {
  const given = OLLAMA_HOST?.trim() || HOST;
  const [, scheme = "", host = ""] = /^(https?:\/\/)?(.*)$/s.exec(given) ?? [];
  const full = isIP(host) === 6 ? `[${host}]` : host.startsWith(":") ? HOST + host : host;
  const address = `${scheme || "http://"}${full}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = HOST;
  if (!url.port && !scheme) url.port = PORT;
  return url.href.replace(/\/+$/, "");
}

/**
 * Returns the names of the models that can chat, the newest first.
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<string[]>}
 */
export async function findOllama(env) {
  const address = ollamaAddress(env);
  if (address === undefined) return [];
  try {
    const response = await fetch(`${address}/api/tags`, {
      signal: AbortSignal.timeout(WAIT_MS),
      redirect: "error",
    });
    if (!response.ok) return [];
    const { models } = /** @type {any} */ (await response.json());
    return models.filter(canChat).map((/** @type {any} */ { name }) => String(name));
  } catch {
    // No Ollama server runs, or another program uses its port.
    return [];
  }
}

/** @param {any} model */
const canChat = ({ capabilities, details, name }) =>
  Array.isArray(capabilities)
    ? capabilities.includes("completion")
    : !/bert/i.test(details?.family ?? "") && !/embed/i.test(name);
