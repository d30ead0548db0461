//! Executes one future: JavaScript polls it and gets [`Progress`].
//!
//! Each run and each estimate has its own executor. wasm-bindgen's executor has one queue for the
//! whole instance, which has two faults. After a panic on workerd, the queue would send one user's
//! calls inside another user's request. JavaScript could also not catch a panic inside the queue.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::LocalBoxFuture;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./registry.js")]
extern "C" {
    /// Asks JavaScript to poll the task with this id soon. JavaScript does so in the request
    /// context of the task.
    fn wake(id: u32);
}

/// A future with its waker.
pub(super) struct Task<T> {
    /// `None` while a poll runs. A callback may therefore drop the task that called it.
    future: RefCell<Option<LocalBoxFuture<'static, T>>>,
    waker: Arc<TaskWaker>,
}

/// The result of a poll.
pub(super) enum Progress<T> {
    /// The future has completed.
    Ready(T),
    /// The future is waiting, or another poll of this task is running.
    Pending,
    /// The future was dropped, because `keep` returned `false`.
    Dropped,
}

impl<T> Task<T> {
    /// Creates a task. registry.js creates its `id`.
    pub(super) fn new(id: u32, future: LocalBoxFuture<'static, T>) -> Self {
        Self {
            future: RefCell::new(Some(future)),
            waker: Arc::new(TaskWaker {
                id,
                woken: AtomicBool::new(false),
            }),
        }
    }

    /// Polls the future once. If the future is pending and `keep` returns `false`, drops it.
    pub(super) fn poll(&self, keep: impl FnOnce() -> bool) -> Progress<T> {
        let Some(mut future) = self.future.take() else {
            return Progress::Pending;
        };
        self.waker.woken.store(false, Ordering::Relaxed);
        let waker = Waker::from(self.waker.clone());
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => Progress::Ready(outcome),
            Poll::Pending if keep() => {
                self.future.replace(Some(future));
                Progress::Pending
            }
            Poll::Pending => Progress::Dropped,
        }
    }

    /// Drops the future. If a poll is running or the future was already dropped, returns `false`.
    pub(super) fn stop(&self) -> bool {
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
        // Call JavaScript only once for all chunks that arrive before the next poll.
        if !self.woken.swap(true, Ordering::Relaxed) {
            wake(self.id);
        }
    }
}
