//! Tests requests: the accepted fields and the error messages.

mod client_providers;
mod errors;
mod max_cost;
mod providers;
mod tables;
