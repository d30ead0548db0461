//! Runs the analyst: responses in, an [`Analysis`] out. The responses have blind labels and a
//! shuffled order; the analyst never merges them.
//!
//! The run survives a failed analysis. Malformed JSON is parsed leniently, then the model is called
//! once more with a stricter prompt, then the fallbacks are called. After that, the writer works
//! without an analysis. A second pass may mark the items of a successful one.

mod edges;
pub(crate) mod folding;
pub(crate) mod item_stream;
pub(crate) mod lists;
pub(crate) mod parser;
pub(crate) mod quotes;
pub(crate) mod second_pass;

use crate::deliberation::analysis::item_stream::ItemStream;
use crate::deliberation::analysis::parser::AnalysisParser;
use crate::deliberation::context::RunContext;
use crate::deliberation::labels::Labels;
use crate::deliberation::model_call::{RoleRequest, RoleResponse, TextSink, attempts};
use crate::deliberation::panel::PanelOutcome;
use crate::deliberation::prompt;
use crate::deliberation::role_models::RoleModels;
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::result::{Analysis, Response, Source};

/// Compares the responses. Returns `None` if the analysis failed; the recorder then has the error.
pub(super) async fn compare(run: RunContext<'_>, panel: &PanelOutcome) -> Option<Analysis> {
    let responses = &panel.responses;
    let RunContext {
        plan,
        recorder,
        control,
        ..
    } = run;
    let config = plan.analyst.as_ref().filter(|_| !responses.is_empty())?;
    let models = RoleModels::after_panel(run, config, panel);
    let analyst = run_analyst(run, config, &models, responses);
    let Some(outcome) = control.analysis(analyst).await else {
        recorder.analysis_failed(
            Error::new(
                Code::Cancelled,
                "stopped by `proceed()`: the writer works from the answers",
            ),
            None,
        );
        return None;
    };
    let (mut analysis, sources, model, attempt) = outcome?;
    recorder.analysis_parsed(&analysis, sources);
    if plan.second_pass {
        let analyst = (config, model);
        let failed = |why: &str| {
            recorder.warn(
                WarningCode::SecondPassFailed,
                format!("the analysis stands without a second pass: {why}"),
            )
        };
        match control
            .analysis(second_pass::run(
                run, analyst, responses, &analysis, attempt,
            ))
            .await
        {
            Some(Ok(marked)) => analysis = marked,
            Some(Err(error)) => failed(&error.message),
            None => failed("stopped by `proceed()`"),
        }
    }
    recorder.analysis_completed(&analysis);
    Some(analysis)
}

/// Returns the analysis, its sources, the model that made it, and the number of attempts.
async fn run_analyst<'a>(
    run: RunContext<'_>,
    config: &RoleConfig,
    models: &RoleModels<'a>,
    responses: &[Response],
) -> Option<(Analysis, Vec<Source>, &'a ModelTarget, u32)> {
    let RunContext { plan, recorder, .. } = run;
    let labels = Labels::shuffled(plan, responses);
    let parser = AnalysisParser::new(responses, &labels, run.env.unicode);
    let response_format = prompt::RESPONSE_FORMAT.parse().ok();
    let mut attempt = 0;
    let mut failure = models.known_failure.cloned();
    let (planned, substitutes) = (models.planned.iter(), models.substitutes.iter().copied());
    let mut candidates = planned.chain(substitutes).enumerate().peekable();
    while let Some((position, model)) = candidates.next() {
        let fallback = candidates.peek().map(|(_, model)| model.name.as_str());
        if position >= models.planned.len()
            && let Some(error) = &failure
        {
            models.warn_of(run, model, error);
        }
        for is_retry in [false, true] {
            let messages =
                prompt::for_analyst(&plan.messages, responses, &labels, &plan.nonce, is_retry);
            let open_sink = || item_sink(run, &parser);
            let role_request = RoleRequest {
                config,
                models: std::slice::from_ref(model),
                system: Some(prompt::ANALYST),
                messages: &messages,
                response_format: response_format.as_ref(),
                order: &labels.order,
                pass: None,
                on_text: Some(&open_sink),
                permit: None,
            };
            let reply = attempts::call_with_retries(run, role_request, &mut attempt).await;
            let is_answered = reply.is_ok();
            match reply.and_then(|reply| parsed(&parser, reply)) {
                Ok((analysis, sources)) => return Some((analysis, sources, model, attempt)),
                Err(error) => {
                    failure = Some(error.clone());
                    let is_retried = is_answered && !is_retry;
                    let next = is_retried.then_some(&*model.name).or(fallback);
                    recorder.analysis_failed(error, next);
                }
            }
            if !is_answered {
                break;
            }
        }
    }
    None
}

/// Returns a sink that emits the items of one reply while it streams.
fn item_sink<'a>(run: RunContext<'a>, parser: &'a AnalysisParser<'_>) -> TextSink<'a> {
    let mut items = ItemStream::default();
    Box::new(move |text| {
        items.feed(text, &mut |kind, item| {
            parser
                .item(kind, item)
                .into_iter()
                .for_each(|item| run.recorder.analysis_item(item))
        })
    })
}

/// Returns the analysis in a reply, and the sources of the reply.
fn parsed(parser: &AnalysisParser<'_>, reply: RoleResponse) -> Result<(Analysis, Vec<Source>)> {
    let analysis = parser.analysis(&reply.output.text).ok_or_else(|| {
        Error::new(
            Code::ProviderError,
            "the analyst's reply holds no JSON object with the five lists",
        )
    })?;
    Ok((analysis, reply.output.sources))
}
