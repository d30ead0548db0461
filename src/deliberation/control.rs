//! The caller's commands to a live run: cancel a panelist, restart a panelist, or proceed with the
//! answers so far.
//!
//! Each command returns immediately, and returns whether it had an effect. The affected future
//! stops at its next poll.

use std::cell::{Cell, RefCell};

use crate::error::{Code, Error};
use crate::notify::Notify;

/// Controls one run. `panelists` is empty before the panel opens and after it closes.
#[derive(Default)]
pub(crate) struct RunControl {
    panelists: RefCell<Vec<PanelistState>>,
    /// The signal that stops the running analysis.
    analysis: RefCell<Option<Notify>>,
    /// The signals that stop the running checks of contradictions.
    checks: RefCell<Vec<Notify>>,
    /// Whether all running panelists were cancelled together. If so, no panelist can restart until
    /// the next panel opens.
    min_answers: Cell<usize>,
    /// Whether the panel was stopped. If so, no panelist can restart until the next panel opens.
    is_proceeding: Cell<bool>,
    /// True after `proceed()` stopped the panel.
    is_cut_short: Cell<bool>,
}

enum PanelistState {
    /// The panelist is running. The first value is its stop signal. The second value is the reason
    /// for the stop, if the panelist must stop.
    Running(Notify, Option<StopReason>),
    /// The panelist failed, and may restart while other panelists run. The signal fires when the
    /// panelist restarts or the panel closes.
    AwaitingRetry(Notify),
    /// The panelist has answered. A panelist that has just failed also has this state, until
    /// [`RunControl::await_retry`] is called.
    Finished,
}

/// Why a panelist was stopped.
pub(crate) enum StopReason {
    /// The panelist restarts.
    Restart,
    /// The panelist fails with this error.
    Cancel(Error),
}

impl RunControl {
    /// Implements `cancelPanelist(index)`. Returns whether the panelist was running.
    pub(crate) fn cancel_panelist(&self, index: usize) -> bool {
        self.stop(index, || {
            StopReason::Cancel(Error::new(Code::Cancelled, "stopped by `cancelPanelist()`"))
        })
    }

    /// Implements `retryPanelist(index)`: restarts a failed or running panelist. Returns whether it
    /// restarted.
    pub(crate) fn retry_panelist(&self, index: usize) -> bool {
        if self.is_proceeding.get() {
            return false;
        }
        let mut panelists = self.panelists.borrow_mut();
        match panelists.get_mut(index) {
            Some(panelist @ PanelistState::AwaitingRetry(_)) => {
                if let PanelistState::AwaitingRetry(retried) =
                    std::mem::replace(panelist, PanelistState::Running(Notify::default(), None))
                {
                    retried.notify_one();
                }
                true
            }
            Some(PanelistState::Running(..)) => {
                drop(panelists);
                self.stop(index, || StopReason::Restart)
            }
            Some(PanelistState::Finished) | None => false,
        }
    }

    /// Implements `proceed()`. If the analysis or checks of contradictions are running, stops them.
    /// Otherwise cancels all running panelists, if enough panelists have answered.
    pub(crate) fn proceed(&self, answers: usize) -> bool {
        let checks = self.checks.take();
        if !checks.is_empty() {
            checks.iter().for_each(Notify::notify_one);
            return true;
        }
        if let Some(analysis) = self.analysis.take() {
            analysis.notify_one();
            return true;
        }
        if answers < self.min_answers.get().max(1) || !self.is_any_running() {
            return false;
        }
        self.stop_all("stopped by `proceed()`: the run goes on with the answers that are in");
        self.is_cut_short.set(true);
        true
    }

    /// Starts all panelists and returns their stop signals. `min_answers` is the minimum number of
    /// answers for `proceed()`.
    pub(super) fn open_panel(&self, members: usize, min_answers: usize) -> Vec<Notify> {
        self.min_answers.set(min_answers);
        self.is_proceeding.set(false);
        self.is_cut_short.set(false);
        self.panelists
            .borrow_mut()
            .extend((0..members).map(|_| PanelistState::Finished));
        (0..members)
            .map(|index| self.start(index))
            .collect::<Vec<_>>()
    }

