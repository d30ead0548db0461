// What a request asks for: alias, plugin and tool become one FusionRequest. ARCHITECTURE.md has the table of who is analyst and who writes.

import { choiceForWriter, textOf } from "./asked.js";
import { Refusal, refuse } from "./failure.js";

/** Request fields that describe a panel's work; without a panel they say nothing. */
const PANEL = ["analysis_models", "analyst", "tools", "max_tool_calls", "temperature", "reasoning", "quorum"];
/** OpenRouter's routing preferences that are promises to the user, and so hold for every model that reads the question. */
const PROMISES = { zdr: true, data_collection: "deny", enforce_distillable_text: true };

/**
 * @param ask what an endpoint read: see asked.js, and `messages`, `places` (where each stood), `continues` (they end in a tool's result), `writer`,
 *   and `names`, the core's fields by the client's names.
 * @param server `defaults`, `presets` and `max_cost` of the handler; `check`: see reach.js; `nested`: the request comes out of another fusion.
 * @returns `request`, and `named`: a core's message with the client's names of fields.
 */
export function entry(ask, { defaults = {}, presets = {}, max_cost, check, nested }) {
  const { plugin, fusion } = ask;
  within(ask, check);
  const alias = aliasOf(ask.model, presets);
  const isAsked = Boolean(alias || plugin || fusion);
  const convene = isAsked && plugin?.enabled !== false && ask.tool_choice !== "none" && !ask.continues && !nested;

  if (plugin?.preset != null) textOf(`${plugin.path}.preset`, plugin.preset);
  const preset = plugin?.preset ?? alias?.preset;
  const base = basis(preset, defaults, presets);
  const request = { ...base.request, messages: ask.messages };
  const names = { ...ask.names };
  /** The first that is given, and where it stood. */
  const set = (object, path, name, ...choices) => {
    const found = choices.find(([value]) => value != null);
    if (found) [object[name], names[path + name]] = found;
  };
  const of = (part, name) => [part?.[name], `${part?.path}.${name}`];

  if (!base.isOwn) set(request, "", "preset", of(plugin, "preset"), [alias?.preset, "model"]);
  for (const name of ["analysis_models", "tools", "max_tool_calls"]) set(request, "", name, of(fusion, name), of(plugin, name));
  for (const name of ["max_completion_tokens", "reasoning", "temperature"]) set(request, "", name, of(fusion, name));
  set(request, "", "cache_control", of(fusion, "cache_control"), [ask.cache_control, "cache_control"]);

  request.analyst = base.analyst;
  set(request.analyst, "analyst.", "model", of(fusion, "model"), of(plugin, "model"), [alias || preset != null ? undefined : ask.model, "model"]);

  request.writer = adding({ ...base.writer, ...ask.writer, ...toolsOf(ask, names) }, passedOn(ask));
  set(request.writer, "writer.", "model", alias ? of(plugin, "model") : [ask.model, "model"]);
  set(request.writer, "writer.", "fallbacks", [ask.models?.length === 0 ? undefined : ask.models, ask.names["writer.fallbacks"] ?? "models"]);
  // The tool's limit is for panel and analyst.
  if (fusion?.max_completion_tokens != null) request.writer.max_completion_tokens ??= defaults.max_completion_tokens ?? 16_000;

  // The server's limit holds, whatever a request says.
  if (max_cost !== undefined) request.max_cost = max_cost;
  if (convene) keepPromises(request, ask.provider);
  else {
    request.convene = false;
    for (const name of PANEL) delete request[name];
  }
  return { request, named: (message) => rename(message, names, ask.places) };
}

/** The client's own names. Those of the handler's presets and defaults are the server's to give. */
function within({ model, models, plugin, fusion }, check) {
  check("model", model);
  if (Array.isArray(models)) for (const [i, other] of models.entries()) check(`models[${i}]`, other);
  for (const part of [plugin, fusion]) {
    check(`${part?.path}.model`, part?.model);
    if (!Array.isArray(part?.analysis_models)) continue;
    for (const [i, member] of part.analysis_models.entries()) {
      // It would go around the limits of the server, and begin a fusion inside this one.
      if (member?.extra_body !== undefined) throw refuse(`${part.path}.analysis_models[${i}].extra_body`, "is the server's to set");
      check(`${part.path}.analysis_models[${i}]`, member);
    }
  }
}

