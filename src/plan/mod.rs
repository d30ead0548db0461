//! Builds the plan of a run. In: a [`Request`] and [`Options`]. Out: a [`Plan`], which has the
//! models, providers and tools of each role.

mod config;
mod earlier_run;
mod metering;
mod providers;
pub(crate) mod restore;
mod roles;
mod specs;
mod verifier;

use std::rc::Rc;

use crate::json::{Map, Value, json};

use crate::count::Count;
use crate::error::{Error, Result};
use crate::event::PanelMember;
use crate::plan::restore::Restored;
use crate::policy::quorum::Quorum;
use crate::provider::adaptation::Adaptation;
use crate::provider::dialect::ModelRequest;
use crate::provider::prices::Prices;
use crate::provider::{Provider, error_mapping, registry};
use crate::request::{Escalate, Options, Reasoning, Request, Timeouts};
use crate::role::{Role, Round};
use crate::usage::Cost;
use providers::Providers;
use roles::RoleBuilder;
use specs::RoleSpecs;
pub(crate) use verifier::Verifier;

pub(crate) use config::{ModelTarget, RoleConfig};

/// Random values of one run, which JavaScript generates. The nonce must stay secret. It does not
/// depend on the seed, because snapshots contain the seed.
#[derive(Clone, Debug, Default)]
pub(crate) struct RandomInputs {
    /// Id of the run.
    pub run_id: String,
    /// Seed that is used if the request has no seed.
    pub seed: u64,
    /// The secret part of the tags that mark untrusted text in prompts.
    pub nonce: String,
}

/// All data that a run needs before its first call.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub run_id: String,
    pub seed: u64,
    pub nonce: String,
    /// The caller's JSON with the values of the preset. Snapshots store this JSON. Therefore a
    /// resumed run has the same panel, even if a later version of this package changes the preset.
    pub request: Map,
    /// Whether the request's `model` is a default that the caller did not write.
    pub model_is_default: bool,
    pub restored: Restored,
    pub messages: Vec<Value>,
    /// The panel, then the further panelists of `escalate`. Empty if `convene` is false.
    pub panel: Vec<RoleConfig>,
    /// Number of panelists in the first round.
    pub first_round: usize,
    /// The condition under which the further panelists are asked. `None` without `escalate`.
    pub escalation: Option<EscalationRule>,
    pub analyst: Option<RoleConfig>,
    /// Whether the analyst makes a second pass.
    pub second_pass: bool,
    /// The checks of contradictions. `None` if nothing is checked.
    pub verifier: Option<Verifier>,
    /// The criteria of the comparison, from `analyst.criteria`.
    pub criteria: Option<String>,
    pub writer: RoleConfig,
    pub timeouts: Timeouts,
    pub quorum: Quorum,
    pub max_retries: u32,
    pub max_cost: Option<Cost>,
    pub max_tool_calls: u64,
    pub cache_control: Option<Value>,
    /// Names of the tools that have a callback in `toolHandlers`.
    pub tool_handlers: Vec<String>,
    pub prices: Prices,
    /// The providers whose secrets no message contains.
    providers: Vec<Rc<Provider>>,
}

/// The condition under which the further panelists of `escalate` are asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EscalationRule {
    /// Minimum number of contradictions in the first analysis.
    pub min_contradictions: usize,
    /// Whether the caller's `shouldEscalate` decides instead of the number of contradictions.
    pub asks_caller: bool,
}

impl EscalationRule {
    fn of(escalate: &Option<Escalate>, options: &Options) -> Option<Self> {
        escalate.as_ref().map(|escalate| Self {
            min_contradictions: escalate.min_contradictions,
            asks_caller: options.should_escalate,
        })
    }
}

