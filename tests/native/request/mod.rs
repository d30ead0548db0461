//! Tests of the request: which fields are accepted, and what the errors say.

mod errors;
