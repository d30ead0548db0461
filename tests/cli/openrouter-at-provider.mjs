// A module that tests preload into the command. Redirects calls from OpenRouter's URL to the test's
// provider. Tests of prices need OpenRouter's URL, because the command uses a price list only with
// this URL.

const { fetch } = globalThis;
const { TEST_PROVIDER } = process.env;

globalThis.fetch = (url, init) =>
  fetch(String(url).replace("https://openrouter.ai/api/v1", TEST_PROVIDER), init);