    /// Marks a panelist as running and returns its stop signal.
    pub(super) fn start(&self, index: usize) -> Notify {
        let stop = Notify::default();
        if let Some(panelist) = self.panelists.borrow_mut().get_mut(index) {
            *panelist = PanelistState::Running(stop.clone(), None);
        }
        stop
    }

    /// Marks a panelist as finished. If the panelist was stopped, returns the reason.
    pub(super) fn take_stop_reason(&self, index: usize) -> Option<StopReason> {
        match std::mem::replace(
            self.panelists.borrow_mut().get_mut(index)?,
            PanelistState::Finished,
        ) {
            PanelistState::Running(_, stop_reason) => stop_reason,
            PanelistState::AwaitingRetry(_) | PanelistState::Finished => None,
        }
    }

    /// Marks a panelist as failed. The returned signal fires when the panelist restarts or the
    /// panel closes.
    pub(super) fn await_retry(&self, index: usize) -> Notify {
        let retried = Notify::default();
        match self
            .panelists
            .borrow_mut()
            .get_mut(index)
            .filter(|_| !self.is_proceeding.get())
        {
            Some(panelist) => *panelist = PanelistState::AwaitingRetry(retried.clone()),
            None => retried.notify_one(),
        }
        retried
    }

    /// Returns the stop signal of a running panelist.
    pub(crate) fn stop_signal(&self, index: usize) -> Option<Notify> {
        match self.panelists.borrow().get(index)? {
            PanelistState::Running(stop, _) => Some(stop.clone()),
            PanelistState::AwaitingRetry(_) | PanelistState::Finished => None,
        }
    }

    /// Returns whether a panelist is running.
    pub(super) fn is_running(&self, index: usize) -> bool {
        self.stop_signal(index).is_some()
    }

    /// Returns whether any panelist is running.
    pub(super) fn is_any_running(&self) -> bool {
        self.panelists
            .borrow()
            .iter()
            .any(|panelist| matches!(panelist, PanelistState::Running(..)))
    }

    /// Cancels all running panelists and forbids restarts. `reason` is the message of their errors.
    pub(super) fn stop_all(&self, reason: &str) {
        self.is_proceeding.set(true);
        let members = self.panelists.borrow().len();
        for index in 0..members {
            self.stop(index, || {
                StopReason::Cancel(Error::new(Code::Cancelled, reason))
            });
        }
    }

    /// Returns whether `proceed()` stopped the panel that was opened last.
    pub(super) fn is_cut_short(&self) -> bool {
        self.is_cut_short.get()
    }

    /// Closes the panel. After that, no panelist can restart. Panelists that await a retry end.
    pub(super) fn close_panel(&self) {
        for panelist in self.panelists.take() {
            if let PanelistState::AwaitingRetry(retried) = panelist {
                retried.notify_one();
            }
        }
    }

    /// Runs a step that `proceed()` can stop: the analysis, its second pass, or the call of
    /// `shouldEscalate`. If `proceed()` stops the step, returns `None`.
    pub(super) async fn analysis<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let stop = Notify::default();
        self.analysis.replace(Some(stop.clone()));
        let analysis = stop.run_until(work).await;
        self.analysis.take();
        analysis
    }

    /// Starts `count` checks and returns their stop signals.
    pub(super) fn open_checks(&self, count: usize) -> Vec<Notify> {
        let stops: Vec<Notify> = (0..count).map(|_| Notify::default()).collect();
        self.checks.replace(stops.clone());
        stops
    }

    /// Marks all checks as ended.
    pub(super) fn close_checks(&self) {
        self.checks.take();
    }

    fn stop(&self, index: usize, stop_reason: impl FnOnce() -> StopReason) -> bool {
        let mut panelists = self.panelists.borrow_mut();
        let Some(PanelistState::Running(stop, reason)) = panelists.get_mut(index) else {
            return false;
        };
        let stop_reason = stop_reason();
        // The first stop reason wins, except that a cancel overrides a pending restart.
        if matches!(
            (&reason, &stop_reason),
            (Some(StopReason::Cancel(_)), _) | (Some(_), StopReason::Restart)
        ) {
            return false;
        }
        *reason = Some(stop_reason);
        stop.notify_one();
        true
    }
}
