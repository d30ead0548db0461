//! The analyst: compares the answers, blind and in shuffled order, and never merges them.
//!
//! It may fail without harm: bad JSON is read tolerantly, then asked for once more in stricter words, then the next model is asked,
//! and in the end the writer works from the answers alone. Where it succeeds, a second pass may mark what it found.

pub(super) mod item_stream;
pub(super) mod parser;
pub(super) mod second_pass;

use crate::deliberation::analysis::item_stream::ItemStream;
use crate::deliberation::analysis::parser::AnalysisParser;
use crate::deliberation::context::RunContext;
use crate::deliberation::labels::Labels;
use crate::deliberation::model_call::{RoleRequest, TextSink, attempts};
use crate::deliberation::prompt;
use crate::error::{Code, Error};
use crate::plan::{ModelTarget, RoleConfig};
use crate::result::{Analysis, Response};
use crate::role::Role;

/// Compares the answers. `None`: there is no analysis, and the journal says why.
pub async fn compare(run: RunContext<'_>, responses: &[Response]) -> Option<Analysis> {
    let RunContext { plan, recorder, control, .. } = run;
    let player = plan.analyst.as_ref().filter(|_| !responses.is_empty())?;
    let Some(found) = control.analysis(ask(run, player, responses)).await else {
        recorder.analysis_failed(Error::new(Code::Cancelled, "stopped by `proceed()`: the writer works from the answers"), None);
        return None;
    };
    let (mut analysis, model, attempt) = found?;
    recorder.analysis_parsed(&analysis);
    if plan.second_pass {
        let failed = |why: &str| recorder.warn("second_pass_failed", format!("the analysis stands without a second look: {why}"));
        match control.analysis(second_pass::run(run, player, model, responses, &analysis, attempt)).await {
            Some(Ok(marked)) => analysis = marked,
            Some(Err(error)) => failed(&error.message),
            None => failed("stopped by `proceed()`"),
        }
    }
    recorder.analysis_completed(&analysis);
    Some(analysis)
}

/// The analysis, the model that made it, and how many attempts that took.
async fn ask<'a>(run: RunContext<'_>, player: &'a RoleConfig, responses: &[Response]) -> Option<(Analysis, &'a ModelTarget, u32)> {
    let RunContext { plan, env, recorder, .. } = run;
    let labels = Labels::shuffled(plan, responses);
    let reader = AnalysisParser::new(responses, &labels, env.nfkc_lowercase);
    let response_format = prompt::RESPONSE_FORMAT.parse().ok();
    let mut attempt = 0;
    for (position, model) in player.models.iter().enumerate() {
        let fallback = player.models.get(position + 1).map(|model| model.name.as_str());
        for strict in [false, true] {
            let messages = prompt::for_analyst(&plan.messages, responses, &labels, &plan.nonce, strict);
            let on_text = || -> TextSink<'_> {
                let (reader, mut items) = (&reader, ItemStream::default());
                Box::new(move |text| {
                    items.feed(text, &mut |kind, item| reader.item(kind, item).into_iter().for_each(|item| recorder.analysis_item(item)))
                })
            };
            let question = RoleRequest {
                player,
                models: std::slice::from_ref(model),
                system: Some(prompt::ANALYST),
                messages: &messages,
                response_format: response_format.as_ref(),
                order: &labels.order,
                pass: None,
                on_text: Some(&on_text),
                permit: None,
            };
            match attempts::call_with_retries(run, question, &mut attempt).await {
                Err(error) => {
                    recorder.analysis_failed(error, fallback);
                    break;
                }
                Ok(_) => match reader.analysis(&recorder.text(Role::Analyst)) {
                    Some(analysis) => return Some((analysis, model, attempt)),
                    None => {
                        let error = Error::new(Code::ProviderError, "the analyst's reply holds no JSON object with the five lists");
                        recorder.analysis_failed(error, if strict { fallback } else { Some(&model.name) });
                    }
                },
            }
        }
    }
    None
}
