//! Defines the usage of calls: tokens and cost of each call, each stage and the run.
//!
//! In: the usage that providers report. Out: `Usage` and `Activity` of `index.d.ts`.
//!
//! Costs are integers of 1e-12 USD, read from the digits of the provider's number. The sum of the
//! costs in `activity` therefore equals the total cost exactly.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::count::Count;
use crate::json::{DECIMALS, Number, UNITS, decimal};
use crate::role::Role;
use crate::role::Stage;

/// An amount in USD, as an integer of 1e-12 USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost(pub u64);

impl Cost {
    /// Reads the text of a JSON number, such as `0.00012` or `1.5e-7`. Rounds up to twelve decimal
    /// places.
    ///
    /// If the text is not a number, is negative, or exceeds 18 million USD, returns `None`.
    /// OpenRouter's routers report `-1` for an unknown price.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        decimal(text.trim().trim_matches('"'), DECIMALS as i32).map(Cost)
    }
}

impl Cost {
    /// Returns the amount in USD as a decimal number, without rounding.
    pub(crate) fn to_number(self) -> Number {
        Number::fixed(self.0, DECIMALS)
    }
}

/// Serializes the amount in USD as a float. A float represents amounts up to 1,000 USD exactly.
impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / UNITS)
    }
}

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Digits)
    }
}

/// Reads a cost from the digits of a number. [`crate::json::from_value_strict`] passes the digits
/// as a string.
struct Digits;

impl de::Visitor<'_> for Digits {
    type Value = Cost;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount of USD from 0 on")
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<Cost, E> {
        Cost::parse(digits).ok_or_else(|| E::invalid_type(de::Unexpected::Other(""), &self))
    }
}

/// The usage of one call. `None` means that the provider did not report the value, not that it is
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallUsage {
    pub cost: Option<Cost>,
    pub prompt_tokens: Option<Count>,
    pub completion_tokens: Option<Count>,
    pub reasoning_tokens: Option<Count>,
}

impl CallUsage {
    /// Adds the usage of another call. If either value is unknown, the sum is unknown.
    pub(crate) fn plus(self, other: Self) -> Self {
        let count = |a: Option<Count>, b: Option<Count>| {
            Some(Count::from(a?.get().saturating_add(b?.get())))
        };
        let cost = |a: Option<Cost>, b: Option<Cost>| Some(Cost(a?.0.saturating_add(b?.0)));
        Self {
            cost: cost(self.cost, other.cost),
            prompt_tokens: count(self.prompt_tokens, other.prompt_tokens),
            completion_tokens: count(self.completion_tokens, other.completion_tokens),
            reasoning_tokens: count(self.reasoning_tokens, other.reasoning_tokens),
        }
    }

    /// Removes the token counts of the output, because they are not final before the end of the
    /// stream. The prompt's token count and the cost are final.
    pub(crate) fn before_the_end(self) -> Self {
        Self {
            completion_tokens: None,
            reasoning_tokens: None,
            ..self
        }
    }
}

/// The state of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The call is running. If it is still running at the end of the run, its status becomes
    /// `Cancelled`.
    Running,
    /// The call returned a usable response.
    Completed,
    /// The call failed, or its response was unusable.
    Failed,
    /// This library cancelled the call.
    Cancelled,
}

/// One call to a model: `Activity` in `index.d.ts`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    pub model: String,
    pub model_served: Option<String>,
    pub provider: String,
    pub generation_id: Option<String>,
    pub attempt: u32,
    /// The round of the analyst's call, if the request has `escalate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    pub cost: Option<Cost>,
    pub prompt_tokens: Option<Count>,
    pub completion_tokens: Option<Count>,
    pub reasoning_tokens: Option<Count>,
    pub latency_ms: Count,
    pub status: Status,
}

impl Activity {
    /// Sets the usage of the call.
    pub(crate) fn set_usage(&mut self, usage: CallUsage) {
        let CallUsage {
            cost,
            prompt_tokens,
            completion_tokens,
            reasoning_tokens,
        } = usage;
        (self.cost, self.prompt_tokens) = (cost, prompt_tokens);
        (self.completion_tokens, self.reasoning_tokens) = (completion_tokens, reasoning_tokens);
    }

