//! What calls cost: tokens and money, per call and summed.
//!
//! Money is summed as integers of 1e-12 USD, read from the raw digits of the provider's number and rounded once, on output:
//! the sum over `activity` is the reported cost exactly.

use crate::event::Seat;
use crate::json::{FromJson, Number, Reading, ToJson, Value, decimal, record, words};
use crate::result::Stage;

/// USD as an integer of 1e-12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

const DECIMALS: usize = 12;

impl Cost {
    /// Reads a JSON number's text, such as `0.00012` or `1.5e-7`. Digits beyond the twelfth decimal are rounded up, never lost.
    /// `None` for what is no amount: a negative number (OpenRouter's routers say `-1` for "unknown"), or one beyond 18 million USD.
    pub fn parse(text: &str) -> Option<Self> {
        decimal(text.trim().trim_matches('"'), DECIMALS as i32).map(Cost)
    }
}

impl From<Cost> for Value {
    fn from(Cost(cost): Cost) -> Self {
        Number::fixed(cost, DECIMALS).into()
    }
}

impl ToJson for Cost {
    fn write(&self, to: &mut String) {
        Number::fixed(self.0, DECIMALS).write(to);
    }
}

impl FromJson for Cost {
    fn read(value: &Value, reading: &mut Reading) -> Self {
        reading.or_misfit(value.as_number().and_then(|usd| Cost::parse(usd.as_str())), "an amount of USD from 0 on")
    }
}

/// Of one call. `None` is "the provider did not say", which is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CallUsage {
    pub cost: Option<Cost>,
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    pub reasoning_tokens: Option<u64>,
}

record!(both CallUsage { cost, prompt_tokens, completion_tokens, reasoning_tokens });

impl CallUsage {
    /// Told before the end: the prompt is known by then, and a cost in money is meant as it is. What the answer came to is not.
    pub fn before_the_end(self) -> Self {
        Self { completion_tokens: None, reasoning_tokens: None, ..self }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Still open; what is open when the run ends counts as cancelled.
    Running,
    /// It answered.
    Completed,
    /// It failed, or answered with nothing usable.
    Failed,
    /// We closed it.
    Cancelled,
}

words!(Status, "`running`, `completed`, `failed` or `cancelled`" {
    Running = "running",
    Completed = "completed",
    Failed = "failed",
    Cancelled = "cancelled",
});

/// One call.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Activity {
    pub stage: Stage,
    pub index: Option<usize>,
    pub model: String,
    pub model_served: Option<String>,
    pub provider: String,
    pub generation_id: Option<String>,
    pub attempt: u32,
    pub usage: CallUsage,
    pub latency_ms: u64,
    pub status: Status,
}

record!(both Activity {
    stage, index [optional], model, model_served, provider, generation_id, attempt, usage [flat], latency_ms, status,
});

impl Activity {
    /// Whether this is a call of `seat`.
    pub fn belongs_to(&self, seat: Seat) -> bool {
        self.stage == seat.stage() && self.index == seat.index()
    }
}

/// Of one stage. Tokens are the sum of what providers reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct StageUsage {
    /// `None` when any call's cost is unknown.
    pub cost: Option<Cost>,
    /// The sum of the known costs: "at least".
    pub cost_so_far: Cost,
    pub unknown_calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub reasoning_tokens: u64,
}

record!(StageUsage { cost, cost_so_far, unknown_calls, prompt_tokens, completion_tokens, reasoning_tokens });

/// Of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Usage {
    pub total: StageUsage,
    pub by_stage: ByStage,
}

record!(Usage { total [flat], by_stage });

/// The total's three parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ByStage {
    pub panel: StageUsage,
    pub analysis: StageUsage,
    pub answer: StageUsage,
}

record!(ByStage { panel, analysis, answer });

impl StageUsage {
    fn of<'a>(calls: impl Iterator<Item = &'a Activity>) -> Self {
        let mut sum = Self::default();
        for call in calls.filter(|call| call.status != Status::Running) {
            let usage = &call.usage;
            match usage.cost {
                Some(Cost(cost)) => sum.cost_so_far.0 = sum.cost_so_far.0.saturating_add(cost),
                None => sum.unknown_calls += 1,
            }
            sum.prompt_tokens = sum.prompt_tokens.saturating_add(usage.prompt_tokens.unwrap_or(0));
            sum.completion_tokens = sum.completion_tokens.saturating_add(usage.completion_tokens.unwrap_or(0));
            sum.reasoning_tokens = sum.reasoning_tokens.saturating_add(usage.reasoning_tokens.unwrap_or(0));
        }
        sum.cost = (sum.unknown_calls == 0).then_some(sum.cost_so_far);
        sum
    }
}

impl Usage {
    /// The sum over the calls that have ended.
    pub fn of(calls: &[Activity]) -> Self {
        let stage = |stage| StageUsage::of(calls.iter().filter(move |call| call.stage == stage));
        Self {
            total: StageUsage::of(calls.iter()),
            by_stage: ByStage { panel: stage(Stage::Panel), analysis: stage(Stage::Analysis), answer: stage(Stage::Answer) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_digit_by_digit() {
        for (text, picodollars) in [
            ("0", 0),
            ("0.1", 100_000_000_000),
            ("0.000123", 123_000_000),
            ("1.5e-7", 150_000),
            ("2E-12", 2),
            ("12.5e1", 125_000_000_000_000),
            ("0.0000000000001", 1),
            ("\"0.25\"", 250_000_000_000),
            ("1e-30", 1),
            ("0e99", 0),
        ] {
            assert_eq!(Cost::parse(text), Some(Cost(picodollars)), "{text}");
        }
        for text in ["-1", "", ".", "1e40", "nan", "null", "99999999999999999999", "1e2147483647", "1.2.3"] {
            assert_eq!(Cost::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_sum_of_tenths_is_exact() {
        let call = |cost| Activity {
            stage: Stage::Panel,
            index: Some(0),
            model: String::new(),
            model_served: None,
            provider: String::new(),
            generation_id: None,
            attempt: 1,
            usage: CallUsage { cost: Cost::parse(cost), ..Default::default() },
            latency_ms: 0,
            status: Status::Completed,
        };
        let usage = Usage::of(&[call("0.1"), call("0.2")]);
        assert!(usage.to_json().starts_with(r#"{"cost":0.3,"#));
        let usage = Usage::of(&[call("0.1"), call("-1")]);
        assert_eq!((usage.total.cost, usage.total.unknown_calls), (None, 1));
        assert_eq!(usage.total.cost_so_far, Cost(100_000_000_000));
    }
}
