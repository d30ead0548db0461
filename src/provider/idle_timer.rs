//! Fails a stream that sends nothing for too long.

use std::task::{Context, Poll};

use futures::future::LocalBoxFuture;

use crate::error::Error;
use crate::provider::limit_errors::timeout_error;
use crate::provider::transport::Clock;
use crate::request::Timeouts;

/// How long to wait for usage after the finish reason, in milliseconds.
const USAGE_GRACE_MS: u64 = 3_000;

/// The timeout of a stream that sends nothing. There is one timer, set again only when it
/// fires: setting it for every chunk would cost more than reading the chunk.
pub(super) struct IdleTimer<'a> {
    clock: &'a dyn Clock,
    idle_ms: u64,
    last_activity: u64,
    timer: LocalBoxFuture<'static, ()>,
}

impl<'a> IdleTimer<'a> {
    /// Starts the timer.
    pub(super) fn new(clock: &'a dyn Clock, timeouts: &Timeouts) -> Self {
        Self {
            clock,
            idle_ms: timeouts.idle_ms,
            last_activity: clock.now_ms(),
            timer: clock.sleep(timeouts.idle_ms),
        }
    }

    /// Records that a chunk arrived. If `is_complete` is true, the answer was complete before this
    /// chunk and only usage can follow. The timeout is then [`USAGE_GRACE_MS`], and keep-alive
    /// chunks do not extend it.
    pub(super) fn chunk_arrived(&mut self, is_complete: bool) {
        if !is_complete {
            self.last_activity = self.clock.now_ms();
        } else if self.idle_ms > USAGE_GRACE_MS {
            (self.idle_ms, self.last_activity) = (USAGE_GRACE_MS, self.clock.now_ms());
            self.timer = self.clock.sleep(USAGE_GRACE_MS);
        }
    }

    /// Returns a timeout error as soon as the stream has been idle for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let elapsed_ms = self.clock.now_ms().saturating_sub(self.last_activity);
            if elapsed_ms >= self.idle_ms {
                return Poll::Ready(timeout_error("more of its answer", self.idle_ms));
            }
            self.timer = self.clock.sleep(self.idle_ms - elapsed_ms);
        }
        Poll::Pending
    }
}
