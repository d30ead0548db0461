//! Tests snapshots and resume requests that are refused.

use super::harness::{request, run};
use super::resume::{default_scripts, resume_request, snapshot};
use crate::json::{Value, json, value_of};
use crate::request::Request;

#[test]
fn invalid_snapshots_and_resumes_have_clear_errors() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let with = |path: &str, value: Value| {
        let mut broken = stored.clone();
        *broken.pointer_mut(path).unwrap() = value;
        broken
    };
    let kept_and = |name: &str| {
        let mut more = stored.clone();
        more[name] = json!("sk-secret");
        more
    };
    let without = |name: &str| {
        let mut broken = stored.clone();
        broken.as_object_mut().unwrap().remove(name);
        broken
    };
    let invalid_snapshot = [
        (json!(7), "`resume` must be an object"),
        (json!({}), "`resume` has no `version`"),
        (
            with("/version", json!(3)),
            "`resume.version` is 3; a later version of llm-fuse wrote it; this version of llm-fuse resumes snapshots of version 1 to 2",
        ),
        (
            with("/version", json!(0)),
            "`resume.version` is 0; this version of llm-fuse resumes snapshots of version 1 to 2",
        ),
        (
            with("/version", json!(1.5)),
            "`resume.version` is 1.5; this version of llm-fuse resumes snapshots of version 1 to 2",
        ),
        (without("responses"), "`resume.responses` is missing"),
        (without("request"), "`resume.request` is missing"),
        (
            with("/responses", json!("x")),
            "`resume.responses` must be an array",
        ),
        (
            with("/responses/1", json!({"index": 1})),
            "`resume.responses[1].model` is missing",
        ),
        (
            with("/responses/1/index", json!("sk-secret")),
            "`resume.responses[1].index` must be an integer from 0 on",
        ),
        (
            with("/responses/1/index", json!(0)),
            "`resume` is damaged: panelist 1",
        ),
        (
            with("/responses/1/index", json!(9)),
            "`resume` is damaged: panelist 10",
        ),
        (
            with("/responses/1/content", json!(" ")),
            "`resume.responses` is damaged: an answer has no text",
        ),
        (
            with("/activity/0/cost", json!("free")),
            "`resume.activity[0].cost` must be an amount of USD",
        ),
        (
            with("/activity/0/cost", json!(-1)),
            "`resume.activity[0].cost` must be an amount of USD",
        ),
        (
            with("/status", json!("resting")),
            "`resume.status` must be one of waiting, running, completed, failed",
        ),
        (
            with("/analysis", json!([])),
            "`resume.analysis` must be an object",
        ),
        (
            with("/request", json!({"prompt": 5})),
            "`resume.request` is no request any more",
        ),
        (
            with("", kept_and("colour")),
            "`resume.colour` is unknown here; known are version, run_id",
        ),
        (
            with("/run_id", json!("")),
            "`resume.run_id` must not be empty",
        ),
        (
            json!({"snapshot": 7}),
            "`resume.snapshot` must be an object",
        ),
    ];
    for (broken, expected) in invalid_snapshot {
        let error = Request::parse(&resume_request(&broken, json!({}))).unwrap_err();
        assert_eq!(
            value_of(&error.code),
            "invalid_snapshot",
            "{}",
            error.message
        );
        assert!(
            error.message.starts_with(expected),
            "{} is not {expected}",
            error.message
        );
        assert!(!error.message.contains("sk-secret"));
    }
    let invalid_request = [
        (
            resume_request(&stored, json!({"prompt": "Else?"})),
            "`prompt` differs from the resumed run's",
        ),
        (
            resume_request(
                &stored,
                json!({"messages": [{"role": "user", "content": "Else?"}]}),
            ),
            "`messages` differs",
        ),
        (
            json!({"resume": {"snapshot": &stored, "rerun": [3]}}),
            "`resume.rerun` has the index 3; the snapshot has 3 panelists, counted from 0",
        ),
        (
            json!({"resume": {"snapshot": &stored, "rerun": ["a"]}}),
            "`resume.rerun[0]` must be the index",
        ),
        (
            json!({"resume": {"snapshot": &stored, "again": [0]}}),
            "`resume.again` is unknown",
        ),
        (
            resume_request(&stored, json!({"colour": "red"})),
            "`colour` is unknown",
        ),
    ];
    for (wrong, expected) in invalid_request {
        let error = Request::parse(&wrong).unwrap_err();
        assert_eq!(
            value_of(&error.code),
            "invalid_request",
            "{}",
            error.message
        );
        assert!(
            error.message.starts_with(expected),
            "{} is not {expected}",
            error.message
        );
    }
    assert!(
        Request::parse(&resume_request(&stored, json!({"prompt": "Why?"}))).is_ok(),
        "the same question may be given again"
    );
}
