//! Test doubles: a provider with a script for each model, and a clock that advances only when a
//! test sets it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::json::{Value, json};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use futures::stream::{Stream, StreamExt};

use crate::deliberation::control::RunControl;
use crate::provider::transport::{
    Clock, EscalationJudge, HttpRequest, HttpResponse, KeySource, SendError, ToolRunner, Transport,
};

#[derive(Clone, Default)]
pub(super) struct FakeClock {
    pub now: Rc<Cell<u64>>,
    pub timers: Rc<RefCell<Vec<u64>>>,
}

impl Clock for FakeClock {
    fn now_ms(&self) -> u64 {
        self.now.get()
    }
    fn unix_ms(&self) -> u64 {
        self.now.get()
    }
    fn unix_ms_of(&self, _: &str) -> Option<u64> {
        None
    }
    fn sleep(&self, ms: u64) -> LocalBoxFuture<'static, ()> {
        let (now, end) = (self.now.clone(), self.now.get() + ms);
        self.timers.borrow_mut().push(end);
        futures::future::poll_fn(move |_| {
            if now.get() >= end {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .boxed_local()
    }
}

/// One step of a scripted response. Numbers are delays in milliseconds.
#[derive(Clone)]
pub(super) enum ScriptStep {
    Status(u16),
    Text(u64, String),
    Finish,
    /// Sends this text unchanged.
    Send(String),
    /// Calls tools and finishes. Each entry is a name and arguments.
    Call(&'static [(&'static str, &'static str)]),
    /// Rejects the request with this status and body.
    Reject(u16, Value),
    /// Finishes with this usage.
    FinishWithUsage(Value),
    Disconnect,
    /// Breaks the connection and, in the same poll, restarts the panelist with this index.
    DisconnectAndRestart(usize),
    /// Sends nothing more. If it is the first step, sends no headers either.
    Stall,
}

#[derive(Clone)]
pub(super) struct MockTransport {
    pub clock: FakeClock,
    pub scripts: Rc<RefCell<BTreeMap<String, Vec<Vec<ScriptStep>>>>>,
    pub requests: Rc<RefCell<Vec<Value>>>,
    pub open: Rc<Cell<i32>>,
    pub control: Rc<RunControl>,
    /// What `shouldEscalate` returns. If it is `None`, the function does not return.
    pub should_escalate: Option<Result<bool, String>>,
}

struct ScriptedBody {
    clock: FakeClock,
    steps: std::vec::IntoIter<ScriptStep>,
    wait: Option<(LocalBoxFuture<'static, ()>, String)>,
    open: Rc<Cell<i32>>,
    control: Rc<RunControl>,
}

impl Drop for ScriptedBody {
    fn drop(&mut self) {
        self.open.set(self.open.get() - 1);
    }
}

impl Stream for ScriptedBody {
    type Item = Result<Vec<u8>, String>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some((wait, text)) = &mut self.wait {
                if wait.poll_unpin(cx).is_pending() {
                    return Poll::Pending;
                }
                let chunk = json!({"id": "g", "choices": [{"delta": {"content": text}}]});
                self.wait = None;
                return Poll::Ready(Some(Ok(format!("data: {chunk}\n\n").into_bytes())));
            }
            match self.steps.next() {
                Some(ScriptStep::Text(ms, text)) => self.wait = Some((self.clock.sleep(ms), text)),
                Some(ScriptStep::Finish) => {
                    self.steps = vec![ScriptStep::FinishWithUsage(
                        json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.1}),
                    )]
                    .into_iter()
                }
                Some(ScriptStep::Call(calls)) => {
                    let call = |(at, (name, arguments)): (usize, &(&str, &str))| {
                        let function = json!({"name": name, "arguments": arguments});
                        json!({"index": at, "id": format!("c{at}"), "function": function})
                    };
                    let calls: Vec<Value> = calls.iter().enumerate().map(call).collect();
                    let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.1});
                    let chunk = json!({"choices": [{"delta": {"tool_calls": calls}, "finish_reason": "tool_calls"}], "usage": usage});
                    return Poll::Ready(Some(Ok(
                        format!("data: {chunk}\n\ndata: [DONE]\n\n").into_bytes()
                    )));
                }
                Some(ScriptStep::Reject(_, body)) => {
                    return Poll::Ready(Some(Ok(body.to_string().into_bytes())));
                }
                Some(ScriptStep::FinishWithUsage(usage)) => {
                    let chunk = json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage});
                    return Poll::Ready(Some(Ok(
                        format!("data: {chunk}\n\ndata: [DONE]\n\n").into_bytes()
                    )));
                }
                Some(ScriptStep::Send(bytes)) => return Poll::Ready(Some(Ok(bytes.into_bytes()))),
                Some(ScriptStep::Disconnect) => {
                    return Poll::Ready(Some(Err("connection reset".into())));
                }
                Some(ScriptStep::DisconnectAndRestart(index)) => {
                    assert!(self.control.retry_panelist(index));
                    return Poll::Ready(Some(Err("connection reset".into())));
                }
                Some(ScriptStep::Stall) => {
                    self.steps = vec![ScriptStep::Stall].into_iter();
                    return Poll::Pending;
                }
                Some(ScriptStep::Status(_)) | None => return Poll::Ready(None),
            }
        }
    }
}

