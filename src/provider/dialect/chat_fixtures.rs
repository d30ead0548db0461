//! Streams as OpenRouter, OpenAI and llama.cpp send them, each read whole, at every byte split, and cut off at every byte.

use super::super::{CallOutcome, Dialect, fixtures};
use crate::count::Count;
use crate::result::Cost;

const OPENROUTER: &str = concat!(
    ": OPENROUTER PROCESSING\n\n",
    "data: {\"id\":\"gen-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"a/b-2\",\"provider\":\"P\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning\":\"hm \\u00e9\"},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"gen-1\",\"model\":\"a/b-2\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüße 😀\"},\"finish_reason\":null}]}\n\n",
    ": OPENROUTER PROCESSING\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\\n\\\"b\\\"\",\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"https://e.com\",\"title\":\"E\",\"start_index\":1}},{\"type\":\"url_citation\",\"url\":\"https://f.com\"},7]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.server_tool_call\",\"tool_name\":\"openrouter:web_search\",\"arguments\":\"{\\\"query\\\":\\\"q\\\"}\",\"result\":\"{\\\"status\\\":\\\"failed\\\"}\"}]}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\",\"native_finish_reason\":\"end\"}]}\n\n",
    "data: {\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9,\"completion_tokens_details\":{\"reasoning_tokens\":4},\"cost\":1.5e-7}}\n\n",
    "data: [DONE]\n\n",
);
const BOM_CRLF: &str = "\u{feff}data: {\"choices\":[{\"delta\":{\"content\":\"x\",\"reasoning_content\":\"r\"},\"finish_reason\":\"length\"}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"cost\":-1}}\r\n\r\ndata: [DONE]\r\n\r\n";
const MID_STREAM_ERROR: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"id\":\"g\",\"error\":{\"code\":429,\"message\":\"Rate limit exceeded\",\"metadata\":{\"error_type\":\"rate_limit_exceeded\"}},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n";
const ODD: &str = "data: not json\n\ndata: {\"choices\":7}\n\ndata: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"parts\"}]}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}\n\ndata: {\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}\n\n";
/// Two calls in pieces, one whole without an index, signed thinking in between.
const CALLS: &str = concat!(
    "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"text\":\"hm\"}],\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"web_search\",\"arguments\":\"\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"text\":\" so\",\"signature\":\"s\"}],\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"web_fetch\",\"arguments\":\"{\\\"url\\\"\"}},{\"index\":0,\"function\":{\"arguments\":\"{\\\"query\\\":\\\"q\\\"}\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\":1}\"}},{\"id\":\"c3\",\"function\":{\"name\":\"own\",\"arguments\":{\"a\":1}},\"extra_content\":{\"google\":{\"thought_signature\":\"t\"}}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: [DONE]\n\n",
);

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    fixtures::read(Dialect::Chat, &[stream.as_bytes()])
}

#[test]
fn openrouters_stream_gives_every_piece() {
    let (pieces, ending) = read(OPENROUTER);
    assert_eq!(
        pieces,
        [
            "Served { id: Some(\"gen-1\"), model: Some(\"a/b-2\") }",
            "Reasoning(\"hm é\")",
            "text Grüße 😀 a\n\"b\"",
            "Source { url: \"https://e.com\", title: \"E\" }",
            "Source { url: \"https://f.com\", title: \"\" }",
            "Tool { name: \"openrouter:web_search\", status: Failed, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
        ]
    );
    assert!(ending.complete);
    assert_eq!(ending.finish_reason.as_deref(), Some("stop"));
    assert_eq!(ending.usage.cost, Some(Cost(150_000)));
    assert_eq!(
        (ending.usage.prompt_tokens, ending.usage.completion_tokens, ending.usage.reasoning_tokens),
        (Some(Count::from(3)), Some(Count::from(9)), Some(Count::from(4)))
    );
}

#[test]
fn a_router_price_of_minus_one_is_unknown_and_an_error_ends_the_answer() {
    let (pieces, ending) = read(BOM_CRLF);
    assert_eq!(pieces, ["Reasoning(\"r\")", "text x"]);
    assert_eq!((ending.usage.cost, ending.usage.prompt_tokens, ending.complete), (None, Some(Count::from(1)), true));

    let (pieces, ending) = read(MID_STREAM_ERROR);
    assert_eq!(pieces[0], "text half");
    let error = ending.error.unwrap();
    assert_eq!((error.code, error.status_code), (crate::error::Code::RateLimited, Some(429)));
}

#[test]
fn one_field_of_an_odd_type_costs_that_field_only() {
    let (pieces, ending) = read(ODD);
    assert_eq!(pieces, ["text parts\u{fffd}whole"]);
    assert!(ending.complete);
}

