//! What the caller does to a run in the middle of it.

use crate::json::{Value, json};

use crate::deliberation::budget_tests::priced;
use crate::deliberation::tests::{Act, Play, cast, direct, request, says};
use crate::error::Code;

fn stalls() -> Vec<Vec<Act>> {
    vec![vec![Act::Say(1, "half".into()), Act::Stall]]
}

fn of<'a>(play: &'a Play, kind: &str, index: u64) -> Vec<&'a Value> {
    play.events.iter().filter(|event| event["type"] == kind && event["index"] == index).collect()
}

#[test]
fn a_panelist_that_is_sent_home_fails_and_the_run_goes_on() {
    let cast = cast(vec![says(10, "one")], stalls(), vec![says(30, "three")]);
    let mut first = true;
    let play = direct(request(json!({})), &cast, |next, backstage| {
        if next > 10 && std::mem::take(&mut first) {
            assert!(!backstage.act(|control| control.cancel_panelist(0)), "it has answered");
            assert!(!backstage.act(|control| control.cancel_panelist(8)), "nobody sits there");
            assert!(backstage.act(|control| control.cancel_panelist(1)));
            assert!(!backstage.control.cancel_panelist(1), "it is on its way");
        }
        false
    });
    play.check();
    let result = play.outcome.as_ref().unwrap();
    assert_eq!((result.responses.len(), result.failed_models[0].index, result.failed_models[0].code), (2, 1, Code::Cancelled));
    assert_eq!(play.recorder.snapshot().partial[0].content, "half");
}

#[test]
fn proceed_goes_on_with_what_is_in_and_with_nothing_it_does_nothing() {
    let cast = cast(vec![says(10, "one")], stalls(), stalls());
    let mut asked = Vec::new();
    let play = direct(request(json!({})), &cast, |_, backstage| {
        if asked.last() != Some(&true) {
            asked.push(backstage.act(|control| control.proceed(backstage.recorder.answers())));
        }
        false
    });
    play.check();
    assert_eq!((asked.first(), asked.last()), (Some(&false), Some(&true)));
    let result = play.outcome.as_ref().unwrap();
    assert_eq!((result.responses.len(), result.failed_models.len(), result.answer.as_str()), (1, 2, "final"));
    assert!(result.failed_models.iter().all(|failed| failed.error.contains("proceed()")));
}

#[test]
fn one_that_was_to_begin_anew_goes_home_when_the_run_goes_on() {
    let cast = cast(vec![says(10, "one")], stalls(), stalls());
    let mut done = false;
    let play = direct(request(json!({})), &cast, |_, backstage| {
        if !done && backstage.recorder.answers() > 0 {
            assert!(backstage.control.retry_panelist(1));
            assert!(!backstage.control.retry_panelist(1), "it is to begin anew already");
            done = backstage.act(|control| control.proceed(backstage.recorder.answers()));
        }
        false
    });
    play.check();
    assert_eq!(of(&play, "panelist.started", 1).len(), 1);
    assert_eq!(play.outcome.as_ref().unwrap().answer, "final");
}

#[test]
fn proceed_gives_up_an_analysis_that_takes_too_long() {
    let mut cast = cast(vec![says(1, "one")], vec![says(1, "two")], vec![says(1, "three")]);
    cast[3] = ("judge", stalls());
    let mut done = false;
    let play = direct(request(json!({})), &cast, |next, backstage| {
        if next > 100 && !done {
            done = backstage.act(|control| control.proceed(backstage.recorder.answers()));
        }
        false
    });
    play.check();
    let failed = play.events.iter().find(|event| event["type"] == "analysis.failed").unwrap();
    assert_eq!((failed["error"]["code"].as_str(), failed.get("next")), (Some("cancelled"), None));
    assert_eq!(play.outcome.as_ref().unwrap().answer, "final");
}

