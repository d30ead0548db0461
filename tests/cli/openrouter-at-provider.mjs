// Preloaded in a command. Redirects calls from OpenRouter's URL to the provider of a test. Tests of
// prices need OpenRouter's URL, because the command uses a price list only there.

const { fetch } = globalThis;
const { TEST_PROVIDER } = process.env;

globalThis.fetch = (url, init) =>
  fetch(String(url).replace("https://openrouter.ai/api/v1", TEST_PROVIDER), init);
