//! Limits how many panelists call one provider at the same time. Takes a plan. Returns permits.
//!
//! For a plain `http:` host, the default limit is six calls, because browsers open at most six
//! connections to such a host. Without this limit, further calls would wait inside `fetch` while
//! their timeouts run. For an `https:` provider, only the caller can set a limit.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::notify::Notify;
use crate::plan::Plan;
use crate::provider::Provider;

/// One semaphore for each [`Provider::concurrency_key`] of a run's models.
pub(super) struct ConcurrencyLimits(Vec<(String, Semaphore)>);

impl ConcurrencyLimits {
    /// Returns the semaphores for all providers of a plan. All permits are free.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut limits: Vec<(String, Semaphore)> = Vec::new();
        for model in plan.model_targets() {
            let (key, limit) = model.provider.concurrency_key();
            if !limits.iter().any(|(name, _)| *name == key) {
                limits.push((key.to_owned(), Semaphore::new(limit.unwrap_or(usize::MAX))));
            }
        }
        Self(limits)
    }
}

/// Holds a panelist's permit. A panelist has a permit of only one provider at a time.
pub(super) struct PanelistPermit<'a> {
    limits: &'a ConcurrencyLimits,
    held: RefCell<Option<(String, Permit)>>,
    on_wait: Box<dyn Fn() + 'a>,
}

impl<'a> PanelistPermit<'a> {
    /// Returns a holder without a permit. If no permit is free when the panelist needs one, calls
    /// `on_wait`.
    pub(super) fn new(limits: &'a ConcurrencyLimits, on_wait: impl Fn() + 'a) -> Self {
        Self {
            limits,
            held: RefCell::default(),
            on_wait: Box::new(on_wait),
        }
    }

    /// Waits for a permit of `provider`. If the panelist already holds one, returns immediately. If
    /// it holds a permit of another provider, releases that permit first.
    pub(super) async fn acquire(&self, provider: &Provider) {
        let (key, _) = provider.concurrency_key();
        if self
            .held
            .borrow()
            .as_ref()
            .is_some_and(|(name, _)| *name == key)
        {
            return;
        }
        drop(self.held.take());
        if let Some((_, semaphore)) = self.limits.0.iter().find(|(name, _)| *name == key) {
            let permit = semaphore.acquire(&self.on_wait).await;
            self.held.replace(Some((key.to_owned(), permit)));
        }
    }
}

/// A fair semaphore of one run, modelled on tokio's
/// [`Semaphore`](https://docs.rs/tokio/latest/tokio/sync/struct.Semaphore.html).
///
/// The semaphores of tokio and async-lock are thread-safe, which this code does not need.
/// async-unsync has a single-threaded semaphore, but its permits borrow the semaphore. With such
/// permits, [`RoleRequest`](super::model_call::RoleRequest) would need a second lifetime parameter.
#[derive(Clone)]
struct Semaphore(Rc<Permits>);

struct Permits {
    free: Cell<usize>,
    waiters: RefCell<Vec<Rc<Waiter>>>,
}

#[derive(Default)]
struct Waiter {
    granted: Notify,
    permit: Cell<Option<Permit>>,
}

/// A permit. Dropping the permit passes it to the first waiter that still exists.
struct Permit(Semaphore);

impl Semaphore {
    fn new(permits: usize) -> Self {
        Self(Rc::new(Permits {
            free: Cell::new(permits),
            waiters: RefCell::default(),
        }))
    }

    /// Waits for a permit, in order of arrival. If no permit is free, calls `on_wait` first.
    async fn acquire(&self, on_wait: impl FnOnce()) -> Permit {
        if let Some(left) = self.0.free.get().checked_sub(1) {
            self.0.free.set(left);
            return Permit(self.clone());
        }
        on_wait();
        let waiter = Rc::new(Waiter::default());
        self.0.waiters.borrow_mut().push(waiter.clone());
        loop {
            waiter.granted.notified().await;
            if let Some(permit) = waiter.permit.take() {
                return permit;
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Permits { free, waiters } = &*self.0.0;
        let mut waiters = waiters.borrow_mut();
        if waiters.is_empty() {
            return free.set(free.get().saturating_add(1));
        }
        let next = waiters.remove(0);
        drop(waiters);
        next.permit.set(Some(Permit(self.0.clone())));
        next.granted.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn permits_go_to_waiters_in_order() {
        let semaphore = Semaphore::new(1);
        let mut held = semaphore.acquire(|| ()).now_or_never();
        let mut waiters: Vec<_> = (0..3)
            .map(|_| semaphore.acquire(|| ()).boxed_local())
            .collect();
        assert!(
            waiters
                .iter_mut()
                .all(|waiter| waiter.as_mut().now_or_never().is_none())
        );
        while !waiters.is_empty() {
            drop(held.take());
            held = waiters.remove(0).now_or_never();
            assert!(
                held.is_some()
                    && waiters
                        .iter_mut()
                        .all(|waiter| waiter.as_mut().now_or_never().is_none())
            );
        }
    }

    #[test]
    fn a_permit_granted_to_a_dropped_waiter_goes_to_the_next() {
        let semaphore = Semaphore::new(1);
        let first = semaphore.acquire(|| ()).now_or_never().unwrap();
        let (mut second, mut third) = (
            semaphore.acquire(|| ()).boxed_local(),
            semaphore.acquire(|| ()).boxed_local(),
        );
        assert!(
            second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none()
        );
        drop(first);
        drop(second);
        assert!(third.now_or_never().is_some());
        assert!(semaphore.acquire(|| ()).now_or_never().is_some());
    }
}
