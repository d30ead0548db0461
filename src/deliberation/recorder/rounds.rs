//! Records the rounds of a run with `escalate`.

use crate::deliberation::recorder::RunRecorder;
use crate::event::Event;
use crate::plan::Plan;
use crate::result::EscalationReason;
use crate::role::Round;
use crate::snapshot::StoredEscalation;

impl RunRecorder {
    /// Sets the current round. Later events and calls of the analyst contain the number of this
    /// round.
    pub(crate) fn round_started(&self, round: Round) {
        self.state.borrow_mut().queue.round = Some(round);
    }

    /// Records whether the further panelists of `escalate` are asked. If they are asked, also emits
    /// their outcomes in the snapshot that the run resumes.
    ///
    /// `compared` has the panelists whose answers the first analysis compares. `contradictions` is
    /// the number of contradictions in the first analysis. If there is no first analysis, it is
    /// `None`.
    pub(crate) fn first_round_ended(
        &self,
        plan: &Plan,
        reason: EscalationReason,
        contradictions: Option<usize>,
        compared: Vec<usize>,
    ) {
        let state = &mut *self.state.borrow_mut();
        let restored = state.snapshot.escalation.is_some().then_some(true);
        if restored.is_none() {
            state.snapshot.escalation = Some(StoredEscalation {
                reason,
                analysis_round: Round::First.number(),
                compared,
                first_analysis: state
                    .snapshot
                    .analysis
                    .clone()
                    .filter(|_| reason.escalates()),
            });
            state.checkpoint_count += 1;
        }
        if !reason.escalates() {
            let settled = Event::PanelSettled {
                reason,
                contradictions,
                restored,
            };
            return self.emit(state, settled);
        }
        let escalated = Event::PanelEscalated {
            panel: plan.members(Round::Second),
            reason,
            contradictions,
            restored,
        };
        self.emit(state, escalated);
        self.replay_restored(state, plan, Round::Second);
    }
}
