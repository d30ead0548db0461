//! Records the checks of contradictions.

use std::mem::take;

use crate::deliberation::recorder::RunRecorder;
use crate::error::Error;
use crate::event::Event;
use crate::result::{Analysis, Checked, add_source};
use crate::role::Role;
use crate::usage::{CallUsage, Status};

impl RunRecorder {
    /// Emits the restored checks of an analysis.
    pub(crate) fn checks_restored(&self, analysis: &Analysis) {
        let state = &mut *self.state.borrow_mut();
        for (index, contradiction) in analysis.contradictions.iter().enumerate() {
            let checked = contradiction.checked.clone();
            if let Some(checked) = checked {
                let restored = Some(true);
                let event = Event::VerificationCompleted {
                    index,
                    checked,
                    restored,
                };
                self.emit(state, event);
            }
        }
    }

    /// Records the outcome of a check, and its sources.
    pub(crate) fn verification_completed(&self, index: usize, checked: &Checked) {
        let state = &mut *self.state.borrow_mut();
        let role = Role::Verifier(index);
        state.clear_partials(role);
        for source in take(&mut state.role_entry(role).sources) {
            add_source(&mut state.snapshot.analysis_sources, &source);
        }
        state.role_entry(role).close();
        let mut analysis = state.snapshot.analysis.iter_mut();
        let contradiction = analysis
            .next()
            .and_then(|analysis| analysis.contradictions.get_mut(index));
        if let Some(contradiction) = contradiction {
            contradiction.checked = Some(checked.clone());
        }
        state.checkpoint_count += 1;
        let event = Event::VerificationCompleted {
            index,
            checked: checked.clone(),
            restored: None,
        };
        self.emit(state, event);
    }

    /// Records a failed check.
    pub(crate) fn verification_failed(&self, index: usize, error: Error) {
        let state = &mut *self.state.borrow_mut();
        let role = Role::Verifier(index);
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.save_partial(role);
        state.role_entry(role).is_open = false;
        state.checkpoint_count += 1;
        self.emit(state, Event::VerificationFailed { index, error });
    }

    /// Records that all checks of contradictions have ended. A resumed run does not repeat failed
    /// checks.
    pub(crate) fn checks_ended(&self) {
        let state = &mut *self.state.borrow_mut();
        state.snapshot.checks_ended = true;
        state.checkpoint_count += 1;
    }
}
