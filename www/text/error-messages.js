// What an error code means to the person at the page, and what can be done about it.

/** @param error `{ code, message, status_code? }`
 *  @param setup where the run was sent, see `newTurn()`
 *  @returns `{ title, advice }` in plain words; the provider's own message is shown beside them. */
export function describeError(error, setup) {
  const openrouter = setup.provider === "openrouter";
  const where = setup.host || "the provider";
  switch (error.code) {
    case "authentication":
      return {
        title: setup.hasKey ? `${where} did not accept the key.` : `${where} needs a key.`,
        advice: openrouter ? "Check that the key is complete and not disabled at openrouter.ai/settings/keys." : "Enter the key for this server under “Models”.",
      };
    case "permission":
      return { title: `The key has no access to this model at ${where}.`, advice: "Choose another model, or change the key's or the account's limits." };
    case "insufficient_credits":
      return { title: "There is not enough credit.", advice: openrouter ? "Add credit at openrouter.ai/credits, or choose the Budget panel." : `Top up the account at ${where}.` };
    case "rate_limited":
      return { title: `${where} limits the request rate.`, advice: wait(error) };
    case "content_policy":
      return { title: "Declined by the provider's content rules.", advice: "Rephrase the question, or choose another model." };
    case "context_length_exceeded":
      return { title: "The request is too long for this model.", advice: "Shorten the question, or choose a model with a larger context." };
    case "invalid_model":
      return { title: "This model does not exist here.", advice: "Choose one under “Models”, which lists the provider's models." };
    case "invalid_request":
      return { title: "The request was not accepted.", advice: "The message below names what is wrong." };
    case "network_error":
      return { title: `No connection to ${where}.`, advice: network(setup) };
    case "timeout":
      return { title: "The request timed out.", advice: "The model may be busy or still loading. Try again, or choose a faster one." };
    case "empty_response":
      return { title: "The model sent no text.", advice: "Some models use all tokens for reasoning, or fail silently. Try again, or choose another." };
    case "provider_error":
      return { title: `${where} had a server error.`, advice: "Try again, or choose another model." };
    case "all_panels_failed":
      return { title: "All panelists failed.", advice: "See each card." };
    case "writer_failed":
      return { title: "The panel answered, but the writer failed.", advice: "The replies and the comparison below are complete." };
    case "budget_exceeded":
      return { title: "The cost limit was reached.", advice: "Finished replies are kept below." };
    default:
      return { title: "Unexpected error.", advice: "Try again. If it happens each time, please report it with the message below." };
  }
}

const wait = ({ retry_after_ms: ms }) => (ms ? `Try again in ${Math.ceil(ms / 1000)} seconds.` : "Wait and try again, or use a smaller panel.");

// A browser does not tell a page why a connection failed, so all the usual causes are named.
function network({ provider, baseURL }) {
  if (navigator.onLine === false) return "This device is offline.";
  if (provider === "openrouter") return "Check the connection; an ad blocker or a company network may also block openrouter.ai.";
  const local = /^https?:\/\/(localhost|127\.0\.0\.1)[:/]/.test(baseURL);
  const causes = [local ? "Is the server running, and is the port right?" : "Is the address right, and is the server up?"];
  causes.push(
    `It must allow pages from ${location.origin} (CORS): for Ollama set OLLAMA_ORIGINS=${location.origin}, in LM Studio switch on “Enable CORS”; llama.cpp allows it by itself.`,
  );
  if (location.protocol === "https:" && baseURL.startsWith("http:")) {
    causes.push("This page was loaded over https. Some browsers block http requests from it, or ask for permission to reach this machine. Allow it, or run the page locally.");
  }
  return causes.join(" ");
}