/// Runs scripted tools: `slow` never ends, `broken` fails, `leaks` repeats its arguments in an
/// error, and `web_search` returns a source. All other tools repeat their arguments.
impl ToolRunner for MockTransport {
    fn call(
        &self,
        name: &str,
        arguments: &str,
        index: Option<usize>,
    ) -> LocalBoxFuture<'static, Result<String, String>> {
        let output = json!({"content": format!("{name} {arguments} {index:?}"), "summary": "s"});
        match name {
            "slow" => futures::future::pending().boxed_local(),
            "broken" => futures::future::ready(Err("out of order".to_owned())).boxed_local(),
            "leaks" => {
                let message = format!("refused with {arguments} {}", "x".repeat(2_000));
                futures::future::ready(Err(message)).boxed_local()
            }
            "web_search" => {
                let sources = json!([{"url": "https://found.example", "title": "Found"}, {"title": "none"}, 7]);
                futures::future::ready(Ok(
                    json!({"content": "found", "sources": sources}).to_string()
                ))
                .boxed_local()
            }
            _ => futures::future::ready(Ok(output.to_string())).boxed_local(),
        }
    }
}

impl EscalationJudge for MockTransport {
    fn should_escalate(
        &self,
        analysis: &str,
        responses: &str,
    ) -> LocalBoxFuture<'static, Result<bool, String>> {
        let (analysis, responses): (Value, Value) =
            (analysis.parse().unwrap(), responses.parse().unwrap());
        assert!(analysis["contradictions"].as_array().is_some());
        assert!(!responses.as_array().unwrap().is_empty());
        match self.should_escalate.clone() {
            Some(answer) => futures::future::ready(answer).boxed_local(),
            None => futures::future::pending().boxed_local(),
        }
    }
}

impl KeySource for MockTransport {
    fn key(&self, field: &str) -> LocalBoxFuture<'static, Option<String>> {
        match field {
            "providers.stuck.apiKey" => futures::future::pending().boxed_local(),
            "providers.broken.apiKey" => futures::future::ready(None).boxed_local(),
            _ => futures::future::ready(Some(format!(" key-of-{field} "))).boxed_local(),
        }
    }
}

impl Transport for MockTransport {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalBoxFuture<'static, Result<HttpResponse, SendError>> {
        let Some(body) = request.body else {
            let list = self.scripts.borrow().get("GET /models").cloned();
            let Some([ScriptStep::FinishWithUsage(list)]) = list
                .as_ref()
                .and_then(|lists| lists.first())
                .map(Vec::as_slice)
            else {
                panic!("no price list")
            };
            assert!(request.url.ends_with("/models"));
            let body = futures::stream::iter([Ok(list.to_string().into_bytes())]).boxed_local();
            let response = HttpResponse {
                status: 200,
                content_type: "application/json".to_owned(),
                wait_headers: Vec::new(),
                body,
                keep_connection: Default::default(),
            };
            return futures::future::ready(Ok(response)).boxed_local();
        };
        let body: Value = body.parse().unwrap();
        let model = body["model"].as_str().unwrap().to_owned();
        self.requests.borrow_mut().push(body);
        let mut scripts = self.scripts.borrow_mut();
        let script = scripts
            .get_mut(&model)
            .unwrap_or_else(|| panic!("no script for {model}"));
        let steps = if script.len() > 1 {
            script.remove(0)
        } else {
            script[0].clone()
        };
        if let [ScriptStep::Stall] = steps.as_slice() {
            return futures::future::pending().boxed_local();
        }
        self.open.set(self.open.get() + 1);
        let status = if let Some(ScriptStep::Status(status) | ScriptStep::Reject(status, _)) =
            steps.first()
        {
            *status
        } else {
            200
        };
        let scripted = ScriptedBody {
            clock: self.clock.clone(),
            steps: steps.into_iter(),
            wait: None,
            open: self.open.clone(),
            control: self.control.clone(),
        };
        let content_type = "text/event-stream".to_owned();
        futures::future::ready(Ok(HttpResponse {
            status,
            content_type,
            wait_headers: Vec::new(),
            body: scripted.boxed_local(),
            keep_connection: Default::default(),
        }))
        .boxed_local()
    }
}
