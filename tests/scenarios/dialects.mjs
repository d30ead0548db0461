// The three dialects side by side: a provider for each, all of them in the test's session, and built-in providers that are led there.

export const DIALECTS = ["chat", "responses", "messages"];

/** A key that nobody else has. */
export const keyOf = (provider) => `sk-${provider}-c0ffee-never-to-be-seen`;

/** What Anthropic wants to hear from pages, and with it the session; the core says it to nobody else. */
const FROM_PAGE = { "anthropic-dangerous-direct-browser-access": "true" };

/** Providers named after their dialect. `more`: further fields of each. */
export const providers = (t, more) => ({
  providers: Object.fromEntries(
    DIALECTS.map((dialect) => {
      const { headers, ...others } = more?.(dialect) ?? {};
      return [dialect, { baseURL: t.session.baseURL, apiKey: keyOf(dialect), dialect, headers: { ...(dialect === "messages" && FROM_PAGE), ...headers }, ...others }];
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

/** The built-in providers with their keys, and a `fetch` that leads them to the session: what only they get can be seen this way. */
export function hosted(t, more) {
  const entries = Object.keys(HOSTED).map((name) => [name, { apiKey: keyOf(name), ...more?.[name] }]);
  const lead = (url, init) => {
    const base = Object.values(HOSTED).find((base) => url.startsWith(`${base}/`));
    return fetch(base ? url.replace(base, t.session.baseURL) : url, init);
  };
  return { providers: Object.fromEntries(entries), fetch: lead };
}

/** Where the dialect has what a model is told. */
export const told = ({ body }) => JSON.stringify(body.messages ?? body.input);

/** Names of what a call offers, as its dialect has them. */
export const toolsOf = ({ body }) => (body.tools ?? []).map((tool) => tool.function?.name ?? tool.name ?? tool.type);

/** Whether a call leaves the model no tool. */
export const isToolless = ({ body }) => !body.tools?.length || body.tool_choice === "none" || body.tool_choice?.type === "none";

/** A function tool of the caller's own. */
export const own = (name, properties = {}) => ({ type: "function", function: { name, description: `Does ${name}.`, parameters: { type: "object", properties } } });
