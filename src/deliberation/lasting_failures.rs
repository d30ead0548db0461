//! Remembers models that failed as the analyst and whose later calls would fail, too. Takes the
//! error of a call. Returns the known failure of a model.

use std::cell::RefCell;

use crate::error::{Code, Error};
use crate::plan::ModelTarget;
use crate::policy::retry;

/// The models of one run whose later calls would fail, too.
#[derive(Debug, Default)]
pub(super) struct LastingFailures {
    known: RefCell<Vec<Failure>>,
}

/// A model with the error of its call.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub model: ModelTarget,
    pub error: Error,
}

impl LastingFailures {
    /// Remembers a failure of a model as the analyst, if the model would also fail as the writer.
    ///
    /// Ignores the error of a provider that refuses a request field, because the writer's request
    /// has other fields.
    pub(super) fn add(&self, model: &ModelTarget, error: &Error) {
        let refused = (error.code, error.status_code);
        let is_refused_field = matches!(refused, (Code::InvalidRequest, Some(400 | 422)));
        if !is_refused_field && !retry::may_serve_later(error) {
            self.known.borrow_mut().push(Failure {
                model: model.clone(),
                error: error.clone(),
            });
        }
    }

    /// Returns the known failure of a model, if any.
    pub(super) fn of(&self, model: &ModelTarget) -> Option<Failure> {
        let known = self.known.borrow();
        let failure = known
            .iter()
            .find(|failure| failure.model.is_same_model(model));
        failure.cloned()
    }
}
