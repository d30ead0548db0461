//! Tests `quorum.accept_partial`, which accepts texts that were cut off. Also tests restarts and
//! resumed runs with such texts.

use super::harness::{answer_after, request, run, run_with_hook, scripts};
use super::quorum::{breaks_after, warnings};
use super::resume::{asked_models, default_scripts, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};

fn accept_partial(extra: Value) -> Value {
    let mut request = request(json!({"quorum": {"accept_partial": true}, "max_retries": 0}));
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    request
}

#[test]
fn a_text_that_was_cut_off_counts_from_200_characters_on() {
    let cut_off = |characters: usize, end: ScriptStep, extra: Value| {
        let script = vec![ScriptStep::Text(1, "é".repeat(characters)), end];
        let all_scripts = scripts(
            vec![answer_after(10, "one")],
            vec![script],
            vec![answer_after(10, "three")],
        );
        let outcome = run(accept_partial(extra), &all_scripts, None);
        outcome.check();
        outcome
    };
    for (end, extra, code) in [
        (ScriptStep::Disconnect, json!({}), "network_error"),
        (ScriptStep::Stall, json!({}), "timeout"),
        (
            ScriptStep::Stall,
            json!({"timeouts": {"panelist_ms": 50}}),
            "timeout",
        ),
    ] {
        let outcome = cut_off(200, end.clone(), extra.clone());
        let result = outcome.result.as_ref().unwrap();
        let response = &result.responses[1];
        assert_eq!(
            (response.partial, response.finish_reason.as_ref()),
            (true, None)
        );
        assert_eq!(result.failed_models, []);
        assert_eq!(warnings(&outcome), []);
        let of_panelist =
            |event: &&Value| event["type"] == "panelist.completed" && event["index"] == 1;
        let event = outcome.events.iter().find(of_panelist).unwrap();
        assert_eq!(
            (&event["partial"], &event["error"]["code"]),
            (&json!(true), &json!(code))
        );
        let stored = snapshot(&outcome);
        assert_eq!(
            (&stored["version"], &stored["partial"]),
            (&json!(2), &json!([]))
        );
        assert_eq!(stored["responses"][1]["error"]["code"], code);
        let requests = outcome.transport.requests.borrow();
        for model in ["analyst", "writer"] {
            let body = requests.iter().find(|body| body["model"] == model).unwrap();
            assert!(
                body.to_string().contains(", cut off before its end:"),
                "{body}"
            );
        }
        let short = cut_off(199, end, extra);
        let result = short.result.as_ref().unwrap();
        assert_eq!((result.responses.len(), result.failed_models.len()), (2, 1));
    }
    let refused = cut_off(300, ScriptStep::Disconnect, json!({"quorum": null}));
    assert_eq!(refused.result.as_ref().unwrap().failed_models.len(), 1);
}

#[test]
fn only_after_its_fallbacks_a_cut_off_text_counts() {
    let text = "long ".repeat(60);
    let models = json!([{"model": "a", "fallbacks": ["c"]}, "b"]);
    let with_fallback = |fallback: Vec<ScriptStep>| {
        let all_scripts = scripts(
            vec![breaks_after(1, &text)],
            vec![answer_after(10, "two")],
            vec![fallback],
        );
        let extra = json!({"analysis_models": &models});
        let outcome = run(accept_partial(extra), &all_scripts, None);
        outcome.check();
        outcome.result.unwrap().responses.remove(0)
    };
    let whole = with_fallback(answer_after(1, "whole"));
    assert_eq!((&*whole.content, whole.partial), ("whole", false));
    let cut_off = with_fallback(vec![ScriptStep::Status(500)]);
    assert_eq!(
        (cut_off.content.trim(), cut_off.partial),
        (text.trim(), true)
    );
    assert_eq!(cut_off.error.unwrap().code, Code::NetworkError);
}

#[test]
fn a_panelist_that_was_cut_off_may_restart_and_loses_nothing() {
    let text = "long ".repeat(60);
    for (second, expected) in [
        (answer_after(5, "whole"), "whole"),
        (vec![ScriptStep::Status(400)], &*text),
        (breaks_after(5, "short"), &*text),
        (vec![ScriptStep::Stall], &*text),
    ] {
        let all_scripts = scripts(
            vec![breaks_after(1, &text), second],
            vec![answer_after(50, "two")],
            vec![answer_after(200, "three")],
        );
        let mut done = false;
        let extra = json!({"timeouts": {"first_byte_ms": 100}});
        let outcome = run_with_hook(accept_partial(extra), &all_scripts, |_, handle| {
            if !done {
                done = handle.recorder.answers() == 1
                    && handle.command(|control| control.retry_panelist(0));
                assert!(handle.recorder.answers() <= 1);
            }
            false
        });
        assert!(done);
        let result = outcome.result.as_ref().unwrap();
        assert_eq!(result.responses[0].content.trim(), expected.trim());
        assert_eq!(result.responses[0].partial, expected != "whole");
        // The restarted panelist starts and ends again, and its last end has the result.
        let mut events = outcome.events.iter();
        let is_of_panelist = |event: &&Value| event["index"] == 0;
        let is_edge = |event: &&Value| {
            ["panelist.started", "panelist.completed"].contains(&event["type"].as_str().unwrap())
        };
        let edges: Vec<_> = events
            .by_ref()
            .filter(is_of_panelist)
            .filter(is_edge)
            .collect();
        let kinds: Vec<_> = edges
            .iter()
            .map(|event| event["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "panelist.started",
                "panelist.completed",
                "panelist.started",
                "panelist.completed"
            ]
        );
        let last = edges[3]["content"].as_str().unwrap();
        assert_eq!(last, result.responses[0].content);
        assert!(result.failed_models.iter().all(|failed| failed.index != 0));
        assert_eq!(
            outcome.recorder.snapshot().responses.len(),
            result.responses.len()
        );
    }
}

#[test]
fn a_restored_text_that_was_cut_off_counts_unless_the_new_run_refuses_it() {
    let text = "long ".repeat(60);
    let all_scripts = scripts(
        vec![breaks_after(1, &text)],
        vec![answer_after(20, "two")],
        vec![answer_after(30, "three")],
    );
    for stop in [Some(10), Some(25), None] {
        let stored = snapshot(&run(accept_partial(json!({})), &all_scripts, stop));
        let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
        resumed.check();
        assert!(
            !asked_models(&resumed).contains(&"a".to_owned()),
            "{stop:?}"
        );
        let event = resumed
            .events
            .iter()
            .find(|event| event["type"] == "panelist.completed");
        assert_eq!(event.unwrap()["partial"], true);
        let refusing = resume_request(&stored, json!({"quorum": {"accept_partial": false}}));
        let resumed = run(refusing, &default_scripts(), None);
        resumed.check();
        assert_eq!(asked_models(&resumed)[0], "a");
        assert_eq!(
            asked_models(&resumed)[asked_models(&resumed).len() - 2..],
            ["analyst", "writer"]
        );
        assert_eq!(resumed.result.as_ref().unwrap().responses[0].content, "one");
    }
}
