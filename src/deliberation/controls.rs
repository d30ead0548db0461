//! What the caller may ask of a run that goes on: send a panelist home, seat one again, go on with what is ready.
//!
//! Each answers at once whether there was anything to do; the future that is meant notices at its next poll.

use std::cell::{Cell, RefCell};

use crate::error::{Code, Error};
use crate::notify::Notify;

/// One for each run. Empty before the panel sits down and after it has risen.
#[derive(Default)]
pub struct Controls {
    places: RefCell<Vec<Place>>,
    /// Stops the analysis that is under way.
    analysis: RefCell<Option<Notify>>,
    /// The caller wants no more answers, and nobody seated again.
    proceeding: Cell<bool>,
}

enum Place {
    /// Until it is told to stop; then with the reason.
    Working(Notify, Option<Dismissal>),
    /// Failed, and may be seated again as long as others work. Called in that case, and when the panel rises.
    Benched(Notify),
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
                if let Place::Benched(called) = std::mem::replace(place, Place::Working(Notify::default(), None)) {
                    called.notify_one();
                }
                true
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
            analysis.notify_one();
            return true;
        }
        if answers == 0 || !self.is_anyone_working() {
            return false;
        }
        self.dismiss_all("stopped by `proceed()`: the run goes on with the answers that are in");
        true
    }

    /// The panel sits down. What each is given stops its work.
    pub(super) fn open(&self, members: usize) -> Vec<Notify> {
        self.places.borrow_mut().extend((0..members).map(|_| Place::Done));
        (0..members).map(|index| self.seat(index)).collect::<Vec<_>>()
    }

    /// A panelist begins to work.
    pub(super) fn seat(&self, index: usize) -> Notify {
        let stop = Notify::default();
        if let Some(place) = self.places.borrow_mut().get_mut(index) {
            *place = Place::Working(stop.clone(), None);
        }
        stop
    }

    /// A panelist's work is over; why, if it was stopped.
    pub(super) fn rise(&self, index: usize) -> Option<Dismissal> {
        match std::mem::replace(self.places.borrow_mut().get_mut(index)?, Place::Done) {
            Place::Working(_, why) => why,
            Place::Benched(_) | Place::Done => None,
        }
    }

    /// A panelist has failed. It is called when it is seated again, or when the panel rises.
    pub(super) fn bench(&self, index: usize) -> Notify {
        let called = Notify::default();
        match self.places.borrow_mut().get_mut(index).filter(|_| !self.proceeding.get()) {
            Some(place) => *place = Place::Benched(called.clone()),
            None => called.notify_one(),
        }
        called
    }

    /// What stops a panelist that is seated.
    pub(super) fn seated(&self, index: usize) -> Option<Notify> {
        match self.places.borrow().get(index)? {
            Place::Working(stop, _) => Some(stop.clone()),
            Place::Benched(_) | Place::Done => None,
        }
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
        for place in self.places.take() {
            if let Place::Benched(called) = place {
                called.notify_one();
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

    fn dismiss(&self, index: usize, why: impl FnOnce() -> Dismissal) -> bool {
        let mut places = self.places.borrow_mut();
        let Some(Place::Working(stop, reason)) = places.get_mut(index) else { return false };
        let why = why();
        // The first reason counts; but who was to begin anew may be sent home before that.
        if matches!((&reason, &why), (Some(Dismissal::Home(_)), _) | (Some(_), Dismissal::Again)) {
            return false;
        }
        *reason = Some(why);
        stop.notify_one();
        true
    }
}
