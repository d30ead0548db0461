// Preloaded in a command. Sends calls to OpenRouter's URL to the provider of a test. The command
// uses a price list only at that URL.

const { fetch } = globalThis;
const { TEST_PROVIDER } = process.env;

globalThis.fetch = (url, init) =>
  fetch(String(url).replace("https://openrouter.ai/api/v1", TEST_PROVIDER), init);
