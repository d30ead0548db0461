//! Tests which calls a resumed run makes after a run that has answered without its analysis or its
//! second pass. Also tests the estimate of an open second pass.

use futures::FutureExt;

use super::analyst_replies::{ANALYSIS, in_parts, scripts_with_analyst};
use super::escalation::{disagreement, down, escalating, scripts, stalls, with};
use super::harness::{RunOutcome, analysis, answer_after, plan, request, run};
use super::open_analyses::{
    options, resumed_with_more_money, second_reply, slowly, two_passes, writer_fails,
};
use super::resume::{asked_models, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::deliberation::estimate;
use crate::json::{Value, json};
use crate::usage::Cost;

#[test]
fn a_further_panelist_that_failed_stays_failed_if_the_second_analysis_was_refused() {
    // The second analysis has no budget, so it makes no call. The writer is free.
    let few = escalating(json!({"max_cost": 0.4, "options": options("0")}));
    let failing = with(scripts(vec![disagreement(1)]), "c", down());
    let stopped = run(few, &with(failing, "writer", writer_fails()), None);
    stopped.check();
    assert_eq!(
        asked_models(&stopped),
        ["a", "b", "analyst", "c", "d", "writer"]
    );
    let stored = snapshot(&stopped);
    assert_eq!(stored["analysis_open"], true);
    let resumed = resumed_with_more_money(&stored);
    assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
}

/// The writer of the scripts with another setting, so that a resumed run answers again.
fn other_writer() -> Value {
    let writer = json!({"model": "writer", "temperature": 0.5});
    json!({"writer": writer, "max_cost": 9, "options": options("0")})
}

#[test]
fn an_answer_without_the_analysis_ends_the_analysis() {
    let single = scripts_with_analyst(vec![in_parts(ANALYSIS, 10)]);
    let few = request(json!({"max_cost": 0.31, "options": options("0")}));
    let escalated = escalating(json!({"max_cost": 0.21, "options": options("0")}));
    let slow = scripts(vec![slowly(disagreement(1))]);
    for (request, scripted) in [(few, single), (escalated, slow)] {
        let answered = run(request, &scripted, None);
        answered.check();
        let mut stored = snapshot(&answered);
        assert_eq!(stored.get("analysis_open"), None);
        // A snapshot may still have the field.
        for is_open in [false, true] {
            if is_open {
                stored["analysis_open"] = json!(true);
            }
            let stalling = with(scripts(vec![]), "writer", stalls());
            let again = resume_request(&stored, other_writer());
            let stopped = run(again, &stalling, Some(50));
            assert_eq!(asked_models(&stopped), ["writer"]);
            let rest = scripts(vec![analysis()]);
            let more = json!({"max_cost": 9, "options": options("0")});
            let resumed = run(resume_request(&snapshot(&stopped), more), &rest, None);
            resumed.check();
            assert_eq!(asked_models(&resumed), ["writer"]);
        }
    }
}

#[test]
fn a_run_with_an_answer_makes_no_second_pass_for_another_writer() {
    let fails = || vec![ScriptStep::Status(400)];
    let passes = json!({"analyst": {"model": "analyst", "passes": 2}});
    let single = scripts_with_analyst(vec![answer_after(1, ANALYSIS), fails()]);
    let rounds = scripts(vec![disagreement(1), fails(), fails()]);
    for (request, scripted) in [
        (two_passes(json!({})), single),
        (escalating(passes), rounds),
    ] {
        let mut stored = snapshot(&run(request, &scripted, None));
        assert_eq!(stored["status"], "completed");
        // Old snapshots do not have the field.
        stored.as_object_mut().unwrap().remove("second_pass_ended");
        let stalling = with(scripts(vec![]), "writer", stalls());
        let again = resume_request(&stored, other_writer());
        let stopped = run(again, &stalling, Some(50));
        assert_eq!(asked_models(&stopped), ["writer"]);
        let rest = scripts(vec![second_reply()]);
        let more = json!({"max_cost": 9, "options": options("0")});
        let resumed = run(resume_request(&snapshot(&stopped), more), &rest, None);
        resumed.check();
        assert_eq!(asked_models(&resumed), ["writer"]);
    }
}

#[test]
fn an_estimate_includes_an_open_second_pass() {
    let scripted = |pass| scripts_with_analyst(vec![answer_after(1, ANALYSIS), pass]);
    let stalls = vec![ScriptStep::Text(1, "{".to_owned()), ScriptStep::Stall];
    let cost = |outcome: &RunOutcome| {
        let more = json!({"max_cost": 900, "options": options("0")});
        let plan = plan(&resume_request(&snapshot(outcome), more));
        let estimate = estimate(&plan, &outcome.env).now_or_never().unwrap();
        estimate.unwrap().costs.by_stage.analysis.expected.unwrap()
    };
    let open = run(two_passes(json!({})), &scripted(stalls), Some(50));
    assert!(cost(&open) > Cost(0));
    let mut ended = scripted(second_reply());
    ended[4].1 = writer_fails();
    let ended = run(two_passes(json!({})), &ended, None);
    assert_eq!(cost(&ended), Cost(0));
    let passes = json!({"analyst": {"model": "analyst", "passes": 2}});
    let before = |analyses: Vec<_>| {
        let stalls = vec![ScriptStep::Text(1, "{".to_owned()), ScriptStep::Stall];
        scripts([analyses, vec![stalls]].concat())
    };
    for analyses in [vec![analysis()], vec![disagreement(1), disagreement(1)]] {
        let open = run(escalating(passes.clone()), &before(analyses), Some(150));
        assert!(cost(&open) > Cost(0));
    }
}
