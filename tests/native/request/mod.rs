//! Tests of the request: which fields are accepted, and what the errors say.

mod client_providers;
mod errors;
mod max_cost;
mod providers;
mod tables;
