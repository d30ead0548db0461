// Connects the parts of the page. A question from the composer becomes a turn of the conversation.
import { init } from "llm-fuse/url";
import { createApp } from "./app.js";
import { createComposer } from "./composer.js";
import { h, setText } from "./dom.js";
import { emptyQuestion } from "./drafts.js";
import { createEstimate } from "./estimate.js";
import { createExport } from "./export/index.js";
import { createHistory } from "./history/index.js";
import { ignoreInputMethodKeys, isTextField } from "./keys.js";
import { examples } from "./sample/index.js";
import { endpointUrl, hasHostedTools } from "./setup/endpoints.js";
import { loadModels } from "./setup/models.js";
import { plan, planRerun } from "./setup/providers.js";
import { createSettings } from "./setup/settings.js";
import { nameOf } from "./state/conversation.js";
import { createThemeSwitch } from "./theme.js";
import { confirmOrigins, limitedTo, requestOrigins, trustOrigins } from "./trusted-origins.js";
import { createAnswerLink } from "./views/answer-link.js";
import { watchAskBar } from "./views/ask-bar.js";
import { askConsent } from "./views/consent.js";
import { clearQuoteHighlight } from "./views/quote-highlight.js";

ignoreInputMethodKeys();
const at = (id) => document.getElementById(id);
createThemeSwitch(document.getElementsByName("theme"));
const settings = createSettings(at("settings"), [
  at("open-settings"),
  at("open-settings-top"),
  at("connect-models"),
]);

const app = createApp({
  host: at("turns"),
  plan: (question, messages) => plan(settings.current, settings.key, question, messages),
  planRerun({ setup, question }, models) {
    const from = setup.provider ? setup : settings.current;
    return planRerun(from, settings.keyFor(from), question, models);
  },
  async confirmDestination({ options, setup }, request) {
    const current = endpointUrl(settings.current)?.origin;
    const ask = (origins) => askConsent(origins, setup.hasKey);
    const origins = await requestOrigins({ options, request });
    return (await confirmOrigins(origins, current, ask)) && limitedTo(origins, options);
  },
  onAsked: (planned) => void requestOrigins(planned).then(trustOrigins),
  // Open the settings only for a missing key. For another problem, opening the settings would
  // replace the user's URL with the URL of an imported conversation.
  onProblem({ problem, field }, setup) {
    composer.showProblem(problem, field === "key" ? field : "", setup);
  },
  onChange(conversation) {
    showState(app.isRunning);
    updateEstimate();
    const isImported = exporting.isImported(conversation);
    if (!isImported) history.save(conversation);
    history.show(exporting.isImported(app.conversation));
  },
  openSettings(setup, field) {
    settings.open(setup);
    at(field).focus();
    at(field).scrollIntoView({ block: "center" });
  },
  hasWebTools({ setup, snapshot }) {
    const from = setup.provider ? setup : settings.current;
    const { tools } = snapshot?.request ?? {};
    return hasHostedTools(from) && (!tools || tools.length > 0);
  },
  setTarget: (to) => composer.setTarget(to),
  onEnded({ state, chosen }, conversation) {
    if (conversation !== app.conversation) return announceEnd(state, nameOf(conversation));
    history.tellEnd(state);
    if (state === "done" || chosen !== null) composer.askNext();
  },
  announce,
});

// A page in memory for the back button must not spend money. This is the first listener of the
// event: Chromium has ended the responses by now, and after each listener a run would go on with
// what it has, with further calls.
addEventListener("pagehide", () => app.stopAll("interrupted"));

function showState(isRunning) {
  const wasRunning = document.body.hasAttribute("data-running");
  const hasTurns = app.conversation.turns.length > 0;
  composer.showDraft(hasTurns ? app.conversation.id : "");
  document.body.toggleAttribute("data-running", isRunning);
  document.body.toggleAttribute("data-has-turns", hasTurns);
  if (wasRunning !== isRunning || !isRunning) composer.setRunning(isRunning, hasTurns);
  if (isRunning && !wasRunning) composer.showProblem("");
}

/** What a person hears about a run that ended while another conversation was shown. */
const ENDS = { done: "is complete", failed: "has failed" };

// Joins sentences that arrive at the same time, because a screen reader would drop the first one.
let sentences = [];
function announce(sentence) {
  sentences.push(sentence);
  if (sentences.length > 1) return;
  setTimeout(() => {
    setText(at("status"), sentences.join(" "));
    sentences = [];
  }, 150);
}

function announceEnd(state, name) {
  if (ENDS[state]) announce(`“${name}” ${ENDS[state]}.`);
}

const composer = createComposer(at("composer"), {
  send: (question, to) => app.ask(question, { to }),
  onChange: () => updateEstimate(),
  stop: () => app.stop(),
  openField(field, problem, setup) {
    settings.open(setup);
    settings.showProblem(field, problem);
  },
});

const updateEstimate = createEstimate(at("estimate"), {
  loadPrices() {
    const isOpenRouter = settings.current.provider === "openrouter";
    return isOpenRouter && loadModels(settings.current, settings.key);
  },
  draft: () => (app.isRunning || composer.target ? null : app.draft(composer.question())),
  announce,
});
at("settings").addEventListener("close", updateEstimate);
composer.start();

const history = createHistory({
  dialog: at("history"),
  opener: at("open-history"),
  note: at("storage-note"),
  app,
  onOpened() {
    document.querySelector(".turn:last-child")?.scrollIntoView({ block: "start" });
  },
  importFile: (file) => exporting.importFile(file),
  announce,
});
const exporting = createExport({
  dialog: at("export"),
  opener: at("open-export"),
  banner: at("imported"),
  note: at("storage-note"),
  app,
  save(conversation) {
    history.save(conversation);
    history.show(false);
  },
});
exporting.openLink().then((isLink) => isLink || history.reopen());
history.openDocked();

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog:modal")) return;
  // In a text field, Escape must not end a run that costs money.
  if (isTextField(event.target)) return;
  if (app.isRunning) app.stop();
  else clearQuoteHighlight();
});
// A browser may end a page in the background without telling it.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) for (const conversation of app.running()) history.save(conversation);
});

createAnswerLink(at("skip-to-answer"));
watchAskBar(at("composer"));

at("new").addEventListener("click", () => {
  app.open();
  scrollTo({ top: 0 });
  composer.focus();
});

function watch(question) {
  settings.use("sample");
  app.ask({ ...emptyQuestion(), text: question });
}
at("watch").addEventListener("click", () => watch(examples[0].question));
at("examples").append(
  ...examples.map(({ question, hint }) => {
    const ask = () => watch(question);
    const label = [h("span", { class: "hint" }, hint), h("span", {}, question)];
    return h("button", { type: "button", onclick: ask }, ...label);
  }),
);

// Compile the core, and load the views, while the user types the first question.
(window.requestIdleCallback ?? setTimeout)(() => {
  init().catch(() => {});
  import("./views/turn-list.js").catch(() => {});
});
