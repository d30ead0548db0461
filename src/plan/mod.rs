//! Builds the plan of a run: a [`Request`] and [`Options`] in, a [`Plan`] out. Each role gets its
//! models, providers and tools.

mod metering;
mod providers;
pub(crate) mod restore;
mod roles;

use std::rc::Rc;

use crate::json::{Map, Value, json};

use crate::count::Count;
use crate::error::{Error, Result};
use crate::event::PanelMember;
use crate::plan::restore::Restored;
use crate::policy::quorum::Quorum;
use crate::provider::dialect::ModelRequest;
use crate::provider::prices::Prices;
use crate::provider::tools::ToolSet;
use crate::provider::{Provider, Vendor};
use crate::request::{
    ModelSpec, Options, Preset, Reasoning, Request, Temperature, Timeouts, presets,
};
use crate::role::Role;
use crate::usage::Cost;
use providers::Providers;
use roles::RoleBuilder;

/// Random values of one run, drawn outside the core. The nonce does not derive from the seed:
/// snapshots contain the seed, and fences depend on a secret nonce.
#[derive(Clone, Debug, Default)]
pub(crate) struct RandomInputs {
    /// Id of the run.
    pub run_id: String,
    /// Seed, if the request has none.
    pub seed: u64,
    /// Secret part of the fences around untrusted text.
    pub nonce: String,
}

/// Everything that a run needs to know before its first call.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub run_id: String,
    pub seed: u64,
    pub nonce: String,
    /// The caller's JSON with the preset filled in. A snapshot then names the panel even if a later
    /// version changes the preset.
    pub request: Map,
    pub restored: Restored,
    pub messages: Vec<Value>,
    /// Empty if `convene` is false.
    pub panel: Vec<RoleConfig>,
    pub analyst: Option<RoleConfig>,
    /// Whether the analyst makes a second pass.
    pub second_pass: bool,
    pub writer: RoleConfig,
    pub timeouts: Timeouts,
    pub quorum: Quorum,
    pub max_retries: u32,
    pub max_cost: Option<Cost>,
    pub max_tool_calls: u64,
    pub cache_control: Option<Value>,
    /// Names of the tools with a callback in `toolHandlers`.
    pub tool_handlers: Vec<String>,
    pub prices: Prices,
}

/// A role with its models and settings, as the plan resolved them from a [`ModelSpec`].
///
/// Three types describe a role, because each has what the others must not have. [`ModelSpec`] is
/// what the caller wrote: any field may be absent, and a resumed run compares it. `RoleConfig` is
/// complete and owns its data. [`ModelRequest`] borrows it for one call and adds the conversation
/// and the steps; [`Plan::model_request`] is the only place that copies the settings.
#[derive(Clone, Debug)]
pub(crate) struct RoleConfig {
    pub role: Role,
    /// The requested model, then its fallbacks. Never empty.
    pub models: Vec<ModelTarget>,
    pub system: Option<String>,
    pub temperature: Option<Temperature>,
    pub reasoning: Option<Value>,
    pub max_completion_tokens: u64,
    pub tool_choice: Option<Value>,
    pub response_format: Option<Value>,
    pub stop: Option<Value>,
    pub extra_body: Option<Map>,
}

/// A model with its provider and tools.
#[derive(Clone, Debug)]
pub(crate) struct ModelTarget {
    /// Name as the caller wrote it. Events and results use it.
    pub name: String,
    /// Name that the provider expects.
    pub model: String,
    /// Provider of the model.
    pub provider: Rc<Provider>,
    /// Tools that the model may use.
    pub tool_set: ToolSet,
}

impl RoleConfig {
    /// Returns the requested model. A fallback may answer instead.
    pub(crate) fn model(&self) -> &str {
        self.models
            .first()
            .map(|model| model.name.as_str())
            .unwrap_or_default()
    }

    /// Returns whether any of the models has a tool.
    pub(crate) fn has_tools(&self) -> bool {
        self.models.iter().any(|model| !model.tool_set.is_empty())
    }
}

