//! Runs that stop at any moment and go on from their snapshot, which has been through JSON in between.

use crate::json::{Value, json, to_json, value_of};

use crate::deliberation::recorder::RunRecorder;
use crate::deliberation::tests::{Act, Play, cast, direct, plan, play, request, says};
use crate::request::Request;
use crate::result::Usage;

fn usual() -> Vec<(&'static str, Vec<Vec<Act>>)> {
    cast(vec![says(10, "one")], vec![says(20, "two")], vec![says(30, "three")])
}

fn snapshot(play: &Play) -> Value {
    let text = to_json(&play.recorder.snapshot());
    text.parse().unwrap()
}

fn asked(play: &Play) -> Vec<String> {
    play.stage.asked.borrow().iter().map(|body| body["model"].as_str().unwrap().to_owned()).collect()
}

fn resumed(snapshot: &Value, more: Value) -> Value {
    let mut request = json!({ "resume": snapshot });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

#[test]
fn a_run_stopped_at_any_moment_goes_on_and_repeats_no_call_that_had_finished() {
    let whole = play(request(json!({})), &usual(), None);
    let answer = whole.outcome.as_ref().unwrap();
    for stop in 0..=40 {
        let stopped = play(request(json!({})), &usual(), Some(stop));
        let kept = snapshot(&stopped);
        let finished: Vec<_> = [("panel", "a", 0), ("panel", "b", 1), ("panel", "c", 2), ("analysis", "judge", 9), ("answer", "pen", 9)]
            .into_iter()
            .filter(|(stage, _, index)| match *stage {
                "panel" => kept["responses"].as_array().unwrap().iter().any(|response| response["index"] == *index),
                "analysis" => !kept["analysis"].is_null(),
                _ => !kept["answer"].is_null(),
            })
            .map(|(_, model, _)| model)
            .collect();
        let again = play(resumed(&kept, json!({})), &usual(), None);
        again.check();
        let result = again.outcome.as_ref().unwrap();
        let repeated: Vec<_> = asked(&again).into_iter().filter(|model| finished.contains(&model.as_str())).collect();
        assert_eq!(repeated, Vec::<String>::new(), "stopped at {stop}");
        assert_eq!(asked(&again).len() + finished.len(), 5);
        assert_eq!((&result.answer, result.responses.len(), &result.analysis), (&answer.answer, 3, &answer.analysis));
        assert_eq!(again.events[0]["run_id"], kept["run_id"]);
        let restored = again.events.iter().filter(|event| event["type"] == "panelist.completed" && event["restored"] == true).count();
        assert_eq!(restored, kept["responses"].as_array().unwrap().len());
        // What was bought before is part of the bill.
        assert!(result.activity.len() >= kept["activity"].as_array().unwrap().len());
        let usage = value_of(&Usage::of(&again.recorder.snapshot().activity));
        assert_eq!(again.events.last().unwrap()["result"]["usage"], usage);
    }
}

#[test]
fn a_finished_run_resumes_without_a_call_and_unchanged() {
    let whole = play(request(json!({})), &usual(), None);
    let kept = snapshot(&whole);
    let again = play(resumed(&kept, json!({})), &[], None);
    again.check();
    assert_eq!(asked(&again), Vec::<String>::new());
    assert_eq!(snapshot(&again), kept);
}

/// A script that does anything a model may do, within 30 ms of a patience of 20.
fn anything(rng: &mut fastrand::Rng) -> Vec<Vec<Act>> {
    let attempt = |rng: &mut fastrand::Rng| match rng.u8(0..8) {
        0 => vec![Act::Status(rng.choice([400, 402, 429, 500, 503]).unwrap_or(500))],
        1 => vec![Act::Say(rng.u64(1..9), "cut".into()), Act::Cut],
        2 => vec![Act::Say(rng.u64(1..9), "stalled".into()), Act::Stall],
        3 => vec![Act::Finish],
        _ => vec![Act::Say(rng.u64(1..9), "one ".into()), Act::Say(rng.u64(1..9), "two".into()), Act::Finish],
    };
    (0..rng.usize(1..4)).map(|_| attempt(rng)).collect()
}

#[test]
fn random_runs_controlled_and_stopped_at_random_keep_every_promise() {
    for seed in 0..600 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut scripts = cast(anything(&mut rng), anything(&mut rng), anything(&mut rng));
        if rng.bool() {
            scripts[3].1.insert(0, anything(&mut rng).remove(0));
            scripts[4].1.insert(0, anything(&mut rng).remove(0));
        }
        let limits = json!({"timeouts": {"panelist_ms": 2_000, "idle_ms": 20, "run_ms": 60_000}, "max_retries": rng.u32(0..3)});
        let stop_at = rng.bool().then(|| rng.u64(0..60));
        let retries = rng.bool();
        let play = direct(request(limits), &scripts, |next, backstage| {
            match rng.u8(0..40) {
                0 => drop(backstage.act(|control| control.cancel_panelist(rng.usize(0..4)))),
                1 => drop(backstage.act(|control| control.proceed(backstage.recorder.answers()))),
                2 if retries => drop(backstage.act(|control| control.retry_panelist(rng.usize(0..4)))),
                _ => {}
            }
            stop_at.is_some_and(|at| at < next)
        });
        if !retries {
            play.check();
        }
        assert_eq!(play.stage.open.get(), 0);
        let kept = snapshot(&play);
        assert_eq!(value_of(&Usage::of(&play.recorder.snapshot().activity)), sum(&kept["activity"]), "seed {seed}");

        let plan = plan(&json!({ "resume": &kept }));
        let mut unchanged = value_of(&RunRecorder::new(play.env.clone(), Some(&plan)).snapshot());
        unchanged["status"] = kept["status"].clone();
        assert_eq!(unchanged, kept, "seed {seed}");

        let again = direct(resumed(&kept, json!({})), &usual(), |_, _| false);
        again.check();
        let settled: Vec<_> = kept["responses"].as_array().unwrap().iter().map(|response| response["model"].as_str().unwrap()).collect();
        assert!(asked(&again).iter().all(|model| !settled.contains(&model.as_str())), "seed {seed}");
    }
}

