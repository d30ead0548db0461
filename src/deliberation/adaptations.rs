//! Remembers the request changes of a run. If a provider refuses a request to a model, later
//! requests to this model must change.

use std::cell::RefCell;

use crate::plan::ModelTarget;
use crate::provider::adaptation::Adaptation;

/// The request changes that the models of one run need.
#[derive(Debug, Default)]
pub(crate) struct Adaptations {
    known: RefCell<Vec<KnownModel>>,
}

/// The request changes that one model needs.
#[derive(Debug)]
struct KnownModel {
    provider: String,
    model: String,
    adaptation: Adaptation,
}

impl Adaptations {
    /// Returns the request changes for a model. If the provider has refused no request to this
    /// model, returns no changes.
    pub(crate) fn of(&self, target: &ModelTarget) -> Adaptation {
        let known = self.known.borrow();
        let known = known.iter().find(|known| known.is(target));
        known.map_or_else(Adaptation::default, |known| known.adaptation.clone())
    }

    /// Replaces the request changes for a model.
    pub(crate) fn set(&self, target: &ModelTarget, adaptation: Adaptation) {
        let mut known = self.known.borrow_mut();
        match known.iter_mut().find(|known| known.is(target)) {
            Some(known) => known.adaptation = adaptation,
            None => known.push(KnownModel {
                provider: target.provider.name.clone(),
                model: target.model.clone(),
                adaptation,
            }),
        }
    }
}

impl KnownModel {
    fn is(&self, target: &ModelTarget) -> bool {
        self.provider == target.provider.name && self.model == target.model
    }
}
