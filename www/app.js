// Handles the user's actions on a conversation: ask, continue, rerun, choose a reply, open another
// conversation. Owns the shown conversation and the runs of all conversations: a run goes on while
// another conversation is shown. Notifies views and storage of each change.

import { createCheckQueue } from "./check-queue.js";
import { isEmpty } from "./drafts.js";
import { openInView } from "./open-in-view.js";
import { beginCheck } from "./state/checks.js";
import {
  add,
  messages,
  newConversation,
  path,
  select,
  turnOf,
  versions,
} from "./state/conversation.js";
import {
  changedPanel,
  checkingAnalyst,
  memberRequest,
  modelFor,
  modelsOf,
  replaceRole,
  withoutBudget,
  withoutChecks,
  withWholePanel,
} from "./state/rerun.js";
import { startSession } from "./state/session.js";
import { applyCheck, endCheck, interrupt, newTurn } from "./state/turn.js";
import { modelName } from "./text/format.js";
import { announceEvent } from "./views/announce-event.js";
import { createLazyTurnList } from "./views/lazy-turn-list.js";

/**
 * This function is long because its inner functions share the conversation and the sessions.
 * @param host the element that holds the turns
 * @param plan `(question, messages)` returns `{ request, options, setup }`, or `{ problem, field }`
 * @param planRerun `(turn, models)` returns `{ options, setup }`, or `{ problem, field }`
 * @param confirmDestination `(planned, request)` resolves to the options of the run. If the person
 *   declines, resolves to a falsy value
 * @param onAsked called with the plan of each new question
 * @param onProblem called with `{ problem, field }` of `planRerun`, and the turn's setup
 * @param onChange called with a changed conversation, which is not always the shown one
 * @param openSettings `(setup, field)` opens the settings of a turn at a field
 * @param hasWebTools `(turn)` returns whether the models of a turn can open web pages
 * @param setTarget called with the member that gets the next question, see `newTurn()`
 * @param onEnded called with the turn of a run that has ended, and its conversation
 * @param announce called with each sentence for screen readers
 */
