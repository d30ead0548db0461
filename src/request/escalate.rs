//! Parses the request's `escalate`. In: JSON. Out: an [`Escalate`].

use super::fields::Fields;
use super::limits::{MAX_PANEL, MAX_SAFE_INTEGER};
use super::model::ModelSpec;
use crate::error::{Error, Result};
use crate::json::Value;

/// The request's `escalate`. It contains further panelists, which are asked only if the panel
/// disagrees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Escalate {
    /// The further panelists. Their indexes follow the indexes of the panel.
    pub models: Vec<ModelSpec>,
    /// Minimum number of contradictions. With fewer contradictions, the further panelists are not
    /// asked.
    pub min_contradictions: usize,
}

impl Escalate {
    /// Reads `escalate`.
    pub(super) fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::new(path, value, path, "an object with `analysis_models`")?;
        // Leave room for one member of the panel.
        let models = fields.array(
            "analysis_models",
            1..=MAX_PANEL - 1,
            "models",
            ModelSpec::parse,
        );
        if models.is_none() {
            fields.reject(
                "analysis_models",
                "is missing; it lists the models that answer if the panel disagrees",
            );
        }
        let min_contradictions = fields.integer("min_contradictions", 1..=MAX_SAFE_INTEGER);
        fields.finish()?;
        Ok(Self {
            models: models.unwrap_or_default(),
            min_contradictions: min_contradictions
                .map_or(1, |min| usize::try_from(min).unwrap_or(usize::MAX)),
        })
    }

    /// Fails if the panel and the further panelists are too many. `path` is the place of the field
    /// `escalate`. It is empty for the request.
    pub(crate) fn check_size(&self, path: &str, panel: usize) -> Result<()> {
        let further = self.models.len();
        if panel + further <= MAX_PANEL {
            return Ok(());
        }
        let rule = format!(
            "has {further} models and the panel has {panel}; together they must be at most {MAX_PANEL}"
        );
        let dot = if path.is_empty() { "" } else { "." };
        Err(Error::invalid(
            &format!("{path}{dot}escalate.analysis_models"),
            &rule,
        ))
    }
}
