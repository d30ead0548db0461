// Handles the user's actions on a conversation: ask, continue, rerun, choose a reply, open another
// conversation. Owns the conversation and the running session. Notifies views and storage of each
// change.
import { add, messages, newConversation, path, select, versions } from "./state/conversation.js";
import { modelFor, modelsOf, replaceRole, withoutBudget } from "./state/rerun.js";
import { startSession } from "./state/session.js";
import { interrupt, newTurn } from "./state/turn.js";
import { createTurnList } from "./views/turn-list.js";

/**
 * This function is long because its inner functions share the conversation and the session.
 * @param host the element that holds the turns
 * @param plan `(question, messages) => { request, options, setup }`, or `{ problem, field }`
 * @param planRerun `(turn, models) => { options, setup }`, or `{ problem, field }`
 * @param confirmDestination `(planned, request)` resolves with the options of the run, or with
 *   `undefined` if the person declines
 * @param onAsked called with the plan of each new question
 * @param onProblem called with `{ problem, field }` of `planRerun`, and the turn's setup
 * @param onChange called with a changed conversation, and with whether a run is in progress
 * @param announce called with each sentence for screen readers
 */
export function createApp({ host, plan, planRerun, announce, ...callbacks }) {
  const { confirmDestination, onAsked, onProblem, onChange } = callbacks;
  let conversation = newConversation();
  let session = null;

  const changed = (which) => onChange(which, Boolean(session));
  const draw = () => turnList.draw(path(conversation));

  /** Sends a question. If it cannot be sent, returns `{ problem, field }`. */
  function ask(question, parent = conversation.head) {
    if (session) return {};
    const planned = plan(question, messages(conversation, parent, question));
    if (planned.problem) return planned;
    onAsked(planned);
    const turn = newTurn({ parent, question, setup: planned.setup });
    add(conversation, turn);
    begin(turn, planned);
    return {};
  }

  /**
   * Continues a turn that ended early. Finished replies are reused.
   * @param max_cost new budget in USD; null removes it; undefined keeps it
   */
  function resume(turn, { max_cost } = {}) {
    const snapshot = max_cost === null ? withoutBudget(turn.snapshot) : turn.snapshot;
    return runAgain(turn, { resume: snapshot, ...(max_cost && { max_cost }) }, (planned) => {
      const setup = max_cost === undefined ? planned.setup : { ...planned.setup, budget: max_cost };
      const began = Date.now() - (turn.took_ms ?? 0);
      Object.assign(turn, { setup, began, took_ms: null });
      Object.assign(turn, { state: "running", error: null, warnings: [] });
      begin(turn, planned);
    });
  }

  /**
   * Restarts panelists. If the panel is still running, the current run restarts them. Otherwise a
   * new version of the turn runs them and reuses the other replies.
   * @param more further fields of the request, such as another analyst
   */
  function rerun(turn, indexes, more = {}) {
    if (session?.turn === turn && indexes.every((index) => session.retryPanelist(index))) return;
    const request = { resume: { snapshot: turn.snapshot, rerun: indexes }, ...more };
    return runAgain(turn, request, (planned) => {
      const next = newTurn({ parent: turn.parent, question: turn.question, setup: planned.setup });
      next.panel = structuredClone(turn.panel);
      // If only the writer runs again, the run emits no events of the comparison.
      if (indexes.length === 0 && !more.analyst) {
        next.comparison = structuredClone(turn.comparison);
      }
      add(conversation, next);
      begin(next, planned);
    });
  }

  /**
   * Runs the analyst or the writer again, with the same or another model. The result is a new
   * version of the turn.
   */
  function replaceModel(turn, role, model) {
    const [prefix] = Object.keys(planRerun(turn).options?.providers ?? {});
    const name = !prefix || model.startsWith(`${prefix}:`) ? model : `${prefix}:${model}`;
    return rerun(turn, [], replaceRole(turn, role, name));
  }

  async function runAgain(turn, request, start) {
    if (session || !turn.snapshot) return;
    const roles = [request.analyst, request.writer].filter(Boolean);
    const planned = planRerun(
      turn,
      roles.map(({ model }) => model),
    );
    if (planned.problem) return onProblem(planned, turn.setup);
    const shown = conversation;
    const whole = { ...turn.snapshot.request, ...request, resume: undefined };
    const options = await confirmDestination(planned, whole);
    if (options && !session && conversation === shown) start({ ...planned, options, request });
  }

  function begin(turn, planned) {
    const mine = conversation;
    const started = startSession(turn, planned, {
      onUpdate: (part, event) => turnList.view(turn)?.update(part, event),
      onCheckpoint: () => changed(mine),
    });
    session = started;
    changed(mine);
    draw();
    requestAnimationFrame(() => scrollToTurn(turn, mine));
    started.ended.then(() => {
      if (session === started) session = null;
      turnList.updateAll();
      changed(mine);
    });
  }

  function scrollToTurn(turn, shown) {
    if (path(shown)[0] === turn) scrollTo({ top: 0 });
    else turnList.view(turn)?.element.scrollIntoView({ block: "start" });
  }

  /**
   * Uses a panelist's reply as the answer. If a panelist is chosen while the run is in progress,
   * the run stops and costs nothing more.
   * @param index a panelist, or null for the writer
   */
  function choose(turn, index) {
    turn.chosen = index;
    if (session?.turn === turn && index !== null) session.stop();
    turnList.view(turn)?.update("turn");
    changed(conversation);
  }

  function show(turn) {
    if (session) return;
    select(conversation, turn);
    draw();
    changed(conversation);
  }

  const turnList = createTurnList(host, {
    stop: () => session?.stop(),
    stopPanelist: (turn, index) => session?.turn === turn && session.stopPanelist(index),
    proceed: () => session?.proceed(),
    rerun,
    resume,
    replaceModel,
    modelsOf,
    modelFor,
    choose,
    show,
    edit: (turn, question) => ask(question, turn.parent),
    versions: (turn) => versions(conversation, turn),
    isBusy: () => Boolean(session),
    announce,
  });

  return {
    ask,
    /** Plans this question. Does not send it. */
    draft: (question) => plan(question, messages(conversation, conversation.head, question)),
    /** @param reason "stopped", or "interrupted" if the person did not stop the run */
    stop: (reason) => session?.stop(reason),
    get conversation() {
      return conversation;
    },
    get isRunning() {
      return session !== null;
    },
    /** Shows another conversation, or a new one. Stops a run in progress. */
    open(other = newConversation()) {
      session?.stop("interrupted");
      session = null;
      conversation = other;
      conversation.turns.forEach(interrupt);
      draw();
      changed(conversation);
    },
  };
}
