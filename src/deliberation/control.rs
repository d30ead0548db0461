//! What the caller may ask of a run that goes on: send a panelist home, seat one again, go on with what is ready.
//!
//! Each answers at once whether there was anything to do; the future that is meant notices at its next poll.

use std::cell::{Cell, RefCell};

use crate::error::{Code, Error};
use crate::notify::Notify;

/// One for each run. Empty before the panel sits down and after it has risen.
#[derive(Default)]
pub struct RunControl {
    panelists: RefCell<Vec<PanelistState>>,
    /// Stops the analysis that is under way.
    analysis: RefCell<Option<Notify>>,
    /// The caller wants no more answers, and nobody seated again.
    is_proceeding: Cell<bool>,
}

enum PanelistState {
    /// Until it is told to stop; then with the reason.
    Running(Notify, Option<StopReason>),
    /// Failed, and may be seated again as long as others work. Called in that case, and when the panel rises.
    AwaitingRetry(Notify),
    /// Answered, or on its way to the bench.
    Finished,
}

/// Why a panelist's work was stopped.
pub enum StopReason {
    /// To begin anew.
    Restart,
    /// For good.
    Cancel(Error),
}

impl RunControl {
    /// `cancelPanelist(index)`.
    pub fn cancel_panelist(&self, index: usize) -> bool {
        self.stop(index, || StopReason::Cancel(Error::new(Code::Cancelled, "stopped by `cancelPanelist()`")))
    }

    /// `retryPanelist(index)`: a panelist that works begins anew, one that failed is seated again.
    pub fn retry_panelist(&self, index: usize) -> bool {
        if self.is_proceeding.get() {
            return false;
        }
        let mut panelists = self.panelists.borrow_mut();
        match panelists.get_mut(index) {
            Some(panelist @ PanelistState::AwaitingRetry(_)) => {
                if let PanelistState::AwaitingRetry(retried) = std::mem::replace(panelist, PanelistState::Running(Notify::default(), None))
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

    /// `proceed()`: the panel rises, if somebody has answered; an analysis that is under way is given up.
    pub fn proceed(&self, answers: usize) -> bool {
        if let Some(analysis) = self.analysis.take() {
            analysis.notify_one();
            return true;
        }
        if answers == 0 || !self.is_any_running() {
            return false;
        }
        self.stop_all("stopped by `proceed()`: the run goes on with the answers that are in");
        true
    }

    /// The panel sits down. What each is given stops its work.
    pub(super) fn open_panel(&self, members: usize) -> Vec<Notify> {
        self.panelists.borrow_mut().extend((0..members).map(|_| PanelistState::Finished));
        (0..members).map(|index| self.start(index)).collect::<Vec<_>>()
    }

    /// A panelist begins to work.
    pub(super) fn start(&self, index: usize) -> Notify {
        let stop = Notify::default();
        if let Some(panelist) = self.panelists.borrow_mut().get_mut(index) {
            *panelist = PanelistState::Running(stop.clone(), None);
        }
        stop
    }

    /// A panelist's work is over; why, if it was stopped.
    pub(super) fn finish(&self, index: usize) -> Option<StopReason> {
        match std::mem::replace(self.panelists.borrow_mut().get_mut(index)?, PanelistState::Finished) {
            PanelistState::Running(_, why) => why,
            PanelistState::AwaitingRetry(_) | PanelistState::Finished => None,
        }
    }

    /// A panelist has failed. It is called when it is seated again, or when the panel rises.
    pub(super) fn await_retry(&self, index: usize) -> Notify {
        let retried = Notify::default();
        match self.panelists.borrow_mut().get_mut(index).filter(|_| !self.is_proceeding.get()) {
            Some(panelist) => *panelist = PanelistState::AwaitingRetry(retried.clone()),
            None => retried.notify_one(),
        }
        retried
    }

    /// What stops a panelist that is seated.
    pub(super) fn stop_signal(&self, index: usize) -> Option<Notify> {
        match self.panelists.borrow().get(index)? {
            PanelistState::Running(stop, _) => Some(stop.clone()),
            PanelistState::AwaitingRetry(_) | PanelistState::Finished => None,
        }
    }

    /// Whether any panelist still works.
    pub(super) fn is_any_running(&self) -> bool {
        self.panelists.borrow().iter().any(|panelist| matches!(panelist, PanelistState::Running(..)))
    }

    /// Sends everybody home who still works.
    pub(super) fn stop_all(&self, reason: &str) {
        self.is_proceeding.set(true);
        let members = self.panelists.borrow().len();
        for index in 0..members {
            self.stop(index, || StopReason::Cancel(Error::new(Code::Cancelled, reason)));
        }
    }

    /// The panel rises: nobody is seated again.
    pub(super) fn close_panel(&self) {
        for panelist in self.panelists.take() {
            if let PanelistState::AwaitingRetry(retried) = panelist {
                retried.notify_one();
            }
        }
    }

    /// The analysis, unless the caller wants to go on without.
    pub(super) async fn analysis<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let stop = Notify::default();
        self.analysis.replace(Some(stop.clone()));
        let analysis = stop.run_until(work).await;
        self.analysis.take();
        analysis
    }

    fn stop(&self, index: usize, why: impl FnOnce() -> StopReason) -> bool {
        let mut panelists = self.panelists.borrow_mut();
        let Some(PanelistState::Running(stop, reason)) = panelists.get_mut(index) else { return false };
        let why = why();
        // The first reason counts; but who was to begin anew may be sent home before that.
        if matches!((&reason, &why), (Some(StopReason::Cancel(_)), _) | (Some(_), StopReason::Restart)) {
            return false;
        }
        *reason = Some(why);
        stop.notify_one();
        true
    }
}
