//! Runs the analyst: responses in, an [`Analysis`] out. The analyst sees the responses in a
//! shuffled order, with labels instead of model names. The analyst compares the responses and does
//! not merge them.
//!
//! A failed analysis does not fail the run. The parser accepts malformed JSON. If it cannot parse a
//! reply, the same model is called once more with a stricter prompt. If this model fails again, the
//! role's fallbacks are called, and then models of panelists as substitutes. If all these models
//! fail, the writer works without an analysis.
//!
//! After a successful analysis, a second pass may confirm the analysis's items.

pub(crate) mod characters;
mod edges;
pub(crate) mod folding;
pub(crate) mod item_stream;
pub(crate) mod lists;
mod markdown_link;
pub(crate) mod parser;
pub(crate) mod quotes;
pub(crate) mod second_pass;

use crate::deliberation::analysis::item_stream::ItemStream;
use crate::deliberation::analysis::parser::AnalysisParser;
use crate::deliberation::context::RunContext;
use crate::deliberation::labels::Labels;
use crate::deliberation::lasting_failures::Failure;
use crate::deliberation::model_call::{RoleRequest, RoleResponse, TextSink, attempts};
use crate::deliberation::prompt::{self, Material};
use crate::deliberation::role_models::{self, RoleModels};
use crate::deliberation::round_panel::PanelOutcome;
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::result::{Analysis, Response, Source};
use crate::role::{Role, Round};
use crate::usage::{Activity, Status};

/// An analysis of one round.
pub(super) struct Comparison {
    pub analysis: Analysis,
    /// The model that made the analysis, and its number of attempts. `None` if the analysis is
    /// restored and this run does not have its model.
    made_by: Option<(ModelTarget, u32)>,
    is_restored: bool,
    /// Whether the recorder has the analysis as completed.
    is_completed: bool,
}

impl Comparison {
    /// Returns the restored analysis of a round and replays it. A snapshot may be old or edited, so
    /// its quotes are checked again.
    pub(super) fn restored(
        run: RunContext<'_>,
        round: Round,
        mut analysis: Analysis,
        responses: &[Response],
    ) -> Self {
        quotes::check_again(&mut analysis, responses, run.env.unicode);
        run.recorder.analysis_restored(&analysis);
        Self {
            analysis,
            made_by: restored_maker(run, round),
            is_restored: true,
            is_completed: true,
        }
    }

    /// Returns whether the analysis comes from the snapshot that the run resumes.
    pub(super) fn is_restored(&self) -> bool {
        self.is_restored
    }

    /// Returns the number of the analyst's attempts in this run so far.
    pub(super) fn attempts(&self) -> u32 {
        let made_by = self.made_by.as_ref().filter(|_| !self.is_restored);
        made_by.map_or(0, |(_, attempts)| *attempts)
    }

    /// Records the analysis as completed, if the recorder has not done so yet.
    pub(super) fn complete(&mut self, run: RunContext<'_>) {
        if !std::mem::replace(&mut self.is_completed, true) {
            run.recorder.analysis_completed(&self.analysis);
        }
    }

    /// Makes the second pass, if the request has one, and completes the analysis. A restored
    /// analysis gets its second pass if the earlier run stopped before the end of that pass.
    pub(super) async fn finish(mut self, run: RunContext<'_>, panel: &PanelOutcome) -> Analysis {
        let RunContext { plan, control, .. } = run;
        let is_open = !self.is_restored || plan.restored.needs_second_pass(&self.analysis);
        if let Some(config) = plan
            .analyst
            .as_ref()
            .filter(|_| plan.second_pass && is_open)
        {
            let outcome = match &self.made_by {
                Some((model, attempt)) => {
                    // The pass emits `analysis.started`, so the analysis completes again.
                    self.is_completed = false;
                    let second_pass =
                        second_pass::run(run, (config, model), panel, &self.analysis, *attempt);
                    let stopped = || Err(Error::new(Code::Cancelled, "stopped by `proceed()`"));
                    let outcome = control.analysis(second_pass).await;
                    outcome.unwrap_or_else(stopped)
                }
                None => Err(Error::new(
                    Code::UnexpectedError,
                    "the model of the restored analysis is not in this run",
                )),
            };
            self.end_second_pass(run, outcome);
        }
        self.complete(run);
        self.analysis
    }