impl Plan {
    /// Builds the plan. Presets and defaults add what the request omits. Fails if a model has no
    /// provider, no key or an unsupported setting. This function is long because it lists all
    /// fields of the plan.
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
        let specs = RoleSpecs::new(&mut request, &providers)?;
        let request = request;
        let restored = Restored::of(&request, &specs);
        let analyst = specs.analyst.as_ref();
        let second_pass = analyst.is_some_and(|spec| spec.passes == Some(2));
        let criteria = analyst.and_then(|spec| spec.criteria.clone());
        let (run_id, seed) = identity(&request, &random);
        let first_round = specs.first_round;
        let builder = RoleBuilder {
            request: &request,
            providers: &providers,
            options: &options,
            first_round,
        };
        let panel = builder.panel(specs.panel)?;
        let analyst = specs
            .analyst
            .map(|spec| builder.final_role(Role::Analyst, spec, &request.analyst, &panel))
            .transpose()?;
        let writer = builder.final_role(Role::Writer, specs.writer, &request.writer, &panel)?;
        let verifier = verifier::plan(&request, analyst.as_ref(), &restored)?;
        let quorum = quorum(request.quorum, first_round)?;
        let preset_panel = panel
            .get(..first_round)
            .filter(|_| request.analysis_models.is_none() && request.convene);
        Ok(Self {
            run_id,
            seed,
            nonce: random.nonce,
            request: expanded_request(request.raw, preset_panel, request.model),
            model_is_default: request.model_is_default,
            restored,
            messages: request.messages,
            quorum,
            panel,
            first_round,
            escalation: EscalationRule::of(&request.escalate, &options),
            analyst,
            second_pass,
            verifier,
            criteria,
            writer,
            timeouts: request.timeouts,
            max_retries: request.max_retries,
            max_cost: request.max_cost,
            max_tool_calls: request.max_tool_calls,
            cache_control: request.cache_control,
            tool_handlers: options.tool_handlers,
            prices,
            providers: providers.all(),
        })
    }

    /// Returns the request for the first call of a model in a role. The request has the plan's
    /// conversation and the role's settings. Later calls replace the conversation, the steps of the
    /// tool loop and the limits.
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
            dropped_params: &[],
            adaptation: Adaptation::NONE,
            extra_body: config.extra_body.as_ref(),
        }
    }

    /// Returns the panelists of a round, in the form that events contain.
    pub(crate) fn members(&self, round: Round) -> Vec<PanelMember> {
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
        let members = self.panel.iter().enumerate().map(member);
        members
            .filter(|member| self.round_of(member.index) == round)
            .collect::<Vec<_>>()
    }

    /// Returns the round in which a panelist is first asked.
    pub(crate) fn round_of(&self, index: usize) -> Round {
        if index < self.first_round {
            Round::First
        } else {
            Round::Second
        }
    }

    /// Returns the number of panelists that are asked for the first time in a round.
    pub(crate) fn round_size(&self, round: Round) -> usize {
        match round {
            Round::First => self.first_round,
            Round::Second => self.panel.len().saturating_sub(self.first_round),
        }
    }

    /// Returns a panelist's name for messages: its position and its model. Positions are counted
    /// from 1.
    pub(crate) fn panelist_name(&self, index: usize) -> String {
        let model = self.panel.get(index).map(RoleConfig::model);
        format!("panelist {} ({})", index + 1, model.unwrap_or_default())
    }

    /// Returns every model that the run may call.
    pub(crate) fn model_targets(&self) -> Vec<&ModelTarget> {
        self.role_models().map(|(_, model)| model).collect()
    }

    /// Removes the secrets of all providers from the text of a caller's function. The key that an
    /// `apiKey` function returns is not known here.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        registry::without_secrets(self.providers.iter().map(|it| &**it), text)
    }

    /// Like [`Plan::without_secrets`], and shortens the text to the length of other messages.
    pub(crate) fn sanitize(&self, text: &str) -> String {
        error_mapping::clip(&self.without_secrets(text))
    }

    /// Returns every model that the run may call, with its role.
    pub(crate) fn role_models(&self) -> impl Iterator<Item = (&RoleConfig, &ModelTarget)> {
        let roles = self.panel.iter().chain(&self.analyst).chain([&self.writer]);
        roles.flat_map(|config| config.models.iter().map(move |model| (config, model)))
    }
}

/// Returns the run's id and seed. A resumed run keeps the id and the seed of the earlier run.
fn identity(request: &Request, random: &RandomInputs) -> (String, u64) {
    let earlier = request.resume.as_ref().map(|resume| &resume.snapshot);
    let run_id = earlier
        .map(|earlier| &earlier.run_id)
        .filter(|id| !id.is_empty())
        .unwrap_or(&random.run_id);
    let earlier_seed = earlier.and_then(|earlier| earlier.seed).map(Count::get);
    let seed = request.seed.or(earlier_seed).unwrap_or(random.seed);
    (run_id.clone(), seed)
}

/// Returns the quorum of a run whose first round has `members` panelists. By default, each round
/// waits for every panelist. Fails if the first round has fewer panelists than `fail_below`.
fn quorum(requested: Option<Quorum>, members: usize) -> Result<Quorum> {
    let quorum = requested.unwrap_or(Quorum::ALL);
    let least = quorum.fail_below;
    if requested.is_some() && least > members && members > 0 {
        let rule = format!("is {least}, and the panel has {members}; it must not be larger");
        return Err(Error::invalid("quorum.fail_below", &rule));
    }
    Ok(quorum)
}

/// Adds the models of the preset and the default model to the caller's JSON.
fn expanded_request(raw: Map, preset_panel: Option<&[RoleConfig]>, model: Option<String>) -> Map {
    let mut expanded = raw;
    if let Some(panel) = preset_panel {
        let models = panel.iter().map(|config| json!(config.model())).collect();
        expanded.insert("analysis_models", models);
    }
    if let Some(model) = model {
        expanded.insert("model", json!(model));
    }
    expanded
}
