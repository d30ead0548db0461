//! Resumes runs that a stop or `max_cost` ended during the analysis or during its second pass.

use super::analyst_replies::{ANALYSIS, in_parts, of, scripts_with_analyst, warnings};
use super::escalation::{disagreement, escalating, scripts, with};
use super::harness::{RunOutcome, analysis, answer_after, plan, request, run, run_with_hook};
use super::resume::{asked_models, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::deliberation::recorder::RunRecorder;
use crate::json::{Value, json, value_of};
use crate::result::EscalationReason;

/// Options in which one token of the analyst costs 0.001 USD, and one token of the writer `writer`
/// USD. Each finished call of the scripts costs 0.1 USD.
pub(super) fn options(writer: &str) -> Value {
    let free = json!({"prompt": "0", "completion": "0"});
    let mut prices = json!({"a": &free, "b": &free, "c": &free, "d": &free});
    prices["analyst"] = json!({"prompt": "0", "completion": "0.001"});
    prices["writer"] = json!({"prompt": "0", "completion": writer});
    json!({"baseURL": "http://127.0.0.1:1/v1", "prices": prices})
}

/// Returns the steps with their text in parts, so that the budget can end the call.
pub(super) fn slowly(steps: Vec<ScriptStep>) -> Vec<ScriptStep> {
    let [ScriptStep::Text(_, text), ..] = &steps[..] else {
        panic!("the steps begin with a text");
    };
    in_parts(text, 10)
}

pub(super) fn writer_fails() -> Vec<Vec<ScriptStep>> {
    vec![vec![ScriptStep::Status(400)]]
}

/// Resumes an escalated run with a higher `max_cost`. The analyst finds no contradiction.
pub(super) fn resumed_with_more_money(stored: &Value) -> RunOutcome {
    let more = json!({"max_cost": 9, "options": options("0")});
    let resumed = run(
        resume_request(stored, more),
        &scripts(vec![analysis()]),
        None,
    );
    resumed.check();
    resumed
}

/// A second reply that confirms the first statement.
pub(super) fn second_reply() -> Vec<ScriptStep> {
    answer_after(1, r#"{"1":["A","B","C"]}"#)
}

pub(super) fn two_passes(extra: Value) -> Value {
    let mut fields = json!({"analyst": {"model": "analyst", "passes": 2}});
    let own = fields.as_object_mut().unwrap();
    own.extend(extra.as_object().unwrap().clone());
    request(fields)
}

fn is_marked(outcome: &RunOutcome) -> bool {
    let analysis = outcome.result.as_ref().unwrap().analysis.as_ref();
    analysis.is_some_and(|analysis| analysis.is_marked())
}

/// Checks that a run that has done nothing yet has the same snapshot.
fn assert_kept(outcome: &RunOutcome, stored: &Value) {
    let plan = plan(&json!({ "resume": stored }));
    let mut kept = value_of(&RunRecorder::new(outcome.env.clone(), Some(&plan)).snapshot());
    kept["status"] = stored["status"].clone();
    assert_eq!(&kept, stored);
}

#[test]
fn a_first_analysis_that_the_budget_ended_is_made_and_decides_anew() {
    // The writer has no budget either, or its call fails.
    for price in ["1", "0"] {
        let few = escalating(json!({"max_cost": 0.21, "options": options(price)}));
        let scripted = || scripts(vec![slowly(disagreement(1)), analysis()]);
        let stopped = run(few, &with(scripted(), "writer", writer_fails()), None);
        stopped.check();
        assert_eq!(of(&stopped, "panel.settled")[0]["reason"], "no_analysis");
        let stored = snapshot(&stopped);
        assert_eq!(stored.get("escalation"), None, "{price}: {stored}");
        assert_eq!(stored["analysis_open"], true);
        assert_kept(&stopped, &stored);
        let more = json!({"max_cost": 9, "options": options("0")});
        let resumed = run(resume_request(&stored, more), &scripted(), None);
        resumed.check();
        assert_eq!(
            asked_models(&resumed),
            ["analyst", "c", "d", "analyst", "writer"]
        );
        let result = resumed.result.as_ref().unwrap();
        assert_eq!(
            result.escalation.unwrap().reason,
            EscalationReason::Contradictions
        );
        assert_eq!(snapshot(&resumed).get("analysis_open"), None);
    }
}

#[test]
fn a_second_analysis_that_the_budget_ended_is_made_by_a_resumed_run() {
    let few = escalating(json!({"max_cost": 0.6, "options": options("0")}));
    let scripted = scripts(vec![disagreement(1), slowly(disagreement(20))]);
    let stopped = run(few, &with(scripted, "writer", writer_fails()), None);
    stopped.check();
    let stored = snapshot(&stopped);
    assert_eq!(stored["escalation"]["analysis_round"], 1, "{stored}");
    assert_eq!(stored["version"], 2);
    assert_eq!(stored["analysis_open"], true);
    assert_kept(&stopped, &stored);
    let resumed = resumed_with_more_money(&stored);
    assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
    let analysis = resumed.result.unwrap().analysis.unwrap();
    assert!(
        analysis.contradictions.is_empty(),
        "the second analysis stands"
    );
}

#[test]
fn without_escalate_an_analysis_that_the_budget_ended_is_made_too() {
    let few = request(json!({"max_cost": 0.31, "options": options("0")}));
    let mut scripted = scripts_with_analyst(vec![in_parts(ANALYSIS, 10)]);
    scripted[4].1 = writer_fails();
    let stopped = run(few, &scripted, None);
    stopped.check();
    let stored = snapshot(&stopped);
    assert_eq!(stored["version"], 2);
    assert_eq!(asked_models(&stopped).last().unwrap(), "writer");
    let more = json!({"max_cost": 9, "options": options("0")});
    let scripted = scripts_with_analyst(vec![answer_after(1, ANALYSIS)]);
    let resumed = run(resume_request(&stored, more), &scripted, None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
}

#[test]
fn an_analysis_that_failed_or_that_the_caller_ended_stays_away() {
    let failing = scripts(vec![vec![ScriptStep::Status(400)]]);
    let failed = run(escalating(json!({})), &failing, None);
    let stalling = scripts(vec![vec![
        ScriptStep::Text(1, "{".to_owned()),
        ScriptStep::Stall,
    ]]);
    let proceeded = run_with_hook(escalating(json!({})), &stalling, |next, handle| {
        if next > 30 {
            handle.command(|control| control.proceed(2));
        }
        false
    });
    for stopped in [failed, proceeded] {
        let stored = snapshot(&stopped);
        assert_eq!(stored["escalation"]["reason"], "no_analysis");
        let resumed = run(resume_request(&stored, json!({})), &[], None);
        assert_eq!(asked_models(&resumed), [] as [&str; 0]);
    }
}

#[test]
fn an_open_second_pass_is_made_at_each_stop_and_nothing_is_paid_twice() {
    let scripted = || scripts_with_analyst(vec![answer_after(5, ANALYSIS), second_reply()]);
    let whole = run(two_passes(json!({})), &scripted(), None);
    let mut open = 0;
    for stop in 0..=20 {
        let stopped = run(two_passes(json!({})), &scripted(), Some(stop));
        let stored = snapshot(&stopped);
        assert_kept(&stopped, &stored);
        let is_parsed = !stored["analysis"].is_null();
        assert_eq!(
            (&stored["version"], stored.get("second_pass_ended")),
            (&json!(1), None)
        );
        let is_ended = stored["analysis"].to_string().contains("survived");
        open += usize::from(is_parsed && !is_ended);
        let mut rest = scripted();
        if is_parsed {
            rest[3].1.remove(0);
        }
        let resumed = run(resume_request(&stored, json!({})), &rest, None);
        resumed.check();
        assert!(is_marked(&resumed), "stopped at {stop}: {stored}");
        assert_eq!(
            resumed.result.as_ref().unwrap().analysis,
            whole.result.as_ref().unwrap().analysis
        );
        let analyst = |outcome: &RunOutcome| {
            let asked = asked_models(outcome);
            asked.iter().filter(|model| *model == "analyst").count()
        };
        let expected = usize::from(!is_parsed) + usize::from(!is_ended);
        assert_eq!(analyst(&resumed), expected, "stopped at {stop}");
        assert_eq!(warnings(&resumed), [] as [&str; 0]);
    }
    assert!(open > 0, "a stop during the second pass was tested");
}

#[test]
fn an_open_second_pass_of_a_settled_or_escalated_run_is_made() {
    let passes = json!({"analyst": {"model": "analyst", "passes": 2}});
    let stalls = || vec![ScriptStep::Text(1, "{\"1\":".to_owned()), ScriptStep::Stall];
    for (first, calls) in [(analysis(), 1), (disagreement(1), 2)] {
        let before = [
            vec![first],
            vec![disagreement(1); calls - 1],
            vec![stalls()],
        ]
        .concat();
        let stopped = run(escalating(passes.clone()), &scripts(before), Some(90));
        let stored = snapshot(&stopped);
        assert_eq!(stored["escalation"]["analysis_round"], calls as u64);
        let resumed = run(
            resume_request(&stored, json!({})),
            &scripts(vec![second_reply()]),
            None,
        );
        resumed.check();
        assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
        assert!(is_marked(&resumed));
        let started = of(&resumed, "analysis.started");
        assert_eq!(
            (
                &started[0]["pass"],
                &started[0]["attempt"],
                &started[0]["round"]
            ),
            (&json!(2), &json!(calls + 2), &json!(calls))
        );
    }
}

#[test]
fn a_second_pass_that_the_budget_ended_is_made_with_more_budget_or_warns() {
    // Three answers and the first pass cost 0.4 USD.
    let few = two_passes(json!({"max_cost": 0.405, "options": options("0")}));
    let long = in_parts(&" ".repeat(600), 10);
    let mut scripted = scripts_with_analyst(vec![answer_after(1, ANALYSIS), long]);
    scripted[4].1 = writer_fails();
    let mut prices = few.clone();
    prices["options"]["prices"]["analyst"]["completion"] = json!("0.0001");
    let stopped = run(prices, &scripted, None);
    stopped.check();
    assert_eq!(warnings(&stopped), ["second_pass_failed"]);
    let stored = snapshot(&stopped);
    assert_eq!(stored.get("second_pass_ended"), None);
    let rest = scripts_with_analyst(vec![second_reply()]);
    let same = json!({"max_cost": 0.4, "options": options("0")});
    let still_few = run(resume_request(&stored, same), &rest, None);
    assert_eq!(warnings(&still_few), ["second_pass_failed"]);
    let more = json!({"max_cost": 9, "options": options("0")});
    let resumed = run(resume_request(&stored, more), &rest, None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
    assert!(is_marked(&resumed));
}

#[test]
fn a_second_pass_that_failed_or_that_the_caller_ended_is_not_repeated() {
    let with_pass = |reply: Vec<ScriptStep>| {
        let mut all = scripts_with_analyst(vec![answer_after(1, ANALYSIS), reply]);
        all[4].1 = writer_fails();
        all
    };
    let failed = run(
        two_passes(json!({})),
        &with_pass(vec![ScriptStep::Status(400)]),
        None,
    );
    let stalling = with_pass(vec![ScriptStep::Text(1, "{".to_owned()), ScriptStep::Stall]);
    let proceeded = run_with_hook(two_passes(json!({})), &stalling, |next, handle| {
        if next > 20 {
            handle.command(|control| control.proceed(3));
        }
        false
    });
    for stopped in [failed, proceeded] {
        assert_eq!(warnings(&stopped), ["second_pass_failed"]);
        let stored = snapshot(&stopped);
        assert_eq!(
            (&stored["version"], &stored["second_pass_ended"]),
            (&json!(2), &json!(true))
        );
        assert_kept(&stopped, &stored);
        let rest = scripts_with_analyst(vec![]);
        let resumed = run(resume_request(&stored, json!({})), &rest, None);
        assert_eq!(asked_models(&resumed), ["writer"]);
    }
}

#[test]
fn a_second_pass_whose_model_is_gone_warns() {
    let stalling = scripts_with_analyst(vec![
        answer_after(1, ANALYSIS),
        vec![ScriptStep::Text(1, "{".to_owned()), ScriptStep::Stall],
    ]);
    let mut stored = snapshot(&run(two_passes(json!({})), &stalling, Some(20)));
    let last = stored["activity"].as_array().unwrap().len() - 1;
    for call in [last - 1, last] {
        let model = stored.pointer_mut(&format!("/activity/{call}/model"));
        *model.unwrap() = json!("another");
    }
    let rest = scripts_with_analyst(vec![]);
    let resumed = run(resume_request(&stored, json!({})), &rest, None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["writer"]);
    assert_eq!(warnings(&resumed), ["second_pass_failed"]);
}
