//! The one error type: a stable [`Code`] to switch on, a message to read, and what the provider said.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use crate::count::Count;

/// What went wrong. Shared by `FusionError.code` and `panelist.failed.error.code`; new codes are minor versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The caller's request or options, or a provider that found the request wrong.
    InvalidRequest,
    /// The provider does not know, or no longer serves, this model.
    InvalidModel,
    /// A snapshot of another version, or a damaged one.
    InvalidSnapshot,
    /// The key is missing, wrong or disabled.
    Authentication,
    /// The key may not do this.
    Permission,
    /// The account is out of credit.
    InsufficientCredits,
    /// Too many requests.
    RateLimited,
    /// The provider or the model refused to answer.
    ContentPolicy,
    /// The conversation is longer than the model reads.
    ContextLengthExceeded,
    /// The provider failed, or answered with something that is no answer.
    ProviderError,
    /// No answer reached us: refused, cut, blocked by CORS, or a `fetch` that misbehaved.
    NetworkError,
    /// A limit of `timeouts` was reached, or the provider timed out.
    Timeout,
    /// The call succeeded and held no text.
    EmptyResponse,
    /// Every panelist failed, for different causes.
    AllPanelsFailed,
    /// The writer failed for good; the snapshot holds everything before it.
    WriterFailed,
    /// `max_cost` was reached.
    BudgetExceeded,
    /// Ended by the caller.
    Cancelled,
    /// A defect of this library.
    UnexpectedError,
}

/// An error. In a box, for every result carries one, and moving a pointer takes a tenth of the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Error(Box<ErrorData>);

/// An error as events and results carry it (`ErrorData` in `index.d.ts`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorData {
    /// What to switch on.
    pub code: Code,
    /// What to read.
    pub message: String,
    /// Of the provider's HTTP answer, or of its mid-stream error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The panelist concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// How long the provider asked us to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<Count>,
}

impl Error {
    /// An error without a provider behind it.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorData { code, message: message.into(), status_code: None, index: None, retry_after_ms: None }))
    }

    /// The caller's mistake in `field`; `rule` completes the sentence "`field` ...".
    pub fn invalid(field: &str, rule: &str) -> Self {
        Self::new(Code::InvalidRequest, format!("`{field}` {rule}"))
    }

    /// The same error under another code.
    pub fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// The same error in other words.
    pub fn with_message(mut self, message: String) -> Self {
        self.message = message;
        self
    }

    /// The same error, about one panelist.
    pub fn with_index(mut self, index: usize) -> Self {
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

/// Everything in this crate that can fail fails with [`Error`].
pub type Result<T> = core::result::Result<T, Error>;
