//! Calls one panelist: the conversation in, a [`Response`] out. Panelists do not see each other's
//! answers, because models in a debate tend to agree.

use crate::deliberation::concurrency::{ConcurrencyLimits, PanelistPermit};
use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::{RoleRequest, attempts};
use crate::deliberation::timeout::with_timeout;
use crate::error::Error;
use crate::plan::RoleConfig;
use crate::result::Response;

/// One panelist of a run.
#[derive(Clone, Copy)]
pub(super) struct Panelist<'a> {
    pub run: RunContext<'a>,
    /// The position in the panel. It equals the index in `config.role`.
    pub index: usize,
    pub config: &'a RoleConfig,
    pub limits: &'a ConcurrencyLimits,
}

/// Why a panelist ended without a complete new answer.
pub(super) struct Failure {
    pub error: Error,
    /// The answer that the run uses although the panelist failed. This is a text that was cut off,
    /// or an earlier answer of the panelist.
    pub kept: Option<Response>,
}

impl Panelist<'_> {
    /// Calls the panelist and records its outcome. `attempt` is counted across restarts.
    pub(super) async fn answer(&self, attempt: &mut u32) -> Result<Response, Failure> {
        let Self {
            run,
            index,
            config,
            limits,
        } = *self;
        let RunContext {
            plan,
            env,
            recorder,
            ..
        } = run;
        let permit = PanelistPermit::new(limits, || recorder.queued(index, config.model()));
        if let Some(model) = config.models.first() {
            permit.acquire(&model.provider).await;
        }
        let role_request = RoleRequest {
            config,
            models: &config.models,
            system: config.system.as_deref(),
            messages: &plan.messages,
            response_format: None,
            order: &[],
            pass: None,
            on_text: None,
            permit: Some(&permit),
            web_access: None,
        };
        let work = attempts::call_with_retries(run, role_request, attempt);
        let message = "reached `timeouts.panelist_ms`";
        match with_timeout(env, plan.timeouts.panelist_ms, message, work).await {
            Ok(answer) => Ok(recorder.panelist_completed(index, config.model(), answer)),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Records a failure of the panelist. Returns the failure, with the answer that the run still
    /// uses.
    pub(super) fn failure(&self, error: Error) -> Failure {
        let (recorder, model) = (self.run.recorder, self.config.model());
        let kept = recorder.panelist_failed(self.index, model, error.clone());
        Failure { error, kept }
    }
}
