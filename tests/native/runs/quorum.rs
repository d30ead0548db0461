//! Tests `quorum.fail_below`: in every order of arrival, with commands, with a cost limit, and in
//! resumed runs.

use super::cost::{priced, streams};
use super::harness::{RunOutcome, answer_after, request, run, run_with_hook, scripts};
use super::resume::{asked_models, default_scripts, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};

/// Sends `text` after `ms` milliseconds, then fails with the code `network_error`.
pub(super) fn breaks_after(ms: u64, text: &str) -> Vec<ScriptStep> {
    vec![ScriptStep::Text(ms, text.into()), ScriptStep::Disconnect]
}

fn fail_below(least: u64) -> Value {
    request(json!({"quorum": {"fail_below": least}, "max_retries": 0}))
}

pub(super) fn warnings(outcome: &RunOutcome) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let events = outcome.events.iter();
    events
        .filter(|event| event["type"] == "warning")
        .map(|event| (text(&event["code"]), text(&event["message"])))
        .collect()
}

/// Yields the arrival times of three panelists in every order. Several panelists may arrive at the
/// same time, as in `[1, 1, 2]`.
fn orders() -> impl Iterator<Item = [u64; 3]> {
    let orders = (0..27).map(|order| [1 + order / 9, 1 + order / 3 % 3, 1 + order % 3]);
    orders.filter(|order| order.contains(&1) && (order.contains(&2) || !order.contains(&3)))
}

/// Returns the expected error code of a run with `fail_below`, and the time in milliseconds at
/// which the run fails. If the run must not fail, returns `(None, 0)`.
fn expected(delays: [u64; 3], fails: [bool; 3], least: usize) -> (Option<Code>, u64) {
    let mut failures: Vec<u64> = (0..3)
        .filter(|index| fails[*index])
        .map(|index| delays[index] * 10)
        .collect();
    failures.sort_unstable();
    let decided = failures.get(3 - least).copied();
    let Some(at) = decided else {
        return (None, 0);
    };
    let has_answer = (0..3).any(|index| !fails[index] && delays[index] * 10 <= at);
    let code = if has_answer {
        Code::QuorumNotMet
    } else {
        Code::NetworkError
    };
    (Some(code), at)
}

#[test]
fn too_few_answers_end_the_run_as_soon_as_it_is_certain_in_every_order() {
    let mut failed = 0;
    for delays in orders() {
        for outcomes in 0..8u8 {
            let fails = [0, 1, 2].map(|index| outcomes >> index & 1 == 1);
            for least in 1..=3 {
                let script = |index: usize| {
                    let ms = delays[index] * 10;
                    vec![if fails[index] {
                        breaks_after(ms, "x")
                    } else {
                        answer_after(ms, "answer")
                    }]
                };
                let scripts = scripts(script(0), script(1), script(2));
                let outcome = run(fail_below(least as u64), &scripts, None);
                outcome.check();
                let case = format!("{delays:?} {fails:?} {least}");
                let (code, at) = expected(delays, fails, least);
                let actual = outcome.result.as_ref().err().map(|error| error.code);
                assert_eq!(actual, code, "{case}");
                if code.is_some() {
                    failed += 1;
                    assert_eq!(outcome.env.clock.now_ms(), at, "{case}");
                    assert!(
                        !asked_models(&outcome).contains(&"analyst".into()),
                        "{case}"
                    );
                }
                for cancel_at in [0, 10, 15, 21, 31] {
                    run(fail_below(least as u64), &scripts, Some(cancel_at)).check();
                }
            }
        }
    }
    assert!(failed > 100, "{failed}");
}

#[test]
fn a_run_without_the_quorum_keeps_its_answers_and_resumes_from_each_point() {
    let failing = scripts(
        vec![answer_after(10, "one")],
        vec![breaks_after(20, "x")],
        vec![breaks_after(30, "y")],
    );
    let outcome = run(fail_below(2), &failing, None);
    outcome.check();
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!((error.code, error.index), (Code::QuorumNotMet, None));
    let begins = "only 1 of 3 panelists answered, and `quorum.fail_below` is 2 (panelist 2 (b): ";
    assert!(error.message.starts_with(begins), "{}", error.message);
    for stop in (0..=40).map(Some).chain([None]) {
        let stored = snapshot(&run(fail_below(2), &failing, stop));
        assert_eq!(stored["version"], 2);
        let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
        resumed.check();
        assert_eq!(resumed.result.as_ref().unwrap().responses.len(), 3);
        let answered = stored["responses"].as_array().unwrap().len();
        assert_eq!(asked_models(&resumed).len(), 5 - answered, "{stop:?}");
    }
}

#[test]
fn panelists_that_cannot_reach_the_quorum_any_more_are_stopped_and_change_no_code() {
    let refused = || vec![vec![ScriptStep::Status(401)]];
    let slow = vec![answer_after(500, "three")];
    let outcome = run(fail_below(2), &scripts(refused(), refused(), slow), None);
    outcome.check();
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.code, Code::Authentication);
    assert!(
        error.message.contains("`quorum.fail_below`"),
        "{}",
        error.message
    );
    assert_eq!(outcome.env.clock.now_ms(), 0);
}