export function createApp({ host, plan, planRerun, announce, ...callbacks }) {
  const { confirmDestination, onAsked, onProblem, onChange, onEnded } = callbacks;
  const { openSettings, setTarget } = callbacks;
  let conversation = newConversation();
  /** The running session of each conversation. */
  const sessions = new Map();
  /** The runs that wait for `confirmDestination()`, as `{ id }` of their conversation. */
  const unconfirmed = new Set();

  const current = () => sessions.get(conversation);
  const draw = () => turnList.draw(path(conversation));

  /**
   * Sends a question. If it cannot be sent, returns `{ problem, field }`.
   * @param to the only member that must answer, see `newTurn()`. With `to`, the function may return
   *   a promise
   */
  function ask(question, { parent = conversation.head, to = null } = {}) {
    if (current()) return { problem: "Wait until this run has ended." };
    // A conversation from a link has no snapshots.
    if (to && turnOf(conversation, to.turn)?.snapshot) return askMember(question, parent, to);
    const planned = plan(question, messages(conversation, parent, question));
    if (planned.problem) return planned;
    onAsked(planned);
    const turn = newTurn({ parent, question, setup: planned.setup });
    add(conversation, turn);
    begin(turn, planned);
    return {};
  }

  async function askMember(question, parent, to) {
    if (isEmpty(question)) return { problem: "Write a question first.", field: "question" };
    const source = turnOf(conversation, to.turn);
    const planned = planRerun(source, []);
    if (planned.problem) return planned;
    const request = {
      messages: messages(conversation, parent, question, to),
      ...memberRequest(source, to.index),
    };
    const options = await confirm(planned, request, conversation);
    if (!options) return { isDeclined: true };
    const turn = newTurn({ parent, question, setup: planned.setup, to });
    add(conversation, turn);
    begin(turn, { ...planned, options, request });
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
    const session = sessionOf(turn);
    if (session && indexes.every((index) => session.retryPanelist(index))) return;
    const snapshot = withoutChecks(turn.snapshot);
    const request = { resume: { snapshot, rerun: indexes }, ...more };
    return runAgain(turn, request, (planned) => {
      const next = newTurn({ parent: turn.parent, question: turn.question, setup: planned.setup });
      next.panel = structuredClone(turn.panel);
      // If only the writer runs again, the run emits no events of the comparison. Copy the
      // comparison from the old turn.
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
    return rerun(turn, [], replaceRole(turn, role, namer(turn)(model)));
  }

  /** Returns a function that adds the prefix of the turn's provider to a name. */
  function namer(turn) {
    const [prefix] = Object.keys(planRerun(turn).options?.providers ?? {});
    return (model) => (!prefix || model.startsWith(`${prefix}:`) ? model : `${prefix}:${model}`);
  }

  /** Runs a turn with another panel as a new version. @param change see `changedPanel()` */
  function changePanel(turn, change) {
    const snapshot = withWholePanel(withoutChecks(turn.snapshot));
    const { analysis_models, panel } = changedPanel({ ...turn, snapshot }, change, namer(turn));
    return runAgain(turn, { resume: snapshot, analysis_models }, (planned) => {
      const { parent, question } = turn;
      const next = newTurn({ parent, question, setup: planned.setup });
      next.panel = structuredClone(panel);
      add(conversation, next);
      begin(next, planned);
    });
  }

  /**
   * Checks disagreements of a finished turn on the web. Its findings and its answer stand.
   * @param mine the conversation of the turn
   */
  function check(turn, indexes, mine = conversation) {
    const analyst = checkingAnalyst(turn, indexes);
    const start = (planned) => {
      const endTurn = (of, state, error) => endCheck(of, indexes, state, error);
      beginCheck(turn, indexes);
      begin(turn, planned, { applyEvent: applyCheck, endTurn }, mine);
    };
    return runAgain(turn, { resume: turn.snapshot, analyst }, start, mine);
  }

  const checks = createCheckQueue({
    check,
    planRerun,
    isBusy: (turn) => Boolean(sessionOf(turn)),
    onChange(turn, mine = conversation) {
      turnList.view(turn)?.update("comparison");
      onChange(mine);
    },
  });

  async function runAgain(turn, request, start, mine = conversation) {
    if (sessions.has(mine) || !turn.snapshot) return;
    const specs = [request.analyst, request.writer, ...(request.analysis_models ?? [])];
    const named = specs.filter(Boolean).map((spec) => spec.model ?? spec);
    const models = named.filter((name) => typeof name === "string");
    const planned = planRerun(turn, models);
    if (planned.problem) {
      // The composer belongs to the shown conversation.
      if (mine === conversation) onProblem(planned, turn.setup);
      return;
    }
    const whole = { ...turn.snapshot.request, ...request, resume: undefined };
    const options = await confirm(planned, whole, mine);
    if (options) start({ ...planned, options, request });
  }

  /**
   * Resolves to the options of the run. Resolves to null if the person declines, if `stopAll()`
   * has ended the conversation's runs meanwhile, or if another conversation is shown.
   * @param mine the conversation of the run
   */
  async function confirm(planned, request, mine) {
    const attempt = { id: mine.id };
    unconfirmed.add(attempt);
    const isShown = conversation === mine;
    const options = await confirmDestination(planned, request);
    const isWanted = unconfirmed.delete(attempt);
    // The conversation may have been loaded again meanwhile, so compare its id.
    const isAsBefore = isShown ? conversation === mine : conversation.id !== mine.id;
    return isWanted && isAsBefore && !sessions.has(mine) && options ? options : null;
  }

  const sessionOf = (turn) => [...sessions.values()].find((session) => session.turn === turn);

  /**
   * @param steps replace those of a whole run, see `startSession()`
   * @param mine the conversation of the turn
   */
  function begin(turn, planned, steps, mine = conversation) {
    const session = startSession(turn, planned, {
      onUpdate(part, event) {
        // A check tells its outcome itself.
        if (event && !steps && mine === conversation) announceEvent(event, turn, announce);
        turnList.view(turn)?.update(part, event);
      },
      onCheckpoint: () => onChange(mine),
      ...steps,
    });
    sessions.set(mine, session);
    onChange(mine);
    draw();
    if (steps) turnList.updateAll();
    else showBegin(turn, mine);
    session.ended.then(() => {
      sessions.delete(mine);
      turnList.updateAll();
      onChange(mine);
      if (!steps) onEnded(turn, mine);
      checks.continue(turn, mine, session.stopReason);
    });
  }

  async function showBegin(turn, mine) {
    if (!turnList.view(turn)) await turnList.drawn();
    const element = path(mine)[0] === turn ? document.body : turnList.view(turn)?.element;
    if (element && mine === conversation) openInView(element);
  }

  /**
   * Uses a panelist's reply as the answer. If the run is still in progress, stops the run, so that
   * it costs nothing more.
   * @param index a panelist, or null for the writer
   */
  function choose(turn, index) {
    turn.chosen = index;
    if (index !== null) sessionOf(turn)?.stop();
    turnList.view(turn)?.update("turn");
    onChange(conversation);
  }

  function show(turn) {
    if (current()) return;
    select(conversation, turn);
    draw();
    onChange(conversation);
  }

  const turnList = createLazyTurnList(host, {
    stop: () => current()?.stop(),
    stopPanelist: (turn, index) => sessionOf(turn)?.stopPanelist(index),
    proceed: () => current()?.proceed(),
    rerun,
    resume,
    replaceModel,
    changePanel,
    askOnly(turn, index) {
      const { name } = modelName(turn.panel[index].model);
      setTarget({ turn: turn.id, index, name });
    },
    modelsOf,
    modelFor,
    choose,
    show,
    edit: (turn, question) => ask(question, { parent: turn.parent, to: turn.to }),
    versions: (turn) => versions(conversation, turn),
    isBusy: () => Boolean(current()),
    checks: { ...checks, areAllowed: callbacks.hasWebTools },
    openSettings,
    announce,
  });

  return {
    ask,
    /** Plans this question. Does not send it. */
    draft: (question) => plan(question, messages(conversation, conversation.head, question)),
    /** Stops the run of the shown conversation. */
    stop: () => current()?.stop(),
    /**
     * Stops the runs of all conversations, or of those with these ids. Runs that wait for
     * `confirmDestination()` do not start.
     * @param reason "stopped", or "interrupted" if the person did not stop them
     */
    stopAll(reason, ids) {
      const isMeant = ({ id }) => !ids || ids.includes(id);
      for (const attempt of unconfirmed) if (isMeant(attempt)) unconfirmed.delete(attempt);
      for (const [of, session] of sessions) if (isMeant(of)) session.stop(reason);
    },
    get conversation() {
      return conversation;
    },
    /** Whether a run of the shown conversation is in progress. */
    get isRunning() {
      return Boolean(current());
    },
    /** Resolves when the shown conversation is in the document. */
    drawn: () => turnList.drawn(),
    /** Returns the conversations with a run in progress. */
    running: () => [...sessions.keys()],
    /**
     * Shows another conversation, or a new one. A run in progress goes on.
     * @param other its run may have started while it was loaded. Then the conversation of the run
     *   is shown instead, so that no conversation exists twice
     */
    open(other = newConversation()) {
      const running = [...sessions.keys()].find(({ id }) => id === other.id);
      conversation = running ?? other;
      if (!running) other.turns.forEach(interrupt);
      draw();
      onChange(conversation);
    },
  };
}
