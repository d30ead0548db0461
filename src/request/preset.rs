//! Defines presets. A preset is a named panel. The built-in presets have the names of OpenRouter's
//! presets. In: the request's field `preset`. Out: the models of the preset.
//! <https://openrouter.ai/docs/guides/features/plugins/fusion>

use std::sync::LazyLock;

use crate::json::{Map, Value};

use super::escalate::Escalate;
use super::fields::{self, Fields, describe_value};
use super::limits::MAX_PANEL;
use super::model::{self, ModelSpec};
use crate::error::{Error, Result};

/// A panel, and the model of the analyst and the writer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Preset {
    /// The name, in the form `<task>-<tier>`.
    pub name: String,
    /// OpenRouter's names of the models. `~author/family-latest` is the newest model of a family.
    pub panel: Vec<String>,
    /// Model of the analyst and of the writer.
    pub model: String,
}

/// Returns the built-in presets. The first preset is the default.
///
/// OpenRouter publishes only the panel of `general-high`. The budget panel follows the example in
/// OpenRouter's documentation. The fast panel has two models with a short time to the first token.
pub(crate) fn presets() -> &'static [Preset] {
    static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        let table = include_str!("../data/presets.json").parse::<Value>();
        let table = table.unwrap_or_default();
        table.elements().iter().map(Preset::of_row).collect()
    });
    &PRESETS
}

impl Preset {
    fn of_row(row: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            name: text(row.field("name")),
            panel: row.field("panel").elements().iter().map(text).collect(),
            model: text(row.field("model")),
        }
    }

    /// Returns the preset with the name in `value`. Fails if there is none.
    pub(crate) fn parse(path: &str, value: &Value) -> Result<&'static Preset> {
        let found = presets()
            .iter()
            .find(|preset| value.as_str() == Some(&preset.name));
        found.ok_or_else(|| {
            let names: Vec<_> = presets().iter().map(|preset| &*preset.name).collect();
            let got = value
                .as_str()
                .map_or_else(|| describe_value(value), |name| format!("`{name}`"));
            Error::invalid(
                path,
                &format!("must be one of {}, got {got}", names.join(", ")),
            )
        })
    }
}

/// Validates the caller's presets: `{ [name]: { analysis_models, model?, analyst?, writer?,
/// escalate? } }`.
pub(super) fn validate_custom(path: &str, value: &Value) -> Result<()> {
    for (name, preset) in fields::object(path, value)?.iter() {
        let path = format!("{path}.{name}");
        let mut fields = Fields::new(&path, preset, &path, "an object with `analysis_models`")?;
        let panel = fields.array("analysis_models", 1..=MAX_PANEL, "models", ModelSpec::parse);
        if panel.is_none() {
            fields.reject("analysis_models", "is missing");
        }
        fields.parse_with("model", model::name);
        fields.parse_with("analyst", ModelSpec::parse_analyst);
        fields.parse_with("writer", ModelSpec::parse_writer);
        let escalate = fields.parse_with("escalate", Escalate::parse);
        fields.finish()?;
        if let (Some(escalate), Some(panel)) = (escalate, panel) {
            escalate.check_size(&path, panel.len())?;
        }
    }
    Ok(())
}

/// Expands `custom`, a preset of the caller, into the request.
///
/// The request's fields override the preset's fields. If the request has an `analyst` or `writer`
/// without a `model`, its fields override single fields of the preset's role.
pub(super) fn expand_preset(request: &Value, custom: &Map) -> Value {
    let Value::Object(raw) = request else {
        return request.clone();
    };
    let mut merged = custom.clone();
    if raw.get("model").is_some_and(|model| !model.is_null()) {
        // The request's `model` replaces the preset's models of the analyst and the writer.
        // Therefore remove a role of the preset that has a model.
        merged.retain(|name, role| !is_role(name) || settings(role).is_some());
    }
    let fields = raw.iter().filter(|(name, _)| *name != "preset");
    for (name, value) in fields.filter(|(_, value)| !value.is_null()) {
        let settings = settings(value).filter(|_| is_role(name));
        let value = match (settings, merged.get(name)) {
            (Some(settings), Some(role)) => merged_role(role, settings),
            _ => value.clone(),
        };
        merged.set(name, Some(value));
    }
    Value::Object(merged)
}

/// Returns whether the field holds the specification of one role.
pub(super) fn is_role(name: &str) -> bool {
    matches!(name, "analyst" | "writer")
}

/// Returns the settings of a role that names no model. If the role has a model, returns `None`.
pub(super) fn settings(role: &Value) -> Option<&Map> {
    let has_model = role.get("model").is_some_and(|model| !model.is_null());
    role.as_object().filter(|_| !has_model)
}

/// Returns the role of a preset or of an earlier run, overridden by the settings of the request's
/// role.
pub(super) fn merged_role(role: &Value, settings: &Map) -> Value {
    let mut merged = match role {
        Value::Object(role) => role.clone(),
        model => {
            let mut named = Map::new();
            named.set("model", Some(model.clone()));
            named
        }
    };
    let settings = settings.iter().filter(|(_, value)| !value.is_null());
    merged.extend(settings.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(merged)
}
