//! One seat at work: its model, the repeats of a call that may pass, and its fallbacks.

use serde_json::Value;

use super::{Player, Run, rng};
use crate::error::{Code, Error, Result};
use crate::policy::retry::{self, Next};
use crate::provider::dialect::{Ask, Ending, Piece};
use crate::provider::{Failure, call};
use crate::request::Reasoning;
use crate::result::{CallUsage, Cost, Status};

/// What a seat is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Who is asked.
    pub player: &'a Player,
    /// Of the player's models, those to try, in order.
    pub models: &'a [String],
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
}

/// Hears the text of one call, piece by piece.
pub type Listener<'a> = Box<dyn FnMut(&str) + 'a>;

/// A usable answer; its text is in the journal.
pub struct Answered {
    /// `stop`, `length`, ...
    pub finish_reason: Option<String>,
    /// Of the call that answered.
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
        let mut failures = 0;
        loop {
            *attempt += 1;
            journal.attempt(seat, model, *attempt, question.order, question.pass);
            let error = match attempt_once(run, question, model).await {
                Ok(Ending { finish_reason, usage, .. }) => {
                    let latency_ms = world.clock.now_ms().saturating_sub(began_ms);
                    return Ok(Answered { finish_reason, usage, latency_ms });
                }
                Err(error) => error,
            };
            failures += 1;
            let next_model = models.peek().map(|model| model.as_str());
            match (retry::after(&error, failures, plan.max_retries, journal.has_text(seat), rng.f64()), next_model) {
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

async fn attempt_once(run: Run<'_>, question: Question<'_>, model: &str) -> Result<Ending> {
    match call_once(run, question, model).await {
        // Many servers know no `response_format` or no schema in it; the reading is tolerant enough to do without.
        Err(Error { code: Code::InvalidRequest, status_code: Some(400 | 422), .. }) if question.response_format.is_some() => {
            call_once(run, Question { response_format: None, ..question }, model).await
        }
        outcome => outcome,
    }
}

async fn call_once(run: Run<'_>, question: Question<'_>, model: &str) -> Result<Ending> {
    let Run { plan, world, journal, purse, .. } = run;
    let player = question.player;
    let seat = player.seat;
    let ask = Ask {
        model,
        system: question.system,
        messages: question.messages,
        steps: &[],
        max_completion_tokens: player.max_completion_tokens,
        temperature: player.temperature,
        reasoning: player.reasoning.as_ref().map(Reasoning::of),
        hosted_tools: &player.tools,
        functions: &[],
        tool_choice: None,
        max_tool_calls: player.max_tool_calls,
        response_format: question.response_format,
        stop: None,
        cache_control: None,
        refused: &[],
        max_cost: None,
        extra_body: player.extra_body.as_ref(),
    };
    let ticket = purse.admit(player, &ask)?;
    let ask = Ask { max_cost: ticket.as_ref().map(|ticket| ticket.allotted()), ..ask };
    journal.call_began(seat, &plan.provider.name);
    let mut listener = question.listen.map(|listen| listen());
    let mut on = |piece: Piece<'_>| {
        journal.piece(seat, piece);
        if let Some(ticket) = &ticket {
            ticket.meter(&piece);
        }
        if let (Piece::Text(text), Some(listener)) = (piece, &mut listener) {
            listener(text);
        }
    };
    let call = call(&plan.provider, &ask, world, &plan.timeouts, &mut on);
    let outcome = match &ticket {
        Some(ticket) => ticket.spend(call).await,
        None => Ok(call.await),
    };
    let outcome = outcome.inspect_err(|_| journal.call_ended(seat, Status::Cancelled, CallUsage::default()))?;
    let usage = |usage: CallUsage| {
        // What a provider's own tools cost on top is not known from tokens.
        let usage = if player.tools.is_empty() { purse.priced(model, usage) } else { usage };
        ticket.iter().for_each(|ticket| ticket.settle(usage.cost));
        usage
    };
    match outcome {
        Ok(mut ending) => {
            ending.usage = usage(ending.usage);
            let verdict = if journal.has_text(seat) { judge(&ending) } else { Err(why_empty(&ending, player)) };
            let status = if verdict.is_ok() { Status::Completed } else { Status::Failed };
            journal.call_ended(seat, status, ending.usage);
            verdict.map(|()| ending)
        }
        Err(Failure { error, ending, unbilled }) => {
            let cost = ending.usage.cost.or(unbilled.then(Cost::default));
            journal.call_ended(seat, Status::Failed, usage(CallUsage { cost, ..ending.usage }));
            Err(error)
        }
    }
}

fn judge(ending: &Ending) -> Result<()> {
    match ending.finish_reason.as_deref() {
        Some("error") => Err(Error::new(Code::ProviderError, "the provider broke off with finish reason `error`")),
        _ => Ok(()),
    }
}

/// An answer without text is a failure, whatever its HTTP status said.
fn why_empty(ending: &Ending, player: &Player) -> Error {
    match ending.finish_reason.as_deref() {
        _ if !ending.refusal.is_empty() => Error::new(Code::ContentPolicy, format!("the model refused: {}", ending.refusal)),
        Some("content_filter") => Error::new(Code::ContentPolicy, "the provider filtered the answer out"),
        Some("length") => Error::new(
            Code::EmptyResponse,
            format!("all {} tokens of `max_completion_tokens` were used without producing any text", player.max_completion_tokens),
        ),
        Some("error") => Error::new(Code::ProviderError, "the provider broke off without producing any text"),
        _ => Error::new(Code::EmptyResponse, "the model finished without producing any text"),
    }
}