#[test]
fn usage_counts_where_it_came_with_the_end() {
    let say = |more: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"x\"}}}}]{more}}}\n\n");
    let usage = |tokens: u64| format!(",\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{tokens}}}");
    let end = |more: &str| format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}]{more}}}\n\n");
    let alone = |tokens| format!("data: {{\"choices\":[]{}}}\n\n", usage(tokens));
    let error = |more: &str| format!("data: {{\"error\":{{\"message\":\"m\"}}{more}}}\n\n");
    let (running, done) = (say(&usage(1)), "data: [DONE]\n\n");
    for (stream, tokens) in [
        (running.clone(), None),
        (running.clone() + &error(""), None),
        (running.clone() + &error(&usage(2)), Some(2)),
        (running.clone() + &say("") + &say("") + &end(""), None),
        (alone(1) + &say("") + &say("") + &end("") + done, None),
        (running.clone() + &end(""), Some(1)),
        (running.clone() + &end(&usage(2)), Some(2)),
        (say("") + &end("") + &alone(2), Some(2)),
        (say("") + &end("") + &alone(2) + &error(""), Some(2)),
        (say("") + &alone(2) + done, Some(2)),
    ] {
        let counted = read(&stream).1.usage;
        assert_eq!((counted.prompt_tokens, counted.completion_tokens), (Some(Count::from(9)), tokens.map(Count::from)), "{stream}");
    }
    let cost = running.replace("\"prompt", "\"cost\":0.5,\"prompt");
    assert_eq!(read(&cost).1.usage.cost, Cost::parse("0.5"), "an amount of money is meant as it is");
}

#[test]
fn calls_are_put_together_and_what_has_to_go_back_is_kept() {
    let (pieces, ending) = read(CALLS);
    assert!(pieces.is_empty(), "{pieces:?}");
    let calls: Vec<_> = ending.calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    assert_eq!(calls, [("c1", "web_search", "{\"query\":\"q\"}"), ("c2", "web_fetch", "{\"url\":1}"), ("c3", "own", "{\"a\":1}")]);
    let continuation = &ending.continuation[0];
    assert_eq!(
        continuation["reasoning_details"],
        crate::json::json!([{"type": "reasoning.text", "index": 0, "text": "hm so", "signature": "s"}])
    );
    assert_eq!(continuation["tool_calls"][2]["extra_content"]["google"]["thought_signature"], "t");
}

/// Joined field by field they would be searched the square of their number of times, in the thread that draws the page.
#[test]
fn details_of_many_fields_are_kept_as_they_come() {
    let fields: String = (0..80).map(|i| format!("\"{i:02}\":0,")).collect();
    let chunk = format!("data: {{\"choices\":[{{\"delta\":{{\"reasoning_details\":[{{{fields}\"text\":\"a\"}}]}}}}]}}\n\n");
    let (_, ending) = read(&[&*chunk, &*chunk.replace("\"0", "\"1"), CALLS].concat());
    assert_eq!(ending.continuation[0]["reasoning_details"].as_array().map(Vec::len), Some(3));
}

/// `data:` without a space is always parsed.
#[test]
fn chunks_that_are_compared_read_as_if_they_were_parsed() {
    let texts = ["a", "b\\n", "", "\\ud83d\\ude00", "\\\"é\\\"", "c"];
    let around = [
        (r#"{"id":"g","model":"m","choices":[{"index":0,"delta":{"content":""#, r#""},"finish_reason":null}]}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#"","tool_calls":[],"refusal":"","reasoning":null}}]}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#"","refusal":"no"}}]}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#"","reasoning":"hm"}}]}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#"","tool_calls":[{"index":0,"id":"c","function":{"arguments":"x"}}]}}]}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#"","annotations":[{"url":"https://e.com"}]}}]}"#),
        (r#"{"choices":[{"index":1,"delta":{"content":""#, r#""}},{"index":0,"delta":{"content":"other"}}]}"#),
        (r#"{"choices":[{"message":{"content":""#, r#""}}]}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#""}}],"usage":{"prompt_tokens":1}}"#),
        (r#"{"choices":[{"delta":{"content":""#, r#""},"finish_reason":"stop"}]}"#),
        (r#"{"choices":[{"delta":{"content":"a"}}],"error":{"code":500,"message":""#, r#""}}"#),
    ];
    for (before, after) in around {
        let stream = |data: &str| texts.map(|text| format!("{data}{before}{text}{after}\n\n")).concat();
        let (compared, parsed) = (stream("data: "), stream("data:"));
        assert_eq!(read(&compared), read(&parsed), "{before}{after}");
        fixtures::reads_the_same_at_every_split(Dialect::Chat, &compared);
    }
}

#[test]
fn every_fixture_reads_the_same_at_every_byte_split() {
    [OPENROUTER, BOM_CRLF, MID_STREAM_ERROR, ODD, CALLS]
        .iter()
        .for_each(|stream| fixtures::reads_the_same_at_every_split(Dialect::Chat, stream));
}

#[test]
fn every_truncation_and_every_broken_byte_is_survived() {
    [OPENROUTER, BOM_CRLF, MID_STREAM_ERROR, ODD, CALLS].iter().for_each(|stream| fixtures::survives_damage(Dialect::Chat, stream));
}
