// Shows the settings of the comparison: its criteria, the models that join on disagreement, and
// checks on the web. Also shows which models of the panel belong to the same model family.
import { estimate } from "llm-fuse/url";
import { setShown, setText } from "../dom.js";
import { emptyModelList } from "../estimate.js";
import { kinshipText } from "../text/kinship.js";
import { baseUrl, builtInProvider, endpointUrl, hasHostedTools } from "./endpoints.js";
import { createPanelList } from "./panel-list.js";
import { createPicker } from "./picker.js";
import { MAX_CRITERIA_CHARS, MAX_PANELISTS, splitNames } from "./preferences.js";
import { requestFields } from "./providers.js";

const TYPING_PAUSE_MS = 300;
const SUMMARY = "criteria, further models, checks";
const VERIFY_ON =
  "After the comparison, the analyst opens web pages for up to 8 disagreements. " +
  "Each check is one more call, and the estimate counts them.";
const VERIFY_OFF = "Needs web search. Let the models search the web first.";

/**
 * This function is long because its inner functions share the fields.
 * @param at finds an element by its id
 * @param choice returns the current choice
 * @param change called with changed fields of the choice
 * @param source `{ find, models, load }` of the provider's list, see `createPicker()`
 * @param showProblem `(field, problem)` shows a problem at a field; "" clears it
 */
export function createDeliberation({ at, settings, choice, change, source, showProblem }) {
  const { find, models, load } = source;
  const [criteria, verify, field] = ["criteria", "verify", "add-further"].map(at);
  const list = createPanelList(at("further-list"), { find, remove });
  const pick = (name) => add(find(name) ? [name] : splitNames(name));
  createPicker(field, { models, load, choose: pick, isMultiple: true });
  criteria.maxLength = MAX_CRITERIA_CHARS;
  criteria.addEventListener("input", () => change({ criteria: criteria.value }));
  verify.addEventListener("change", () => change({ verify: verify.checked }));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
    // Enter would submit the form, which would close the dialog.
    event.preventDefault();
    addTyped();
  });
  at("settings").addEventListener("close", addTyped);
  let timer;
  let drawn = "";

  function add(names) {
    const { panel, further } = choice();
    const free = Math.max(0, MAX_PANELISTS - Math.max(1, panel.length) - further.length);
    const added = names.slice(0, free);
    change({ further: [...further, ...added] });
    const isFull = added.length < names.length;
    const text = `The panel and the further models can be at most ${MAX_PANELISTS} together.`;
    showProblem("add-further", isFull ? text : "");
    setText(at("further-note"), added.length > 0 ? `${added.join(", ")} added.` : "");
  }

  function addTyped() {
    const names = splitNames(field.value);
    field.value = "";
    if (names.length > 0) add(names);
  }

  function remove(index) {
    const { further } = choice();
    change({ further: further.filter((_, other) => other !== index) });
    showProblem("add-further", "");
    setText(at("further-note"), `${further[index]} removed.`);
    (list.buttonAt(index) ?? field).focus();
  }

  const isChecking = ({ tools, verify }) => verify && tools && hasHostedTools(settings);

  function count() {
    const now = choice();
    return [now.criteria.trim(), now.further.length > 0, isChecking(now)].filter(Boolean).length;
  }

  async function drawKinship() {
    const now = choice();
    const models = [...now.panel, ...now.further];
    const groups = models.length > 1 ? await kinshipOf(settings, now) : [];
    if (drawn !== sourceOf()) return;
    const text = kinshipText(groups, models);
    setText(at("kinship-note"), text);
    setShown(at("kinship-note"), text);
  }

  function sourceOf() {
    const { panel, further, preset } = choice();
    return JSON.stringify([settings.provider, settings.baseURL, preset, panel, further]);
  }

  return {
    /** Returns how many of these settings are set. */
    count,
    draw() {
      const now = choice();
      if (criteria.value !== now.criteria) criteria.value = now.criteria;
      verify.disabled = !now.tools;
      verify.checked = isChecking(now);
      setText(at("verify-about"), now.tools ? VERIFY_ON : VERIFY_OFF);
      list.draw(now.further, now.panel.length);
      setShown(at("disputes-field"), now.further.length > 0);
      setText(at("comparison-summary"), count() > 0 ? `${count()} set` : SUMMARY);
      // The note about model families needs the core. Do not load the core for this note while the
      // settings are closed.
      if (drawn === sourceOf() || !at("settings").open) return;
      drawn = sourceOf();
      clearTimeout(timer);
      timer = setTimeout(drawKinship, TYPING_PAUSE_MS);
    },
  };
}

/**
 * Returns the groups of panelists whose models belong to the same family. A group is a list of
 * indexes. Makes no network request.
 */
async function kinshipOf(settings, choice) {
  const url = endpointUrl(settings);
  if (!url || choice.panel.length === 0) return [];
  const name = builtInProvider(settings);
  const options = {
    baseURL: baseUrl(settings),
    ...(name && { providers: { [name]: { apiKey: "unused" } } }),
    fetch: emptyModelList,
  };
  const request = { prompt: "?", ...requestFields(settings, { ...choice, budget: "" }) };
  const { kinship } = await estimate(request, options).catch(() => ({ kinship: null }));
  return kinship?.panel ?? [];
}
