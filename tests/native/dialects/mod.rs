//! Tests of the wire formats: encoded requests, and recorded streams from `tests/fixtures`.