/** What the handler has set up. A preset that the request names stands for panel, analyst and writer, and goes before it. */
function basis(preset, defaults, presets) {
  if (preset == null) return { request: defaults, analyst: specOf(defaults.analyst), writer: specOf(defaults.writer) };
  const own = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  const role = (name) => ({ ...without(specOf(defaults[name]), ["model", "provider", "fallbacks"]), ...specOf(own?.[name]) });
  const request = { ...without(defaults, ["analysis_models", "model", "preset"]), ...own };
  return { request, analyst: role("analyst"), writer: role("writer"), isOwn: own !== undefined };
}

/** The caller's own tools, and what the writer is told to choose. */
function toolsOf(ask, names) {
  if (ask.tools.length === 0) return {};
  for (const [i, { path, inside }] of ask.tools.entries()) Object.assign(names, { [`writer.tools[${i}]`]: path, [`writer.tools[${i}].function`]: inside });
  const tool_choice = choiceForWriter(ask);
  return { tools: ask.tools.map(({ tool }) => tool), ...(tool_choice !== undefined && { tool_choice }) };
}

/** For the writer's provider as it is. */
function passedOn({ passed: { parallel_tool_calls, ...passed }, tools, provider }) {
  return { ...passed, ...(tools.length > 0 && parallel_tool_calls !== undefined && { parallel_tool_calls }), ...(provider && { provider }) };
}

/** Where a preset names the panel, there is no place to hand them on. */
function keepPromises(request, provider) {
  const kept = Object.entries(PROMISES).filter(([name, value]) => provider?.[name] === value);
  if (kept.length === 0) return;
  if (!Array.isArray(request.analysis_models)) {
    throw refuse(`provider.${kept[0][0]}`, "can't be kept for a panel that a preset names; name the panel in `analysis_models`");
  }
  const promise = { provider: Object.fromEntries(kept) };
  request.analysis_models = request.analysis_models.map((member) => adding(specOf(member), promise));
  request.analyst = adding(request.analyst, promise);
}

/** `openrouter/fusion`, `-flash`, or the handler's own presets by name; a variant such as `:free` is read and says nothing here. */
function aliasOf(model, presets) {
  if (model == null) throw refuse("model", "is missing; for a fusion it is `openrouter/fusion`");
  if (typeof model !== "string") throw refuse("model", "must be a model's name");
  if (!/^~?openrouter\/fusion/i.test(model)) return undefined;
  const name = model.match(/^openrouter\/fusion(?:-([^:]+))?(?::[\w.-]+)?$/)?.[1];
  if (name === undefined && /^openrouter\/fusion(?::|$)/.test(model)) return {};
  if (name !== undefined && Object.hasOwn(presets, name)) return { preset: name };
  if (name === "flash") return { preset: "general-fast" };
  throw new Refusal("invalid_model", `\`${model}\` is not a valid model ID; there are openrouter/fusion and openrouter/fusion-flash`);
}

const specOf = (role) => (typeof role === "string" ? { model: role } : { ...role });

const adding = (spec, extra) => (Object.keys(extra).length === 0 ? spec : { ...spec, extra_body: { ...spec.extra_body, ...extra } });

const without = (object, names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/** The core names its own fields; the client knows where it had put them. */
function rename(message, names, places = []) {
  return message.replace(/^`([^`]+)`/, (whole, path) => {
    const moved = path.replace(/^messages\[(\d+)\]/, (place, i) => places[i] ?? place);
    if (moved !== path) return `\`${moved}\``;
    const known = Object.keys(names).filter((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
    const longest = known.sort((a, b) => b.length - a.length)[0];
    if (longest !== undefined) return `\`${names[longest]}${path.slice(longest.length)}\``;
    return path.startsWith("writer.") ? `\`${path.replace(/^writer\.(?:extra_body\.)?/, "")}\`` : whole;
  });
}
