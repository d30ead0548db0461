//! Records a run. Each step is recorded once, and the record provides the events, the snapshots and
//! the result.

mod calls;
mod panel;
mod replay;
mod rounds;
mod stages;
pub(super) mod state;
mod verification;

use std::cell::RefCell;
use std::rc::Rc;

use crate::deliberation::recorder::state::{RoleState, RunState};
use crate::error::Error;
use crate::event::{Event, SequencedEvent, WarningCode};
use crate::plan::Plan;
use crate::provider::Environment;
use crate::result::{Analysis, FailedModel, Source, add_source};
use crate::role::{Role, Round};
use crate::snapshot::{RunStatus, Snapshot};
use crate::usage::{Activity, CallUsage, Status, Usage};

/// Records a run, and owns its data: the pending events, the snapshot and each role's unfinished
/// output. The run and the reader of its events share the recorder.
///
/// Methods read the clock while they borrow the state, so a clock must not call the recorder.
/// Before any other call to code outside of the core, methods end their borrow.
pub(crate) struct RunRecorder {
    env: Rc<Environment>,
    began_ms: u64,
    state: RefCell<RunState>,
}

impl RunRecorder {
    /// Returns an empty recorder. `plan` is `None` for an invalid request. The snapshot does not
    /// contain such a request, because the request may contain a key in the wrong field.
    pub(crate) fn new(env: Rc<Environment>, plan: Option<&Plan>) -> Self {
        Self {
            began_ms: env.clock.now_ms(),
            env,
            state: RefCell::new(RunState::new(plan)),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        self.env.clock.now_ms().saturating_sub(self.began_ms)
    }

    pub(super) fn emit(&self, state: &mut RunState, event: Event) {
        state.queue.push(event, || self.elapsed_ms());
    }

    /// Records the start of a run, and replays restored results.
    pub(crate) fn run_started(&self, plan: &Plan) {
        let state = &mut *self.state.borrow_mut();
        let event = Event::RunStarted {
            run_id: plan.run_id.clone(),
            seed: plan.seed,
            panel: plan.members(Round::First),
            further: plan.escalation.map(|_| plan.members(Round::Second)),
            analyst: plan
                .analyst
                .as_ref()
                .map(|config| config.model().to_owned()),
            writer: plan.writer.model().to_owned(),
        };
        self.emit(state, event);
        self.replay_restored(state, plan, Round::First);
        if !plan.restored.activity.is_empty() {
            let usage = Usage::of(&state.snapshot.activity);
            self.emit(state, Event::Usage { usage });
        }
    }

    /// Records a warning. Does nothing after the run's last event.
    pub(crate) fn warn(&self, code: WarningCode, message: String) {
        let state = &mut *self.state.borrow_mut();
        if state.snapshot.status != RunStatus::Running {
            return;
        }
        self.emit(state, Event::Warning { code, message });
    }

    /// Records the end of the run. Must be called once for each run. If the run failed, all roles
    /// that are still working fail with the same error.
    pub(crate) fn close(&self, plan: Option<&Plan>, outcome: Result<(), Error>) {
        let state = &mut *self.state.borrow_mut();
        // An invalid request starts no work, so it needs no checkpoint.
        state.checkpoint_count += u32::from(plan.is_some());
        match outcome {
            Ok(()) => {
                state.snapshot.status = RunStatus::Completed;
                self.emit(state, Event::RunCompleted);
            }
            Err(error) => {
                for role in state.open_roles() {
                    if let Role::Panelist(index) = role {
                        let model = plan
                            .and_then(|plan| plan.panel.get(index))
                            .map(|config| config.model().to_owned());
                        self.fail_panelist(state, index, &model.unwrap_or_default(), error.clone());
                        continue;
                    }
                    self.end_call(state, role, Status::Cancelled, CallUsage::default());
                    state.save_partial(role);
                    let error = error.clone();
                    match role {
                        Role::Analyst => {
                            self.emit(state, Event::AnalysisFailed { error, next: None });
                        }
                        Role::Verifier(index) => {
                            self.emit(state, Event::VerificationFailed { index, error });
                        }
                        _ => {}
                    }
                }
                state.snapshot.status = RunStatus::Failed;
                self.emit(state, Event::RunFailed { error });
            }
        }
    }

    /// Returns all sources of the run in the order panel, analyst, checks, writer. Contains each
    /// URL once.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let state = self.state.borrow();
        let Snapshot {
            responses,
            analysis,
            analysis_sources,
            answer,
            ..
        } = &state.snapshot;
        let mut sources = Vec::new();
        let mut add = |more: &[Source]| {
            for source in more {
                add_source(&mut sources, source);
            }
        };
        responses.iter().for_each(|response| add(&response.sources));
        add(analysis_sources);
        add(&analysis
            .iter()
            .flat_map(Analysis::evidence)
            .collect::<Vec<_>>());
        answer.iter().for_each(|answer| add(&answer.sources));
        sources
    }

    /// Returns the panelists that failed.
    pub(crate) fn failed_models(&self) -> Vec<FailedModel> {
        self.state.borrow().snapshot.failed_models.clone()
    }

    /// Returns all calls of the run.
    pub(crate) fn activity(&self) -> Vec<Activity> {
        self.state.borrow().snapshot.activity.clone()
    }

    /// Passes the state of the run to `read`. `partial` contains the text of unfinished roles.
    ///
    /// `read` gets no copy, because a run makes a snapshot after each panelist and stage.
    pub(crate) fn with_snapshot<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T {
        let RunState {
            snapshot, roles, ..
        } = &mut *self.state.borrow_mut();
        let ended = snapshot.partial.len();
        let open_roles = roles.iter().filter(|role_state| role_state.is_open);
        let unfinished = open_roles.filter_map(RoleState::partial);
        snapshot.partial.extend(unfinished);
        snapshot.set_version();
        let outcome = read(snapshot);
        snapshot.partial.truncate(ended);
        outcome
    }

    /// Returns a copy of the state of the run.
    #[cfg(test)]
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.with_snapshot(Snapshot::clone)
    }

    /// Returns the number of panelists that have answered.
    pub(crate) fn answers(&self) -> usize {
        self.state.borrow().snapshot.responses.len()
    }

    /// Returns whether a panelist has an answer.
    pub(crate) fn has_answer(&self, index: usize) -> bool {
        self.state.borrow().response(index).is_some()
    }

    /// Returns how many panelists and stages, such as the analysis, have ended. After an increase,
    /// the new snapshot should be stored.
    pub(crate) fn checkpoint_count(&self) -> u32 {
        self.state.borrow().checkpoint_count
    }

    /// Takes the pending events.
    pub(crate) fn take_events(&self) -> Vec<SequencedEvent> {
        self.state.borrow_mut().queue.drain()
    }

    /// Returns whether events are pending.
    pub(crate) fn has_events(&self) -> bool {
        !self.state.borrow().queue.is_empty()
    }
}
