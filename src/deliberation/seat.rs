//! One seat at work: its model, the repeats of a call that may pass, and its fallbacks.

use crate::json::Value;

use crate::deliberation::concurrency::PanelistPermit;
use crate::deliberation::tool_loop::{self, ToolLoopState};
use crate::deliberation::{ModelTarget, RoleConfig, Run, rng};
use crate::error::{Code, Error, Result};
use crate::policy::retry::{self, RetryAction};
use crate::result::{CallUsage, ToolCall};

/// What a seat is asked.
#[derive(Clone, Copy)]
pub struct RoleRequest<'a> {
    /// Who is asked.
    pub player: &'a RoleConfig,
    /// Of the player's models, those to try, in order.
    pub models: &'a [ModelTarget],
    /// Goes before the messages.
    pub system: Option<&'a str>,
    /// The conversation.
    pub messages: &'a [Value],
    /// What the answer has to look like.
    pub response_format: Option<&'a Value>,
    /// For `analysis.started`.
    pub order: &'a [usize],
    /// So is this, from the second pass on.
    pub pass: Option<u32>,
    /// Gives whoever is to hear a call's text while it streams.
    pub on_text: Option<&'a dyn Fn() -> TextSink<'a>>,
    /// Where the seat has to wait for a free connection.
    pub permit: Option<&'a PanelistPermit<'a>>,
}

/// Hears the text of one call, piece by piece.
pub type TextSink<'a> = Box<dyn FnMut(&str) + 'a>;

/// A usable answer; its text is in the journal.
pub struct RoleResponse {
    /// `stop`, `length`, ...
    pub finish_reason: Option<String>,
    /// Calls of tools that nobody here runs.
    pub tool_calls: Vec<ToolCall>,
    /// Of the calls that led to the answer.
    pub usage: CallUsage,
    /// From the first attempt's start to the end.
    pub latency_ms: u64,
}

/// Asks until a model answers. `attempt` counts on over several questions to one seat.
pub async fn call_with_retries(run: Run<'_>, question: RoleRequest<'_>, attempt: &mut u32) -> Result<RoleResponse> {
    let Run { plan, env, journal, .. } = run;
    let seat = question.player.seat;
    let began_ms = env.clock.now_ms();
    let mut rng = rng(plan, seat);
    let mut models = question.models.iter().peekable();
    while let Some(model) = models.next() {
        if let Some(permit) = question.permit {
            permit.acquire(&model.provider).await;
        }
        let mut failures = 0;
        // What its tools have found survives the failure of a call.
        let mut progress = ToolLoopState::default();
        loop {
            *attempt += 1;
            journal.attempt(seat, &model.name, *attempt, question.order, question.pass);
            let steps = progress.steps.len();
            let error = match tool_loop::run(run, question, model, &mut progress).await {
                Ok((ending, usage)) => {
                    let latency_ms = env.clock.now_ms().saturating_sub(began_ms);
                    return Ok(RoleResponse { finish_reason: ending.finish_reason, tool_calls: ending.calls, usage, latency_ms });
                }
                Err(error) => error,
            };
            // Another turn is another call.
            failures = if progress.steps.len() > steps { 1 } else { failures + 1 };
            let next_model = models.peek().map(|model| model.name.as_str());
            let has_begun = journal.has_text_after(seat, progress.committed_len());
            match (retry::next_action(&error, failures, plan.max_retries, has_begun, rng.f64()), next_model) {
                (RetryAction::Retry { delay_ms }, _) => {
                    journal.retrying(seat, None, error, delay_ms);
                    env.clock.sleep(delay_ms).await;
                }
                (RetryAction::NextModel, Some(_)) => {
                    journal.retrying(seat, next_model, error, 0);
                    break;
                }
                (RetryAction::NextModel, None) => return Err(error),
            }
        }
    }
    Err(Error::new(Code::UnexpectedError, "a seat without a model"))
}
