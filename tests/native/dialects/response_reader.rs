//! Tests response bodies that servers and proxies send: bodies with a wrong content type, bodies
//! with text beside the events, and bodies split at every byte.

use std::cell::RefCell;

use futures::FutureExt;
use futures::future::{self, LocalBoxFuture};
use futures::stream::{self, StreamExt};

use crate::error::Code;
use crate::provider::dialect::{Dialect, ModelRequest, StreamPart};
use crate::provider::transport::{
    Clock, EscalationJudge, HttpRequest, HttpResponse, KeySource, SendError, ToolRunner, Transport,
};
use crate::provider::{Environment, Provider, call};
use crate::request::Timeouts;

/// A transport that answers each request with the same bytes.
struct Bytes {
    status: u16,
    content_type: &'static str,
    chunks: Vec<Vec<u8>>,
    url: std::rc::Rc<RefCell<String>>,
}

impl Transport for Bytes {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalBoxFuture<'static, Result<HttpResponse, SendError>> {
        *self.url.borrow_mut() = request.url;
        let chunks: Vec<_> = self.chunks.iter().cloned().map(Ok).collect();
        future::ready(Ok(HttpResponse {
            status: self.status,
            content_type: self.content_type.to_owned(),
            wait_headers: Vec::new(),
            body: stream::iter(chunks).boxed_local(),
            keep_connection: Default::default(),
        }))
        .boxed_local()
    }
}

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        0
    }
    fn unix_ms(&self) -> u64 {
        1_767_225_600_000
    }
    fn unix_ms_of(&self, _: &str) -> Option<u64> {
        None
    }
    fn sleep(&self, _: u64) -> LocalBoxFuture<'static, ()> {
        future::pending().boxed_local()
    }
}

impl EscalationJudge for Still {
    fn should_escalate(&self, _: &str, _: &str) -> LocalBoxFuture<'static, Result<bool, String>> {
        future::pending().boxed_local()
    }
}

impl KeySource for Still {
    fn key(&self, _: &str) -> LocalBoxFuture<'static, Option<String>> {
        future::pending().boxed_local()
    }
}

impl ToolRunner for Still {
    fn call(
        &self,
        _: &str,
        _: &str,
        _: Option<usize>,
    ) -> LocalBoxFuture<'static, Result<String, String>> {
        future::pending().boxed_local()
    }
}

/// The text of an answer, or the code and the message of an error.
type Outcome = (String, Option<(Code, String)>);

fn read(dialect: Dialect, status: u16, content_type: &'static str, chunks: &[&[u8]]) -> Outcome {
    let base_url = "https://p.example/v1?key=secret";
    let (outcome, _) = read_at(base_url, dialect, status, content_type, chunks);
    outcome
}

fn read_at(
    base_url: &str,
    dialect: Dialect,
    status: u16,
    content_type: &'static str,
    chunks: &[&[u8]],
) -> (Outcome, String) {
    let mut provider = Provider::known("ollama").unwrap();
    provider.dialect = dialect;
    let (address, query) = base_url.split_at(base_url.find('?').unwrap_or(base_url.len()));
    address.clone_into(&mut provider.base_url);
    query.clone_into(&mut provider.query);
    let url = std::rc::Rc::default();
    let env = Environment {
        transport: Box::new(Bytes {
            status,
            content_type,
            chunks: chunks.iter().map(|chunk| chunk.to_vec()).collect(),
            url: std::rc::Rc::clone(&url),
        }),
        clock: Box::new(Still),
        tool_runner: Box::new(Still),
        keys: Box::new(Still),
        escalation_judge: Box::new(Still),
        unicode: crate::provider::UnicodeForms {
            nfc: str::to_owned,
            lowercase: str::to_lowercase,
        },
    };
    let mut text = String::new();
    let result = call(
        &provider,
        &ModelRequest::minimal(),
        &env,
        &Timeouts::default(),
        &mut |part| {
            if let StreamPart::Text(delta) = part {
                text.push_str(delta);
            }
        },
    )
    .now_or_never()
    .expect("no wait");
    let error = result
        .err()
        .map(|failure| (failure.error.code, failure.error.message.clone()));
    let url = url.borrow().clone();
    ((text, error), url)
}

