//! Decides whether `max_cost` allows a call to start, and when running calls must stop. In: the
//! costs of calls. Out: decisions for `deliberation::cost_limit`.

use crate::usage::Cost;

/// The costs of a run and their limit. The spent cost is the cost of all calls that have ended. The
/// metered cost of an open call is its cost so far.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    limit: Cost,
    spent: Cost,
    open_calls: Vec<OpenCall>,
    last_call: u64,
}

#[derive(Clone, Copy, Debug)]
struct OpenCall {
    call: u64,
    metered: Cost,
    /// Maximum cost that the request passes to the provider.
    allocation: Cost,
}

impl OpenCall {
    fn reserved(&self) -> Cost {
        self.metered.max(self.allocation)
    }
}

impl Budget {
    /// Returns a budget. `spent` is the cost of the run that this run resumes.
    pub(crate) fn new(limit: Cost, spent: Cost) -> Self {
        Self {
            limit,
            spent,
            open_calls: Vec::new(),
            last_call: 0,
        }
    }

    /// Returns the limit minus the spent cost and the metered costs.
    pub(crate) fn remaining(&self) -> Cost {
        self.remaining_after(self.open_calls.iter().map(|open| open.metered))
    }

    /// Reserves budget for a call that costs at least `prompt`, and returns the call's id. If
    /// `prompt` exceeds the remaining budget, returns `None`.
    ///
    /// `max_parallel` is the number of calls that may run at the same time. Each of these calls
    /// gets an equal share of the budget that no open call has reserved.
    pub(crate) fn reserve(&mut self, prompt: Cost, max_parallel: usize) -> Option<u64> {
        if prompt > self.remaining() {
            return None;
        }
        let free = self.remaining_after(self.open_calls.iter().map(OpenCall::reserved));
        let shares = max_parallel.saturating_sub(self.open_calls.len()).max(1);
        self.last_call += 1;
        self.open_calls.push(OpenCall {
            call: self.last_call,
            metered: prompt,
            allocation: Cost(free.0 / shares as u64),
        });
        Some(self.last_call)
    }

    /// Returns the maximum cost that a call's request passes to the provider. The sum of these
    /// costs for all open calls never exceeds the remaining budget.
    pub(crate) fn allocation(&self, call: u64) -> Cost {
        self.open_calls
            .iter()
            .find(|open| open.call == call)
            .map(|open| open.allocation)
            .unwrap_or_default()
    }

    /// Returns the metered cost of an open call.
    pub(crate) fn metered(&self, call: u64) -> Cost {
        self.open_calls
            .iter()
            .find(|open| open.call == call)
            .map(|open| open.metered)
            .unwrap_or_default()
    }

    /// Raises the metered cost of a call to `so_far`. If the limit is reached, returns `false`. In
    /// this case, all calls that cost money must stop.
    pub(crate) fn meter(&mut self, call: u64, so_far: Cost) -> bool {
        if let Some(open) = self.open_calls.iter_mut().find(|open| open.call == call) {
            open.metered = open.metered.max(so_far);
        }
        self.remaining() > Cost(0) || so_far == Cost(0)
    }

    /// Closes a call and adds its cost to the spent cost. If `cost` is `None`, the real cost is
    /// unknown, and the metered cost is added.
    pub(crate) fn settle(&mut self, call: u64, cost: Option<Cost>) {
        if let Some(at) = self.open_calls.iter().position(|open| open.call == call) {
            let open = self.open_calls.swap_remove(at);
            self.spent.0 = self.spent.0.saturating_add(cost.unwrap_or(open.metered).0);
        }
    }

    fn remaining_after(&self, open: impl Iterator<Item = Cost>) -> Cost {
        Cost(
            open.fold(self.limit.0.saturating_sub(self.spent.0), |left, cost| {
                left.saturating_sub(cost.0)
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_starts_only_if_its_prompt_fits_the_remaining_budget() {
        let mut budget = Budget::new(Cost(100), Cost(10));
        let first = budget.reserve(Cost(50), 2).unwrap();
        assert!(budget.reserve(Cost(41), 2).is_none());
        assert!(budget.reserve(Cost(40), 2).is_some());
        budget.settle(first, Some(Cost(5)));
        assert_eq!(budget.remaining(), Cost(45));
    }

    #[test]
    fn a_call_is_metered_until_the_limit_and_settled_at_its_real_cost() {
        let mut budget = Budget::new(Cost(100), Cost(0));
        let call = budget.reserve(Cost(10), 1).unwrap();
        assert!(budget.meter(call, Cost(99)));
        assert!(!budget.meter(call, Cost(100)));
        budget.settle(call, Some(Cost(30)));
        assert_eq!(budget.remaining(), Cost(70));
        let cut = budget.reserve(Cost(10), 1).unwrap();
        budget.meter(cut, Cost(60));
        budget.settle(cut, None);
        assert_eq!(budget.remaining(), Cost(10));
    }

    #[test]
    fn free_calls_continue_when_the_budget_is_used_up() {
        let mut budget = Budget::new(Cost(10), Cost(10));
        let free = budget.reserve(Cost(0), 1).unwrap();
        assert!(budget.meter(free, Cost(0)));
        assert!(budget.reserve(Cost(1), 1).is_none());
    }

    #[test]
    fn allocations_of_open_calls_never_exceed_the_remaining_budget() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut budget = Budget::new(Cost(1_000_000), Cost(0));
        let mut open = Vec::new();
        for _ in 0..2_000 {
            match rng.u8(0..3) {
                0 if !open.is_empty() => {
                    let call: u64 = open.swap_remove(rng.usize(0..open.len()));
                    let cost = rng
                        .bool()
                        .then(|| Cost(rng.u64(0..500).min(budget.allocation(call).0)));
                    budget.settle(call, cost);
                }
                1 if !open.is_empty() => {
                    let call = open[rng.usize(0..open.len())];
                    budget.meter(call, Cost(rng.u64(0..500).min(budget.allocation(call).0)));
                }
                _ if open.len() < 5 => open.extend(budget.reserve(Cost(rng.u64(0..2)), 5)),
                _ => {}
            }
            let shares: u64 = budget.open_calls.iter().map(|open| open.allocation.0).sum();
            assert!(budget.spent.0 + shares <= budget.limit.0, "{budget:?}");
        }
    }
}
