//! One seat at work: its model, the repeats of a call that may pass, and its fallbacks.

use crate::json::Value;

use super::concurrency::PanelistPermit;
use super::tool_loop::{self, Progress};
use super::{Candidate, Player, Run, rng};
use crate::error::{Code, Error, Result};
use crate::policy::retry::{self, Next};
use crate::result::{CallUsage, ToolCall};

/// What a seat is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Who is asked.
    pub player: &'a Player,
    /// Of the player's models, those to try, in order.
    pub models: &'a [Candidate],
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
    pub listen: Option<&'a dyn Fn() -> Listener<'a>>,
    /// Where the seat has to wait for a free connection.
    pub permit: Option<&'a PanelistPermit<'a>>,
}

/// Hears the text of one call, piece by piece.
pub type Listener<'a> = Box<dyn FnMut(&str) + 'a>;

/// A usable answer; its text is in the journal.
pub struct Answered {
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
pub async fn ask(run: Run<'_>, question: Question<'_>, attempt: &mut u32) -> Result<Answered> {
    let Run { plan, world, journal, .. } = run;
    let seat = question.player.seat;
    let began_ms = world.clock.now_ms();
    let mut rng = rng(plan, seat);
    let mut models = question.models.iter().peekable();
    while let Some(model) = models.next() {
        if let Some(permit) = question.permit {
            permit.acquire(&model.provider).await;
        }
        let mut failures = 0;
        // What its tools have found survives the failure of a call.
        let mut progress = Progress::default();
        loop {
            *attempt += 1;
            journal.attempt(seat, &model.name, *attempt, question.order, question.pass);
            let steps = progress.steps.len();
            let error = match tool_loop::run(run, question, model, &mut progress).await {
                Ok((ending, usage)) => {
                    let latency_ms = world.clock.now_ms().saturating_sub(began_ms);
                    return Ok(Answered { finish_reason: ending.finish_reason, tool_calls: ending.calls, usage, latency_ms });
                }
                Err(error) => error,
            };
            // Another turn is another call.
            failures = if progress.steps.len() > steps { 1 } else { failures + 1 };
            let next_model = models.peek().map(|model| model.name.as_str());
            let has_begun = journal.has_text_after(seat, progress.said());
            match (retry::after(&error, failures, plan.max_retries, has_begun, rng.f64()), next_model) {
                (Next::Again { delay_ms }, _) => {
                    journal.retrying(seat, None, error, delay_ms);
                    world.clock.sleep(delay_ms).await;
                }
                (Next::NextModel, Some(_)) => {
                    journal.retrying(seat, next_model, error, 0);
                    break;
                }
                (Next::NextModel, None) => return Err(error),
            }
        }
    }
    Err(Error::new(Code::UnexpectedError, "a seat without a model"))
}
