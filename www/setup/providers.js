// Converts the settings to the arguments of `fuse()`. If a setting is missing, returns a sentence
// that names the setting.
import { isEmpty } from "../drafts.js";
import { isInSample, samplePanel } from "../sample/index.js";
import { browserPanel } from "./browser-model.js";
import {
  builtInProvider,
  endpointUrl,
  hasHostedTools,
  isReachable,
  needsKey,
  OPENROUTER,
  request as sendRequest,
} from "./endpoints.js";
import { knownModels, pricesOf } from "./models.js";
import {
  choiceOf,
  defaultModel,
  invalidNumber,
  MAX_PANELISTS,
  numberIn,
  PRESETS,
} from "./preferences.js";

/**
 * @param question `{ text, images }`
 * @param messages the conversation including the question
 * @returns `{ request, options, setup }`, or `{ problem, field }`. A turn stores `setup`, which has
 * no key.
 */
export function plan(settings, key, question, messages) {
  if (isEmpty(question)) {
    return { problem: "Write a question first.", field: "question" };
  }
  if (settings.provider === "sample") return planSample(question, messages);
  if (settings.provider === "browser") {
    if (question.images.length > 0) {
      return { problem: "This browser’s model reads no pictures.", field: "question" };
    }
    const { request, options } = browserPanel();
    return { request: { messages, ...request }, options, setup: browserSetup(options) };
  }

  const live = liveOptions(settings, key);
  if (live.problem) return live;
  const choice = choiceOf(settings);
  if (choice.panel.length === 0) {
    return { problem: "Add at least one model to the panel.", field: "add-model" };
  }
  const wrong = invalidNumber(choice);
  if (wrong) return wrong;
  const { analyst, writer, panel, further } = choice;
  if (panel.length + further.length > MAX_PANELISTS) {
    const problem = `The panel and the further models can be at most ${MAX_PANELISTS} together.`;
    return { problem, field: "add-further" };
  }

  const fallback = defaultModel(choice);
  const roles = [analyst || fallback, writer || fallback];
  const models = [...new Set([...panel, ...further, ...roles])];
  const prices = pricesOf(settings, key, models);
  const budget = numberIn(choice, "budget");
  // llm-fuse loads the prices of OpenRouter itself. For other providers, a budget needs the price
  // of every model.
  if (budget !== null && settings.provider !== "openrouter") {
    const unpriced = models.find((model) => !prices[model]);
    if (unpriced) return missingPrice(unpriced, live.setup.host, knownModels(settings, key));
  }
  return {
    request: { messages, ...requestFields(settings, choice) },
    options: withPrices(live.options, prices),
    setup: { ...live.setup, budget, prices },
  };
}

const NOT_IN_SAMPLE =
  "The demo cannot answer this: it only shows sample runs. Connect your models to ask. " +
  "Your question stays here.";

function browserSetup({ baseURL, prices }) {
  const host = "this browser";
  const setup = { provider: "browser", host, baseURL, hasKey: false, isSample: false };
  return { ...setup, budget: null, prices };
}

function planSample(question, messages) {
  if (!isInSample(question.text)) return { problem: NOT_IN_SAMPLE, field: "connect" };
  const { request, options } = samplePanel(question.text);
  const { baseURL } = options;
  const setup = {
    provider: "sample",
    host: "",
    baseURL,
    hasKey: false,
    isSample: true,
    budget: null,
  };
  return { request: { messages, ...request }, options, setup };
}

function missingPrice(model, host, known) {
  const why = known
    ? `${host} lists no price for ${model}`
    : `the model list of ${host} is not loaded`;
  const problem = `A budget needs the price of every model, but ${why}.`;
  return { problem: `${problem} Clear the budget to ask without one.`, field: "budget" };
}

const withPrices = (options, prices) =>
  Object.keys(prices).length > 0 ? { ...options, prices } : options;

/** Returns the fields of a request for the choice. */
export function requestFields(settings, choice) {
  const { preset, panel, writer, effort, tools, further } = choice;
  const prefix = builtInProvider(settings);
  const withPrefix = (model) =>
    prefix && !model.startsWith(`${prefix}:`) ? `${prefix}:${model}` : model;
  const analysis_models = panel.map((model, index) => {
    const system = instructionsFor(choice, index);
    return system ? { model: withPrefix(model), system } : withPrefix(model);
  });
  const hasInstructions = panel.some((_, index) => instructionsFor(choice, index));
  const models = Object.hasOwn(PRESETS, preset)
    ? { preset, ...(hasInstructions && { analysis_models }) }
    : { analysis_models, model: withPrefix(defaultModel(choice)) };
  const analyst = analystFields(settings, choice, withPrefix);
  const contradictions = numberIn(choice, "disputes");
  const escalate = {
    analysis_models: further.map((model) => withInstructions(model, choice, withPrefix)),
    ...(contradictions && { min_contradictions: contradictions }),
  };
  return {
    ...models,
    ...(analyst && { analyst }),
    ...(further.length > 0 && { escalate }),
    ...(writer && { writer: withPrefix(writer) }),
    ...(effort && { reasoning: { effort } }),
    ...(!tools && hasHostedTools(settings) && { tools: [] }),
    ...limits(choice),
  };
}

/**
 * Returns the analyst for the request. If no model is chosen and no other field is set, returns "".
 */
