//! Plans the checks of contradictions. In: `analyst.verify` and the resolved analyst. Out: a
//! [`Verifier`].

use super::config::{ModelTarget, RoleConfig, Substitute};
use super::restore::Restored;
use crate::error::{Error, Result};
use crate::request::{MAX_CHECKS, Request, Verify};
use crate::result::{Analysis, Contradiction};
use crate::role::Role;

/// The plan of the checks: the contradictions to check, and the models that check them.
#[derive(Clone, Debug)]
pub(crate) struct Verifier {
    pub verify: Verify,
    /// The analyst's settings, with web tools as the only tools. Contains only models that can open
    /// pages.
    config: RoleConfig,
}

impl Verifier {
    /// Returns the role that checks the contradiction with this index.
    pub(crate) fn role(&self, index: usize) -> RoleConfig {
        RoleConfig {
            role: Role::Verifier(index),
            ..self.config.clone()
        }
    }

    /// Returns the models and settings of each check.
    pub(crate) fn config(&self) -> &RoleConfig {
        &self.config
    }

    /// Returns the largest number of checks.
    pub(crate) fn max_checks(&self) -> usize {
        match &self.verify {
            Verify::Contradictions => MAX_CHECKS,
            Verify::Indexes(indexes) => indexes.len(),
        }
    }

    /// Returns the indexes of the contradictions that are to be checked. Leaves out contradictions
    /// that were already checked, and contradictions without a stance.
    pub(crate) fn open_checks(&self, analysis: &Analysis) -> Vec<usize> {
        let find = |index: usize| analysis.contradictions.get(index);
        let has_stances = |index: &usize| find(*index).is_some_and(|item| !item.stances.is_empty());
        let chosen: Vec<usize> = match &self.verify {
            Verify::Contradictions => (0..analysis.contradictions.len())
                .filter(has_stances)
                .take(MAX_CHECKS)
                .collect(),
            Verify::Indexes(indexes) => indexes.iter().copied().filter(has_stances).collect(),
        };
        let is_open = |index: &usize| find(*index).is_some_and(|item| item.checked.is_none());
        chosen.into_iter().filter(is_open).collect()
    }
}

/// Plans the checks. Returns `None` if there is nothing to check. Fails if no model of the analyst
/// can open pages, or if the restored analysis has no contradiction with a requested index.
pub(super) fn plan(
    request: &Request,
    analyst: Option<&RoleConfig>,
    restored: &Restored,
) -> Result<Option<Verifier>> {
    let verify = request
        .analyst
        .as_ref()
        .and_then(|spec| spec.verify.clone());
    let (Some(verify), Some(analyst)) = (verify, analyst) else {
        return Ok(None);
    };
    let contradictions = match (&restored.analysis, &request.resume) {
        (Some(Some(analysis)), Some(resume)) if resume.asks_verify => {
            Some(&*analysis.contradictions)
        }
        _ => None,
    };
    check_indexes(&verify, contradictions)?;
    let models: Vec<ModelTarget> = analyst.models.iter().filter_map(with_web_tools).collect();
    if models.is_empty() {
        // If the checks of the earlier run are final, this run checks nothing and needs no tool.
        if restored.checks_are_over {
            return Ok(None);
        }
        let rule = format!(
            "needs a tool that opens web pages, and `{}` has none; give `tools` that its provider \
             hosts, or `web_fetch` in `toolHandlers`",
            analyst.model()
        );
        return Err(Error::invalid("analyst.verify", &rule));
    }
    let substitute = |substitute: &Substitute| {
        Some(Substitute {
            model: with_web_tools(&substitute.model)?,
            ..substitute.clone()
        })
    };
    let config = RoleConfig {
        models,
        substitutes: analyst.substitutes.iter().filter_map(substitute).collect(),
        ..analyst.clone()
    };
    Ok(Some(Verifier { verify, config }))
}

/// Returns the model with web tools as its only tools. Other tools could open pages that
/// `deliberation::web_access` forbids. Returns `None` if no tool opens pages.
fn with_web_tools(model: &ModelTarget) -> Option<ModelTarget> {
    let tool_set = model.tool_set.web_tools();
    tool_set.opens_pages().then(|| ModelTarget {
        tool_set,
        ..model.clone()
    })
}

/// Fails if there is no contradiction with a requested index.
fn check_indexes(verify: &Verify, contradictions: Option<&[Contradiction]>) -> Result<()> {
    let (Verify::Indexes(indexes), Some(contradictions)) = (verify, contradictions) else {
        return Ok(());
    };
    let count = contradictions.len();
    match indexes.iter().find(|index| **index >= count) {
        Some(index) => Err(Error::invalid(
            "analyst.verify",
            &format!(
                "has the index {index}; the analysis has {count} contradictions, counted from 0"
            ),
        )),
        None => Ok(()),
    }
}
