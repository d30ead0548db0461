//! Tests of the wire formats: encoded requests, and recorded streams from `tests/fixtures`.

mod all_dialects;
mod chat_decode;
mod conversation;
mod deviations;
mod error_chains;
mod error_mapping;
mod limit_refusals;
mod messages_decode;
mod messages_encode;
mod response_reader;
mod responses_decode;
mod responses_encode;
mod split_pieces;
mod stream;
