// Explains to the user what an error code means and what the user can do.

/**
 * @param error `{ code, message, status_code?, retry_after_ms? }`
 * @param setup the destination of the run, see `newTurn()`
 * @returns `{ title, advice, fix }`. The page also shows the provider's own message. `fix` is "key"
 *   or "models" if the settings can repair the error
 */
export function describeError(error, setup) {
  const host = setup.host || "the provider";
  // In an imported conversation, the code can be any text, such as "constructor".
  const code = Object.hasOwn(MESSAGES, error.code) ? error.code : "unexpected_error";
  return MESSAGES[code]({ host, setup, error, isOpenRouter: setup.provider === "openrouter" });
}

/**
 * Returns a message of the core in the words of the page. The page counts panelists from 1, so
 * `model 1` replaces the field name `analysis_models[0]`.
 */
export const readableMessage = (message) =>
  message
    .replace(/`analysis_models\[(\d+)\]`/g, (_, index) => `model ${Number(index) + 1}`)
    .replace(
      /`analysis_models\[(\d+)\]\.([\w.]+)`/g,
      (_, index, field) => `\`${field}\` of model ${Number(index) + 1}`,
    );

const MESSAGES = {
  authentication: ({ host, setup, isOpenRouter }) => ({
    title: setup.hasKey ? `${host} did not accept the key.` : `${host} needs a key.`,
    advice: isOpenRouter
      ? "Check that the key is complete and not disabled at openrouter.ai/settings/keys."
      : "Press “Set key” to enter the key for this server.",
    fix: "key",
  }),
  permission: ({ host }) => ({
    title: `The key has no access to this model at ${host}.`,
    advice: "Choose another model, or change the key's or the account's limits.",
    fix: "models",
  }),
  insufficient_credits: ({ host, isOpenRouter }) => ({
    title: "There is not enough credit.",
    advice: isOpenRouter
      ? "Add credit at openrouter.ai/credits, or choose the Budget panel."
      : `Top up the account at ${host}.`,
    fix: "models",
  }),
  rate_limited: ({ host, error }) => ({
    title: `${host} limits the request rate.`,
    advice: retryAdvice(error),
  }),
  content_policy: () => ({
    title: "Declined by the provider's content rules.",
    advice: "Rephrase the question, or choose another model.",
  }),
  context_length_exceeded: () => ({
    title: "The request is too long for this model.",
    advice: "Shorten the question, or choose a model with a larger context.",
  }),
  invalid_model: () => ({
    title: "This model does not exist here.",
    advice: "“Choose models” opens the provider's list.",
    fix: "models",
  }),
  invalid_request: () => ({
    title: "The request was not accepted.",
    advice: "The message below names what is wrong.",
  }),
  network_error: ({ host, setup }) => ({
    title: `No connection to ${host}.`,
    advice: networkAdvice(setup),
  }),
  timeout: () => ({
    title: "The request timed out.",
    advice: "The model may be busy or still loading. Try again, or choose a faster one.",
  }),
  empty_response: () => ({
    title: "The model sent no text.",
    advice:
      "Some models use all tokens for reasoning, or fail silently. Try again, or choose another.",
  }),
  provider_error: ({ host }) => ({
    title: `${host} had a server error.`,
    advice: "Try again, or choose another model.",
  }),
  all_panels_failed: () => ({ title: "All panelists failed.", advice: "See each card." }),
  quorum_not_met: () => ({
    title: "Too few panelists answered.",
    advice: "The replies that arrived are kept below.",
  }),
  writer_failed: () => ({
    title: "The panel answered, but the writer failed.",
    advice: "The replies and the comparison below are complete.",
  }),
  budget_exceeded: () => ({
    title: "The cost limit was reached.",
    advice: "Finished replies are kept below.",
  }),
  unexpected_error: () => ({
    title: "Unexpected error.",
    advice: "Try again. If it happens each time, please report it with the message below.",
  }),
};

function retryAdvice({ retry_after_ms: ms }) {
  if (ms) return `Try again in ${Math.ceil(ms / 1000)} seconds.`;
  return "Wait and try again, or use a smaller panel.";
}

/**
 * Returns advice for a network error. A browser does not tell a page why a connection has failed,
 * so the advice names all usual causes.
 */
function networkAdvice({ provider, baseURL }) {
  if (navigator.onLine === false) return "This device is offline.";
  if (provider === "openrouter") {
    return "Check the connection; an ad blocker or a company network may also block openrouter.ai.";
  }
  const { origin, protocol } = location;
  const isLocal = /^https?:\/\/(localhost|127\.0\.0\.1)[:/]/.test(baseURL);
  const causes = [
    isLocal
      ? "Is the server running, and is the port right?"
      : "Is the address right, and is the server up?",
    `The server must allow pages from ${origin} (CORS):`,
    `for Ollama set OLLAMA_ORIGINS=${origin}, in LM Studio switch on “Enable CORS”;`,
    "llama.cpp allows it by default.",
  ];
  if (protocol === "https:" && baseURL.startsWith("http:")) {
    causes.push(
      "This page was loaded over https. Some browsers block http requests from it, or ask for",
      "permission to reach this machine. Allow it, or run the page locally.",
    );
  }
  return causes.join(" ");
}
