// Shows the check of one disagreement on the web: the button that starts the check, the cost, the
// progress, and the outcome for each stance.
import { h, outsideLink, setShown, setText, tool, webAddress } from "../dom.js";
import { describeError } from "../text/error-messages.js";
import { plural } from "../text/format.js";
import { toolText } from "./components.js";

const VERDICTS = {
  supported: "Supported",
  refuted: "Refuted",
  unresolved: "Unresolved",
};

const INTERRUPTED =
  "The page was closed during this check, so it has no result. Its calls may have cost something.";

/**
 * This function is long because its inner functions share the elements.
 * @param index position of the disagreement in the analysis
 * @param actions see `createApp()`
 * @returns `{ element, places, draw }`; `places` has an element for each stance
 */
export function createCheck(turn, index, { checks, announce }) {
  const note = h("p", { class: "fine", role: "status" });
  const words = true;
  const open = tool("search", "Check this", offer, { words });
  const start = h("button", { type: "button", class: "pick", onclick: begin });
  const cancel = h("button", { type: "button", class: "quiet", onclick: close }, "Cancel");
  const row = h("div", { class: "check-tools" }, open, start, cancel);
  const element = h("div", { class: "check" }, note, row);
  const places = contradiction().stances.map(() => h("div", { class: "outcome", hidden: true }));
  let price = "";
  let drawn = "";

  function contradiction() {
    return turn.comparison.items.filter(({ kind }) => kind === "contradictions")[index]?.item;
  }

  async function offer() {
    price = "Calculating the price...";
    draw();
    start.focus();
    const sentence = await checks.price(turn, index);
    if (price) price = sentence;
    draw();
  }

  function begin() {
    price = "";
    checks.start(turn, index);
    draw();
  }

  function close() {
    price = "";
    if (checks.isWaiting(turn, index)) checks.cancel(turn, index);
    draw();
    open.focus();
  }

  function draw() {
    const { checked } = contradiction() ?? {};
    const check = (turn.comparison.checks ?? []).find((one) => one.index === index);
    drawOutcome(checked);
    const status = checked ? "completed" : (check?.status ?? "");
    const isWaiting = checks.isWaiting(turn, index);
    const isRunning = status === "running";
    const isIdle = isWaiting && turn.state === "done" && !checks.isBusy(turn);
    const canStart = !checked && !isRunning && (!isWaiting || isIdle) && isPossible();
    element.dataset.phase = isWaiting ? "waiting" : status;
    setText(note, noteText({ checked, check, isWaiting }));
    setShown(note, note.textContent);
    setShown(open, canStart && !price && !isWaiting);
    const isAgain = status === "failed" || status === "interrupted";
    setText(open.lastChild, isAgain ? "Check again" : "Check this");
    setShown(start, canStart && (price || isWaiting));
    setText(start, checks.isBusy(turn) ? "Check after the answer" : "Check now");
    setShown(cancel, (canStart && price) || isWaiting);
    setShown(element, note.textContent || canStart);
  }

  function isPossible() {
    const { comparison, escalation, state, snapshot } = turn;
    const isOver = state === "done" || (state === "running" && escalation?.status !== "open");
    const isLast = comparison.state === "done" && !(state === "running" && isBetween());
    return isOver && isLast && Boolean(snapshot) && checks.areAllowed(turn);
  }

  /**
   * Returns whether a second comparison will follow. The second comparison may have other
   * disagreements.
   */
  const isBetween = () => turn.escalation?.status === "escalated" && turn.comparison.round !== 2;

  function noteText({ checked, check, isWaiting }) {
    if (isWaiting) return waitingText();
    if (checked) return "Checked on the web.";
    if (price) return price;
    if (check?.status === "running") {
      const last = check.tools.at(-1);
      return `Checking on the web. ${last ? `${toolText(last)}.` : ""}`.trim();
    }
    if (check?.status === "stopped") return "The check was stopped.";
    if (check?.status === "interrupted") return INTERRUPTED;
    if (check?.status !== "failed") return "";
    return `The check failed. ${check.error ? describeError(check.error, turn.setup).title : ""}`;
  }

  /** Without a run in progress, only the person starts a check. */
  function waitingText() {
    if (turn.state !== "done") return "Will be checked when the answer is complete.";
    if (checks.isBusy(turn)) return "Will be checked after the check in progress.";
    return "This check has not started.";
  }

  function drawOutcome(checked) {
    const now = JSON.stringify(checked ?? null);
    if (now === drawn) return;
    const isNews = drawn !== "" && checked;
    drawn = now;
    for (const [nth, place] of places.entries()) {
      const stance = checked?.stances[nth];
      setShown(place, stance);
      place.replaceChildren(...(stance ? outcomeView(stance) : []));
    }
    if (isNews) announce(`Checked: ${checked.stances.map(({ verdict }) => verdict).join(", ")}.`);
  }

  return { element, places, draw };
}

function outcomeView({ verdict, evidence }) {
  const label = h("span", { class: "check-verdict" }, VERDICTS[verdict] ?? verdict);
  label.dataset.verdict = verdict;
  if (evidence.length === 0) return [label, " ", h("span", { class: "fine" }, "No evidence.")];
  const views = evidence.map(evidenceView);
  const unfound = evidence.filter(({ verified }) => verified === false).length;
  const doubt = unfound > 0 && h("span", { class: "doubt" }, `, ${unfound} not found on the page`);
  const summary = h("summary", {}, plural(evidence.length, "quote from the web", QUOTES), doubt);
  return [label, h("details", { class: "quotes evidence" }, summary, h("ul", {}, views))];
}

const QUOTES = "quotes from the web";
const NOTES = new Map([
  [true, "Quote found on the page"],
  [false, "Quote not found on the page"],
  [null, "Quote not compared with the page"],
]);

function evidenceView({ url, quote, verified }) {
  const host = webAddress(url)?.host.replace(/^www\./, "") ?? "source";
  const text = quote && h("q", { dir: "auto" }, quote);
  const look =
    verified === false ? "quote unverified" : `quote ${verified ? "verified" : "uncompared"}`;
  const note = h(
    "span",
    { class: verified === false ? "mark-quote" : "fine" },
    NOTES.get(verified),
  );
  const facts = h("p", { class: "evidence-source" }, outsideLink(url, host), " ", quote && note);
  return h("li", {}, h("blockquote", { class: look }, text, facts));
}
