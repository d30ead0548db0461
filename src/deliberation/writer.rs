//! Runs the writer. Takes the conversation, the responses and the analysis. Streams the final
//! answer.

use memchr::memmem;

use crate::json::Value;

use crate::deliberation::analysis::characters;
use crate::deliberation::context::RunContext;
use crate::deliberation::labels::Labels;
use crate::deliberation::links;
use crate::deliberation::model_call::{RoleRequest, RoleResponse, attempts};
use crate::deliberation::prompt::{self, Material};
use crate::deliberation::role_models::{self, RoleModels};
use crate::deliberation::round_panel::PanelOutcome;
use crate::deliberation::rounds::RoundsOutcome;
use crate::error::{Code, Result};
use crate::event::WarningCode;
use crate::plan::RoleConfig;
use crate::snapshot::Answer;

/// Writes the final answer. Warns about fences and labels in its text, and about unknown links.
pub(super) async fn write(run: RunContext<'_>, rounds: &RoundsOutcome) -> Result<Answer> {
    let RunContext { plan, recorder, .. } = run;
    let panel = &rounds.panel;
    let responses = &panel.responses;
    let labels = Labels::shuffled(plan, responses);
    let material = Material {
        compared: Some(&rounds.compared),
        ..Material::new(plan, panel, &labels)
    };
    let messages = prompt::for_writer(material, rounds.analysis.as_ref());
    let models = RoleModels::after_panel(run, &plan.writer, panel);
    match call(run, &models, &messages).await {
        Ok(answered) => {
            let answer = recorder.answer_completed(answered);
            warn_about(run, &answer.content, panel);
            Ok(answer)
        }
        // Keep the code `budget_exceeded`, because a resumed run with a higher `max_cost` can
        // continue.
        Err(error) if error.code == Code::BudgetExceeded => Err(error),
        // Without a panel, the writer makes the only call. The code of its error is more exact than
        // `writer_failed`.
        Err(error) if plan.panel.is_empty() => Err(error),
        Err(error) => Err(error.into_writer_failed()),
    }
}

/// Warns if the answer contains fences, labels of the panel's responses, or unknown links.
fn warn_about(run: RunContext<'_>, answer: &str, panel: &PanelOutcome) {
    let RunContext { plan, recorder, .. } = run;
    if !plan.nonce.is_empty() && memmem::find(answer.as_bytes(), plan.nonce.as_bytes()).is_some() {
        recorder.warn(
            WarningCode::LeakedFence,
            "the answer repeats the marks that stood around its material".to_owned(),
        );
    }
    if let Some(leak) = leaked_label(answer, panel.responses.len()) {
        recorder.warn(
            WarningCode::LeakedLabel,
            format!("the answer mentions \"{leak}\", which its reader has not seen"),
        );
    }
    let members = plan.panel.iter().take(panel.asked());
    let mut roles = members.chain(&plan.analyst);
    if roles.any(RoleConfig::has_tools)
        && let Some(unknown) = links::find_unknown_links(answer, &known_sources(run))
    {
        recorder.warn(
            WarningCode::UnknownSource,
            format!(
                "the answer links to pages that were not cited or opened in this run: {unknown}"
            ),
        );
    }
}

/// Calls the writer's models until one model answers. If all these models fail, calls models of
/// panelists as substitutes. Stops after a substitute that may have cost money.
async fn call(
    run: RunContext<'_>,
    models: &RoleModels<'_>,
    messages: &[Value],
) -> Result<RoleResponse> {
    let config = &run.plan.writer;
    let role_request = RoleRequest {
        config,
        models: models.planned,
        system: config.system.as_deref(),
        messages,
        response_format: config.response_format.as_ref(),
        order: &[],
        pass: None,
        on_text: None,
        permit: None,
        web_access: None,
    };
    let mut attempt = 0;
    let mut outcome = match &models.known_failure {
        Some(failure) if models.planned.is_empty() => Err(failure.error.clone()),
        _ => attempts::call_with_retries(run, role_request, &mut attempt).await,
    };
    let known = models.known_failure.as_ref().map(|failure| &failure.model);
    let mut failed = models.planned.last().or(known);
    for substitute in &models.substitutes {
        let (Err(error), Some(model)) = (&outcome, failed) else {
            break;
        };
        // If the budget is used up, a substitute would fail too.
        if error.code == Code::BudgetExceeded {
            break;
        }
        models.warn_of(run, substitute, (model, error));
        if attempt > 0 {
            let (role, next) = (config.role, Some(substitute.name.as_str()));
            run.recorder.retrying(role, next, error.clone(), 0);
        }
        let role_request = RoleRequest {
            models: std::slice::from_ref(*substitute),
            ..role_request
        };
        let calls_before = run.recorder.activity().len();
        outcome = attempts::call_with_retries(run, role_request, &mut attempt).await;
        if let Err(error) = &outcome
            && role_models::may_be_paid(run, calls_before, error)
        {
            break;
        }
        failed = Some(substitute);
    }
    outcome
}

/// Returns texts in which each link is known: the run's sources and the caller's messages. A link
/// that occurs only in a panelist's text is unknown.
fn known_sources(run: RunContext<'_>) -> Vec<String> {
    fn texts(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
            Value::Object(fields) => fields.values().for_each(|value| texts(value, into)),
            _ => {}
        }
    }
    let mut known: Vec<String> = run
        .recorder
        .sources()
        .into_iter()
        .map(|source| source.url)
        .collect();
    known.extend(run.plan.writer.system.clone());
    run.plan
        .messages
        .iter()
        .for_each(|message| texts(message, &mut known));
    known
}

/// Returns the first response label in the answer. Some models write labels although the prompt
/// forbids them.
fn leaked_label(answer: &str, responses: usize) -> Option<String> {
    (0..responses)
        .map(|position| format!("Response {}", Labels::name(position)))
        .find(|label| {
            let after = |at: usize| {
                answer
                    .get(at + label.len()..)
                    .and_then(|rest| rest.chars().next())
            };
            memmem::find_iter(answer.as_bytes(), label.as_bytes())
                .any(|at| !after(at).is_some_and(characters::is_of_word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_of_this_run_are_leaks() {
        assert_eq!(
            leaked_label("As Response B says, ...", 2).as_deref(),
            Some("Response B")
        );
        assert_eq!(leaked_label("Response C", 2), None);
        assert_eq!(leaked_label("Response Analysis", 2), None);
    }
}
