//! Whether a call may begin, and how long it may go on, under `max_cost`.

use crate::usage::Cost;

/// What was spent, and what the calls that are open have come to so far.
#[derive(Clone, Debug)]
pub struct Budget {
    limit: Cost,
    spent: Cost,
    open: Vec<Open>,
    calls: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    call: u64,
    metered: Cost,
    /// What its provider was told it may spend.
    allocation: Cost,
}

impl Open {
    fn reserved(&self) -> Cost {
        self.metered.max(self.allocation)
    }
}

impl Budget {
    /// `spent`: before, by the run that is resumed.
    pub fn new(limit: Cost, spent: Cost) -> Self {
        Self { limit, spent, open: Vec::new(), calls: 0 }
    }

    /// What can still be spent.
    pub fn left(&self) -> Cost {
        self.minus(self.open.iter().map(|open| open.metered))
    }

    /// Admits a call that will cost at least `prompt`, and gives it a number; `None` if even that no longer fits. `seats`: how many may be
    /// at work at a time.
    pub fn reserve(&mut self, prompt: Cost, seats: usize) -> Option<u64> {
        if prompt > self.left() {
            return None;
        }
        let free = self.minus(self.open.iter().map(Open::reserved));
        let shares = seats.saturating_sub(self.open.len()).max(1);
        self.calls += 1;
        self.open.push(Open { call: self.calls, metered: prompt, allocation: Cost(free.0 / shares as u64) });
        Some(self.calls)
    }

    /// What a call may be told to spend: an equal share, so that all that are open together stay within what is left.
    pub fn allocation(&self, call: u64) -> Cost {
        self.open.iter().find(|open| open.call == call).map(|open| open.allocation).unwrap_or_default()
    }

    /// What an open call has come to.
    pub fn metered(&self, call: u64) -> Cost {
        self.open.iter().find(|open| open.call == call).map(|open| open.metered).unwrap_or_default()
    }

    /// A call has come to `so_far`. `false`: the limit is reached, and everything that costs has to stop.
    pub fn meter(&mut self, call: u64, so_far: Cost) -> bool {
        if let Some(open) = self.open.iter_mut().find(|open| open.call == call) {
            open.metered = open.metered.max(so_far);
        }
        self.left() > Cost(0) || so_far == Cost(0)
    }

    /// A call is over. `cost`: what it really came to; what was metered counts where nobody knows.
    pub fn settle(&mut self, call: u64, cost: Option<Cost>) {
        if let Some(at) = self.open.iter().position(|open| open.call == call) {
            let open = self.open.swap_remove(at);
            self.spent.0 = self.spent.0.saturating_add(cost.unwrap_or(open.metered).0);
        }
    }

    fn minus(&self, open: impl Iterator<Item = Cost>) -> Cost {
        Cost(open.fold(self.limit.0.saturating_sub(self.spent.0), |left, cost| left.saturating_sub(cost.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_begins_only_if_its_prompt_fits_beside_what_is_open() {
        let mut budget = Budget::new(Cost(100), Cost(10));
        let first = budget.reserve(Cost(50), 2).unwrap();
        assert!(budget.reserve(Cost(41), 2).is_none());
        assert!(budget.reserve(Cost(40), 2).is_some());
        budget.settle(first, Some(Cost(5)));
        assert_eq!(budget.left(), Cost(45));
    }

    #[test]
    fn a_call_is_metered_until_the_limit_and_settled_at_its_real_cost() {
        let mut budget = Budget::new(Cost(100), Cost(0));
        let call = budget.reserve(Cost(10), 1).unwrap();
        assert!(budget.meter(call, Cost(99)));
        assert!(!budget.meter(call, Cost(100)));
        budget.settle(call, Some(Cost(30)));
        assert_eq!(budget.left(), Cost(70));
        let cut = budget.reserve(Cost(10), 1).unwrap();
        budget.meter(cut, Cost(60));
        budget.settle(cut, None);
        assert_eq!(budget.left(), Cost(10));
    }

    #[test]
    fn what_costs_nothing_goes_on_when_nothing_is_left() {
        let mut budget = Budget::new(Cost(10), Cost(10));
        let free = budget.reserve(Cost(0), 1).unwrap();
        assert!(budget.meter(free, Cost(0)));
        assert!(budget.reserve(Cost(1), 1).is_none());
    }

    #[test]
    fn shares_of_open_calls_never_add_up_to_more_than_is_left() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut budget = Budget::new(Cost(1_000_000), Cost(0));
        let mut open = Vec::new();
        for _ in 0..2_000 {
            match rng.u8(0..3) {
                0 if !open.is_empty() => {
                    let call: u64 = open.swap_remove(rng.usize(0..open.len()));
                    let cost = rng.bool().then(|| Cost(rng.u64(0..500).min(budget.allocation(call).0)));
                    budget.settle(call, cost);
                }
                1 if !open.is_empty() => {
                    let call = open[rng.usize(0..open.len())];
                    budget.meter(call, Cost(rng.u64(0..500).min(budget.allocation(call).0)));
                }
                _ if open.len() < 5 => open.extend(budget.reserve(Cost(rng.u64(0..2)), 5)),
                _ => {}
            }
            let shares: u64 = budget.open.iter().map(|open| open.allocation.0).sum();
            assert!(budget.spent.0 + shares <= budget.limit.0, "{budget:?}");
        }
    }
}
