//! The analyst: compares the answers, blind and in shuffled order, and never merges them.
//!
//! It may fail without harm: bad JSON is read tolerantly, then asked for once more in stricter words, then the next model is asked,
//! and in the end the writer works from the answers alone.

use super::prompt::{self, Labels};
use super::seat::{self, Question};
use super::{Run, reading, rng};
use crate::error::{Code, Error};
use crate::event::Seat;
use crate::result::{Analysis, Response};

/// Compares the answers. `None`: there is no analysis, and the journal says why.
pub async fn compare(run: Run<'_>, responses: &[Response]) -> Option<Analysis> {
    run.controls.analysis(ask(run, responses)).await.unwrap_or_else(|| {
        run.journal.analysis_failed(Error::new(Code::Cancelled, "stopped by `proceed()`: the writer works from the answers"), None);
        None
    })
}

async fn ask(run: Run<'_>, responses: &[Response]) -> Option<Analysis> {
    let Run { plan, journal, .. } = run;
    let player = plan.analyst.as_ref().filter(|_| !responses.is_empty())?;
    let labels = deal(run, responses);
    let response_format = serde_json::from_str(prompt::RESPONSE_FORMAT).ok();
    let mut attempt = 0;
    for (position, model) in player.models.iter().enumerate() {
        let fallback = player.models.get(position + 1).map(String::as_str);
        for strict in [false, true] {
            let messages = prompt::for_analyst(&plan.messages, responses, &labels, &plan.nonce, strict);
            let question = Question {
                player,
                models: std::slice::from_ref(model),
                system: Some(prompt::ANALYST),
                messages: &messages,
                response_format: response_format.as_ref(),
                order: &labels.order,
            };
            match seat::ask(run, question, &mut attempt).await {
                Err(error) => {
                    journal.analysis_failed(error, fallback);
                    break;
                }
                Ok(_) => match reading::read(&journal.text(Seat::Analyst), responses, &labels) {
                    Some(analysis) => {
                        journal.analysis_completed(&analysis);
                        return Some(analysis);
                    }
                    None => {
                        let error = Error::new(Code::ProviderError, "the analyst's reply holds no JSON object with the five lists");
                        journal.analysis_failed(error, if strict { fallback } else { Some(model) });
                    }
                },
            }
        }
    }
    None
}

/// Shuffles the answers by the run's seed: judges favour positions.
pub fn deal(run: Run<'_>, responses: &[Response]) -> Labels {
    let mut order: Vec<usize> = responses.iter().map(|response| response.index).collect();
    rng(run.plan, Seat::Analyst).shuffle(&mut order);
    Labels { order }
}
