//! Adds the models that the request omits. In: a [`Request`]. Out: [`RoleSpecs`].

use super::providers::Providers;
use crate::error::{Error, Result};
use crate::provider::Vendor;
use crate::request::{Escalate, ModelSpec, Preset, Request, presets};

/// The caller's settings for each role. Omitted models come from the preset or from the request's
/// `model`.
pub(crate) struct RoleSpecs {
    /// The panel, then the further panelists of `escalate`. Empty if `convene` is false.
    pub panel: Vec<ModelSpec>,
    /// Number of panelists in the first round.
    pub first_round: usize,
    pub escalate: Option<Escalate>,
    pub analyst: Option<ModelSpec>,
    pub writer: ModelSpec,
}

impl RoleSpecs {
    /// Adds the models that the request omits, and sets `request.model`. Fails if a role has no
    /// model.
    pub(super) fn new(request: &mut Request, providers: &Providers) -> Result<Self> {
        let default = &providers.default;
        let on_openrouter = default.vendor == Vendor::OpenRouter;
        // A preset contains OpenRouter's models. If the default provider is another server, a
        // preset applies only if the request names the preset.
        let preset = request
            .preset
            .or_else(|| presets().first())
            .filter(|_| request.preset.is_some() || on_openrouter && !default.is_missing_key());
        let panel = panel_specs(request, preset, providers)?;
        let default_model = preset
            .map(|preset| preset.model.clone())
            .or_else(|| panel.first().map(full_name));
        request.model_is_default |= request.model.is_none();
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
        let mut panel = if request.convene { panel } else { Vec::new() };
        let first_round = panel.len();
        if let Some(escalate) = &request.escalate {
            escalate.check_size("", first_round)?;
            panel.extend(escalate.models.iter().cloned());
        }
        Ok(Self {
            panel,
            first_round,
            escalate: request.escalate.clone(),
            analyst,
            writer,
        })
    }
}

/// Returns the panel of the request. If the request lists no panel, returns the panel of the
/// preset.
fn panel_specs(
    request: &Request,
    preset: Option<&Preset>,
    providers: &Providers,
) -> Result<Vec<ModelSpec>> {
    let default = &providers.default;
    match (&request.analysis_models, preset) {
        (Some(models), _) => Ok(models.clone()),
        (None, Some(preset)) => Ok(preset
            .panel
            .iter()
            .map(|model| ModelSpec::named(model))
            .collect()),
        (None, None) if !request.convene => Ok(Vec::new()),
        (None, None) if default.vendor == Vendor::OpenRouter => {
            Err(providers.missing_key_error(default, None))
        }
        (None, None) => Err(Error::invalid(
            "analysis_models",
            "is missing; presets name OpenRouter's models, and `baseURL` is another server's",
        )),
    }
}

/// Returns the model's name with the prefix of its provider. The name then identifies the model
/// without the field `provider`.
fn full_name(spec: &ModelSpec) -> String {
    match &spec.provider {
        Some(provider) => format!("{provider}:{}", spec.model),
        None => spec.model.clone(),
    }
}
