//! Builds the prompts of the analyst and the writer: the conversation and the responses in,
//! messages out.
//!
//! The panel's text is untrusted. Each answer stands between fences that contain the run's random
//! nonce. Text inside an answer that looks like a fence is escaped.
//!
//! The fenced text is appended to the last user message. Answers never become assistant messages.

pub(super) mod fence;
mod outline;
mod text_tables;
mod visible;
mod wording;

use super::labels::Labels;
use super::round_panel::PanelOutcome;
use crate::json::Value;
use crate::plan::Plan;
use crate::result::{Analysis, Response, Source};
use fence::{escape_fences, fence, one_line};
use outline::outline;
pub(super) use wording::{ANALYST, MISSING, PLACEHOLDERS, RESPONSE_FORMAT};
use wording::{CHECKED, CRITERIA, CRITERIA_END, NAMES, OUTPUT_FORMAT, STATEMENTS, STRICT, WRITER};

/// What a prompt about the answers contains.
#[derive(Clone, Copy)]
pub(super) struct Material<'a> {
    /// The conversation that the panel answered.
    pub conversation: &'a [Value],
    /// The answers.
    pub responses: &'a [Response],
    /// The letters of the answers.
    pub labels: &'a Labels,
    /// The secret part of the fences.
    pub nonce: &'a str,
    /// The number of panelists that were asked.
    pub asked: usize,
    /// The caller's criteria, `analyst.criteria`.
    pub criteria: Option<&'a str>,
    /// Indexes of the panelists whose answers the analysis compares. `None` if the analysis
    /// compares all answers.
    pub compared: Option<&'a [usize]>,
}

impl<'a> Material<'a> {
    /// Returns what the prompts of a run contain.
    pub(super) fn new(plan: &'a Plan, panel: &'a PanelOutcome, labels: &'a Labels) -> Self {
        Self {
            conversation: &plan.messages,
            responses: &panel.responses,
            labels,
            nonce: &plan.nonce,
            asked: panel.asked(),
            criteria: plan.criteria.as_deref(),
            compared: None,
        }
    }
}

/// Returns the analyst's messages.
pub(super) fn for_analyst(material: Material<'_>, strict: bool) -> Vec<Value> {
    let mut task = format!("Compare the answers. {OUTPUT_FORMAT}");
    if strict {
        task.push_str("\n\n");
        task.push_str(STRICT);
    }
    about_answers(material, &task)
}

/// Returns the analyst's messages for the second pass.
pub(super) fn for_second_look(material: Material<'_>, statements: &[String]) -> Vec<Value> {
    let lines: Vec<_> = statements
        .iter()
        .enumerate()
        .map(|(at, statement)| format!("{}. {}", at + 1, one_line(statement)))
        .collect();
    let task = format!(
        "{STATEMENTS}{}{NAMES}",
        fence("statements", material.nonce, "", &lines.join("\n"))
    );
    about_answers(material, &task)
}

fn about_answers(material: Material<'_>, task: &str) -> Vec<Value> {
    let Material {
        conversation,
        responses,
        nonce,
        ..
    } = material;
    let count = responses.len();
    let mut text = format!(
        "{count} independent answers to my last message follow, each between two fences.{}\n\n",
        missing(material)
    );
    text.push_str(&fenced(material));
    text.push_str("\nThe question they answer:\n\n");
    text.push_str(&question(conversation, nonce));
    text.push_str("\n\n");
    if let Some(criteria) = material.criteria {
        // Escape the criteria. They may come from a client of a server, and must not imitate a
        // fence.
        text.push_str(CRITERIA);
        text.push_str(&escape_fences(criteria, nonce));
        text.push_str(CRITERIA_END);
    }
    text.push_str(task);
    // Leave out the caller's system messages. They say how to answer the question, and the analyst
    // does not answer it.
    let turns: Vec<Value> = conversation
        .iter()
        .filter(|message| !is_role(message, &["system", "developer"]))
        .cloned()
        .collect();
    append_to_last_message(turns, &text)
}