/// What `usage` has to be, worked out from `activity` by other means: in whole units of 1e-12 USD.
fn sum(activity: &Value) -> Value {
    let stage = |stage: Option<&str>| {
        let calls: Vec<_> = activity.as_array().unwrap().iter().filter(|call| stage.is_none_or(|stage| call["stage"] == stage)).collect();
        let known: Vec<f64> = calls.iter().filter_map(|call| call["cost"].as_f64()).collect();
        let cost = known.iter().map(|cost| (cost * 1e12).round() as i128).sum::<i128>() as f64 / 1e12;
        let tokens = |name: &str| calls.iter().filter_map(|call| call[name].as_u64()).sum::<u64>();
        json!({
            "cost": (known.len() == calls.len()).then_some(cost),
            "cost_so_far": cost,
            "unknown_calls": calls.len() - known.len(),
            "prompt_tokens": tokens("prompt_tokens"),
            "completion_tokens": tokens("completion_tokens"),
            "reasoning_tokens": tokens("reasoning_tokens"),
        })
    };
    let mut sum = stage(None);
    sum["by_stage"] = json!({"panel": stage(Some("panel")), "analysis": stage(Some("analysis")), "answer": stage(Some("answer"))});
    sum
}

#[test]
fn an_answer_without_tool_calls_is_one_that_called_none() {
    let mut kept = snapshot(&play(request(json!({})), &usual(), None));
    kept["answer"].as_object_mut().unwrap().remove("tool_calls").unwrap();
    let again = play(resumed(&kept, json!({})), &[], None);
    assert_eq!((asked(&again).len(), again.outcome.unwrap().tool_calls.len()), (0, 0));
}

#[test]
fn another_writer_or_analyst_costs_only_that() {
    let kept = snapshot(&play(request(json!({})), &usual(), None));
    let mut cast = usual();
    cast.push(("quill", vec![says(1, "better")]));
    cast.push(("critic", cast[3].1.clone()));
    let again = play(resumed(&kept, json!({"writer": "quill"})), &cast, None);
    assert_eq!((asked(&again), again.outcome.unwrap().answer), (vec!["quill".to_owned()], "better".to_owned()));
    let again = play(resumed(&kept, json!({"analyst": "critic"})), &cast, None);
    assert_eq!(asked(&again), ["critic", "pen"]);
}

#[test]
fn a_panelist_can_be_added_moved_or_asked_again() {
    let kept = snapshot(&play(request(json!({})), &usual(), None));
    let mut cast = usual();
    cast.push(("d", vec![says(1, "four")]));
    let again = play(resumed(&kept, json!({"analysis_models": ["c", "a", "b", "d", "a"]})), &cast, None);
    again.check();
    assert_eq!(asked(&again), ["d", "a", "judge", "pen"]);
    let contents: Vec<_> = again.outcome.as_ref().unwrap().responses.iter().map(|response| response.content.as_str()).collect();
    assert_eq!(contents, ["three", "one", "two", "four", "one"]);
    let again = play(json!({"resume": {"snapshot": &kept, "rerun": [1]}}), &usual(), None);
    assert_eq!(asked(&again), ["b", "judge", "pen"]);
    assert_eq!(again.outcome.unwrap().responses.len(), 3);
}

#[test]
fn who_failed_is_asked_again_unless_the_run_had_gone_on_without() {
    let down = || vec![vec![Act::Status(402)]];
    let kept = snapshot(&play(request(json!({})), &cast(down(), down(), down()), None));
    let again = play(resumed(&kept, json!({})), &usual(), None);
    assert_eq!(asked(&again).len(), 5);

    let mut broke = cast(down(), vec![says(1, "two")], vec![says(1, "three")]);
    broke[4] = ("pen", down());
    let kept = snapshot(&play(request(json!({})), &broke, None));
    let again = play(resumed(&kept, json!({})), &usual(), None);
    again.check();
    assert_eq!(asked(&again), ["pen"]);
    assert_eq!(again.outcome.unwrap().failed_models.len(), 1);
    let again = play(json!({"resume": {"snapshot": &kept, "rerun": [0]}}), &usual(), None);
    assert_eq!(asked(&again), ["a", "judge", "pen"]);
}

