//! Resolves roles. In: a [`ModelSpec`]. Out: a [`RoleConfig`] with providers and tools.

use std::rc::Rc;

use super::config::{ModelTarget, RoleConfig, Substitute};
use super::metering;
use super::providers::Providers;
use crate::error::{Error, Result};
use crate::json::Value;
use crate::provider::dialect::Dialect;
use crate::provider::tools::{self, ToolSet};
use crate::provider::{Provider, Vendor};
use crate::request::{ModelSpec, Options, Request, Temperature, check_name, did_you_mean};
use crate::role::Role;

/// The limit of an answer's tokens if the caller sets none.
const DEFAULT_LIMIT: u64 = 16_000;

/// Builds the roles of a plan.
pub(super) struct RoleBuilder<'a> {
    pub request: &'a Request,
    pub providers: &'a Providers,
    pub options: &'a Options,
    /// Number of panelists in the first round.
    pub first_round: usize,
}

/// The data from which one role is resolved.
struct RoleInput<'a> {
    /// The path of the role's field in the request, for error messages.
    path: String,
    /// The path of the model's name in the request. A panelist may be a bare string, so this path
    /// equals `path` for a panelist.
    model_path: String,
    spec: &'a ModelSpec,
    /// Whether the request's `tools` and `reasoning` apply to the role. They apply to panelists and
    /// the analyst, but not to the writer.
    researches: bool,
}

impl<'a> RoleInput<'a> {
    /// Returns the data of one role. `first_round` is the number of panelists in the first round.
    fn new(role: Role, spec: &'a ModelSpec, first_round: usize) -> Self {
        let (path, model_path) = match role {
            Role::Panelist(index) => {
                let path = match index.checked_sub(first_round) {
                    Some(further) => format!("escalate.analysis_models[{further}]"),
                    None => format!("analysis_models[{index}]"),
                };
                (path.clone(), path)
            }
            Role::Analyst | Role::Verifier(_) => ("analyst".to_owned(), "analyst.model".to_owned()),
            Role::Writer => ("writer".to_owned(), "writer.model".to_owned()),
        };
        Self {
            path,
            model_path,
            spec,
            researches: role != Role::Writer,
        }
    }
}