/// Returns the writer's messages.
pub(super) fn for_writer(material: Material<'_>, analysis: Option<&Analysis>) -> Vec<Value> {
    let Material {
        conversation,
        responses,
        labels,
        nonce,
        ..
    } = material;
    if responses.is_empty() {
        return conversation.to_vec();
    }
    let mut text = format!(
        "Material for your answer: what {} independent experts wrote, each between two fences.{}\n\n",
        responses.len(),
        missing(material)
    );
    text.push_str(&fenced(material));
    if let Some(analysis) = analysis.filter(|analysis| !analysis.is_empty()) {
        text.push_str(&format!("\n{}:\n\n", heading(material)));
        text.push_str(&fence("analysis", nonce, "", &outline(analysis, labels)));
        let pages = source_lines(&analysis.evidence().collect::<Vec<_>>());
        if !pages.is_empty() {
            text.push_str(CHECKED);
            text.push_str(&fence("sources", nonce, "", &pages));
        }
    }
    text.push('\n');
    text.push_str(WRITER);
    // Repeat the question at the end, because small models respond to the last text of the prompt.
    // If the rules are the last text, such models comment on the rules.
    text.push_str("\n\nThe question, once more:\n\n");
    text.push_str(&question(conversation, nonce));
    append_to_last_message(conversation.to_vec(), &text)
}

/// Returns the heading of the analysis. If the analysis does not compare all answers, the heading
/// names the compared answers.
fn heading(material: Material<'_>) -> String {
    let Material {
        responses, labels, ..
    } = material;
    let is_compared = |index: usize| {
        let compared = material.compared;
        compared.is_none_or(|compared| compared.contains(&index))
    };
    if responses.iter().all(|response| is_compared(response.index)) {
        return "How they compare".to_owned();
    }
    let positions = labels.order.iter().enumerate();
    let names = positions
        .filter(|(_, index)| is_compared(**index))
        .map(|(position, _)| Labels::name(position).to_string())
        .collect::<Vec<_>>();
    format!(
        "How responses {} compare (nobody has compared the others)",
        names.join(", ")
    )
}

/// Returns a sentence about panelists without an answer. If all panelists answered, returns an
/// empty text.
fn missing(
    Material {
        responses, asked, ..
    }: Material<'_>,
) -> String {
    let answered = responses.len();
    if answered >= asked {
        return String::new();
    }
    format!(
        " {answered} of {asked} experts answered: views of the others are missing, so agreement here is weaker evidence."
    )
}

fn fenced(material: Material<'_>) -> String {
    let Material {
        responses,
        labels,
        nonce,
        ..
    } = material;
    let mut fenced = String::new();
    for (position, index) in labels.order.iter().enumerate() {
        let Some(Response {
            content,
            sources,
            partial,
            ..
        }) = responses.iter().find(|response| response.index == *index)
        else {
            continue;
        };
        let label = Labels::name(position);
        let attribute = format!(" label=\"{label}\"");
        let mark = if *partial {
            ", cut off before its end"
        } else {
            ""
        };
        fenced.push_str(&format!("Response {label}{mark}:\n"));
        fenced.push_str(&fence("response", nonce, &attribute, content));
        // Put the sources into another fence than the answer. The text of an answer may end with a
        // list of pages that the model has never opened.
        let lines = source_lines(sources);
        if !lines.is_empty() {
            fenced.push_str(&fence("sources", nonce, &attribute, &lines));
        }
    }
    fenced
}

fn source_lines(sources: &[Source]) -> String {
    let line = |Source { url, title }: &Source| one_line(&format!("- {url} {title}"));
    sources.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the text of the last message, without images. The conversation still contains the
/// images.
pub(super) fn question(conversation: &[Value], nonce: &str) -> String {
    let content = conversation
        .last()
        .and_then(|message| message.get("content"));
    let text = match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Vec<_> = parts
                .iter()
                .filter_map(|part| part.get("text").and_then(Value::as_str))
                .collect();
            texts.join("\n")
        }
        _ => String::new(),
    };
    escape_fences(&text, nonce)
}

/// Appends the text to the last message, because some chat templates reject two user messages in a
/// row.
fn append_to_last_message(mut conversation: Vec<Value>, text: &str) -> Vec<Value> {
    let content = conversation
        .last_mut()
        .and_then(|message| message.get_mut("content"));
    match content {
        Some(Value::String(own)) => {
            own.push_str("\n\n");
            own.push_str(text);
        }
        Some(Value::Array(parts)) => parts.push(crate::json::json!({"type": "text", "text": text})),
        _ => {}
    }
    conversation
}

fn is_role(message: &Value, roles: &[&str]) -> bool {
    message
        .get("role")
        .and_then(Value::as_str)
        .is_some_and(|role| roles.contains(&role))
}

#[cfg(test)]
mod tests;