/// Reads a chat body as one chunk. Then reads it as two chunks, split at each possible place. Fails
/// if the results differ.
fn read_chat(content_type: &'static str, body: &str) -> Outcome {
    let bytes = body.as_bytes();
    let whole = read(Dialect::Chat, 200, content_type, &[bytes]);
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        let split = read(Dialect::Chat, 200, content_type, &[head, tail]);
        assert_eq!(split, whole, "{body:?} split at {at}");
    }
    let single: Vec<_> = bytes.chunks(1).collect();
    assert_eq!(
        read(Dialect::Chat, 200, content_type, &single),
        whole,
        "{body:?}"
    );
    whole
}

const STREAM: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Blue.\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const WHOLE: &str =
    "{\"choices\":[{\"message\":{\"content\":\"Blue.\"},\"finish_reason\":\"stop\"}]}";
const HALF: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Blue\"}}]}\n\n";

#[test]
fn the_first_bytes_determine_the_kind_of_a_body() {
    let labels = [
        "",
        "text/event-stream",
        "application/json; charset=utf-8",
        "text/plain",
    ];
    for label in labels {
        for before in [
            "",
            "\u{feff}",
            "\n\n",
            " \r\n\u{feff}\n",
            ": ping\n\n",
            "retry: 5\n",
        ] {
            let stream = format!("{before}{STREAM}");
            assert_eq!(
                read_chat(label, &stream),
                ("Blue.".into(), None),
                "{label} {before:?}"
            );
        }
        for before in ["", "\u{feff}", "\n\n", " \r\n\u{feff}\n"] {
            let whole = format!("{before}{WHOLE}\n");
            assert_eq!(
                read_chat(label, &whole),
                ("Blue.".into(), None),
                "{label} {before:?}"
            );
        }
    }
}

#[test]
fn lines_of_json_are_events() {
    let lines = "{\"choices\":[{\"delta\":{\"content\":\"Blue\"}}]}\n\
        {\"choices\":[{\"delta\":{\"content\":\".\"},\"finish_reason\":\"stop\"}]}\n";
    assert_eq!(
        read_chat("application/x-ndjson", lines),
        ("Blue.".into(), None)
    );
}

#[test]
fn a_body_without_an_answer_is_explained() {
    let rows: &[(&str, &str, Code, &str)] = &[
        (
            "text/html",
            "<!doctype html>",
            Code::ProviderError,
            "`text/html`",
        ),
        ("text/event-stream", "<p>", Code::ProviderError, "baseURL"),
        ("application/json", "{}", Code::ProviderError, "baseURL"),
        ("application/json", "", Code::ProviderError, "baseURL"),
        ("text/event-stream", "", Code::NetworkError, "cut off"),
        (
            "application/json",
            "{\"choices\":[{\"mess",
            Code::NetworkError,
            "cut off",
        ),
        (
            "",
            "The engine is gone.",
            Code::ProviderError,
            "The engine is gone.",
        ),
        (
            "",
            "{\"detail\":\"Wait 5 s.\"}",
            Code::ProviderError,
            "Wait 5 s.",
        ),
        (
            "",
            "data: The engine is gone.\n\n",
            Code::ProviderError,
            "The engine is gone.",
        ),
        (
            "",
            "event: error\ndata: No slot.\n\n",
            Code::ProviderError,
            "No slot.",
        ),
        (
            "",
            "error: {\"code\":429,\"message\":\"Slow.\"}",
            Code::RateLimited,
            "Slow.",
        ),
        (
            "text/event-stream",
            "[\n {\"error\": {\"code\": 429,\n \"message\": \"Slow.\"}}\n]\n",
            Code::RateLimited,
            "Slow.",
        ),
        (
            "text/event-stream",
            "Error: {\n \"error\": {\"code\": 429,\n \"message\": \"Slow.\"}}\n",
            Code::RateLimited,
            "Slow.",
        ),
        (
            "",
            "data: {\"object\":\"error\",\"message\":\"Slow.\",\"code\":\"429\"}\n\ndata: [DONE]\n\n",
            Code::RateLimited,
            "Slow.",
        ),
        (
            "application/json",
            "{\"base_resp\":{\"status_code\":1004,\"status_msg\":\"login fail\"}}",
            Code::Authentication,
            "login fail",
        ),
    ];
    for (label, body, code, words) in rows {
        let (text, error) = read_chat(label, body);
        let (read_code, message) = error.unwrap_or_else(|| panic!("{body}: no error"));
        assert_eq!((text.as_str(), read_code), ("", *code), "{body}: {message}");
        assert!(message.contains(words), "{body}: {message}");
    }
}

