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

    /// Records whether the further panelists are asked. If they are, replays their restored
    /// outcomes. If `max_cost` ended the first analysis, the snapshot has no decision, because a
    /// resumed run decides anew. `contradictions` is `None` without a first analysis, which
    /// compares the answers of the panelists `compared`.
    pub(crate) fn first_round_ended(
        &self,
        plan: &Plan,
        reason: EscalationReason,
        contradictions: Option<usize>,
        compared: Vec<usize>,
    ) {
        let state = &mut *self.state.borrow_mut();
        let restored = state.snapshot.escalation.is_some().then_some(true);
        let is_final = !state.snapshot.analysis_open || reason.escalates();
        if restored.is_none() && is_final {
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
