// What a person can do with a conversation. It owns the data, the run at work and the views; what it is told and tells goes through here.
import { add, messages, newConversation, path, select, versions } from "./state/conversation.js";
import { modelFor, modelsOf, replaceRole, withoutBudget } from "./state/rerun.js";
import { startSession } from "./state/session.js";
import { interrupt, newTurn } from "./state/turn.js";
import { createTurnView } from "./views/turn.js";

/** @param host the element that holds the turns
 *  @param plan `(question, messages) => { request, options, setup }`, or `{ problem, field }`
 *  @param asked called with what `plan` gave, when it is sent
 *  @param planRerun `(turn, models) => { options, setup }` for a turn that is there and for these models too, or `{ problem, field }`
 *  @param agree `(planned, request)` tells, sooner or later, whether that may be sent where it would go
 *  @param refuse called with what `planRerun` found missing, and the turn's setup
 *  @param changed called with the conversation when something worth keeping has happened, and with whether a run is at work
 *  @param announce called with each sentence worth telling someone who cannot see the page */
export function createApp({ host, plan, asked, planRerun, agree, refuse, changed, announce }) {
  let conversation = newConversation();
  let session = null;
  const views = new Map();
  const keep = (of) => changed(of, Boolean(session));

  /** @returns `{ problem, field }` where it cannot be asked */
  function ask(question, parent = conversation.head) {
    if (session) return {};
    const planned = plan(question, messages(conversation, parent, question));
    if (planned.problem) return planned;
    asked(planned);
    const turn = newTurn({ parent, question, setup: planned.setup });
    add(conversation, turn);
    begin(turn, planned);
    return {};
  }

  /** Goes on with a turn that ended early: nothing that had finished is paid for again.
   *  @param max_cost another limit for all of it, in USD; null for none. Without one it stays. */
  function resume(turn, { max_cost } = {}) {
    const snapshot = max_cost === null ? withoutBudget(turn.snapshot) : turn.snapshot;
    return again(turn, { resume: snapshot, ...(max_cost && { max_cost }) }, (planned) => {
      const setup = max_cost === undefined ? planned.setup : { ...planned.setup, budget: max_cost };
      Object.assign(turn, { setup, state: "running", error: null, warnings: [], began: Date.now() - (turn.took_ms ?? 0), took_ms: null });
      begin(turn, planned);
    });
  }

  /** Asks some members again. While the panel is open, in this run; afterwards as a version of the turn, which keeps the others' replies.
   *  @param more further fields of the request, such as another analyst */
  function rerun(turn, indexes, more = {}) {
    if (session?.turn === turn && indexes.every((index) => session.retryPanelist(index))) return;
    return again(turn, { resume: { snapshot: turn.snapshot, rerun: indexes }, ...more }, (planned) => {
      const next = newTurn({ parent: turn.parent, question: turn.question, setup: planned.setup });
      next.panel = structuredClone(turn.panel);
      // It stands, and is not told anew in all its parts.
      if (indexes.length === 0 && !more.analyst) next.comparison = structuredClone(turn.comparison);
      add(conversation, next);
      begin(next, planned);
    });
  }

  /** Another analyst or writer, or the same once more: a version of the turn with the same replies. */
  function swap(turn, role, model) {
    const [prefix] = Object.keys(planRerun(turn).options?.providers ?? {});
    return rerun(turn, [], replaceRole(turn, role, !prefix || model.startsWith(`${prefix}:`) ? model : `${prefix}:${model}`));
  }

  async function again(turn, request, go) {
    if (session || !turn.snapshot) return;
    const planned = planRerun(turn, [request.analyst, request.writer].filter(Boolean).map(({ model }) => model));
    if (planned.problem) return refuse(planned, turn.setup);
    const mine = conversation;
    const agreed = await agree(planned, { ...turn.snapshot.request, ...request, resume: undefined });
    if (agreed && !session && conversation === mine) go({ ...planned, request });
  }

  function begin(turn, planned) {
    const mine = conversation;
    const started = startSession(turn, planned, {
      changed: (part, event) => views.get(turn.id)?.update(part, event),
      finished: () => keep(mine),
    });
    session = started;
    keep(mine);
    draw();
    // Where the page begins, once it stands.
    requestAnimationFrame(() => (path(mine)[0] === turn ? scrollTo({ top: 0 }) : views.get(turn.id)?.element.scrollIntoView({ block: "start" })));
    started.ended.then(() => {
      if (session === started) session = null;
      for (const view of views.values()) view.update("turn");
      keep(mine);
    });
  }

  const actions = {
    stop: () => session?.stop(),
    stopPanelist: (turn, index) => session?.turn === turn && session.stopPanelist(index),
    rerun,
    resume,
    swap,
    models: modelsOf,
    cast: modelFor,
    proceed: () => session?.proceed(),
    edit: (turn, question) => ask(question, turn.parent),
    /** @param index a panelist's reply, or null for the writer's. During a run it ends it: nothing more is paid for. */
    choose(turn, index) {
      turn.chosen = index;
      if (session?.turn === turn && index !== null) session.stop();
      views.get(turn.id)?.update("turn");
      keep(conversation);
    },
    show(turn) {
      if (session) return;
      select(conversation, turn);
      draw();
      keep(conversation);
    },
    versions: (turn) => versions(conversation, turn),
    isBusy: () => Boolean(session),
    announce,
  };

  function draw() {
    const turns = path(conversation);
    const wanted = new Set(turns.map(({ id }) => id));
    for (const [id, view] of views) {
      if (wanted.has(id)) continue;
      view.element.remove();
      views.delete(id);
    }
    for (const [nth, turn] of turns.entries()) {
      if (!views.has(turn.id)) views.set(turn.id, createTurnView(turn, actions));
      const view = views.get(turn.id);
      if (host.children[nth] !== view.element) host.insertBefore(view.element, host.children[nth] ?? null);
      view.place({ isLast: nth === turns.length - 1 });
      view.update("turn");
    }
  }

  return {
    ask,
    /** What would be asked with this question. */
    draft: (question) => plan(question, messages(conversation, conversation.head, question)),
    /** @param why stopped, or interrupted where the person did not mean it */
    stop: (why) => session?.stop(why),
    get conversation() {
      return conversation;
    },
    get isRunning() {
      return session !== null;
    },
    /** Shows another conversation, or a new one. What is at work is stopped. */
    open(other = newConversation()) {
      session?.stop("interrupted");
      session = null;
      conversation = other;
      conversation.turns.forEach(interrupt);
      draw();
      keep(conversation);
    },
  };
}
