//! Calls one model once.
//!
//! In: a [`ModelRequest`] and a [`Provider`]. Out: [`StreamPart`]s while the response streams, and
//! a [`CallOutcome`] or a [`CallError`] at the end. [`dialect`] has links to the specifications of
//! the wire formats.

pub(crate) mod adaptation;
mod chunk_template;
mod content;
pub(crate) mod conversation;
pub(crate) mod dialect;
pub(crate) mod error_mapping;
mod idle_timer;
mod key;
mod limit_errors;
pub(crate) mod prices;
pub(crate) mod refusal;
pub(crate) mod registry;
pub(crate) mod response_reader;
mod secrets;
pub(crate) mod sse;
mod thinking;
pub(crate) mod tools;
pub(crate) mod transport;
mod unreachable;
pub(crate) mod unread;
mod vendor;

use futures::StreamExt;

use crate::error::Error;
use crate::json::Map;
use crate::request::Timeouts;
use crate::usage::CallUsage;
use dialect::{CallOutcome, ModelRequest, StreamPart};
use idle_timer::within;
use key::CallTime;
use limit_errors::timeout_error;
use refusal::{Refusal, RefusedRequest};
pub(crate) use registry::{Provider, Vendor};
use response_reader::ResponseReader;
use transport::{Clock, HttpRequest, HttpResponse};
pub(crate) use transport::{Environment, UnicodeForms};

/// Maximum number of bytes that are read from the body of an error response.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// A failed call: its error, and the data that was received before the error.
#[derive(Debug)]
pub(crate) struct CallError {
    /// The error, without secrets.
    pub error: Error,
    /// The data that was received before the error, such as usage and the text of a refusal.
    pub outcome: CallOutcome,
    /// Whether the call certainly costs nothing. This is the case if the provider rejected the
    /// request, or if the request never arrived.
    pub unbilled: bool,
    /// The field of the request body that the provider rejected by name, if any. The caller may
    /// retry without this field.
    pub rejected_param: Option<String>,
    /// Another part of the request that the provider does not accept, if the error message names
    /// one.
    pub refusal: Option<Refusal>,
}

/// Sends one request and passes each part of the streamed response to `on`. Dropping the future
/// closes the connection.
pub(crate) async fn call(
    provider: &Provider,
    model_request: &ModelRequest<'_>,
    env: &Environment,
    timeouts: &Timeouts,
    on: &mut dyn FnMut(StreamPart<'_>),
) -> Result<CallOutcome, Box<CallError>> {
    let clock = &*env.clock;
    let time = CallTime::start(env, timeouts.first_byte_ms);
    let provider = key::with_key(provider, env, &time).await;
    let provider = &*provider.map_err(|error| unsent(error, true))?;
    let messages = conversation::prepare(provider, model_request);
    let prepared = ModelRequest {
        system: model_request
            .system
            .filter(|_| !conversation::merges_system(provider, model_request)),
        messages: &messages,
        ..*model_request
    };
    let request_body = provider.dialect.encode(&prepared, provider.vendor);
    let request = HttpRequest {
        function: provider.custom_fetch_name(),
        url: provider.url(),
        headers: provider.call_headers(),
        body: Some(request_body.to_string()),
    };
    let mut response = send(provider, request, env, &time).await?;
    if !(200..300).contains(&response.status) {
        let body = read_error_body(provider, &mut response, clock, timeouts.idle_ms).await;
        let sent = (model_request, &request_body);
        return Err(refused_call(provider, &response, &body, clock, sent));
    }
    let reader = ResponseReader::new(provider);
    let (mut outcome, error) = reader.read(response, clock, timeouts, on).await;
    let error = error.map(|error| error_mapping::resolve_wait(error, clock));
    outcome.refusal = provider.sanitize(&outcome.refusal);
    match error {
        Some(error) => Err(Box::new(CallError {
            refusal: refusal::in_stream(&error, &request_body, model_request.extra_body),
            error: provider.redact(error),
            outcome,
            unbilled: false,
            rejected_param: None,
        })),
        None => Ok(outcome),
    }
}

/// Returns the error for a response that refuses the request. The error contains the field or the
/// other part of the request to which the provider objects.
fn refused_call(
    provider: &Provider,
    response: &HttpResponse,
    body: &[u8],
    clock: &dyn Clock,
    (model_request, request_body): (&ModelRequest<'_>, &Map),
) -> Box<CallError> {
    let mut call_error = rejected_call(provider, response, body, clock);
    call_error.error = provider.redact(error_mapping::with_address(
        call_error.error,
        &provider.address(),
        model_request.model,
    ));
    let rejected_param = error_mapping::rejected_param(response, body, request_body);
    let refused = RefusedRequest {
        status: response.status,
        words: &refusal::words_of(&String::from_utf8_lossy(body)),
        sent: request_body,
        rejected_param: rejected_param.as_deref(),
        extra_body: model_request.extra_body,
    };
    call_error.refusal = refused.refusal();
    let is_optional = |name: &String| !provider.dialect.needs(name) && !refused.is_extra(name);
    call_error.rejected_param = rejected_param.clone().filter(is_optional);
    call_error
}

/// Sends a request and waits for the headers of its response.
async fn send(
    provider: &Provider,
    request: HttpRequest,
    env: &Environment,
    time: &CallTime,
) -> Result<HttpResponse, Box<CallError>> {
    let remaining_ms = time.remaining_ms(env);
    let sent = within(&*env.clock, remaining_ms, env.transport.send(request));
    let (error, unbilled) = match sent.await {
        Some(Ok(response)) => return Ok(response),
        Some(Err(failure)) => (
            unreachable::network_error(provider, failure.message),
            failure.is_unsent,
        ),
        None => (timeout_error("its first byte", time.limit_ms), false),
    };
    Err(unsent(provider.redact(error), unbilled))
}

/// Returns the error of a call that has no response.
fn unsent(error: Error, unbilled: bool) -> Box<CallError> {
    Box::new(CallError {
        error,
        outcome: CallOutcome::default(),
        unbilled,
        rejected_param: None,
        refusal: None,
    })
}

/// Returns the error of a call whose response has an error status.
fn rejected_call(
    provider: &Provider,
    response: &HttpResponse,
    body: &[u8],
    clock: &dyn Clock,
) -> Box<CallError> {
    let mut decoder = provider.dialect.decoder();
    decoder.read("error", &String::from_utf8_lossy(body), &mut |_| {});
    let usage = decoder.finish(&mut |_| {}).usage;
    // A proxy may send one of these statuses after the model has run. The provider may then charge
    // for the call.
    let may_have_run = matches!(response.status, 408 | 500 | 502 | 504 | 524);
    Box::new(CallError {
        error: provider.redact(error_mapping::from_reply(response, body, clock)),
        unbilled: usage == CallUsage::default() && !may_have_run,
        outcome: CallOutcome {
            usage,
            ..CallOutcome::default()
        },
        rejected_param: None,
        refusal: None,
    })
}

/// Reads the body of an error response, up to [`ERROR_BODY_BYTES`] and for at most `timeout_ms`.
///
/// Some providers repeat the key in the body. If the body ends inside the key, drops this part of
/// the key.
async fn read_error_body(
    provider: &Provider,
    response: &mut HttpResponse,
    clock: &dyn Clock,
    timeout_ms: u64,
) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while body.len() < ERROR_BODY_BYTES {
            match response.body.next().await {
                Some(Ok(chunk)) => body.extend_from_slice(&chunk),
                _ => break,
            }
        }
    };
    within(clock, timeout_ms, read).await;
    body.truncate(body.len() - provider.cut_secret_bytes(&body));
    body
}
