//! Tests resumed runs in which no panelist gives a new answer. Such a run keeps the analysis and
//! the final answer.

use super::harness::{RunOutcome, answer_after, request, run, run_with_hook, scripts};
use super::resume::{asked_models, default_scripts, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json};

type Scripts = Vec<(&'static str, Vec<Vec<ScriptStep>>)>;

fn refused() -> Vec<Vec<ScriptStep>> {
    vec![vec![ScriptStep::Status(402)]]
}

/// A finished run in which the panelist "b" failed.
fn without_b() -> Value {
    let answers = |text: &str| vec![answer_after(10, text)];
    let scripts = scripts(answers("one"), refused(), answers("three"));
    snapshot(&run(request(json!({})), &scripts, None))
}

fn rerun(stored: &Value, indexes: &[usize], scripts: &Scripts) -> RunOutcome {
    let resume = json!({"resume": {"snapshot": stored, "rerun": indexes.to_vec()}});
    let outcome = run(resume, scripts, None);
    outcome.check();
    outcome
}

/// Fails unless the run kept the analysis and the final answer of `stored`.
fn assert_kept(outcome: &RunOutcome, stored: &Value) {
    let again = snapshot(outcome);
    for name in ["analysis", "analysis_sources", "answer"] {
        assert_eq!(again[name], stored[name], "{name}");
    }
    let restored = |kind: &str| {
        let mut events = outcome.events.iter();
        events.any(|event| event["type"] == kind && event["restored"] == true)
    };
    assert!(restored("analysis.completed") && restored("answer.completed"));
    assert_eq!(outcome.result.as_ref().unwrap().answer, "final");
}

#[test]
fn a_rerun_that_fails_again_keeps_analysis_and_answer() {
    let stored = without_b();
    let outcome = rerun(&stored, &[1], &scripts(vec![], refused(), vec![]));
    assert_eq!(asked_models(&outcome), ["b"]);
    assert_kept(&outcome, &stored);
    assert_eq!(outcome.result.as_ref().unwrap().failed_models[0].index, 1);
    // In the second rerun, "b" answers, so the analyst and the writer run again.
    let stored = snapshot(&outcome);
    let outcome = rerun(&stored, &[1], &default_scripts());
    assert_eq!(asked_models(&outcome), ["b", "analyst", "writer"]);
}

#[test]
fn an_answer_stands_if_its_rerun_fails() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let outcome = rerun(&stored, &[0, 1], &scripts(refused(), refused(), vec![]));
    assert_eq!(asked_models(&outcome), ["a", "b"]);
    assert_kept(&outcome, &stored);
    assert_eq!(snapshot(&outcome)["responses"], stored["responses"]);
    let result = outcome.result.as_ref().unwrap();
    assert_eq!((result.responses.len(), result.failed_models.len()), (3, 0));
    let warned: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "warning")
        .map(|event| event["message"].as_str().unwrap())
        .collect();
    assert_eq!(warned.len(), 2);
    let starts = "panelist 1 (a) did not answer again: ";
    assert!(warned[0].starts_with(starts), "{}", warned[0]);
    assert!(
        warned[0].ends_with("its earlier answer stands"),
        "{}",
        warned[0]
    );
}

#[test]
fn the_same_words_are_no_new_answer() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let outcome = rerun(&stored, &[1], &default_scripts());
    assert_eq!(asked_models(&outcome), ["b"]);
    assert_kept(&outcome, &stored);
}

#[test]
fn a_further_panelist_that_fails_changes_nothing() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let more = json!({"analysis_models": ["a", "b", "c", "d"]});
    let scripts = vec![("d", refused())];
    let outcome = run(resume_request(&stored, more), &scripts, None);
    outcome.check();
    assert_eq!(asked_models(&outcome), ["d"]);
    assert_kept(&outcome, &stored);
}

#[test]
fn a_failed_panelist_can_be_removed_or_moved_without_a_call() {
    let stored = without_b();
    let fewer = json!({"analysis_models": ["c", "a"]});
    let outcome = run(resume_request(&stored, fewer), &[], None);
    outcome.check();
    assert_eq!(asked_models(&outcome), Vec::<String>::new());
    let again = snapshot(&outcome);
    assert_eq!(again["answer"], stored["answer"]);
    let panelist = |snapshot: &Value| snapshot["analysis"]["consensus"][0]["panelists"][0].as_u64();
    let model = |snapshot: &Value| snapshot["analysis"]["consensus"][0]["models"][0].clone();
    assert_eq!(model(&again), model(&stored));
    let renumbered = [Some(1), None, Some(0)][panelist(&stored).unwrap() as usize];
    assert_eq!(panelist(&again), renumbered);
    // If the panelist "a" is removed, its answer is missing, so the analyst and the writer run
    // again.
    let fewer = json!({"analysis_models": ["c"]});
    let outcome = run(resume_request(&stored, fewer), &default_scripts(), None);
    assert_eq!(asked_models(&outcome), ["analyst", "writer"]);
}

#[test]
fn another_analyst_or_writer_works_again_after_a_rerun_without_a_new_answer() {
    let stored = without_b();
    let all_scripts = scripts(vec![], refused(), vec![]);
    for (name, expected) in [
        ("writer", vec!["b", "analyst"]),
        ("analyst", vec!["b", "writer", "writer"]),
    ] {
        let other = if name == "writer" {
            "analyst"
        } else {
            "writer"
        };
        let resume = json!({"resume": {"snapshot": &stored, "rerun": [1]}, name: other});
        let outcome = run(resume, &all_scripts, None);
        let asked = asked_models(&outcome);
        assert_eq!(asked[..2], expected[..2], "{name}");
    }
}

/// Stops a rerun at each point, and resumes it. The final answer must be based on the panelists'
/// last answers. The resumed run must not repeat a paid call.
#[test]
fn a_rerun_that_was_interrupted_resumes_from_each_point() {
    let earlier = snapshot(&run(request(json!({})), &default_scripts(), None));
    let new_words = scripts(
        vec![answer_after(5, "other words")],
        refused(),
        vec![answer_after(15, "more words")],
    );
    for stop in 0..=30 {
        let resume = json!({"resume": {"snapshot": &earlier, "rerun": [0, 1, 2]}});
        let stopped = run_with_hook(resume, &new_words, |next, _| next > stop);
        stopped.check();
        let stored = snapshot(&stopped);
        assert_eq!(stored["responses"].as_array().unwrap().len(), 3);
        assert_eq!(stored["failed_models"], json!([]));
        let contents: Vec<_> = (0..3)
            .map(|index| stored["responses"][index]["content"].clone())
            .collect();
        let is_new = contents != [json!("one"), json!("two"), json!("three")];
        let finished = stored["status"] == "completed";
        assert_eq!(stored["answer"].is_null(), is_new && !finished, "{stop}");
        let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
        resumed.check();
        let asked = asked_models(&resumed);
        let writes = usize::from(stored["answer"].is_null());
        let analyses = usize::from(stored["analysis"].is_null());
        assert_eq!(asked.len(), writes + analyses, "{stop}: {asked:?}");
        assert!(
            resumed.result.as_ref().unwrap().analysis.is_some(),
            "{stop}"
        );
    }
}
