// Helpers for tests in all three dialects. Some make options with a provider for each dialect, and
// others make options with built-in providers. All providers send their calls to the test's
// session.

export const DIALECTS = ["chat", "responses", "messages"];

/** Returns a different key for each provider. */
export const keyOf = (provider) => `sk-${provider}-c0ffee-never-to-be-seen`;

/** A header that Anthropic and the loopback provider require from pages. */
const FROM_PAGE = { "anthropic-dangerous-direct-browser-access": "true" };

/**
 * Returns options with one provider for each dialect, named like the dialect. `more` adds fields to
 * each provider.
 */
export const providers = (t, more) => ({
  providers: Object.fromEntries(
    DIALECTS.map((dialect) => {
      const { headers, ...others } = more?.(dialect) ?? {};
      return [
        dialect,
        {
          baseURL: t.session.baseURL,
          apiKey: keyOf(dialect),
          dialect,
          headers: { ...(dialect === "messages" && FROM_PAGE), ...headers },
          ...others,
        },
      ];
    }),
  ),
});

const HOSTED = {
  openrouter: "https://openrouter.ai/api/v1",
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
  google: "https://generativelanguage.googleapis.com/v1beta/openai",
  xai: "https://api.x.ai/v1",
};

/**
 * Returns options with the built-in providers and their keys. Their `fetch` sends the calls to the
 * test's session.
 */
export function hosted(t, more) {
  const entries = Object.keys(HOSTED).map((name) => [
    name,
    { apiKey: keyOf(name), ...more?.[name] },
  ]);
  const lead = (url, init) => {
    const base = Object.values(HOSTED).find((base) => url.startsWith(`${base}/`));
    return fetch(base ? url.replace(base, t.session.baseURL) : url, init);
  };
  return { providers: Object.fromEntries(entries), fetch: lead };
}

/** Returns the messages of a call, in any dialect, as text. */
export const promptOf = ({ body }) => JSON.stringify(body.messages ?? body.input);

/** Returns the names of a call's tools, in any dialect. */
export const toolsOf = ({ body }) =>
  (body.tools ?? []).map((tool) => tool.function?.name ?? tool.name ?? tool.type);

/** Returns whether a call offers no tools, or forbids the model to use the tools. */
export const isToolless = ({ body }) =>
  !body.tools?.length || body.tool_choice === "none" || body.tool_choice?.type === "none";

/** Returns a function tool of the caller. */
export const own = (name, properties = {}) => ({
  type: "function",
  function: { name, description: `Does ${name}.`, parameters: { type: "object", properties } },
});
