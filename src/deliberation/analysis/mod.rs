//! Runs the analyst: responses in, an [`Analysis`] out. The responses have blind labels and a
//! shuffled order. The analyst does not merge them.
//!
//! The run survives a failed analysis. Malformed JSON is parsed leniently. If that fails, the same
//! model is called once more with a stricter prompt. Then the fallbacks and a substitute are
//! called. If all of them fail, the writer works without an analysis.
//!
//! A second pass may mark the items of a successful analysis.

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
use crate::deliberation::lasting_failures::Failure;
use crate::deliberation::model_call::{RoleRequest, RoleResponse, TextSink, attempts};
use crate::deliberation::panel::PanelOutcome;
use crate::deliberation::prompt::{self, Material};
use crate::deliberation::role_models::{self, RoleModels};
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::result::{Analysis, Response, Source};

/// Compares the responses. If the analysis fails, records the error and returns `None`.
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

/// An analysis with its sources.
type Parsed = (Analysis, Vec<Source>);

/// Returns the analysis, its sources, the model that made it, and the number of attempts. Calls the
/// planned models, then substitutes. Stops after a substitute that may have cost money.
async fn run_analyst<'a>(
    run: RunContext<'_>,
    config: &RoleConfig,
    models: &'a RoleModels<'_>,
    responses: &[Response],
) -> Option<(Analysis, Vec<Source>, &'a ModelTarget, u32)> {
    let recorder = run.recorder;
    let labels = &Labels::shuffled(run.plan, responses);
    let analyst = Analyst {
        run,
        config,
        responses,
        labels,
        parser: AnalysisParser::new(responses, labels, run.env.unicode),
    };
    let mut attempt = 0;
    let mut failure = models.known_failure.clone();
    let (planned, substitutes) = (models.planned.iter(), models.substitutes.iter().copied());
    let is_substitute = |position: usize| position >= models.planned.len();
    let mut candidates = planned.chain(substitutes).enumerate().peekable();
    while let Some((position, model)) = candidates.next() {
        if let Some(Failure {
            model: failed,
            error,
        }) = &failure
            && is_substitute(position)
        {
            models.warn_of(run, model, (failed, error));
        }
        let calls_before = recorder.activity().len();
        let mut reply = analyst.ask(model, false, &mut attempt).await;
        let is_answered = reply.is_ok();
        if let Ok(Err(error)) = reply {
            recorder.analysis_failed(error, Some(&model.name));
            reply = analyst.ask(model, true, &mut attempt).await;
        }
        let error = match reply.flatten() {
            Ok((analysis, sources)) => return Some((analysis, sources, model, attempt)),
            Err(error) => error,
        };
        run.lasting_failures.add(model, &error);
        // A substitute would have the same budget, so it would fail too.
        let is_last_substitute = error.code == Code::BudgetExceeded
            || is_substitute(position)
                && (is_answered || role_models::may_be_paid(run, calls_before, &error));
        let next = candidates.peek().copied();
        let next = next.filter(|(position, _)| !is_last_substitute || !is_substitute(*position));
        recorder.analysis_failed(error.clone(), next.map(|(_, model)| &*model.name));
        next?;
        failure = Some(Failure {
            model: model.clone(),
            error,
        });
    }
    None
}

/// The data that each call of the analyst needs.
struct Analyst<'a> {
    run: RunContext<'a>,
    config: &'a RoleConfig,
    responses: &'a [Response],
    labels: &'a Labels,
    parser: AnalysisParser<'a>,
}

impl Analyst<'_> {
    /// Calls one model. The outer result fails if no reply arrived. The inner result fails if the
    /// reply is not an analysis.
    async fn ask(
        &self,
        model: &ModelTarget,
        is_retry: bool,
        attempt: &mut u32,
    ) -> Result<Result<Parsed>> {
        let Self { run, labels, .. } = *self;
        let material = Material::new(run.plan, self.responses, labels);
        let messages = prompt::for_analyst(material, is_retry);
        let response_format = prompt::RESPONSE_FORMAT.parse().ok();
        let open_sink = || item_sink(run, &self.parser);
        let role_request = RoleRequest {
            config: self.config,
            models: std::slice::from_ref(model),
            system: Some(prompt::ANALYST),
            messages: &messages,
            response_format: response_format.as_ref(),
            order: &labels.order,
            pass: None,
            on_text: Some(&open_sink),
            permit: None,
            web_access: None,
        };
        let reply = attempts::call_with_retries(run, role_request, attempt).await?;
        Ok(parsed(&self.parser, reply))
    }
}

/// Returns a sink that parses one reply while it streams and records its items.
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
fn parsed(parser: &AnalysisParser<'_>, reply: RoleResponse) -> Result<Parsed> {
    let analysis = parser.analysis(&reply.output.text).ok_or_else(|| {
        Error::new(
            Code::ProviderError,
            "the analyst's reply holds no JSON object with the five lists",
        )
    })?;
    Ok((analysis, reply.output.sources))
}