#[test]
fn nobody_is_asked_where_the_answers_that_are_in_suffice() {
    let kept = snapshot(&play(request(json!({})), &usual(), Some(15)));
    assert_eq!(kept["responses"].as_array().unwrap().len(), 1);
    let again = play(resumed(&kept, json!({"quorum": {"min_responses": 1}})), &usual(), None);
    again.check();
    assert_eq!(asked(&again), ["judge", "pen"]);
    assert_eq!(again.outcome.unwrap().failed_models.len(), 2);
}

#[test]
fn an_analyst_that_was_given_up_on_is_not_paid_again() {
    let mut cast = usual();
    cast[3] = ("judge", vec![vec![Act::Status(400)]]);
    cast[4] = ("pen", vec![vec![Act::Status(402)]]);
    let kept = snapshot(&play(request(json!({})), &cast, None));
    assert_eq!(asked(&play(resumed(&kept, json!({})), &usual(), None)), ["pen"]);
}

#[test]
fn what_cannot_be_resumed_is_refused_in_words() {
    let kept = snapshot(&play(request(json!({})), &usual(), None));
    let with = |path: &str, value: Value| {
        let mut broken = kept.clone();
        *broken.pointer_mut(path).unwrap() = value;
        broken
    };
    let kept_and = |name: &str| {
        let mut more = kept.clone();
        more[name] = json!("sk-secret");
        more
    };
    let without = |name: &str| {
        let mut broken = kept.clone();
        broken.as_object_mut().unwrap().remove(name);
        broken
    };
    let invalid_snapshot = [
        (json!(7), "`resume` must be an object"),
        (json!({}), "`resume` has no `version`"),
        (with("/version", json!(2)), "`resume.version` is 2; this version of llm-fuse resumes snapshots of version 1"),
        (without("responses"), "`resume.responses` is missing"),
        (without("request"), "`resume.request` is missing"),
        (with("/responses", json!("x")), "`resume.responses` must be an array"),
        (with("/responses/1", json!({"index": 1})), "`resume.responses[1].model` is missing"),
        (with("/responses/1/index", json!("sk-secret")), "`resume.responses[1].index` must be an integer from 0 on"),
        (with("/responses/1/index", json!(0)), "`resume` is damaged: panelist 0"),
        (with("/responses/1/index", json!(9)), "`resume` is damaged: panelist 9"),
        (with("/responses/1/content", json!(" ")), "`resume.responses` is damaged: an answer has no text"),
        (with("/activity/0/cost", json!("free")), "`resume.activity[0].cost` must be an amount of USD"),
        (with("/activity/0/cost", json!(-1)), "`resume.activity[0].cost` must be an amount of USD"),
        (with("/status", json!("resting")), "`resume.status` must be one of waiting, running, completed, failed"),
        (with("/analysis", json!([])), "`resume.analysis` must be an object"),
        (with("/request", json!({"prompt": 5})), "`resume.request` is no request any more"),
        (with("", kept_and("colour")), "`resume.colour` is unknown here; known are version, run_id"),
        (with("/run_id", json!("")), "`resume.run_id` must not be empty"),
        (json!({"snapshot": 7}), "`resume.snapshot` must be an object"),
    ];
    for (broken, words) in invalid_snapshot {
        let error = Request::parse(&resumed(&broken, json!({}))).unwrap_err();
        assert_eq!(value_of(&error.code), "invalid_snapshot", "{}", error.message);
        assert!(error.message.starts_with(words), "{} is not {words}", error.message);
        assert!(!error.message.contains("sk-secret"));
    }
    let invalid_request = [
        (resumed(&kept, json!({"prompt": "Else?"})), "`prompt` differs from the resumed run's"),
        (resumed(&kept, json!({"messages": [{"role": "user", "content": "Else?"}]})), "`messages` differs"),
        (json!({"resume": {"snapshot": &kept, "rerun": [3]}}), "`resume.rerun` names panelist 3; the snapshot has 3"),
        (json!({"resume": {"snapshot": &kept, "rerun": ["a"]}}), "`resume.rerun[0]` must be the index"),
        (json!({"resume": {"snapshot": &kept, "again": [0]}}), "`resume.again` is unknown"),
        (resumed(&kept, json!({"colour": "red"})), "`colour` is unknown"),
    ];
    for (wrong, words) in invalid_request {
        let error = Request::parse(&wrong).unwrap_err();
        assert_eq!(value_of(&error.code), "invalid_request", "{}", error.message);
        assert!(error.message.starts_with(words), "{} is not {words}", error.message);
    }
    assert!(Request::parse(&resumed(&kept, json!({"prompt": "Why?"}))).is_ok(), "the same question may be given again");
}
