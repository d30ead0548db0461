//! Something that goes on until it has an outcome, polled by its own JavaScript, in its own request's context.
//!
//! No executor is shared: wasm-bindgen's is one queue for the whole instance, which on workerd sends one user's calls inside another
//! user's request after a panic, and whose panics no `catch` sees.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::LocalBoxFuture;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./registry.js")]
extern "C" {
    /// Asks JavaScript to call the `poll` of whatever has this id soon, in its own context.
    fn wake(id: u32);
}

/// A future and who is told that it can go on.
pub struct Task<T> {
    /// Taken out while it is polled, so that a callback may drop the future that calls it.
    future: RefCell<Option<LocalBoxFuture<'static, T>>>,
    signal: Arc<TaskWaker>,
}

/// How far a poll has come.
pub enum Progress<T> {
    /// There is an outcome.
    Ready(T),
    /// For something outside, or for the poll that is under way around this one.
    Pending,
    /// It was not to be kept.
    Dropped,
}

impl<T> Task<T> {
    /// `id`: as given out by registry.js.
    pub fn new(id: u32, future: LocalBoxFuture<'static, T>) -> Self {
        Self { future: RefCell::new(Some(future)), signal: Arc::new(TaskWaker { id, woken: AtomicBool::new(false) }) }
    }

    /// Goes on as far as it goes now. `keep`: asked when it has to wait; if not, the future is dropped.
    pub fn poll(&self, keep: impl FnOnce() -> bool) -> Progress<T> {
        let Some(mut future) = self.future.take() else { return Progress::Pending };
        self.signal.woken.store(false, Ordering::Relaxed);
        let waker = Waker::from(self.signal.clone());
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => Progress::Ready(outcome),
            Poll::Pending if keep() => {
                self.future.replace(Some(future));
                Progress::Pending
            }
            Poll::Pending => Progress::Dropped,
        }
    }

    /// Drops the future; `false` if it is being polled just now, or gone.
    pub fn stop(&self) -> bool {
        self.future.take().is_some()
    }
}

struct TaskWaker {
    id: u32,
    woken: AtomicBool,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // One crossing for all the chunks that arrive before the next poll.
        if !self.woken.swap(true, Ordering::Relaxed) {
            wake(self.id);
        }
    }
}
