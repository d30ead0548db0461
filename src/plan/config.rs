//! Defines the settings of a role in the plan: its models, providers, tools and options.

use std::rc::Rc;

use crate::json::{Map, Value};
use crate::provider::Provider;
use crate::provider::tools::ToolSet;
use crate::request::Temperature;
use crate::role::Role;

/// A role with its models and settings, as the plan resolved them from a [`ModelSpec`].
///
/// Three types describe a role. [`ModelSpec`] contains what the caller wrote. Its fields may be
/// absent. A resumed run compares its specifications with those of the earlier run. `RoleConfig` is
/// complete and owns its data. [`ModelRequest`] borrows these settings for one call, and adds the
/// conversation and the steps of the tool loop. Only
/// [`Plan::model_request`](super::Plan::model_request) copies the settings.
///
/// [`ModelSpec`]: crate::request::ModelSpec
/// [`ModelRequest`]: crate::provider::dialect::ModelRequest
#[derive(Clone, Debug)]
pub(crate) struct RoleConfig {
    pub role: Role,
    /// The requested model, followed by its fallbacks. Never empty.
    pub models: Vec<ModelTarget>,
    /// Models of panelists that may replace the role's default model after a failure. If the caller
    /// chose the role's model, the list is empty.
    pub substitutes: Vec<Substitute>,
    pub system: Option<String>,
    pub temperature: Option<Temperature>,
    pub reasoning: Option<Value>,
    pub max_completion_tokens: u64,
    /// True if the caller set no token limit, so that the default limit applies. If a server
    /// refuses the default limit as too large, the run lowers or omits the limit.
    pub has_default_limit: bool,
    pub tool_choice: Option<Value>,
    pub response_format: Option<Value>,
    pub stop: Option<Value>,
    pub extra_body: Option<Map>,
}

/// A model with its provider and tools.
#[derive(Clone, Debug)]
pub(crate) struct ModelTarget {
    /// The model's name as the caller wrote it. Events and results contain this name.
    pub name: String,
    /// The model's name at the provider.
    pub model: String,
    /// Provider of the model.
    pub provider: Rc<Provider>,
    /// Tools that the model may use.
    pub tool_set: ToolSet,
}

/// A model that may replace the default model of the analyst or the writer. The run uses this model
/// only if the default model failed, and if the panelist answered with this model.
#[derive(Clone, Debug)]
pub(crate) struct Substitute {
    /// Index of the panelist.
    pub panelist: usize,
    /// The panelist's model. Its tools are those of the analyst or the writer.
    pub model: ModelTarget,
}

impl ModelTarget {
    /// Returns whether both targets are the same model of the same provider.
    pub(crate) fn is_same_model(&self, other: &ModelTarget) -> bool {
        self.model == other.model && self.provider.name == other.provider.name
    }
}

impl RoleConfig {
    /// Returns the requested model. A fallback may answer instead.
    pub(crate) fn model(&self) -> &str {
        self.models
            .first()
            .map(|model| model.name.as_str())
            .unwrap_or_default()
    }

    /// Returns the requested model, its fallbacks and its substitutes.
    pub(crate) fn all_models(&self) -> impl Iterator<Item = &ModelTarget> {
        let substitutes = self.substitutes.iter();
        self.models
            .iter()
            .chain(substitutes.map(|substitute| &substitute.model))
    }

    /// Returns whether any of the models has a tool.
    pub(crate) fn has_tools(&self) -> bool {
        self.models.iter().any(|model| !model.tool_set.is_empty())
    }
}
