//! What one part of a run waits for and another gives. It stays within one run, so it needs no locks, and there is no type in it, so all
//! that wait share its code.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Given by some of its clones, and waited for by one other.
#[derive(Clone)]
pub struct Cue(Rc<State>);

struct State {
    given: Cell<bool>,
    waiting: RefCell<Waker>,
}

impl Default for Cue {
    fn default() -> Self {
        Self(Rc::new(State { given: Cell::default(), waiting: RefCell::new(Waker::noop().clone()) }))
    }
}

impl Cue {
    /// Whoever waits goes on; if nobody does, whoever waits next.
    pub fn give(&self) {
        self.0.given.set(true);
        self.0.waiting.borrow().wake_by_ref();
    }

    /// Waits. It may be given, and waited for, once more after that.
    pub fn given(&self) -> impl Future<Output = ()> + Unpin {
        poll_fn(|cx| self.poll(cx))
    }

    /// The outcome of `work`; nothing, where the cue comes first.
    pub async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|cx| match self.poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(cx).map(Some),
        })
        .await
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.0.given.take() {
            return Poll::Ready(());
        }
        self.0.waiting.borrow_mut().clone_from(cx.waker());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn a_cue_ends_a_wait_and_the_next_one_waits_again() {
        let cue = Cue::default();
        assert!(cue.given().now_or_never().is_none());
        cue.clone().give();
        assert!(cue.given().now_or_never().is_some());
        assert!(cue.given().now_or_never().is_none());
    }

    #[test]
    fn work_goes_on_until_the_cue_is_given() {
        let cue = Cue::default();
        assert_eq!(cue.unless(async { 1 }).now_or_never(), Some(Some(1)));
        let mut work = Box::pin(cue.unless(std::future::pending::<u8>()));
        assert_eq!(work.as_mut().now_or_never(), None);
        cue.give();
        assert_eq!(work.now_or_never(), Some(None));
    }
}
