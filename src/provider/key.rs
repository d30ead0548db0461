//! Gets the key of one call, if the caller gives it by a function.

use std::borrow::Cow;

use futures::future::{Either, LocalBoxFuture, select};

use crate::error::{Code, Error, Result};
use crate::provider::Environment;
use crate::provider::limit_errors::timeout_error;
use crate::provider::registry::Provider;
use crate::request::{ApiKey, key_text};

/// The time limit of a call until its first byte. The key and the request share it.
pub(super) struct Deadline {
    /// The timer, as long as it runs.
    pub timer: LocalBoxFuture<'static, ()>,
    /// The whole time, for messages.
    pub limit_ms: u64,
}

impl Deadline {
    /// Starts a timer.
    pub(super) fn start(env: &Environment, limit_ms: u64) -> Self {
        let timer = env.clock.sleep(limit_ms);
        Self { timer, limit_ms }
    }
}

/// Returns the provider with the key of one call. Asks the function of the caller, if the key is
/// one. Fails if the function fails, returns no key or takes too long.
///
/// The message has no text of the function: it may come from a store of secrets.
pub(super) async fn with_key<'a>(
    provider: &'a Provider,
    env: &Environment,
    deadline: &mut Deadline,
) -> Result<Cow<'a, Provider>> {
    if !matches!(provider.api_key, Some(ApiKey::Function)) {
        return Ok(Cow::Borrowed(provider));
    }
    let field = &provider.key_field;
    match select(env.keys.key(field), &mut deadline.timer).await {
        Either::Left((key, _)) => match key.as_deref().and_then(key_text) {
            Some(key) => Ok(Cow::Owned(provider.with_key(key))),
            None => Err(Error::new(
                Code::Authentication,
                format!("the function `{field}` returned no key"),
            )),
        },
        Either::Right(_) => {
            let what = format!("the key of `{field}`");
            Err(timeout_error(&what, deadline.limit_ms))
        }
    }
}
