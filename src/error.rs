//! Defines [`Error`], the only error type of the crate.
//!
//! An error has a [`Code`] and a message. If a provider failed, the error also has the provider's
//! status and `retry-after` delay.
//!
//! Events, results and exceptions contain the error as `ErrorData` of `output.d.ts`.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use crate::count::Count;

/// Kind of an error: `FusionError.code` and `panelist.failed.error.code` in `index.d.ts`. A minor
/// version may add codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// The request or an option is invalid, or the provider rejected the request.
    InvalidRequest,
    /// The provider does not have the model, or no longer serves it.
    InvalidModel,
    /// The snapshot is damaged or has another version.
    InvalidSnapshot,
    /// The API key is missing, wrong or disabled.
    Authentication,
    /// The API key lacks a permission.
    Permission,
    /// The account has no credit left.
    InsufficientCredits,
    /// The provider received too many requests.
    RateLimited,
    /// The provider or the model refused to answer.
    ContentPolicy,
    /// The conversation exceeds the context window of the model.
    ContextLengthExceeded,
    /// The provider failed, or its response is not an answer.
    ProviderError,
    /// No complete response arrived: the connection failed, CORS blocked it, or a custom `fetch`
    /// failed.
    NetworkError,
    /// A limit of `timeouts` was reached, or the provider timed out.
    Timeout,
    /// The response is complete and has no text.
    EmptyResponse,
    /// Every panelist failed, and their codes differ.
    AllPanelsFailed,
    /// Fewer panelists answered than `quorum.fail_below`. The snapshot holds their answers.
    QuorumNotMet,
    /// The writer failed after all retries. The snapshot contains all earlier results.
    WriterFailed,
    /// The run reached `max_cost`.
    BudgetExceeded,
    /// The caller cancelled the run. A panelist or the analysis gets this code if the caller
    /// stopped it, for example with `cancelPanelist()`. A panelist also gets this code if the
    /// quorum's grace period ends before its answer.
    Cancelled,
    /// This library has a bug.
    UnexpectedError,
}

/// An error with a code and a message. The data is in a `Box`, so a `Result` contains a pointer
/// instead of the whole struct. This makes the compiled code that handles errors ten times smaller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Error(Box<ErrorData>);

/// The fields of an error: `ErrorData` in `index.d.ts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ErrorData {
    /// The kind of the error, for programs.
    pub code: Code,
    /// The description of the error, for people.
    pub message: String,
    /// The status of the provider's HTTP response, or of an error inside its stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The code of the last call's error, if `code` is [`Code::WriterFailed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause_code: Option<Code>,
    /// The index of the panelist that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The delay before a retry, in milliseconds, as the provider requested it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<Count>,
    /// The time from which the provider allows a retry, in milliseconds of Unix time. The core
    /// computes `retry_after_ms` from this time later.
    #[serde(skip)]
    pub retry_at_ms: Option<u64>,
}

impl Error {
    /// Returns an error that has only a code and a message.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorData {
            code,
            message: message.into(),
            status_code: None,
            cause_code: None,
            index: None,
            retry_after_ms: None,
            retry_at_ms: None,
        }))
    }

    /// Returns an error for an invalid value of `field`. The message is "`field` `rule`", so `rule`
    /// is the rest of a sentence.
    pub(crate) fn invalid(field: &str, rule: &str) -> Self {
        Self::new(Code::InvalidRequest, format!("`{field}` {rule}"))
    }

    /// Replaces the code.
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// Returns the run's error if the writer failed with the error `self`.
    pub(crate) fn into_writer_failed(mut self) -> Self {
        self.cause_code = Some(self.code);
        self.code = Code::WriterFailed;
        self.message.insert_str(0, "the writer failed: ");
        self
    }

    /// Replaces the message.
    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.message = message;
        self
    }

    /// Sets the index of the panelist.
    pub(crate) fn with_index(mut self, index: usize) -> Self {
        self.index = Some(index);
        self
    }
}

impl Deref for Error {
    type Target = ErrorData;

    fn deref(&self) -> &ErrorData {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut ErrorData {
        &mut self.0
    }
}

/// A result whose error is [`Error`].
pub(crate) type Result<T> = core::result::Result<T, Error>;
