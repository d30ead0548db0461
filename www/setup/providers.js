// From what the person chose to what `fuse()` takes, or to the sentence that says what is missing.
import { samplePanel } from "../sample/index.js";
import { choiceOf, defaultModel, number, PRESETS, invalidNumber } from "./preferences.js";
import { knownModels, pricesOf } from "./models.js";
import { builtInProvider, endpointUrl, request, hasHostedTools, needsKey, OPENROUTER, isReachable } from "./endpoints.js";

/** @param question `{ text, images }`
 *  @param messages the whole conversation with it
 *  @returns `{ request, options, setup }`, or `{ problem, field }`. `setup` is what a turn keeps of it: no key. */
export function plan(settings, key, question, messages) {
  const { provider } = settings;
  if (!question.text.trim() && question.images.length === 0) return { problem: "Write a question first.", field: "question" };
  if (provider === "sample") {
    const { request, options } = samplePanel(question.text);
    return { request: { messages, ...request }, options, setup: { provider, host: "", baseURL: options.baseURL, hasKey: false, isSample: true, budget: null } };
  }

  const live = liveOptions(settings, key);
  if (live.problem) return live;
  const choice = choiceOf(settings);
  if (choice.panel.length === 0) return { problem: "Add at least one model to the panel.", field: "add-model" };
  const wrong = invalidNumber(choice);
  if (wrong) return wrong;

  const { analyst, writer } = choice;
  const budget = number(choice, "budget");
  const judge = defaultModel(choice);
  const called = [...new Set([...choice.panel, analyst || judge, writer || judge])];
  const prices = pricesOf(settings, key, called);
  const unpriced = budget !== null && provider !== "openrouter" && called.find((model) => !prices[model]);
  if (unpriced) {
    const why = knownModels(settings, key) ? `${live.setup.host} lists no price for ${unpriced}` : `the model list of ${live.setup.host} is not loaded`;
    return { problem: `A budget needs the price of every model, but ${why}. Clear the budget to ask without one.`, field: "budget" };
  }

  const name = builtInProvider(settings);
  const named = (model) => (name && !model.startsWith(`${name}:`) ? `${name}:${model}` : model);
  const request = {
    messages,
    ...(Object.hasOwn(PRESETS, choice.preset) ? { preset: choice.preset } : { analysis_models: choice.panel.map(named), model: named(judge) }),
    ...(analyst && { analyst: named(analyst) }),
    ...(writer && { writer: named(writer) }),
    ...(choice.effort && { reasoning: { effort: choice.effort } }),
    ...(!choice.tools && hasHostedTools(settings) && { tools: [] }),
    ...limits(choice),
  };
  const options = { ...live.options, ...(Object.keys(prices).length > 0 && { prices }) };
  return { request, options, setup: { ...live.setup, budget, prices } };
}

function limits(choice) {
  const [limit, calls, member, run, enough, grace, budget] = ["limit", "calls", "member", "run", "enough", "grace", "budget"].map((field) => number(choice, field));
  const ms = (seconds) => seconds * 1000;
  return {
    ...(limit && { max_completion_tokens: limit }),
    ...(calls && { max_tool_calls: calls }),
    ...((member || run) && { timeouts: { ...(member && { panelist_ms: ms(member) }), ...(run && { run_ms: ms(run) }) } }),
    ...(enough && { quorum: { min_responses: enough, ...(grace !== null && { grace_ms: ms(grace) }) } }),
    ...(budget && { max_cost: budget }),
  };
}

/** For a run that is there already, whose request is in its snapshot: who is asked is the turn's own affair, whatever is chosen by now.
 *  @param setup a turn's, or the settings where the turn does not say (an imported snapshot names no provider)
 *  @param key what `settings.keyFor(setup)` has
 *  @param question the turn's; the sample panel's recordings go by it
 *  @param also further models that may be called, so that their prices are known too
 *  @returns `{ options, setup }`, or `{ problem, field }` */
export function planRerun(setup, key, question = { text: "" }, also = []) {
  if (setup.provider === "sample") return { options: samplePanel(question.text).options, setup };
  const live = liveOptions(setup, key);
  if (live.problem) return live;
  const prices = { ...setup.prices, ...pricesOf(setup, key, also) };
  const options = { ...live.options, ...(Object.keys(prices).length > 0 && { prices }) };
  return { options, setup: { ...live.setup, budget: setup.budget ?? null, prices } };
}

/** What is live or secret of a call: where it goes, and whose key it takes. */
function liveOptions(from, key) {
  const { provider } = from;
  const to = endpointUrl(from);
  if (!to) return { problem: "The base URL must be a full address such as http://localhost:11434/v1.", field: "base-url" };
  if (!isReachable(to)) {
    return {
      problem: `This page can only reach https addresses and, over http, this machine (localhost or 127.0.0.1). ${to.host} needs https, or must serve this page itself.`,
      field: "base-url",
    };
  }
  const name = builtInProvider(from);
  if (needsKey(from) && !key) {
    return { problem: name ? `${to.host} needs an API key.` : "OpenRouter needs an API key. Sign in, or create one at openrouter.ai/settings/keys.", field: "key" };
  }

  const options = { baseURL: provider === "openrouter" ? OPENROUTER : from.baseURL.trim() };
  if (name) options.providers = { [name]: { apiKey: key } };
  else if (key) options.apiKey = key;
  if (provider === "openrouter") options.app = { title: "llm-fuse demo", url: location.origin };
  return { options, setup: { provider, host: to.host, baseURL: options.baseURL, hasKey: Boolean(key), isSample: false } };
}

/** Asks what costs nothing whether the key is taken.
 *  @returns the answer as a sentence; OpenRouter alone says what is left to spend. */
export async function testKey(settings, key) {
  const to = endpointUrl(settings);
  if (!to || !isReachable(to)) throw new Error("Enter a base URL that this page can reach.");
  const openrouter = settings.provider === "openrouter";
  if (openrouter && !key) throw new Error("Enter a key to test.");
  const response = await request(settings, key, openrouter ? "/key" : "/models");
  if (response.status === 401 || response.status === 403) throw new Error(`${to.host} did not accept ${key ? "the key" : "a call without a key"}.`);
  if (!response.ok) throw new Error(`${to.host} answered ${response.status}.`);
  if (!openrouter) return `${to.host} responds${key ? " and did not reject the key" : " without a key"}. It does not report remaining credit.`;
  const left = (await response.json()).data?.limit_remaining;
  return typeof left === "number" ? `The key works. Remaining limit: $${left.toFixed(2)}.` : "The key works and has no limit; your account's credit applies.";
}
