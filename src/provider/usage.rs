//! What calls cost: tokens and money, per call and summed.
//!
//! Money is summed as integers of 1e-12 USD, read from the raw digits of the provider's number and rounded once, on output:
//! the sum over `activity` is the reported cost exactly.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Seat;
use crate::result::Stage;

/// USD as an integer of 1e-12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

const DECIMALS: i32 = 12;

impl Cost {
    /// Reads a JSON number's text, such as `0.00012` or `1.5e-7`. Digits beyond the twelfth decimal are rounded up, never lost.
    /// `None` for what is no amount: a negative number (OpenRouter's routers say `-1` for "unknown"), or one beyond 18 million USD.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text, DECIMALS).map(Cost)
    }

    /// As a number of USD.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

/// A decimal number as an integer of so many decimals, rounded up.
pub fn parse(text: &str, decimals: i32) -> Option<u64> {
    let text = text.trim().trim_matches('"');
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = 0u64;
    // How many places right of the digit just read the last one of the amount stands.
    let mut places = decimals.checked_add(exponent)?.checked_add(i32::try_from(whole.len()).ok()?)?;
    let mut rest = false;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    for digit in whole.bytes().chain(fraction.bytes()) {
        let value = u64::from(digit.checked_sub(b'0').filter(|value| *value < 10)?);
        if places > 0 {
            digits = digits.checked_mul(10)?.checked_add(value)?;
            places -= 1;
        } else {
            rest |= value > 0;
        }
    }
    while places > 0 && digits > 0 {
        digits = digits.checked_mul(10)?;
        places -= 1;
    }
    digits.checked_add(u64::from(rest))
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.usd())
    }
}

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usd = f64::deserialize(deserializer)?;
        if !(0.0..=18e6).contains(&usd) {
            return Err(serde::de::Error::custom("expected an amount of USD from 0 on"));
        }
        Ok(Cost((usd * 1e12).round() as u64))
    }
}

/// Of one call. `None` is "the provider did not say", which is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CallUsage {
    pub cost: Option<Cost>,
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    pub reasoning_tokens: Option<u64>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// One call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Activity {
    pub stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub index: Option<usize>,
    pub model: String,
    pub model_served: Option<String>,
    pub provider: String,
    pub generation_id: Option<String>,
    pub attempt: u32,
    #[serde(flatten)]
    pub usage: CallUsage,
    pub latency_ms: u64,
    pub status: Status,
}

impl Activity {
    /// Whether this is a call of `seat`.
    pub fn belongs_to(&self, seat: Seat) -> bool {
        self.stage == seat.stage() && self.index == seat.index()
    }
}

/// Of one stage. Tokens are the sum of what providers reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

/// Of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Usage {
    #[serde(flatten)]
    pub total: StageUsage,
    pub by_stage: ByStage,
}

/// The total's three parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ByStage {
    pub panel: StageUsage,
    pub analysis: StageUsage,
    pub answer: StageUsage,
}

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
        assert_eq!(serde_json::to_value(usage).unwrap()["cost"], serde_json::json!(0.3));
        let usage = Usage::of(&[call("0.1"), call("-1")]);
        assert_eq!((usage.total.cost, usage.total.unknown_calls), (None, 1));
        assert_eq!(usage.total.cost_so_far, Cost(100_000_000_000));
    }
}
