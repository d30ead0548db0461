// The page's wiring: what is written in the box becomes a turn of the conversation.
import { init } from "llm-fuse/url";
import { createApp } from "./app.js";
import { createComposer } from "./composer.js";
import { h, setText } from "./dom.js";
import { createEstimate } from "./estimate.js";
import { createExport } from "./export/index.js";
import { createHistory } from "./history/index.js";
import { confirmOrigins, requestOrigins, trustOrigins } from "./trusted-origins.js";
import { examples } from "./sample/index.js";
import { loadModels } from "./setup/models.js";
import { plan, planRerun } from "./setup/providers.js";
import { endpointUrl } from "./setup/endpoints.js";
import { createSettings } from "./setup/settings.js";
import { askConsent } from "./views/consent.js";
import { clearQuoteHighlight } from "./views/quote-highlight.js";

const at = (id) => document.getElementById(id);
const settings = createSettings(at("settings"), at("open-settings"));

const app = createApp({
  host: at("turns"),
  plan: (question, messages) => plan(settings.current, settings.key, question, messages),
  asked: ({ options, request }) => trustOrigins(requestOrigins(options, request)),
  planRerun({ setup, question }, also) {
    const from = setup.provider ? setup : settings.current;
    return planRerun(from, settings.keyFor(from), question, also);
  },
  agree: ({ options, setup }, request) => confirmOrigins(requestOrigins(options, request), endpointUrl(settings.current)?.origin, (places) => askConsent(places, setup.hasKey)),
  // An address that came from elsewhere is not put into the settings.
  refuse: ({ problem, field }, setup) => composer.complain(problem, field === "key" ? field : "", setup),
  changed(conversation, running) {
    const was = document.body.hasAttribute("data-running");
    // A run that was left ends later: what it belongs to is kept, but no longer shown.
    const asked = app.conversation.turns.length > 0;
    document.body.toggleAttribute("data-running", running);
    document.body.toggleAttribute("data-has-turns", asked);
    if (was !== running || !running) composer.busy(running, asked);
    if (running && !was) composer.complain("");
    estimate();
    if (!exporting.isImported(conversation)) history.keep(conversation, running);
  },
  announce,
});

// Two that come at once would otherwise drive each other out before either is read.
let sentences = [];
function announce(sentence) {
  sentences.push(sentence);
  if (sentences.length > 1) return;
  setTimeout(() => {
    setText(at("status"), sentences.join(" "));
    sentences = [];
  }, 150);
}

const composer = createComposer(at("composer"), {
  send: (question) => app.ask(question),
  written: () => estimate(),
  stop: () => app.stop(),
  openField(field, problem, setup) {
    settings.open(setup);
    settings.complain(field, problem);
  },
});

const estimate = createEstimate(at("estimate"), {
  prices: () => settings.current.provider === "openrouter" && loadModels(settings.current, settings.key),
  draft: () => (app.isRunning ? null : app.draft(composer.question())),
  announce,
});
at("settings").addEventListener("close", estimate);

const history = createHistory({
  dialog: at("history"),
  opener: at("open-history"),
  note: at("storage-note"),
  app,
  shown: () => document.querySelector(".turn:last-child")?.scrollIntoView({ block: "start" }),
  take: (file) => exporting.take(file),
  announce,
});
const exporting = createExport({
  dialog: at("export"),
  opener: at("open-export"),
  banner: at("imported"),
  note: at("storage-note"),
  app,
  keep: (conversation) => history.keep(conversation, app.isRunning),
});
exporting.opened().then((shared) => shared || history.reopen());

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (app.isRunning) app.stop();
  else clearQuoteHighlight();
});
// A page that is kept in memory for the back button must not go on spending.
addEventListener("pagehide", () => app.stop("interrupted"));

at("new").addEventListener("click", () => {
  app.open();
  scrollTo({ top: 0 });
  composer.focus();
});

at("examples").append(
  ...examples.map((example) =>
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          settings.use("sample");
          app.ask({ text: example.question, images: [] });
        },
      },
      h("span", { class: "hint" }, example.hint),
      h("span", {}, example.question),
    ),
  ),
);

// While the first question is being written there is time to compile the core.
(window.requestIdleCallback ?? setTimeout)(() => init().catch(() => {}));