#[test]
fn one_that_failed_is_seated_again_while_others_work() {
    let cast = cast(vec![vec![Act::Status(400)], says(5, "second try")], vec![says(50, "two")], vec![says(60, "three")]);
    let mut done = false;
    let play = direct(request(json!({})), &cast, |_, backstage| {
        if !done {
            done = backstage.act(|control| control.retry_panelist(0));
        }
        assert!(!backstage.control.retry_panelist(7));
        false
    });
    let started: Vec<_> = of(&play, "panelist.started", 0).iter().map(|event| event["attempt"].clone()).collect();
    assert_eq!(started, [json!(1), json!(2)]);
    assert_eq!((of(&play, "panelist.failed", 0).len(), of(&play, "panelist.completed", 0).len()), (1, 1));
    let result = play.outcome.as_ref().unwrap();
    assert_eq!((result.responses.len(), result.failed_models.len()), (3, 0));
}

#[test]
fn one_that_is_seated_again_at_each_failure_is_asked_ever_more_slowly() {
    let cast = cast(vec![vec![Act::Status(400)]], vec![says(2_000, "two")], vec![says(4_000, "three")]);
    let play = direct(request(json!({})), &cast, |_, backstage| {
        if backstage.control.stop_signal(0).is_none() {
            backstage.act(|control| control.retry_panelist(0));
        }
        false
    });
    let waits: Vec<_> = of(&play, "panelist.retrying", 0).iter().map(|event| event["delay_ms"].clone()).collect();
    assert_eq!(waits, [json!(500), json!(1_000), json!(2_000), json!(4_000)]);
    assert_eq!(of(&play, "panelist.started", 0).len(), 6);
    assert_eq!(play.outcome.as_ref().unwrap().failed_models.len(), 1);
}

#[test]
fn one_that_works_begins_anew_and_what_it_said_is_void() {
    let cast = cast(vec![vec![Act::Say(1, "half".into()), Act::Stall], says(5, "whole")], vec![says(50, "two")], vec![says(60, "three")]);
    let mut done = false;
    let play = direct(request(json!({})), &cast, |next, backstage| {
        if next >= 50 && !done {
            done = backstage.act(|control| control.retry_panelist(0));
        }
        false
    });
    play.check();
    assert_eq!(of(&play, "panelist.retrying", 0)[0]["error"]["code"], "cancelled");
    let result = play.outcome.as_ref().unwrap();
    assert_eq!(result.responses[0].content, "whole");
    let rows: Vec<_> = result.activity.iter().filter(|call| call.index == Some(0)).map(|call| call.status).collect();
    assert_eq!(rows, [crate::result::Status::Cancelled, crate::result::Status::Completed]);
}

#[test]
fn one_that_fails_at_the_very_moment_it_is_to_begin_anew_does_so() {
    let broken = vec![Act::Say(1, "half".into()), Act::CutAndRetry(0)];
    let cast = cast(vec![broken, says(5, "whole")], vec![says(50, "two")], vec![says(60, "three")]);
    let play = direct(priced("0.001", json!({"max_cost": 1})), &cast, |_, _| false);
    let started: Vec<_> = of(&play, "panelist.started", 0).iter().map(|event| event["attempt"].clone()).collect();
    assert_eq!(started, [json!(1), json!(2)]);
    assert_eq!((of(&play, "panelist.failed", 0).len(), of(&play, "panelist.completed", 0).len()), (1, 1));
    let result = play.outcome.as_ref().unwrap();
    assert_eq!((result.responses[0].content.as_str(), result.responses.len(), result.failed_models.len()), ("whole", 3, 0));
    let snapshot = play.recorder.snapshot();
    assert_eq!((snapshot.responses.len(), snapshot.failed_models.len(), snapshot.partial.len()), (3, 0, 0));
    let rows: Vec<_> = result.activity.iter().filter(|call| call.index == Some(0)).map(|call| call.status).collect();
    assert_eq!(rows, [crate::result::Status::Failed, crate::result::Status::Completed]);
}

#[test]
fn nobody_is_seated_again_once_the_panel_rises() {
    let cast = cast(vec![vec![Act::Status(400)]], vec![says(10, "two")], vec![says(10, "three")]);
    let play = direct(request(json!({})), &cast, |next, backstage| {
        if next > 10 {
            assert!(!backstage.control.retry_panelist(0));
        }
        false
    });
    play.check();
    assert_eq!(play.outcome.as_ref().unwrap().failed_models.len(), 1);
}
