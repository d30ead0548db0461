// Preloaded in a command: calls of OpenRouter go to the provider of a test. Only OpenRouter has a
// list of prices, and it is known by its address.

const { fetch } = globalThis;
const { TEST_PROVIDER } = process.env;

globalThis.fetch = (url, init) =>
  fetch(String(url).replace("https://openrouter.ai/api/v1", TEST_PROVIDER), init);