impl RoleBuilder<'_> {
    /// Resolves the panelists.
    pub(super) fn panel(&self, specs: Vec<ModelSpec>) -> Result<Vec<RoleConfig>> {
        let mut panel = Vec::new();
        for (index, spec) in specs.into_iter().enumerate() {
            panel.push(self.role_config(Role::Panelist(index), spec)?);
        }
        Ok(panel)
    }

    /// Resolves the analyst or the writer. `spec` is the complete specification of the role. `own`
    /// is the specification that the caller wrote. If the role uses a default model, models of the
    /// panel may replace the default model.
    pub(super) fn final_role(
        &self,
        role: Role,
        spec: ModelSpec,
        own: &Option<ModelSpec>,
        panel: &[RoleConfig],
    ) -> Result<RoleConfig> {
        let is_own = |own: &ModelSpec| !own.model.is_empty() || own.provider.is_some();
        let is_default = self.request.model_is_default && !own.as_ref().is_some_and(is_own);
        let substitutes = if is_default {
            self.substitutes(&RoleInput::new(role, &spec, self.first_round), panel)
        } else {
            Vec::new()
        };
        Ok(RoleConfig {
            substitutes,
            ..self.role_config(role, spec)?
        })
    }

    /// Returns the models of the panel that can work in the role. Omits models whose provider does
    /// not support a tool or a setting of the role.
    fn substitutes(&self, input: &RoleInput<'_>, panel: &[RoleConfig]) -> Vec<Substitute> {
        let substitute = |panelist: usize, model: &ModelTarget| -> Result<Substitute> {
            self.check_client(&input.model_path, "names", &model.provider.name)?;
            let model = ModelTarget {
                tool_set: self.tool_set(input, &model.provider)?,
                ..model.clone()
            };
            let reasoning = self.reasoning(input);
            check_settings(input, std::slice::from_ref(&model), reasoning)?;
            Ok(Substitute { panelist, model })
        };
        let members = panel.iter().enumerate();
        let models = members.flat_map(|(panelist, config)| {
            config.models.iter().map(move |model| (panelist, model))
        });
        models
            .filter_map(|(panelist, model)| substitute(panelist, model).ok())
            .collect()
    }

    /// Returns the role's `reasoning`. If the role has no `reasoning`, returns the request's
    /// `reasoning`.
    fn reasoning<'a>(&'a self, input: &RoleInput<'a>) -> Option<&'a Value> {
        let inherited = self.request.reasoning.as_ref();
        let inherited = inherited.filter(|_| input.researches);
        input.spec.reasoning.as_ref().or(inherited)
    }

    /// Resolves one role. Fails if a model has no provider, no key or an unsupported setting.
    pub(super) fn role_config(&self, role: Role, spec: ModelSpec) -> Result<RoleConfig> {
        let request = self.request;
        let input = RoleInput::new(role, &spec, self.first_round);
        if let Some(extra) = spec
            .extra_body
            .as_ref()
            .filter(|_| request.max_cost.is_some())
        {
            metering::check_extra_body(&input.path, extra)?;
        }
        let models = self.models(&input)?;
        let reasoning = self.reasoning(&input).cloned();
        check_settings(&input, &models, reasoning.as_ref())?;
        let limit = spec.max_completion_tokens.or(request.max_completion_tokens);
        Ok(RoleConfig {
            role,
            models,
            substitutes: Vec::new(),
            system: spec.system,
            temperature: match role {
                Role::Panelist(_) => spec.temperature.or(request.temperature),
                Role::Analyst | Role::Verifier(_) => Some(Temperature::ZERO),
                Role::Writer => spec.temperature,
            },
            reasoning,
            max_completion_tokens: limit.unwrap_or(DEFAULT_LIMIT),
            has_default_limit: limit.is_none(),
            tool_choice: spec.tool_choice,
            response_format: spec.response_format,
            stop: spec.stop,
            extra_body: spec.extra_body,
        })
    }

    /// Returns the model and its fallbacks.
    fn models(&self, input: &RoleInput<'_>) -> Result<Vec<ModelTarget>> {
        let mut models = vec![self.target(input, &input.model_path, &input.spec.model)?];
        for (index, name) in input.spec.fallbacks.iter().enumerate() {
            let field = format!("{}.fallbacks[{index}]", input.path);
            models.push(self.target(input, &field, name)?);
        }
        Ok(models)
    }

    /// Resolves one model. `field` is the path of the model's name in the request.
    fn target(&self, input: &RoleInput<'_>, field: &str, name: &str) -> Result<ModelTarget> {
        let (provider, model) = self.provider(input, field, name)?;
        if provider.is_missing_key() {
            return Err(self.providers.missing_key_error(&provider, Some(name)));
        }
        // Check the name without its prefix too, because it may name a fusion such as
        // `openrouter/fusion`.
        check_name(&input.path, model)?;
        Ok(ModelTarget {
            name: name.to_owned(),
            model: model.to_owned(),
            tool_set: self.tool_set(input, &provider)?,
            provider,
        })
    }

    /// Returns a model's provider, and the model's name at this provider. `model_field` is the path
    /// of the name in the request.
    ///
    /// Fails if the provider is unknown, or if the request came from a client that may not use the
    /// provider.
    fn provider<'a>(
        &self,
        input: &RoleInput<'_>,
        model_field: &str,
        name: &'a str,
    ) -> Result<(Rc<Provider>, &'a str)> {
        let spec = input.spec;
        match (&spec.provider, self.providers.split(name)) {
            (Some(provider), split) if name == spec.model || split.is_none() => {
                let field = format!("{}.provider", input.path);
                self.check_client(&field, "names", provider)?;
                // Also check the field that contains the model's name. The server may have set the
                // provider, and the client the model. Without this check, a client could use any
                // model of such a provider.
                self.check_client(model_field, "would go to", provider)?;
                let unknown = || {
                    let hint = did_you_mean(provider, &self.providers.names())
                        .map(|name| format!("; did you mean `{name}`?"))
                        .unwrap_or_default();
                    let rule = format!(
                        "is `{provider}`, which is neither built in nor in `providers`{hint}"
                    );
                    Error::invalid(&field, &rule)
                };
                Ok((self.providers.get(provider).ok_or_else(unknown)?, name))
            }
            (_, Some((provider, model))) => {
                self.check_client(model_field, "names", &provider.name)?;
                Ok((provider, model))
            }
            (_, None) => Ok((self.providers.default.clone(), name)),
        }
    }

    /// Fails if the field came from a client and the client may not name this provider.
    fn check_client(&self, field: &str, verb: &str, provider: &str) -> Result<()> {
        let Some(client) = &self.options.client_providers else {
            return Ok(());
        };
        if client.may_name(field, provider) || provider == self.providers.default.name {
            return Ok(());
        }
        let rule = format!("{verb} the provider `{provider}`, which is not served here");
        Err(Error::invalid(field, &rule))
    }

    /// Returns the tools of a role at a provider. Fails if a tool cannot run at this provider.
    fn tool_set(&self, input: &RoleInput<'_>, provider: &Provider) -> Result<ToolSet> {
        let handlers = &self.options.tool_handlers;
        let max_uses = self.request.max_tool_calls;
        let inherited = self.request.tools.as_ref().filter(|_| input.researches);
        let (field, tools) = match (&input.spec.tools, inherited) {
            (Some(tools), _) => (format!("{}.tools", input.path), tools),
            (None, Some(tools)) => ("tools".to_owned(), tools),
            (None, None) if input.researches => {
                let tools = tools::default_tools();
                return Ok(ToolSet::for_provider(&tools, provider, handlers, max_uses));
            }
            (None, None) => return Ok(ToolSet::default()),
        };
        let tool_set = ToolSet::for_provider(tools, provider, handlers, max_uses);
        if let Some(position) = tool_set.unsupported.first() {
            let rule = format!(
                "is not hosted by `{}`; give a callback in `toolHandlers` where it is web_search or web_fetch, or other `tools` to `{}`",
                provider.name, input.path
            );
            return Err(Error::invalid(&format!("{field}[{position}]"), &rule));
        }
        let has_handler = |tool: &&Value| {
            tools::function_name(tool).is_some_and(|name| handlers.iter().any(|own| own == name))
        };
        let unhandled = tool_set.functions.iter().find(|tool| !has_handler(tool));
        if let Some(tool) = unhandled.filter(|_| input.researches) {
            let name = tools::function_name(tool).unwrap_or_default();
            return Err(Error::invalid(
                &format!("toolHandlers.{name}"),
                &format!("is missing; `{field}` has a function of that name"),
            ));
        }
        Ok(tool_set)
    }
}

/// Fails if the provider of one of the models does not support a setting.
fn check_settings(
    input: &RoleInput<'_>,
    models: &[ModelTarget],
    reasoning: Option<&Value>,
) -> Result<()> {
    let has_budget = reasoning.is_some_and(|reasoning| reasoning.get("max_tokens").is_some());
    for ModelTarget { provider, .. } in models {
        let takes_budget =
            provider.vendor == Vendor::OpenRouter || provider.dialect == Dialect::Messages;
        if has_budget && !takes_budget {
            let rule = format!(
                "is for OpenRouter and the `messages` dialect, and `{}` is neither; use `effort`",
                provider.name
            );
            return Err(Error::invalid("reasoning.max_tokens", &rule));
        }
        if input.spec.stop.is_some() && provider.dialect == Dialect::Responses {
            return Err(Error::invalid(
                &format!("{}.stop", input.path),
                "does not exist in the `responses` dialect",
            ));
        }
    }
    Ok(())
}