#[test]
fn cancelling_a_panelist_may_end_the_run() {
    let stalls = || vec![vec![ScriptStep::Text(1, "half".into()), ScriptStep::Stall]];
    let all_scripts = scripts(vec![answer_after(10, "one")], stalls(), stalls());
    let outcome = run_with_hook(fail_below(2), &all_scripts, |_, handle| {
        if handle.recorder.answers() == 1 {
            handle.command(|control| control.cancel_panelist(1) && control.cancel_panelist(2));
        }
        false
    });
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap_err().code,
        Code::QuorumNotMet
    );
    assert_eq!(outcome.env.clock.now_ms(), 10);
}

#[test]
fn the_first_failure_ends_a_panel_that_must_be_whole_and_nothing_restarts() {
    let slow = || vec![answer_after(500, "slow")];
    let all_scripts = scripts(vec![breaks_after(10, "x")], slow(), slow());
    for (least, restarts) in [(3, false), (2, true)] {
        let mut restarted = false;
        let outcome = run_with_hook(fail_below(least), &all_scripts, |_, handle| {
            let is_down = !handle.recorder.failed_models().is_empty();
            restarted |=
                is_down && !restarted && handle.command(|control| control.retry_panelist(0));
            false
        });
        assert_eq!(restarted, restarts, "{least}");
        assert_eq!(outcome.result.is_ok(), restarts);
    }
}

#[test]
fn proceed_needs_the_quorum() {
    let stalls = || vec![vec![ScriptStep::Text(1, "half".into()), ScriptStep::Stall]];
    for least in 1..=3 {
        let all_scripts = scripts(
            vec![answer_after(10, "one")],
            vec![answer_after(20, "two")],
            stalls(),
        );
        let mut answers_then = None;
        let outcome = run_with_hook(fail_below(least), &all_scripts, |_, handle| {
            let answers = handle.recorder.answers();
            if answers_then.is_none() && handle.command(|control| control.proceed(answers)) {
                answers_then = Some(answers as u64);
            }
            false
        });
        outcome.check();
        if least == 3 {
            assert_eq!(answers_then, None);
            assert_eq!(outcome.result.unwrap_err().code, Code::QuorumNotMet);
        } else {
            assert_eq!(answers_then, Some(least));
            assert_eq!(outcome.result.unwrap().responses.len() as u64, least);
        }
    }
}

#[test]
fn an_exceeded_budget_below_the_quorum_keeps_the_answers() {
    let long = |text: &str| {
        vec![vec![
            ScriptStep::Text(1, text.repeat(3_000)),
            ScriptStep::Stall,
        ]]
    };
    let extra = json!({"quorum": {"fail_below": 2}, "max_retries": 0, "max_cost": 0.5});
    let all_scripts = scripts(
        vec![answer_after(1, "one")],
        long("twelve bytes"),
        long("twelve bytes"),
    );
    let outcome = run(priced("0.001", extra), &all_scripts, None);
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap_err().code,
        Code::QuorumNotMet
    );
    assert_eq!(outcome.recorder.snapshot().responses.len(), 1);
}

#[test]
fn a_degraded_panel_is_a_warning_that_names_who_is_missing() {
    let answers = |extra: Value, failing: Vec<Vec<ScriptStep>>| {
        let scripts = scripts(
            vec![answer_after(10, "one")],
            vec![answer_after(10, "two")],
            failing,
        );
        run(request(extra), &scripts, None)
    };
    let outcome = answers(
        json!({"max_retries": 0}),
        vec![vec![ScriptStep::Status(500)]],
    );
    outcome.check();
    let expected = "2 of 3 panelists answered; missing: panelist 3 (c): provider_error";
    assert_eq!(
        warnings(&outcome),
        [("degraded_panel".to_owned(), expected.to_owned())]
    );
    for model in ["analyst", "writer"] {
        let requests = outcome.transport.requests.borrow();
        let body = requests.iter().find(|body| body["model"] == model).unwrap();
        assert!(
            body.to_string().contains("2 of 3 experts answered"),
            "{body}"
        );
    }
    // If the caller's quorum or commands end a panelist, the run does not warn.
    let stalls = vec![vec![ScriptStep::Stall]];
    let outcome = answers(json!({"quorum": {"min_responses": 2}}), stalls);
    assert_eq!(warnings(&outcome), []);
    let all_answer = answers(json!({}), vec![answer_after(1, "three")]);
    assert_eq!(warnings(&all_answer), []);
}

#[test]
fn a_budget_that_ends_at_any_point_keeps_the_invariants() {
    let mut codes = Vec::new();
    for cents in 1..40 {
        let extra = json!({
            "quorum": {"fail_below": 2, "accept_partial": true},
            "max_retries": 0,
            "max_cost": f64::from(cents) / 50.0,
        });
        let all_scripts = scripts(streams(5), streams(40), streams(60));
        let outcome = run(priced("0.001", extra), &all_scripts, None);
        outcome.check();
        let code = outcome.result.as_ref().err().map(|error| error.code);
        let answers = outcome.recorder.snapshot().responses.len();
        match code {
            Some(Code::QuorumNotMet) => assert_eq!(answers, 1),
            Some(Code::BudgetExceeded) => assert!(answers == 0 || answers >= 2, "{answers}"),
            _ => assert_eq!(code, None),
        }
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let expected = [Some(Code::BudgetExceeded), Some(Code::QuorumNotMet), None];
    for code in expected {
        assert!(codes.contains(&code), "{code:?}");
    }
}
