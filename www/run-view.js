// One run from the first event to the last: hands events to the views and keeps the summary line.
import { createAnalysis } from "./analysis.js";
import { createAnswer } from "./answer.js";
import { h, setText } from "./dom.js";
import { explain } from "./explain.js";
import { cost, money, plural, seconds, tokens } from "./format.js";
import { nextFrame } from "./frame.js";
import { createPanelist } from "./panel.js";

/** @param run what `fuse()` returned
 *  @param announce called with each sentence worth telling someone who cannot see the page */
export function createRunView(question, plan, run, announce) {
  const answer = createAnswer();
  const analysis = createAnalysis(plan);
  const stages = createStages();
  const totals = h("p", { class: "totals" });
  const notices = h("div", { class: "notices" });
  const columns = h("div", { class: "columns" });
  const ledger = h("details", { class: "ledger", hidden: true }, h("summary", {}, "Every call of this run"));
  const element = h(
    "article",
    { class: "run", "data-phase": "running" },
    h("header", { class: "run-head" }, h("h2", {}, question), plan.staged && h("p", { class: "staged" }, "Sample: written for this demo, not from a model. Replies, searches and timing are staged.")),
    h("div", { class: "progress" }, stages.element, totals),
    notices,
    h("div", { class: "verdict" }, answer.element, analysis.element),
    h("section", { class: "panel", "aria-label": "Panel" }, h("h3", {}, "Panel"), columns),
    ledger,
  );

  const began = performance.now();
  let panelists = [];
  let usage = null;
  let ended = null;

  const drawTotals = () => {
    const parts = [seconds(ended ?? performance.now() - began)];
    // Failures alone cost nothing, which needs no words.
    if (usage && (usage.completion_tokens > 0 || usage.cost !== 0)) parts.push(tokens(usage), cost(usage));
    setText(totals, parts.join(" · "));
  };
  const clock = setInterval(() => {
    nextFrame(drawTotals);
    for (const panelist of panelists) if (panelist.live) panelist.tick();
  }, 500);

  function notice(kind, title, ...more) {
    notices.append(h("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : "note" }, h("p", {}, h("strong", {}, title)), ...more.filter(Boolean).map((text) => h("p", {}, text))));
  }

  function on(event) {
    answer.on(event);
    analysis.on(event);
    stages.on(event);
    if (event.index !== undefined && event.type.startsWith("panelist.")) panelists[event.index]?.on(event);
    switch (event.type) {
      case "run.started":
        panelists = event.panel.map((member) => createPanelist(member, plan));
        columns.append(...panelists.map((panelist) => panelist.element));
        return announce(`Asked ${plural(panelists.length, "model")}.`);
      case "panelist.completed":
        return announce(`${panelists[event.index]?.name} has answered.`);
      case "panelist.failed":
        if (event.error.code === "cancelled") return;
        return announce(`${panelists[event.index]?.name} failed. ${explain(event.error, plan).title}`);
      case "analysis.completed":
        return announce("The comparison is ready.");
      case "answer.completed":
        return announce("The answer is complete.");
      case "usage":
        usage = event.usage;
        return nextFrame(drawTotals);
      case "warning":
        return notice("warning", event.message);
      case "run.completed":
        usage = event.result.usage;
        showLedger(ledger, event.result);
        return;
    }
  }

  function end(phase) {
    clearInterval(clock);
    ended = performance.now() - began;
    element.dataset.phase = phase;
    drawTotals();
  }

  function stopped(error) {
    const cancelled = error.code === "cancelled";
    for (const panelist of panelists) panelist.stop();
    answer.stop();
    analysis.stop();
    stages.stop();
    if (cancelled) {
      announce("Stopped.");
    } else {
      const { title, advice } = explain(error, plan);
      notice("error", title, advice, error.message && `The message was: ${error.message}`);
    }
    end(cancelled ? "stopped" : "failed");
  }

  return {
    element,
    /** Resolves with how the run ended: done, stopped or failed. */
    async follow() {
      try {
        for await (const event of run) on(event);
        stages.finish();
        end("done");
      } catch (error) {
        stopped(error);
      }
      return element.dataset.phase;
    },
    stop: () => run.cancel("stopped by the person at the page"),
  };
}

function createStages() {
  const steps = Object.fromEntries(["Panel", "Comparison", "Answer"].map((name) => [name, { note: h("span", { class: "note" }), name }]));
  for (const step of Object.values(steps)) step.element = h("li", { "data-state": "idle" }, h("span", { class: "step" }, step.name), step.note);
  const { Panel, Comparison, Answer } = steps;
  let size = 0;
  let ready = 0;
  let failed = 0;

  const set = (step, state, note) => {
    step.element.dataset.state = state;
    setText(step.note, note);
  };
  const count = () => {
    const state = ready + failed < size ? "active" : ready > 0 ? "done" : "failed";
    set(Panel, state, `${ready} of ${size}${failed ? `, ${failed} failed` : ""}`);
  };

  return {
    element: h("ol", { class: "stages", "aria-label": "Progress" }, Object.values(steps).map((step) => step.element)),
    on(event) {
      switch (event.type) {
        case "run.started":
          size = event.panel.length;
          return count();
        case "panelist.completed":
          ready += 1;
          return count();
        case "panelist.failed":
          if (event.error.code === "cancelled") return;
          failed += 1;
          return count();
        case "analysis.started":
          return set(Comparison, "active", "comparing");
        case "analysis.completed":
          return set(Comparison, "done", "ready");
        case "analysis.failed":
          return event.next ? undefined : set(Comparison, "failed", "failed");
        case "answer.started":
          if (Comparison.element.dataset.state === "idle") set(Comparison, "done", "not needed");
          return set(Answer, "active", "writing");
        case "answer.completed":
          return set(Answer, "done", "ready");
      }
    },
    finish() {
      if (Answer.element.dataset.state === "active") set(Answer, "done", "ready");
    },
    stop() {
      for (const step of Object.values(steps)) if (step.element.dataset.state === "active") set(step, "failed", "stopped");
    },
  };
}

// What was really asked, who really served it and what it cost, for those who want to check.
function showLedger(ledger, { activity }) {
  const head = ["Stage", "Model", "Status", "Tokens", "Cost", "Time"];
  const rows = activity.map((call) => [
    call.stage + (call.index === undefined ? "" : ` ${call.index + 1}`) + (call.attempt > 1 ? `, attempt ${call.attempt}` : ""),
    call.model_served && call.model_served !== call.model ? `${call.model}, served by ${call.model_served}` : call.model,
    call.status,
    call.completion_tokens === null ? "unknown" : String((call.prompt_tokens ?? 0) + call.completion_tokens),
    money(call.cost),
    seconds(call.latency_ms),
  ]);
  ledger.append(
    h(
      "div",
      { class: "table", tabindex: 0, role: "region", "aria-label": "Calls" },
      h("table", {}, h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))),
    ),
  );
  ledger.hidden = rows.length === 0;
}
