// Where a client may send calls by the names it gives: to the default provider, and to those in `providers`. The other built-in ones are
// refused, for some of them are servers on this machine.

import { Refusal } from "./failure.js";

/** Those of directory.rs. */
export const BUILT_IN = ["openrouter", "openai", "anthropic", "google", "xai", "ollama", "lmstudio", "llamacpp"];

/** What a model or a member of a panel names must be within reach; `path` is where it stood. */
export function reach({ providers }) {
  const configured = Object.keys(providers ?? {});

  const prefixed = (path, model) => {
    const prefix = typeof model === "string" ? model.trim().split(":", 1)[0] : "";
    if (BUILT_IN.includes(prefix) && model.includes(":")) provider(path, prefix);
  };
  const provider = (path, name) => {
    if (typeof name === "string" && !configured.includes(name)) throw new Refusal("invalid_model", `\`${path}\` names the provider \`${name}\`, which is not served here`);
  };

  return function check(path, asked) {
    if (typeof asked !== "object" || asked === null) return prefixed(path, asked);
    provider(`${path}.provider`, asked.provider);
    prefixed(`${path}.model`, asked.model);
    if (Array.isArray(asked.fallbacks)) for (const [i, model] of asked.fallbacks.entries()) prefixed(`${path}.fallbacks[${i}]`, model);
  };
}