impl Plan {
    /// Builds the plan. Presets and defaults fill in what the request omits. Fails if a model has
    /// no provider, no key or an unsupported setting.
    pub(crate) fn new(
        mut request: Request,
        options: Options,
        random: RandomInputs,
    ) -> Result<Self> {
        let prices = providers::prices(&options)?;
        let providers = Providers::new(&options)?;
        if request.max_cost.is_some() {
            metering::check_messages(&request.messages)?;
        }
        let specs = RoleSpecs::new(&mut request, &providers.default)?;
        let raw = expanded_request(&mut request, &specs.panel);
        let restored = request
            .resume
            .as_ref()
            .map(|resume| Restored::from_resume(resume, &specs))
            .unwrap_or_default();
        let second_pass = specs
            .analyst
            .as_ref()
            .is_some_and(|spec| spec.passes == Some(2));
        let (run_id, seed) = identity(&mut request, &random);
        let builder = RoleBuilder {
            request: &request,
            providers: &providers,
            options: &options,
        };
        let mut panel = Vec::new();
        for (index, spec) in specs.panel.into_iter().enumerate() {
            panel.push(builder.role_config(Role::Panelist(index), spec)?);
        }
        let analyst = specs
            .analyst
            .map(|spec| builder.role_config(Role::Analyst, spec))
            .transpose()?;
        let writer = builder.role_config(Role::Writer, specs.writer)?;
        Ok(Self {
            run_id,
            seed,
            nonce: random.nonce,
            request: raw,
            restored,
            messages: request.messages,
            quorum: quorum(request.quorum, panel.len()),
            panel,
            analyst,
            second_pass,
            writer,
            timeouts: request.timeouts,
            max_retries: request.max_retries,
            max_cost: request.max_cost,
            max_tool_calls: request.max_tool_calls,
            cache_control: request.cache_control,
            tool_handlers: options.tool_handlers,
            prices,
        })
    }

    /// Returns the first request of a role to one of its models: the plan's conversation and the
    /// role's settings. Later calls override what changes: the conversation, the steps and the
    /// limits.
    pub(crate) fn model_request<'a>(
        &'a self,
        config: &'a RoleConfig,
        model: &'a ModelTarget,
    ) -> ModelRequest<'a> {
        ModelRequest {
            model: &model.model,
            system: config.system.as_deref(),
            messages: &self.messages,
            steps: &[],
            max_completion_tokens: config.max_completion_tokens,
            temperature: config.temperature,
            reasoning: config.reasoning.as_ref().map(Reasoning::of),
            hosted_tools: &model.tool_set.hosted,
            functions: &model.tool_set.functions,
            tool_choice: config.tool_choice.as_ref(),
            max_tool_calls: self.max_tool_calls,
            response_format: config.response_format.as_ref(),
            stop: config.stop.as_ref(),
            cache_control: self.cache_control.as_ref(),
            max_cost: None,
            refused: &[],
            extra_body: config.extra_body.as_ref(),
        }
    }

    /// Returns the panel as `run.started` lists it.
    pub(crate) fn members(&self) -> Vec<PanelMember> {
        let provider = |config: &RoleConfig| {
            config
                .models
                .first()
                .map(|model| model.provider.name.clone())
                .unwrap_or_default()
        };
        let member = |(index, config): (usize, &RoleConfig)| PanelMember {
            index,
            model: config.model().to_owned(),
            provider: provider(config),
        };
        self.panel
            .iter()
            .enumerate()
            .map(member)
            .collect::<Vec<_>>()
    }

    /// Returns every model that the run may call.
    pub(crate) fn model_targets(&self) -> Vec<&ModelTarget> {
        self.role_models().map(|(_, model)| model).collect()
    }

    /// Returns every model that the run may call, with its role.
    pub(crate) fn role_models(&self) -> impl Iterator<Item = (&RoleConfig, &ModelTarget)> {
        let roles = self.panel.iter().chain(&self.analyst).chain([&self.writer]);
        roles.flat_map(|config| config.models.iter().map(move |model| (config, model)))
    }
}

/// What the caller wrote for each role, with the preset and the request's `model` filled in.
pub(crate) struct RoleSpecs {
    /// Empty if `convene` is false.
    pub panel: Vec<ModelSpec>,
    pub analyst: Option<ModelSpec>,
    pub writer: ModelSpec,
}

