//! Creates the error of a request that got no response.
//!
//! In: the message of a [`SendError`](super::transport::SendError), called the reason here. Out: an
//! [`Error`], whose message contains the reason and perhaps a hint.
//!
//! `src/js/network-error.js` writes the reason. If the runtime reports why the request failed, the
//! reason says so.

use memchr::memmem;

use super::registry::Provider;
use super::vendor::{BuiltinProvider, builtin_providers};
use crate::error::{Code, Error};

/// The reason begins with this text if no server listens at the address.
const REFUSED: &str = "connection refused";
/// The reason begins with this text if the runtime does not report the cause.
const UNKNOWN: &str = "no connection";
/// The reason contains this text in a browser, because the server may not allow requests from web
/// pages.
const BROWSER: &[u8] = b"(CORS)";

/// Returns the error of a request without a response. If the provider is a known local server, the
/// error message says how to start it.
pub(super) fn network_error(provider: &Provider, reason: String) -> Error {
    let may_be_stopped = [UNKNOWN, REFUSED]
        .iter()
        .any(|start| reason.starts_with(start));
    let is_in_page = memmem::find(reason.as_bytes(), BROWSER).is_some();
    let hint = local_server(provider)
        .filter(|_| may_be_stopped)
        .and_then(|server| {
            let start = server.start.as_deref()?;
            let pages = server.allow_pages.as_deref().filter(|_| is_in_page);
            let pages = pages.map(|pages| format!(", and {pages} allows pages"));
            let pages = pages.unwrap_or_default();
            Some(format!(
                ". Is {} running? `{start}` starts it{pages}",
                server.name
            ))
        });
    let message = reason + &hint.unwrap_or_default();
    Error::new(Code::NetworkError, message)
}

/// Returns the known local server that has the provider's name or address.
fn local_server(provider: &Provider) -> Option<&'static BuiltinProvider> {
    let authority = |url: &str| {
        let authority = url.split('/').nth(2).unwrap_or_default();
        let local = ["127.0.0.1", "[::1]", "0.0.0.0"];
        let port = local.iter().find_map(|host| authority.strip_prefix(host));
        port.map_or_else(|| authority.to_owned(), |port| format!("localhost{port}"))
    };
    let mut servers = builtin_providers()
        .iter()
        .filter(|server| server.start.is_some());
    let own = authority(&provider.base_url);
    servers.find(|server| server.name == provider.name || authority(&server.base_url) == own)
}
