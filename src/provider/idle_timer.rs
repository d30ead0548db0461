//! Limits how long a call waits for the first byte and for the next bytes of a stream.
//!
//! A process may be busy or suspended for longer than a timeout. When the process continues, timers
//! fire before sockets are read. Therefore, after its timer has fired, each timeout waits
//! [`DELIVERY_MS`] more for bytes that have already arrived.

use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{Future, LocalBoxFuture, poll_fn};

use crate::error::Error;
use crate::provider::limit_errors::timeout_error;
use crate::provider::transport::Clock;
use crate::request::Timeouts;

/// Maximum wait for usage after the finish reason, in milliseconds.
const USAGE_GRACE_MS: u64 = 3_000;

/// Additional wait after a timer fires, in milliseconds. The event loop can then deliver bytes that
/// have already arrived.
const DELIVERY_MS: u64 = 25;

/// A timeout. It expires [`DELIVERY_MS`] after its timer has fired.
struct Deadline<'a> {
    clock: &'a dyn Clock,
    timer: LocalBoxFuture<'static, ()>,
    /// The time at which the additional wait began.
    delivery_start: Option<u64>,
}

impl<'a> Deadline<'a> {
    fn new(clock: &'a dyn Clock, timeout_ms: u64) -> Self {
        Self {
            clock,
            timer: clock.sleep(timeout_ms),
            delivery_start: None,
        }
    }

    /// Completes when the timeout expires. If the process was busy during the additional wait, the
    /// additional wait starts again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = self.clock.now_ms();
            let is_over = self
                .delivery_start
                .is_some_and(|start| now.saturating_sub(start) < 4 * DELIVERY_MS);
            if is_over {
                return Poll::Ready(());
            }
            self.delivery_start = Some(now);
            self.timer = self.clock.sleep(DELIVERY_MS);
        }
        Poll::Pending
    }
}

/// Returns the output of `future`. If the future takes longer than `timeout_ms`, returns `None`.
pub(super) async fn within<T>(
    clock: &dyn Clock,
    timeout_ms: u64,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut deadline = Deadline::new(clock, timeout_ms);
    let mut future = Box::pin(future);
    poll_fn(|cx| match future.poll_unpin(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => deadline.poll(cx).map(|()| None),
    })
    .await
}

/// Limits the time without data from a stream. Uses one timer, which is restarted only after it has
/// fired. Starting a timer for every chunk would cost more time than reading the chunk.
pub(super) struct IdleTimer<'a> {
    clock: &'a dyn Clock,
    timeout_ms: u64,
    /// The current timeout. After the end of the answer, it is [`USAGE_GRACE_MS`] at most.
    idle_ms: u64,
    last_activity: u64,
    deadline: Deadline<'a>,
}

impl<'a> IdleTimer<'a> {
    /// Starts the timer.
    pub(super) fn new(clock: &'a dyn Clock, timeouts: &Timeouts) -> Self {
        Self {
            clock,
            timeout_ms: timeouts.idle_ms,
            idle_ms: timeouts.idle_ms,
            last_activity: clock.now_ms(),
            deadline: Deadline::new(clock, timeouts.idle_ms),
        }
    }

    /// Records that a chunk arrived. `was_complete` and `is_complete` say whether the answer was
    /// complete before and after this chunk.
    ///
    /// If the answer is complete, only usage can follow. In this phase, the timeout is
    /// [`USAGE_GRACE_MS`], and keep-alive chunks do not extend it. If more text follows, the usual
    /// timeout applies again.
    pub(super) fn chunk_arrived(&mut self, was_complete: bool, is_complete: bool) {
        let is_in_grace = self.idle_ms < self.timeout_ms;
        if !(was_complete && is_complete) {
            self.idle_ms = self.timeout_ms;
            self.last_activity = self.clock.now_ms();
        } else if !is_in_grace && self.timeout_ms > USAGE_GRACE_MS {
            (self.idle_ms, self.last_activity) = (USAGE_GRACE_MS, self.clock.now_ms());
            self.deadline = Deadline::new(self.clock, USAGE_GRACE_MS);
        }
    }

    /// Completes with a timeout error when the stream has been idle for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        while self.deadline.poll(cx).is_ready() {
            let elapsed_ms = self.clock.now_ms().saturating_sub(self.last_activity);
            if elapsed_ms >= self.idle_ms {
                return Poll::Ready(timeout_error("more of its answer", self.idle_ms));
            }
            self.deadline = Deadline::new(self.clock, self.idle_ms - elapsed_ms);
        }
        Poll::Pending
    }
}
