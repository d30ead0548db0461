//! Chooses `thinking`, effort and `temperature` for each generation of Claude. Each generation
//! rejects a setting that an earlier generation accepted. The rejection has the HTTP status 400.
//!
//! In: a model's name and a [`ModelRequest`]. Out: the fields of the request body. Specification:
//! <https://platform.claude.com/docs/en/build-with-claude/thinking>

use memchr::memmem;

use crate::json::{Value, json};

use crate::provider::dialect::types::ModelRequest;
use crate::request::Temperature;

/// The version of a Claude model whose name contains no version. Such a name refers to the newest
/// model.
const NEWEST: Version = (u64::MAX, 0);
/// The first version with adaptive thinking. Earlier versions need a token budget.
const ADAPTIVE: Version = (4, 6);
/// The first version that accepts neither a token budget nor a temperature.
const NO_SAMPLING: Version = (4, 7);

/// The smallest token budget that the API accepts.
const MIN_BUDGET: u64 = 1024;

/// A major and a minor version.
pub(super) type Version = (u64, u64);

/// Returns the version in a model's name, as Anthropic, OpenRouter and the cloud providers write
/// it. If the model is not a Claude model, returns `None`.
pub(super) fn version(model: &str) -> Option<Version> {
    let model = model.to_ascii_lowercase();
    let name = model.get(memmem::find(model.as_bytes(), b"claude")? + "claude".len()..)?;
    // A number with more than two digits is a date.
    let mut numbers = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map_while(|digits| match digits.len() {
            1 | 2 => digits.parse().ok(),
            _ => None,
        });
    Some(
        numbers
            .next()
            .map_or(NEWEST, |major| (major, numbers.next().unwrap_or(0))),
    )
}

/// Returns the fields `thinking` and `output_config.effort`.
///
/// If the model does not support efforts, converts an effort to a token budget. If the model does
/// not support budgets, turns thinking on, and ignores the size of the budget.
pub(super) fn thinking<'a>(
    request: &ModelRequest<'a>,
    version: Option<Version>,
) -> (Option<Value>, Option<&'a str>) {
    let Some(reasoning) = request.reasoning else {
        return (None, None);
    };
    let (effort, budget) = (reasoning.effort, reasoning.max_tokens);
    if effort == Some("none") {
        return (Some(json!({"type": "disabled"})), None);
    }
    if effort.is_none() && budget.is_none() {
        return (None, None);
    }
    if version
        .is_some_and(|version| version >= NO_SAMPLING || version >= ADAPTIVE && effort.is_some())
    {
        // Newer models hide their thinking unless the request asks for a summary.
        let thinking = json!({"type": "adaptive", "display": "summarized"});
        return (
            Some(thinking),
            effort.map(|effort| if effort == "minimal" { "low" } else { effort }),
        );
    }
    let share = |percent| request.max_completion_tokens / 100 * percent;
    // These percentages are [OpenRouter's](https://openrouter.ai/docs/use-cases/reasoning-tokens),
    // so an effort means the same through both APIs.
    let effort_budget = match effort {
        Some("max" | "xhigh") => share(95),
        Some("medium") => share(50),
        Some("low") => share(20),
        Some("minimal") => share(10),
        _ => share(80),
    };
    // Limit the budget to 95 % of the token limit, so that some tokens remain for the answer.
    let budget = budget
        .unwrap_or(effort_budget)
        .min(share(95))
        .max(MIN_BUDGET);
    (
        (budget < request.max_completion_tokens)
            .then(|| json!({"type": "enabled", "budget_tokens": budget})),
        None,
    )
}