    /// Returns the usage of the call.
    pub(crate) fn usage(&self) -> CallUsage {
        CallUsage {
            cost: self.cost,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            reasoning_tokens: self.reasoning_tokens,
        }
    }

    /// Returns whether `role` made this call.
    pub(crate) fn belongs_to(&self, role: Role) -> bool {
        self.stage == role.stage() && self.index == role.call_index()
    }
}

/// The usage of one stage. Each token count is the sum of the reported counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct StageUsage {
    /// The total cost. `None` if the cost of any call is unknown.
    pub cost: Option<Cost>,
    /// The sum of the known costs. The total cost is at least this sum.
    pub cost_so_far: Cost,
    pub unknown_calls: Count,
    pub prompt_tokens: Count,
    pub completion_tokens: Count,
    pub reasoning_tokens: Count,
}

/// The usage of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Usage {
    #[serde(flatten)]
    pub total: StageUsage,
    pub by_stage: ByStage,
}

/// The usage of each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ByStage {
    pub panel: StageUsage,
    pub analysis: StageUsage,
    /// Absent if no contradiction was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<StageUsage>,
    pub answer: StageUsage,
}

impl StageUsage {
    fn of<'a>(calls: impl Iterator<Item = &'a Activity>) -> Self {
        let (mut cost, mut unknown_calls) = (0u64, 0);
        let [mut prompt, mut completion, mut reasoning] = [0u64; 3];
        for call in calls.filter(|call| call.status != Status::Running) {
            match call.cost {
                Some(Cost(more)) => cost = cost.saturating_add(more),
                None => unknown_calls += 1,
            }
            let add = |sum: &mut u64, count: Option<Count>| {
                *sum = sum.saturating_add(count.unwrap_or_default().get())
            };
            add(&mut prompt, call.prompt_tokens);
            add(&mut completion, call.completion_tokens);
            add(&mut reasoning, call.reasoning_tokens);
        }
        Self {
            cost: (unknown_calls == 0).then_some(Cost(cost)),
            cost_so_far: Cost(cost),
            unknown_calls: unknown_calls.into(),
            prompt_tokens: prompt.into(),
            completion_tokens: completion.into(),
            reasoning_tokens: reasoning.into(),
        }
    }
}

impl Usage {
    /// Returns the sum over the calls that have ended.
    pub(crate) fn of(calls: &[Activity]) -> Self {
        let stage = |stage| StageUsage::of(calls.iter().filter(move |call| call.stage == stage));
        let is_check = |call: &Activity| call.stage == Stage::Verification;
        Self {
            total: StageUsage::of(calls.iter()),
            by_stage: ByStage {
                panel: stage(Stage::Panel),
                analysis: stage(Stage::Analysis),
                verification: calls
                    .iter()
                    .any(is_check)
                    .then(|| stage(Stage::Verification)),
                answer: stage(Stage::Answer),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::to_json;

    #[test]
    fn costs_are_parsed_exactly_and_rounded_up_after_twelve_decimals() {
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
        for text in [
            "-1",
            "",
            ".",
            "1e40",
            "nan",
            "null",
            "99999999999999999999",
            "1e2147483647",
            "1.2.3",
        ] {
            assert_eq!(Cost::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sums_are_exact_and_an_unknown_cost_makes_the_total_unknown() {
        let call = |cost| Activity {
            stage: Stage::Panel,
            index: Some(0),
            model: String::new(),
            model_served: None,
            provider: String::new(),
            generation_id: None,
            attempt: 1,
            round: None,
            cost: Cost::parse(cost),
            prompt_tokens: None,
            completion_tokens: None,
            reasoning_tokens: None,
            latency_ms: Count::default(),
            status: Status::Completed,
        };
        let usage = Usage::of(&[call("0.1"), call("0.2")]);
        assert!(to_json(&usage).starts_with(r#"{"cost":0.3,"#));
        let usage = Usage::of(&[call("0.1"), call("-1")]);
        assert_eq!(
            (usage.total.cost, usage.total.unknown_calls),
            (None, 1.into())
        );
        assert_eq!(usage.total.cost_so_far, Cost(100_000_000_000));
    }
}
