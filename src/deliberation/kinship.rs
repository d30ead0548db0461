//! Finds panelists whose models belong to the same model family as the analyst, the writer or
//! another panelist. Takes a plan and the calls of its run. Returns [`Kinship`].
//!
//! Models favour the text of their own family ([arXiv
//! 2404.13076](https://arxiv.org/abs/2404.13076)), and panelists of one family share their errors
//! ([arXiv 2605.29800](https://arxiv.org/abs/2605.29800)).

use crate::deliberation::role_models::last_completed;
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::result::{Kinship, family};
use crate::usage::Activity;

/// Returns the kinship of the models that answered, which may be fallbacks. Without calls, returns
/// the kinship of the requested models. The analyst compares the answers of the panelists
/// `compared`, and the writer reads those of the panelists `answered`.
pub(super) fn of(
    plan: &Plan,
    compared: &[usize],
    answered: &[usize],
    activity: &[Activity],
) -> Kinship {
    let same_family = |config: &RoleConfig, indexes: &[usize]| {
        let own = family_of(config, activity);
        let members = members(plan, indexes);
        let related = members.filter(|(_, member)| family_of(member, activity) == own);
        related.map(|(index, _)| index).collect::<Vec<_>>()
    };
    Kinship {
        analyst: plan
            .analyst
            .as_ref()
            .map(|config| same_family(config, compared))
            .unwrap_or_default(),
        writer: same_family(&plan.writer, answered),
        panel: groups(members(plan, compared), activity),
    }
}

/// Returns the panelists with these indexes.
fn members<'a>(plan: &'a Plan, indexes: &[usize]) -> impl Iterator<Item = (usize, &'a RoleConfig)> {
    let panel = plan.panel.iter().enumerate();
    panel.filter(|(index, _)| indexes.contains(index))
}

/// Returns the groups of panelists that have one family and at least two different models.
fn groups<'a>(
    panel: impl Iterator<Item = (usize, &'a RoleConfig)>,
    activity: &[Activity],
) -> Vec<Vec<usize>> {
    let mut groups: Vec<(&str, Vec<(usize, &ModelTarget)>)> = Vec::new();
    for (index, config) in panel {
        let family = family_of(config, activity);
        let Some(model) = model_of(config, activity).filter(|_| !family.is_empty()) else {
            continue;
        };
        match groups.iter_mut().find(|(other, _)| *other == family) {
            Some((_, members)) => members.push((index, model)),
            None => groups.push((family, vec![(index, model)])),
        }
    }
    // Leave out groups in which all panelists have the same model, because the caller chose this.
    let has_two_models = |members: &[(usize, &ModelTarget)]| {
        members.iter().any(|(_, model)| {
            members
                .first()
                .is_some_and(|(_, first)| !first.is_same_model(model))
        })
    };
    groups
        .into_iter()
        .filter(|(_, members)| has_two_models(members))
        .map(|(_, members)| members.into_iter().map(|(index, _)| index).collect())
        .collect()
}

/// Returns the family of a role's model. If the provider serves only models of its own family,
/// returns this family. Otherwise the model's name determines the family.
fn family_of<'a>(config: &'a RoleConfig, activity: &[Activity]) -> &'a str {
    let Some(ModelTarget {
        provider, model, ..
    }) = model_of(config, activity)
    else {
        return "";
    };
    provider.vendor.family().unwrap_or_else(|| family(model))
}

/// Returns the model that answered in a role, or else the requested model.
fn model_of<'a>(config: &'a RoleConfig, activity: &[Activity]) -> Option<&'a ModelTarget> {
    last_completed(activity, config.role)
        .and_then(|call| config.all_models().find(|model| model.name == call.model))
        .or(config.models.first())
}
