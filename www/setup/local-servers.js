// Looks for model servers on this machine. Call `findServers()` only after a click, because the
// browser may ask the user for permission.
const SERVERS = [
  { name: "Ollama", url: "http://localhost:11434/v1" },
  { name: "LM Studio", url: "http://localhost:1234/v1" },
];
const TIMEOUT_MS = 5_000;
/** Time for the user to answer the browser's question. */
const ASKED_TIMEOUT_MS = 60_000;
const MAX_PANEL = 3;
/** Matches the names of models that do not write text. */
const NO_TEXT = /embed|rerank|whisper|tts/i;

/** Resolves with `{ name, url, models }` of each server that answers. */
export async function findServers() {
  const timeout = (await isPermissionOpen()) ? ASKED_TIMEOUT_MS : TIMEOUT_MS;
  const found = await Promise.all(SERVERS.map((server) => ask(server, timeout)));
  return found.filter(Boolean);
}

/** Returns up to three models. If the server has only one model, returns this model twice. */
export function panelOf(models) {
  const panel = models.slice(0, MAX_PANEL);
  return panel.length === 1 ? [...panel, ...panel] : panel;
}

async function ask({ name, url }, timeout) {
  try {
    const response = await fetch(`${url}/models`, { signal: AbortSignal.timeout(timeout) });
    const { data } = await response.json();
    const ids = data.map(({ id }) => id).filter((id) => typeof id === "string" && id.trim());
    return { name, url, models: ids.filter((id) => !NO_TEXT.test(id)) };
  } catch {
    // A page cannot distinguish a server that does not run, a server that does not allow the page,
    // and a permission that the user has denied.
    return undefined;
  }
}

async function isPermissionOpen() {
  try {
    const { state } = await navigator.permissions.query({ name: "loopback-network" });
    return state === "prompt";
  } catch {
    return false;
  }
}