impl RoleSpecs {
    /// Fills in the models that the request omits, and sets `request.model`. Fails if there is no
    /// model for a role.
    fn new(request: &mut Request, default: &Provider) -> Result<Self> {
        let on_openrouter = default.vendor == Vendor::OpenRouter;
        // Presets name OpenRouter's models, so another server needs an explicit preset.
        let preset = request
            .preset
            .or_else(|| presets().first())
            .filter(|_| request.preset.is_some() || on_openrouter && !default.is_missing_key());
        let panel = panel_specs(request, preset, default)?;
        let default_model = preset
            .map(|preset| preset.model.clone())
            .or_else(|| panel.first().map(full_name));
        request.model = request.model.take().or(default_model);
        let writer = request.role_spec(&request.writer).ok_or_else(|| {
            Error::invalid(
                "model",
                "is missing; with `convene: false` it, or `writer`, names the model that answers",
            )
        })?;
        let analyst = request
            .role_spec(&request.analyst)
            .filter(|_| request.convene);
        let panel = if request.convene { panel } else { Vec::new() };
        Ok(Self {
            panel,
            analyst,
            writer,
        })
    }
}

/// Returns the id and the seed of the run: those of the resumed run, if there is one.
fn identity(request: &mut Request, random: &RandomInputs) -> (String, u64) {
    let earlier = request.resume.take().map(|resume| resume.snapshot);
    let earlier_seed = earlier.as_ref().and_then(|earlier| earlier.seed);
    let run_id = earlier
        .map(|earlier| earlier.run_id)
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| random.run_id.clone());
    let seed = request.seed.or(earlier_seed.map(Count::get));
    (run_id, seed.unwrap_or(random.seed))
}

/// Returns the quorum of a panel of that size. By default the panel waits for every panelist.
fn quorum(requested: Option<Quorum>, members: usize) -> Quorum {
    match requested {
        Some(quorum) => Quorum {
            min_responses: quorum.min_responses.min(members),
            ..quorum
        },
        None => Quorum {
            min_responses: members,
            grace_ms: None,
        },
    }
}

/// Returns the panel: the request's models, or the preset's.
fn panel_specs(
    request: &Request,
    preset: Option<&Preset>,
    default: &Provider,
) -> Result<Vec<ModelSpec>> {
    match (&request.analysis_models, preset) {
        (Some(models), _) => Ok(models.clone()),
        (None, Some(preset)) => Ok(preset
            .panel
            .iter()
            .map(|model| ModelSpec::named(model))
            .collect()),
        (None, None) if !request.convene => Ok(Vec::new()),
        (None, None) if default.vendor == Vendor::OpenRouter => Err(missing_key_error(default)),
        (None, None) => Err(Error::invalid(
            "analysis_models",
            "is missing; presets name OpenRouter's models, and `baseURL` is another server's",
        )),
    }
}

/// Takes the caller's JSON and adds the models that a preset or a default fills in.
fn expanded_request(request: &mut Request, panel: &[ModelSpec]) -> Map {
    let mut raw = std::mem::take(&mut request.raw);
    if request.analysis_models.is_none() && request.convene {
        raw.insert(
            "analysis_models",
            panel.iter().map(|spec| json!(&spec.model)).collect(),
        );
    }
    if let Some(model) = &request.model {
        raw.insert("model", json!(model));
    }
    raw
}

/// Returns the name with its provider's prefix, so that it resolves without `provider`.
fn full_name(spec: &ModelSpec) -> String {
    match &spec.provider {
        Some(provider) => format!("{provider}:{}", spec.model),
        None => spec.model.clone(),
    }
}

fn missing_key_error(provider: &Provider) -> Error {
    let (name, hint) = match provider.vendor {
        Vendor::OpenRouter => ("OpenRouter", " (https://openrouter.ai/keys)"),
        _ => (provider.name.as_str(), ""),
    };
    Error::invalid(
        &provider.key_field,
        &format!("is missing; {name} needs one{hint}"),
    )
}