    /// Takes over the marks of the second pass, or warns. If `max_cost` ended the pass, a resumed
    /// run makes it again.
    fn end_second_pass(&mut self, run: RunContext<'_>, outcome: Result<Analysis>) {
        let is_out_of_budget = |error: &Error| error.code == Code::BudgetExceeded;
        if !outcome.as_ref().is_err_and(is_out_of_budget) {
            run.recorder.second_pass_ended();
        }
        match outcome {
            Ok(marked) => self.analysis = marked,
            Err(error) => run.recorder.warn(
                WarningCode::SecondPassFailed,
                format!(
                    "the analysis stands without a second pass: {}",
                    error.message
                ),
            ),
        }
    }
}

/// Returns the model that made the restored analysis of a round, and the number of the analyst's
/// attempts in that round.
fn restored_maker(run: RunContext<'_>, round: Round) -> Option<(ModelTarget, u32)> {
    let is_of_round = |call: &&Activity| {
        call.belongs_to(Role::Analyst) && call.round.is_none_or(|of| of == round.number())
    };
    let calls = || run.plan.restored.activity.iter().filter(is_of_round);
    let maker = calls().rfind(|call| call.status == Status::Completed)?;
    let mut models = run.plan.analyst.as_ref()?.all_models();
    let model = models.find(|model| model.name == maker.model)?.clone();
    let attempts = calls().map(|call| call.attempt).max();
    Some((model, attempts.unwrap_or_default()))
}

/// Makes the first pass of an analysis. If the analysis fails, records the error and returns
/// `None`. In the second round, `attempts` is the number of the analyst's attempts in the first
/// round.
pub(super) async fn compare(
    run: RunContext<'_>,
    panel: &PanelOutcome,
    attempts: u32,
) -> Option<Comparison> {
    let responses = &panel.responses;
    let RunContext {
        plan,
        recorder,
        control,
        ..
    } = run;
    let config = plan.analyst.as_ref().filter(|_| !responses.is_empty())?;
    let models = RoleModels::after_panel(run, config, panel);
    let analyst = run_analyst(run, (config, &models), panel, attempts);
    let Some(outcome) = control.analysis(analyst).await else {
        recorder.analysis_ended(false);
        recorder.analysis_failed(
            Error::new(
                Code::Cancelled,
                "stopped by `proceed()`: the run goes on without this analysis",
            ),
            None,
        );
        return None;
    };
    let (analysis, sources, model, attempt) = outcome?;
    recorder.analysis_parsed(&analysis, sources);
    Some(Comparison {
        analysis,
        made_by: Some((model.clone(), attempt)),
        is_restored: false,
        is_completed: false,
    })
}

/// An analysis with its sources.
type Parsed = (Analysis, Vec<Source>);

/// Returns the analysis, its sources, the model that made it, and the number of attempts. Calls the
/// models of the request, then substitutes, which are models of panelists. If a failed call of a
/// substitute may have cost money, calls no further substitute.
async fn run_analyst<'a>(
    run: RunContext<'_>,
    (config, models): (&RoleConfig, &'a RoleModels<'_>),
    panel: &PanelOutcome,
    mut attempt: u32,
) -> Option<(Analysis, Vec<Source>, &'a ModelTarget, u32)> {
    let recorder = run.recorder;
    let responses = &panel.responses;
    let labels = &Labels::shuffled(run.plan, responses);
    let analyst = Analyst {
        run,
        config,
        panel,
        labels,
        parser: AnalysisParser::new(responses, labels, run.env.unicode),
    };
    let mut failure = models.known_failure.clone();
    let (planned, substitutes) = (models.planned.iter(), models.substitutes.iter().copied());
    let is_substitute = |position: usize| position >= models.planned.len();
    let mut candidates = planned.chain(substitutes).enumerate().peekable();
    let mut is_out_of_budget = false;
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
        is_out_of_budget |= error.code == Code::BudgetExceeded;
        recorder.analysis_ended(is_out_of_budget);
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
    panel: &'a PanelOutcome,
    labels: &'a Labels,
    parser: AnalysisParser<'a>,
}

impl Analyst<'_> {
    /// Calls one model. Returns `Err` if no reply arrived. Returns `Ok(Err(_))` if the reply is not
    /// an analysis.
    async fn ask(
        &self,
        model: &ModelTarget,
        is_retry: bool,
        attempt: &mut u32,
    ) -> Result<Result<Parsed>> {
        let Self { run, labels, .. } = *self;
        let material = Material::new(run.plan, self.panel, labels);
        let messages = prompt::for_analyst(material, is_retry);
        let open_sink = || item_sink(run, &self.parser);
        let role_request = RoleRequest {
            config: self.config,
            models: std::slice::from_ref(model),
            system: Some(prompt::ANALYST),
            messages: &messages,
            response_format: prompt::RESPONSE_FORMAT.as_ref(),
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

/// Returns a function that receives the text of one reply while it streams. The function parses the
/// text and records each complete item of the analysis.
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
