// One panelist: its state, kept from the events, and the column that shows it.
import { h, outsideLink, setText, webAddress } from "./dom.js";
import { explain } from "./explain.js";
import { cost, modelName, seconds, tokens } from "./format.js";
import { nextFrame } from "./frame.js";
import { growingMarkdown } from "./markdown.js";

const LIVE = new Set(["waiting", "queued", "thinking", "searching", "reading", "writing", "retrying"]);
const WORDS = {
  waiting: "Waiting",
  queued: "Waiting for a free connection",
  thinking: "Thinking",
  searching: "Searching",
  reading: "Reading",
  writing: "Writing",
  retrying: "Trying again",
  done: "Done",
  failed: "Failed",
  stopped: "Stopped",
};

export function createPanelist({ index, model }, plan) {
  const view = column(index, model);
  const body = growingMarkdown(view.text, (more) => (more ? follow(view) : settle(view)));
  let phase = "waiting";
  let detail = "";
  let content = "";
  let began = performance.now();
  let took = null;
  let usage = null;
  const tools = new Map();
  const urls = new Set();

  const draw = () => {
    view.card.dataset.phase = phase;
    setText(view.phase, WORDS[phase]);
    setText(view.detail, detail);
    view.detail.hidden = !detail;
    view.time.textContent = seconds(took ?? performance.now() - began);
    setText(view.meter, usage ? `${tokens(usage)} · ${cost(usage)}` : "");
    body.set(content, LIVE.has(phase));
  };
  const changed = () => nextFrame(draw);
  const enter = (next) => {
    phase = next;
    changed();
  };
  const end = (next, ms) => {
    took = ms ?? performance.now() - began;
    enter(next);
  };

  return {
    element: view.card,
    index,
    name: modelName(model).name,
    get live() {
      return LIVE.has(phase);
    },
    tick: changed,
    stop() {
      if (LIVE.has(phase)) end("stopped");
    },

    on(event) {
      switch (event.type) {
        case "panelist.queued":
          return enter("queued");
        case "panelist.started":
          if (event.attempt > 1) {
            content = "";
            view.thoughts.textContent = "";
            view.thinking.hidden = true;
          } else {
            began = performance.now();
          }
          setText(view.name, modelName(event.model).name);
          detail = "";
          return enter("waiting");
        case "panelist.reasoning":
          view.thoughts.append(event.delta);
          view.thinking.hidden = false;
          return enter("thinking");
        case "panelist.delta":
          content += event.delta;
          return enter("writing");
        case "panelist.tool":
          showTool(view.tools, tools, event);
          return event.status === "started" || phase !== "writing" ? enter(/fetch/.test(event.tool) ? "reading" : "searching") : changed();
        case "panelist.source":
          showSource(view.sources, urls, event);
          return changed();
        case "panelist.retrying":
          detail = `${explain(event.error, plan).title} ${event.next_model ? `Next: ${event.next_model}` : `Again in ${seconds(event.delay_ms)}.`}`;
          return enter("retrying");
        case "panelist.completed":
          content = event.content;
          usage = event.usage;
          detail = event.finish_reason === "length" ? "Cut off at the length limit." : "";
          return end("done", event.latency_ms);
        case "panelist.failed": {
          if (event.error.code === "cancelled") return end("stopped");
          const { title, advice } = explain(event.error, plan);
          // A missing connection needs a paragraph of advice, which stands once above all columns.
          detail = event.error.code === "network_error" ? title : `${title} ${advice}`;
          setText(view.reason, event.error.message);
          return end("failed");
        }
      }
    },
  };
}

function column(index, model) {
  const { name, maker } = modelName(model);
  const view = {
    name: h("strong", {}, name),
    phase: h("span", { class: "phase" }),
    time: h("span", { class: "time" }),
    detail: h("p", { class: "detail", hidden: true }),
    reason: h("p", { class: "reason" }),
    tools: h("ul", { class: "chips", "aria-label": "Tools used" }),
    thoughts: h("div", { class: "thoughts" }),
    text: h("div", { class: "prose small" }),
    sources: h("ul", { class: "chips sources", "aria-label": "Sources" }),
    meter: h("p", { class: "meter" }),
    following: true,
  };
  view.thinking = h("details", { class: "thinking", hidden: true }, h("summary", {}, "Thinking"), view.thoughts);
  // Focusable, because a region that scrolls must be reachable by keyboard.
  view.scroller = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": `Reply ${index + 1}, ${name}` }, view.thinking, view.tools, view.text, view.sources);
  let before = 0;
  view.scroller.addEventListener("scroll", () => {
    const { scrollTop, clientHeight, scrollHeight } = view.scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight < 40;
    // Only going back up is a wish to stop following: text that grows also leaves the end behind for a moment.
    if (atEnd || scrollTop < before - 20) view.following = atEnd;
    before = scrollTop;
    view.card.toggleAttribute("data-more", !atEnd);
  });
  view.all = h("button", { type: "button", class: "quiet show-all", hidden: true, "aria-expanded": "false", onclick: () => toggleAll(view) }, "Show all");
  view.card = h(
    "article",
    { class: "panelist", id: `panelist-${index}`, "data-who": index, "data-phase": "waiting", "aria-label": `Panelist ${index + 1}, ${model}` },
    h("header", {}, badge(index), h("div", { class: "who" }, view.name, maker && h("span", { class: "maker" }, maker)), h("p", { class: "state" }, view.phase, view.time)),
    view.detail,
    view.reason,
    view.scroller,
    h("footer", {}, view.meter, view.all),
  );
  return view;
}

export const badge = (index) => h("span", { class: "badge", "data-who": index, "aria-hidden": "true" }, String(index + 1));

function follow(view) {
  if (view.following) view.scroller.scrollTop = view.scroller.scrollHeight;
}

// Someone who watched the end being written wants to read from the beginning now.
function settle(view) {
  const { scroller } = view;
  view.all.hidden = scroller.scrollHeight <= scroller.clientHeight + 4;
  if (!view.following) return;
  view.following = false;
  scroller.scrollTop = 0;
  view.card.toggleAttribute("data-more", !view.all.hidden);
}

function toggleAll(view) {
  const open = view.card.toggleAttribute("data-all");
  view.all.setAttribute("aria-expanded", String(open));
  setText(view.all, open ? "Show less" : "Show all");
}

function showTool(list, tools, { tool, status, input }) {
  const key = `${tool} ${input}`;
  if (!tools.has(key)) {
    tools.set(key, h("li", { class: "tool" }));
    list.append(tools.get(key));
  }
  const chip = tools.get(key);
  chip.dataset.status = status;
  setText(chip, toolWords(tool, input) + (status === "failed" ? ", failed" : ""));
}

function toolWords(tool, input) {
  let args = {};
  try {
    args = JSON.parse(input) ?? {};
  } catch {
    // Half-written arguments: the tool's name alone will do.
  }
  if (args.query) return `Searched “${args.query}”`;
  if (args.url) return `Read ${webAddress(args.url)?.host ?? args.url}`;
  return tool.replace(/^openrouter:/, "").replaceAll("_", " ");
}

export function showSource(list, urls, { url, title }) {
  if (urls.has(url)) return;
  urls.add(url);
  list.append(h("li", {}, outsideLink(url, h("span", { class: "host" }, webAddress(url)?.host.replace(/^www\./, "") ?? "source"), title && h("span", { class: "title" }, title))));
}
