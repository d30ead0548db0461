//! Free connections: browsers open six to one plain-http host, and a call that waits for one behind our back would use up its time-outs.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use futures::channel::oneshot;

/// As many permits as there are connections. Belongs to one run; nothing is shared between runs.
pub struct Slots {
    free: Cell<usize>,
    queue: RefCell<VecDeque<oneshot::Sender<()>>>,
}

/// A connection in use; dropping it lets the next in.
pub struct Slot<'a>(&'a Slots);

impl Slots {
    /// `count`: `None` is without limit.
    pub fn new(count: Option<usize>) -> Self {
        Self { free: Cell::new(count.unwrap_or(usize::MAX)), queue: RefCell::default() }
    }

    /// Waits for a connection, in order; calls `on_wait` first if there is none.
    pub async fn take(&self, on_wait: impl FnOnce()) -> Slot<'_> {
        match self.free.get().checked_sub(1) {
            Some(left) => self.free.set(left),
            None => {
                on_wait();
                let (call, called) = oneshot::channel();
                self.queue.borrow_mut().push_back(call);
                // The sender is in the queue as long as the run lives.
                let _ = called.await;
            }
        }
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        // Who gave up waiting has dropped the other end.
        while let Some(next) = self.0.queue.borrow_mut().pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        self.0.free.set(self.0.free.get().saturating_add(1));
    }
}