/// Returns the temperature. Claude models accept at most 1. If a Claude model is thinking or
/// accepts no temperature, returns `None`. Models of other vendors accept any temperature.
pub(super) fn temperature(
    request: &ModelRequest<'_>,
    version: Option<Version>,
    is_thinking: bool,
) -> Option<Temperature> {
    match version {
        Some(version) if version >= NO_SAMPLING || is_thinking => None,
        Some(_) => request
            .temperature
            .map(|temperature| temperature.min(Temperature::ONE)),
        None => request.temperature,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Reasoning;

    #[test]
    fn versions_are_read_from_model_names() {
        for (model, expected) in [
            ("claude-sonnet-4-5-20250929", Some((4, 5))),
            ("anthropic/claude-haiku-4.5", Some((4, 5))),
            ("anthropic/claude-4.5-sonnet-20250929", Some((4, 5))),
            ("anthropic.claude-sonnet-4-20250514-v1:0", Some((4, 0))),
            ("claude-3-7-sonnet-latest", Some((3, 7))),
            ("claude-opus-4-6", Some((4, 6))),
            ("claude-opus-5", Some((5, 0))),
            ("Claude-Fable-5-2", Some((5, 2))),
            ("claude-mythos-preview", Some(NEWEST)),
            ("~anthropic/claude-sonnet-latest", Some(NEWEST)),
            ("smollm2", None),
            ("openai/gpt-5.5", None),
        ] {
            assert_eq!(version(model), expected, "{model}");
        }
    }

    #[test]
    fn each_version_gets_the_thinking_fields_that_it_accepts() {
        let adaptive = json!({"type": "adaptive", "display": "summarized"});
        let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
        let off = json!({"type": "disabled"});
        for (model, effort, max_tokens, limit, expected) in [
            (
                "claude-opus-5",
                Some("high"),
                None,
                16_000,
                (Some(adaptive.clone()), Some("high")),
            ),
            (
                "claude-opus-5",
                Some("minimal"),
                Some(9),
                16_000,
                (Some(adaptive.clone()), Some("low")),
            ),
            (
                "claude-opus-5",
                None,
                Some(4_000),
                16_000,
                (Some(adaptive.clone()), None),
            ),
            (
                "claude-opus-5",
                Some("none"),
                None,
                16_000,
                (Some(off.clone()), None),
            ),
            ("claude-opus-5", None, None, 16_000, (None, None)),
            (
                "claude-sonnet-4-6",
                Some("low"),
                None,
                16_000,
                (Some(adaptive), Some("low")),
            ),
            (
                "claude-sonnet-4-6",
                None,
                Some(4_000),
                16_000,
                (Some(budget(4_000)), None),
            ),
            (
                "claude-haiku-4-5",
                Some("high"),
                None,
                16_000,
                (Some(budget(12_800)), None),
            ),
            (
                "claude-haiku-4-5",
                Some("low"),
                Some(5_000),
                16_000,
                (Some(budget(5_000)), None),
            ),
            (
                "claude-haiku-4-5",
                None,
                Some(99_000),
                16_000,
                (Some(budget(15_200)), None),
            ),
            (
                "claude-haiku-4-5",
                None,
                Some(1),
                16_000,
                (Some(budget(1_024)), None),
            ),
            ("claude-haiku-4-5", Some("max"), None, 1_024, (None, None)),
            (
                "claude-haiku-4-5",
                Some("max"),
                None,
                1_030,
                (Some(budget(1_024)), None),
            ),
            (
                "smollm2",
                Some("medium"),
                None,
                4_000,
                (Some(budget(2_000)), None),
            ),
            (
                "smollm2",
                Some("none"),
                Some(2_000),
                4_000,
                (Some(off), None),
            ),
        ] {
            let reasoning = Some(Reasoning { effort, max_tokens });
            let request = ModelRequest {
                model,
                reasoning,
                max_completion_tokens: limit,
                ..ModelRequest::minimal()
            };
            assert_eq!(
                thinking(&request, version(model)),
                expected,
                "{model} {effort:?} {max_tokens:?} {limit}"
            );
        }
    }

    #[test]
    fn the_temperature_is_limited_or_left_out_for_each_version() {
        for (model, asked, is_thinking, expected) in [
            ("claude-haiku-4-5", 3, false, Some(3)),
            ("claude-haiku-4-5", 16, false, Some(10)),
            ("claude-haiku-4-5", 3, true, None),
            ("claude-opus-4-7", 0, false, None),
            ("smollm2", 16, true, Some(16)),
        ] {
            let request = ModelRequest {
                temperature: Some(Temperature(asked * 100_000)),
                ..ModelRequest::minimal()
            };
            assert_eq!(
                temperature(&request, version(model), is_thinking),
                expected.map(|tenths| Temperature(tenths * 100_000)),
                "{model}"
            );
        }
    }
}
