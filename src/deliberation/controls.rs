//! What the caller may ask of a run that goes on: send a panelist home, seat one again, go on with what is ready.
//!
//! Each answers at once whether there was anything to do; the future that is meant notices at its next poll.

use std::cell::{Cell, RefCell};

use futures::channel::oneshot;
use futures::future::{AbortHandle, AbortRegistration, Abortable};

use crate::error::{Code, Error};
use crate::list::List;

/// One for each run. Empty before the panel sits down and after it has risen.
#[derive(Default)]
pub struct Controls {
    places: RefCell<Vec<Place>>,
    analysis: RefCell<Option<AbortHandle>>,
    /// The caller wants no more answers, and nobody seated again.
    proceeding: Cell<bool>,
}

enum Place {
    /// With the reason, once it is told to stop.
    Working(AbortHandle, Option<Dismissal>),
    /// Failed, and may be seated again as long as others work.
    Benched(oneshot::Sender<AbortRegistration>),
    /// Answered, or on its way to the bench.
    Done,
}

/// Why a panelist's work was stopped.
pub enum Dismissal {
    /// To begin anew.
    Again,
    /// For good.
    Home(Error),
}

impl Controls {
    /// `cancelPanelist(index)`.
    pub fn cancel_panelist(&self, index: usize) -> bool {
        self.dismiss(index, || Dismissal::Home(Error::new(Code::Cancelled, "stopped by `cancelPanelist()`")))
    }

    /// `retryPanelist(index)`: a panelist that works begins anew, one that failed is seated again.
    pub fn retry_panelist(&self, index: usize) -> bool {
        if self.proceeding.get() {
            return false;
        }
        let mut places = self.places.borrow_mut();
        match places.get_mut(index) {
            Some(place @ Place::Benched(_)) => {
                let (handle, registration) = AbortHandle::new_pair();
                match std::mem::replace(place, Place::Working(handle, None)) {
                    Place::Benched(bench) => bench.send(registration).is_ok(),
                    Place::Working(..) | Place::Done => false,
                }
            }
            Some(Place::Working(..)) => {
                drop(places);
                self.dismiss(index, || Dismissal::Again)
            }
            Some(Place::Done) | None => false,
        }
    }

    /// `proceed()`: the panel rises, if somebody has answered; an analysis that is under way is given up.
    pub fn proceed(&self, answers: usize) -> bool {
        if let Some(analysis) = self.analysis.take() {
            analysis.abort();
            return true;
        }
        if answers == 0 || !self.is_anyone_working() {
            return false;
        }
        self.dismiss_all("stopped by `proceed()`: the run goes on with the answers that are in");
        true
    }

    /// The panel sits down.
    pub(super) fn open(&self, members: usize) -> Vec<AbortRegistration> {
        self.places.borrow_mut().extend((0..members).map(|_| Place::Done));
        (0..members).map(|index| self.seat(index)).list()
    }

    /// A panelist begins to work.
    pub(super) fn seat(&self, index: usize) -> AbortRegistration {
        let (handle, registration) = AbortHandle::new_pair();
        if let Some(place) = self.places.borrow_mut().get_mut(index) {
            *place = Place::Working(handle, None);
        }
        registration
    }

    /// A panelist's work is over; why, if it was stopped.
    pub(super) fn rise(&self, index: usize) -> Option<Dismissal> {
        match std::mem::replace(self.places.borrow_mut().get_mut(index)?, Place::Done) {
            Place::Working(_, why) => why,
            Place::Benched(_) | Place::Done => None,
        }
    }

    /// A panelist has failed. Resolves when it is seated again, or to an error when the panel rises.
    pub(super) fn bench(&self, index: usize) -> oneshot::Receiver<AbortRegistration> {
        let (bench, called) = oneshot::channel();
        if let Some(place) = self.places.borrow_mut().get_mut(index).filter(|_| !self.proceeding.get()) {
            *place = Place::Benched(bench);
        }
        called
    }

    /// Whether any panelist still works.
    pub(super) fn is_anyone_working(&self) -> bool {
        self.places.borrow().iter().any(|place| matches!(place, Place::Working(..)))
    }

    /// Sends everybody home who still works.
    pub(super) fn dismiss_all(&self, reason: &str) {
        self.proceeding.set(true);
        let members = self.places.borrow().len();
        for index in 0..members {
            self.dismiss(index, || Dismissal::Home(Error::new(Code::Cancelled, reason)));
        }
    }

    /// The panel rises: nobody is seated again.
    pub(super) fn close(&self) {
        self.places.borrow_mut().clear();
    }

    /// The analysis, unless the caller wants to go on without.
    pub(super) async fn analysis<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (handle, registration) = AbortHandle::new_pair();
        self.analysis.replace(Some(handle));
        let analysis = Abortable::new(work, registration).await.ok();
        self.analysis.take();
        analysis
    }

    fn dismiss(&self, index: usize, why: impl FnOnce() -> Dismissal) -> bool {
        match self.places.borrow_mut().get_mut(index) {
            // The first reason counts.
            Some(Place::Working(handle, reason @ None)) => {
                *reason = Some(why());
                handle.abort();
                true
            }
            _ => false,
        }
    }
}
