//! Tests which URLs are sources.

use super::analyst_replies::of;
use super::harness::{analysis, answer_after, request, run, scripts};
use super::resume::{resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json, value_of};

const WRONG: [&str; 6] = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//no.scheme.example",
];

/// An answer with citations of these URLs.
fn citing(urls: &[&str]) -> Vec<ScriptStep> {
    let annotations: Value = urls
        .iter()
        .map(|url| json!({"type": "url_citation", "url_citation": {"url": url, "title": "t"}}))
        .collect();
    let delta = json!({"content": "See javascript:alert(1).", "annotations": annotations});
    let chunk = json!({"choices": [{"delta": delta}]});
    vec![
        ScriptStep::Send(format!("data: {chunk}\n\n")),
        ScriptStep::Finish,
    ]
}

#[test]
fn only_web_pages_are_sources_of_any_role() {
    let urls = [
        &WRONG[..],
        &["HTTPS://web.example/a", "http://web.example/b"],
    ]
    .concat();
    let mut analyst = citing(&urls);
    analyst.pop();
    analyst.extend(analysis());
    let mut all = scripts(
        vec![citing(&urls)],
        vec![answer_after(1, "two")],
        vec![answer_after(1, "three")],
    );
    all[3] = ("analyst", vec![analyst]);
    all[4] = ("writer", vec![citing(&urls)]);
    let outcome = run(request(json!({})), &all, None);
    outcome.check();
    let expected = ["HTTPS://web.example/a", "http://web.example/b"];
    for kind in ["panelist.source", "analysis.source", "answer.source"] {
        let found = of(&outcome, kind);
        let found: Vec<_> = found
            .iter()
            .map(|event| event["url"].as_str().unwrap())
            .collect();
        assert_eq!(found, expected, "{kind}");
    }
    let result = value_of(outcome.result.as_ref().unwrap());
    for list in [&result["sources"], &result["responses"][0]["sources"]] {
        let urls: Vec<_> = list.as_array().unwrap().iter().collect();
        assert_eq!(
            urls.iter()
                .map(|it| it["url"].as_str().unwrap())
                .collect::<Vec<_>>(),
            expected
        );
    }
    // The text of an answer stays as it is.
    assert_eq!(result["answer"], "See javascript:alert(1).");
}

#[test]
fn a_restored_source_that_is_no_web_page_is_removed() {
    let mut stored = snapshot(&run(
        request(json!({})),
        &super::resume::default_scripts(),
        None,
    ));
    let wrong =
        json!([{"url": WRONG[0], "title": ""}, {"url": "https://web.example/", "title": ""}]);
    for path in [
        "/responses/0/sources",
        "/answer/sources",
        "/analysis_sources",
    ] {
        *stored.pointer_mut(path).unwrap() = wrong.clone();
    }
    let resumed = run(resume_request(&stored, json!({})), &[], None);
    resumed.check();
    let text = value_of(&resumed.result.unwrap()).to_string();
    assert!(!text.contains("javascript"), "{text}");
    assert!(text.contains("https://web.example/"), "{text}");
}
