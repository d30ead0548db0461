// Finds the models of an Ollama on this machine.

const WAIT_MS = 1000;

/**
 * Returns the address of Ollama without a path. `OLLAMA_HOST` may be a host, a host with a port, or
 * a URL. The listening address `0.0.0.0` becomes 127.0.0.1.
 * @param {Record<string, string | undefined>} env
 */
export function ollamaAddress({ OLLAMA_HOST = "127.0.0.1:11434" }) {
  const given = OLLAMA_HOST.trim();
  const url = new URL(/^https?:\/\//.test(given) ? given : `http://${given}`);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  if (!url.port && !/^https?:\/\//.test(given)) url.port = "11434";
  return url.href.replace(/\/+$/, "");
}

/**
 * Returns the names of the models that can chat, the newest first.
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<string[]>}
 */
export async function findOllama(env) {
  try {
    const response = await fetch(`${ollamaAddress(env)}/api/tags`, {
      signal: AbortSignal.timeout(WAIT_MS),
      redirect: "error",
    });
    if (!response.ok) return [];
    const { models } = /** @type {any} */ (await response.json());
    return models.filter(canChat).map((/** @type {any} */ { name }) => String(name));
  } catch {
    // No Ollama, or another program at its port.
    return [];
  }
}

/** @param {any} model */
const canChat = ({ capabilities, details, name }) =>
  Array.isArray(capabilities)
    ? capabilities.includes("completion")
    : !/bert/i.test(details?.family ?? "") && !/embed/i.test(name);
