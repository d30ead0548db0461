//! Notifies one task of the same thread. Modelled on tokio's
//! [`Notify`](https://docs.rs/tokio/latest/tokio/sync/struct.Notify.html).
//!
//! In: calls of [`Notify::notify_one`]. Out: futures of [`Notify::notified`], which complete after
//! such a call.
//!
//! This module does not use tokio's type. That type has no `run_until`, and its support for threads
//! adds 1.8 kB to the download.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A notification for one waiting task. Clones share their state.
#[derive(Clone)]
pub(crate) struct Notify(Rc<State>);

struct State {
    is_notified: Cell<bool>,
    waiting: RefCell<Waker>,
}

impl Default for Notify {
    fn default() -> Self {
        Self(Rc::new(State {
            is_notified: Cell::default(),
            waiting: RefCell::new(Waker::noop().clone()),
        }))
    }
}

impl Notify {
    /// Wakes the waiting task. If no task waits, the next call of [`Notify::notified`] completes
    /// immediately.
    pub(crate) fn notify_one(&self) {
        self.0.is_notified.set(true);
        self.0.waiting.borrow().wake_by_ref();
    }

    /// Waits for a notification and consumes it. If several tasks wait, only the task that polled
    /// last is woken.
    pub(crate) fn notified(&self) -> impl Future<Output = ()> + Unpin {
        poll_fn(|cx| self.poll(cx))
    }

    /// Runs `work` and returns its output. If a notification arrives before `work` has finished,
    /// drops `work` and returns `None`.
    ///
    /// This is not an `async fn`, because an `async fn` would store `work` twice.
    pub(crate) fn run_until<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = Option<T>> {
        let mut work = Box::pin(work);
        poll_fn(move |cx| match self.poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(cx).map(Some),
        })
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.0.is_notified.take() {
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
    fn one_notification_completes_one_wait() {
        let notify = Notify::default();
        assert!(notify.notified().now_or_never().is_none());
        notify.clone().notify_one();
        assert!(notify.notified().now_or_never().is_some());
        assert!(notify.notified().now_or_never().is_none());
    }

    #[test]
    fn run_until_returns_none_after_a_notification() {
        let notify = Notify::default();
        assert_eq!(notify.run_until(async { 1 }).now_or_never(), Some(Some(1)));
        let mut work = Box::pin(notify.run_until(std::future::pending::<u8>()));
        assert_eq!(work.as_mut().now_or_never(), None);
        notify.notify_one();
        assert_eq!(work.now_or_never(), Some(None));
    }
}
