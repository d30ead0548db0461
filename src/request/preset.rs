//! Ready-made panels, named as OpenRouter names them. <https://openrouter.ai/docs/guides/features/plugins/fusion>

use crate::json::Value;

use super::fields::{self, Fields, kind};
use super::limits::MAX_PANEL;
use super::model::{self, ModelSpec};
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
            Error::invalid(path, &format!("must be one of {}, got {got}", names.join(", ")))
        })
    }
}

/// Checks the caller's own presets, `{ [name]: { analysis_models, model?, analyst?, writer? } }`.
pub fn validate_custom(path: &str, value: &Value) -> Result<()> {
    for (name, preset) in fields::object(path, value)?.iter() {
        let path = format!("{path}.{name}");
        let mut fields = Fields::of(&path, preset, &path, "an object with `analysis_models`")?;
        if fields.array("analysis_models", 1..=MAX_PANEL, "models", ModelSpec::parse).is_none() {
            fields.refuse("analysis_models", "is missing");
        }
        fields.parsed("model", model::name);
        fields.parsed("analyst", ModelSpec::parse_analyst);
        fields.parsed("writer", ModelSpec::parse_writer);
        fields.finish()?;
    }
    Ok(())
}

/// The request with its preset spelled out, where that is one of the caller's own; what the request says itself goes before it.
pub fn expand_preset(request: Value, options: &Value) -> Value {
    let Value::Object(given) = &request else { return request };
    let named = given.get("preset").and_then(Value::as_str);
    let own = named.and_then(|name| options.get("presets")?.get(name)?.as_object());
    let Some(own) = own else { return request };
    let mut merged = own.clone();
    if given.get("model").is_some_and(|model| !model.is_null()) {
        // It stands for both roles, and what the request names comes first.
        merged.retain(|name, role| !matches!(name, "analyst" | "writer") || role.is_object() && role.get("model").is_none());
    }
    merged.extend(
        given.iter().filter(|(name, value)| *name != "preset" && !value.is_null()).map(|(name, value)| (name.clone(), value.clone())),
    );
    Value::Object(merged)
}
