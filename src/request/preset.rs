//! Ready-made panels, named as OpenRouter names them. <https://openrouter.ai/docs/guides/features/plugins/fusion>

use serde_json::Value;

use super::fields::kind;
use crate::error::{Error, Result};

/// A panel with its analyst, who is also the writer.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// `<task>-<tier>`.
    pub name: &'static str,
    /// OpenRouter slugs; `~author/family-latest` is the newest model of a family.
    pub panel: &'static [&'static str],
    /// Compares and writes.
    pub model: &'static str,
}

const OPUS: &str = "~anthropic/claude-opus-latest";

/// The first is the default. OpenRouter publishes the members of `general-high` only; the budget panel follows the example in its
/// documentation, and the fast one seats two models that are quick to their first token.
pub const PRESETS: &[Preset] = &[
    Preset { name: "general-high", panel: &[OPUS, "~openai/gpt-latest", "~google/gemini-pro-latest"], model: OPUS },
    Preset {
        name: "general-budget",
        panel: &["~google/gemini-flash-latest", "deepseek/deepseek-v3.2", "~moonshotai/kimi-latest"],
        model: OPUS,
    },
    Preset { name: "general-fast", panel: &["~anthropic/claude-haiku-latest", "~google/gemini-flash-latest"], model: OPUS },
];

impl Preset {
    /// Finds a preset by name.
    pub fn parse(path: &str, value: &Value) -> Result<&'static Preset> {
        PRESETS.iter().find(|preset| value == preset.name).ok_or_else(|| {
            let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
            let got = value.as_str().map_or_else(|| kind(value), |name| format!("`{name}`"));
            Error::invalid(path, format!("must be one of {}, got {got}", names.join(", ")))
        })
    }
}
