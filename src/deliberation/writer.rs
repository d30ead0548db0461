//! The writer: sees the conversation, the answers and the analysis, and streams the final answer.

use super::seat::{self, Question};
use super::{Run, analyst, prompt};
use crate::error::{Code, Error, Result};
use crate::result::{Analysis, Response};

/// Writes the final answer.
pub async fn write(run: Run<'_>, responses: &[Response], analysis: Option<&Analysis>) -> Result<String> {
    let Run { plan, journal, .. } = run;
    let player = &plan.writer;
    let labels = analyst::deal(run, responses);
    let messages = prompt::for_writer(&plan.messages, responses, analysis, &labels, &plan.nonce);
    let question = Question {
        player,
        models: &player.models,
        system: player.system.as_deref(),
        messages: &messages,
        response_format: None,
        order: &[],
    };
    match seat::ask(run, question, &mut 0).await {
        Ok(answered) => {
            let answer = journal.answer_completed(answered.finish_reason);
            if !plan.nonce.is_empty() && answer.contains(&plan.nonce) {
                journal.warn("leaked_fence", "the answer repeats the marks that stood around its material".to_owned());
            }
            if let Some(leak) = leaked_label(&answer, responses.len()) {
                journal.warn("leaked_label", format!("the answer mentions \"{leak}\", which its reader has not seen"));
            }
            Ok(answer)
        }
        Err(error) => {
            let message = format!("the writer failed: {}", error.message);
            Err(Error { code: Code::WriterFailed, message, ..error })
        }
    }
}

/// Readers rate answers that say "Response A" lower; the writer is told not to, and some do.
fn leaked_label(answer: &str, responses: usize) -> Option<String> {
    (0..responses).map(|position| format!("Response {}", prompt::Labels::name(position))).find(|label| {
        answer.match_indices(label.as_str()).any(|(at, label)| {
            let next = answer.get(at + label.len()..).and_then(|rest| rest.chars().next());
            !next.is_some_and(char::is_alphanumeric)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_of_this_run_are_leaks() {
        assert_eq!(leaked_label("As Response B says, ...", 2).as_deref(), Some("Response B"));
        assert_eq!(leaked_label("Response C", 2), None);
        assert_eq!(leaked_label("Response Analysis", 2), None);
    }
}