#[test]
fn words_after_half_an_answer_explain_the_cut() {
    let (text, error) = read_chat("", &format!("{HALF}upstream error: ECONNRESET\n"));
    let (code, message) = error.unwrap();
    assert_eq!((text.as_str(), code), ("Blue", Code::NetworkError));
    assert!(
        message.contains("cut off") && message.contains("ECONNRESET"),
        "{message}"
    );
    for failure in [
        "error: {\"code\":429,\"message\":\"Slow.\"}\n\n",
        "{\"error\":{\"code\":429,\"message\":\"Slow.\"}}\n",
        "{\n\"error\":{\"code\":429,\n\"message\":\"Slow.\"}}\n",
        "data: {\"object\":\"error\",\"code\":429,\"message\":\"Slow.\"}\n\n",
        "data: {\"status_code\":429,\"msg\":\"Slow.\"}\n\n",
        "event: error\ndata: [429] Slow.\n\n",
    ] {
        let (text, error) = read_chat("", &format!("{HALF}{failure}"));
        assert_eq!(
            (text.as_str(), error.unwrap().0),
            ("Blue", Code::RateLimited),
            "{failure}"
        );
    }
}

#[test]
fn notices_do_not_harm_an_answer() {
    for notice in [
        "data: keep-alive\n\n",
        "foo: bar\n",
        "data: {\"status\":\"queued\",\"message\":\"Two are before you.\"}\n\n",
        "data: {\"code\":0,\"message\":\"success\"}\n\n",
        "data: {\"choices\":[],\"base_resp\":{\"status_code\":0,\"status_msg\":\"fine\"}}\n\n",
        "data: {\"error\":null,\"choices\":[],\"message\":\"fine\"}\n\n",
    ] {
        let stream = format!("{notice}{HALF}{notice}{STREAM}");
        assert_eq!(
            read_chat("", &stream),
            ("BlueBlue.".into(), None),
            "{notice}"
        );
    }
}

#[test]
fn the_message_of_a_wrong_path_has_the_address_without_its_query() {
    let body = b"{\"detail\":\"Not Found\"}";
    let (_, error) = read(Dialect::Chat, 404, "", &[body]);
    let (code, message) = error.unwrap();
    assert_eq!(code, Code::InvalidRequest);
    assert!(message.contains("https://p.example/v1"), "{message}");
    assert!(!message.contains("secret"), "{message}");
    let (_, error) = read(
        Dialect::Chat,
        404,
        "",
        &[b"{\"error\":\"model \\\"m\\\" not found\"}"],
    );
    let (code, message) = error.unwrap();
    assert_eq!(code, Code::InvalidModel);
    assert!(!message.contains("p.example"), "{message}");
}

#[test]
fn a_base_url_may_be_the_whole_address() {
    for (dialect, path) in [
        (Dialect::Chat, "/chat/completions"),
        (Dialect::Responses, "/responses"),
        (Dialect::Messages, "/messages"),
    ] {
        for base_url in [
            "https://p.example/v1".to_owned(),
            format!("https://p.example/v1{path}"),
        ] {
            let (_, url) = read_at(&base_url, dialect, 200, "", &[]);
            assert_eq!(url, format!("https://p.example/v1{path}"));
        }
    }
}

#[test]
fn words_without_an_answer_are_an_error() {
    for event in [
        r#"{"code":"busy","message":"Too many."}"#,
        r#"{"status":"error","msg":"Too many."}"#,
        r#"{"detail":[{"msg":"Too many."}]}"#,
        r#"{"errors":[{"message":"Too many."}]}"#,
        r#"{"base_resp":{"status_code":1,"status_msg":"Too many."}}"#,
        "b'{\"error\":\"Too many.\"}'",
    ] {
        for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
            let body = format!("data: {event}\n\ndata: [DONE]\n\n");
            let (_, error) = read(dialect, 200, "", &[body.as_bytes()]);
            let message = error.unwrap().1;
            assert!(
                message.contains("Too many."),
                "{dialect:?} {event} {message}"
            );
        }
    }
}