function analystFields(settings, choice, withPrefix) {
  const { analyst, verify, tools } = choice;
  const criteria = choice.criteria.trim();
  const isChecking = verify && tools && hasHostedTools(settings);
  const model = analyst && withPrefix(analyst);
  if (!criteria && !isChecking) return model;
  return {
    ...(model && { model }),
    ...(criteria && { criteria }),
    ...(isChecking && { verify: "contradictions" }),
  };
}

/** Returns a further model with the instructions of the whole panel. */
function withInstructions(model, { instructions }, withPrefix) {
  const system = instructions.trim();
  return system ? { model: withPrefix(model), system } : withPrefix(model);
}

function instructionsFor({ instructions, systems }, index) {
  const texts = [instructions, systems[index] ?? ""].map((text) => text.trim());
  return texts.filter(Boolean).join("\n\n");
}

function limits(choice) {
  const value = (field) => numberIn(choice, field);
  const ms = (seconds) => seconds * 1000;
  const [limit, calls, member, run] = ["limit", "calls", "member", "run"].map(value);
  const [enough, grace, budget] = ["enough", "grace", "budget"].map(value);
  const required = value("required");
  const timeouts = {
    ...(member && { panelist_ms: ms(member) }),
    ...(run && { run_ms: ms(run) }),
  };
  const quorum = {
    ...(enough && { min_responses: enough }),
    ...(grace !== null && { grace_ms: ms(grace) }),
    ...(required && { fail_below: required }),
  };
  return {
    ...(limit && { max_completion_tokens: limit }),
    ...(calls && { max_tool_calls: calls }),
    ...((member || run) && { timeouts }),
    ...((enough || required) && { quorum }),
    ...(budget && { max_cost: budget }),
  };
}

/**
 * Plans a further run for a turn. The request comes from the turn's snapshot, not from the
 * settings.
 * @param setup the turn's setup. If this setup names no provider, the current settings
 * @param key the key for this setup
 * @param question the turn's question, by which the sample panel finds its replies
 * @param models models that may be called in addition; their prices are included
 * @returns `{ options, setup }`, or `{ problem, field }`
 */
export function planRerun(setup, key, question = { text: "" }, models = []) {
  if (setup.provider === "sample") {
    return { options: samplePanel(question.text).options, setup };
  }
  if (setup.provider === "browser") {
    const { options } = browserPanel();
    return { options, setup: browserSetup(options) };
  }
  const live = liveOptions(setup, key);
  if (live.problem) return live;
  const prices = { ...setup.prices, ...pricesOf(setup, key, models) };
  return {
    options: withPrices(live.options, prices),
    setup: { ...live.setup, budget: setup.budget ?? null, prices },
  };
}

/** Returns the options with the URL and the key, or `{ problem, field }`. */
function liveOptions(from, key) {
  const { provider } = from;
  const url = endpointUrl(from);
  const problem = endpointProblem(from, url, key);
  if (problem) return problem;

  const name = builtInProvider(from);
  const options = { baseURL: provider === "openrouter" ? OPENROUTER : from.baseURL.trim() };
  if (name) options.providers = { [name]: { apiKey: key } };
  else if (key) options.apiKey = key;
  if (provider === "openrouter") options.app = { title: "llm-fuse demo", url: location.origin };
  const { baseURL } = options;
  const setup = { provider, host: url.host, baseURL, hasKey: Boolean(key), isSample: false };
  return { options, setup };
}

function endpointProblem(from, url, key) {
  if (!url) {
    const example = "http://localhost:11434/v1";
    const problem = `The base URL must be a full address such as ${example}.`;
    return { problem, field: "base-url" };
  }
  if (!isReachable(url)) {
    const problem = [
      "This page can only reach https addresses and, over http, this machine",
      `(localhost or 127.0.0.1). ${url.host} needs https, or must serve this page itself.`,
    ].join(" ");
    return { problem, field: "base-url" };
  }
  if (!needsKey(from) || key) return undefined;
  if (builtInProvider(from)) return { problem: `${url.host} needs an API key.`, field: "key" };
  const where = "Sign in, or create one at openrouter.ai/settings/keys.";
  return { problem: `OpenRouter needs an API key. ${where}`, field: "key" };
}

/**
 * Tests the key with a request that costs nothing.
 * @returns the result as a sentence. Only OpenRouter reports the remaining credit.
 */
export async function testKey(settings, key) {
  const url = endpointUrl(settings);
  if (!url || !isReachable(url)) throw new Error("Enter a base URL that this page can reach.");
  const isOpenRouter = settings.provider === "openrouter";
  if (isOpenRouter && !key) throw new Error("Enter a key to test.");
  const response = await sendRequest(settings, key, isOpenRouter ? "/key" : "/models");
  if (response.status === 401 || response.status === 403) {
    throw new Error(`${url.host} did not accept ${key ? "the key" : "a call without a key"}.`);
  }
  if (!response.ok) throw new Error(`${url.host} answered ${response.status}.`);
  if (!isOpenRouter) {
    const result = key ? " and did not reject the key" : " without a key";
    return `${url.host} responds${result}. It does not report remaining credit.`;
  }
  const left = (await response.json()).data?.limit_remaining;
  if (typeof left === "number") return `The key works. Remaining limit: $${left.toFixed(2)}.`;
  return "The key works and has no limit; your account's credit applies.";
}
