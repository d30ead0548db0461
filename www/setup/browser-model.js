// Uses the browser's own model (Chrome's Prompt API,
// https://developer.chrome.com/docs/ai/prompt-api). Tells whether the browser has a model,
// downloads the model, and makes a panel of it.

/**
 * Options for `availability()` and `create()`. The API requires the same options for both
 * functions.
 */
export const SESSION_OPTIONS = { expectedOutputs: [{ type: "text", languages: ["en"] }] };

/**
 * The base URL in settings and turns. The reserved domain .invalid never resolves, so no call can
 * reach a server.
 */
export const BROWSER_URL = "https://browser.invalid/v1";
const PROVIDER = "browser";

const SHORT = "Answer in at most 120 words.";
/**
 * The members of the panel, which the page calls seats. The browser's only model answers in each
 * seat, with different instructions.
 */
export const SEATS = [
  { name: "direct", about: "answers plainly", system: `Answer plainly and directly. ${SHORT}` },
  {
    name: "careful",
    about: "names risks and conditions",
    system: `Answer carefully. Name the conditions, the risks and what is uncertain. ${SHORT}`,
  },
  {
    name: "contrarian",
    about: "looks for the other side",
    system: `Look for what the usual answer misses, and say when it is wrong. ${SHORT}`,
  },
];
const modelOf = (name) => `${PROVIDER}:${name}`;
const ROLES = { analyst: modelOf("analyst"), writer: modelOf("writer") };
const FREE = { prompt: 0, completion: 0 };

/** Resolves with "available", "downloadable", "downloading" or "unavailable". */
export async function availability() {
  try {
    return (await globalThis.LanguageModel?.availability(SESSION_OPTIONS)) ?? "unavailable";
  } catch {
    return "unavailable";
  }
}

/**
 * Downloads the model. Call it in the handler of a click, because the browser refuses it otherwise.
 * @param onProgress called with a number from 0 to 1
 */
export async function download(onProgress) {
  const monitor = (target) =>
    target.addEventListener("downloadprogress", ({ loaded }) => onProgress(loaded));
  const session = await globalThis.LanguageModel.create({ ...SESSION_OPTIONS, monitor });
  session.destroy();
}

/** Returns the fields of the request and the options of a run. */
export function browserPanel() {
  const panel = SEATS.map(({ name, system }) => ({ model: modelOf(name), system }));
  const models = [...panel.map(({ model }) => model), ...Object.values(ROLES)];
  const send = async (...call) => (await import("./browser-fetch.js")).browserFetch(...call);
  return {
    request: { analysis_models: panel, ...ROLES },
    options: {
      baseURL: BROWSER_URL,
      fetch: send,
      // A device has memory for one session.
      providers: { [PROVIDER]: { dialect: "chat", max_concurrency: 1, fetch: send } },
      prices: Object.fromEntries(models.map((model) => [model, FREE])),
    },
  };
}
